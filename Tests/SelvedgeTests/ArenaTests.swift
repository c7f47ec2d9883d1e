import Testing

@testable import Selvedge

@Suite struct ArenaTests {
  private static let sizes = [0, 1, 15, 16, 17, 48, 4096]

  /// What an arena of `capacity` bytes answers to `size` bytes, asked after `first`.
  private func answer(capacity: Int, first: Int, size: Int) -> ArenaError? {
    let memory = TestMemory(capacity)
    var arena = memory.arena()
    return thrown(ArenaError.self) {
      _ = try arena.reserve(first, layer: 0, role: .weight)
      _ = try arena.reserve(size, layer: 3, role: .delta)
    }
  }

  @Test func missingBytesAreExactlyEnough() {
    var refused = 0
    for capacity in 0...80 {
      for first in [0, 1, 16, 33] where Arena.rounded(first) <= capacity & ~15 {
        for size in Self.sizes {
          guard let error = answer(capacity: capacity, first: first, size: size) else {
            #expect(Arena.rounded(first) + size <= capacity)
            continue
          }
          refused += 1
          guard case .exhausted(3, .delta, size, let missing) = error else {
            Issue.record("\(error) for \(size) bytes")
            continue
          }
          let comment: Comment = "\(capacity) bytes, \(first) of them taken, \(size) asked"
          #expect(missing > 0, comment)
          #expect(answer(capacity: capacity + missing, first: first, size: size) == nil, comment)
          #expect(
            answer(capacity: capacity + missing - 1, first: first, size: size) != nil, comment)
        }
      }
    }
    #expect(refused > 500, "nothing was refused")
  }

  @Test func sizesThatCannotBeRoundedAreRefusedWithoutOverflow() throws {
    let memory = TestMemory(80)
    for size in [Int.max, Int.max - 1, Int.max - 14, Int.max - 15, Int.max - 31] {
      for first in [0, 1, 64, 80] {
        var arena = memory.arena()
        _ = try arena.reserve(first, layer: 0, role: .weight)
        let error = thrown(ArenaError.self) { _ = try arena.reserve(size, layer: 1, role: .bias) }
        guard case .exhausted(1, .bias, size, let missing) = error else {
          Issue.record("\(String(describing: error)) for \(size) bytes")
          continue
        }
        #expect(missing > Int.max - 200)
        #expect(arena.used == Arena.rounded(first))
      }
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func reservationsAreAlignedAndDisjointAndInside(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let memory = TestMemory(dice.integer(96...2000))
    var arena = memory.arena()
    var end = memory.bytes.baseAddress!
    var granted = 0
    for _ in 0..<200 {
      let size = dice.integer(0...90)
      let before = (arena.used, arena.highWater, arena.available)
      do {
        let bytes = try arena.reserve(size, layer: 0, role: .output)
        granted += 1
        #expect(Int(bitPattern: bytes.baseAddress!) % Arena.alignment == 0, "seed \(seed)")
        #expect(bytes.baseAddress! == end && bytes.count == (size + 15) / 16 * 16, "seed \(seed)")
        end = bytes.baseAddress! + bytes.count
        #expect(arena.used == before.0 + bytes.count && arena.available == before.2 - bytes.count)
        #expect(arena.highWater == arena.used && arena.used <= memory.bytes.count)
      } catch {
        #expect((arena.used, arena.highWater, arena.available) == before, "seed \(seed)")
      }
    }
    #expect(granted > 0 && memory.bytes.allSatisfy { $0 == TestMemory.pattern })
  }

  @Test func everyMisalignedBaseIsRefusedByItsExcess() {
    let memory = TestMemory(128)
    for excess in 1...15 {
      let bytes = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[excess...])
      #expect(thrown(ArenaError.self) { _ = try Arena(bytes) } == .misaligned(excess: excess))
    }
    let next = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[16...])
    #expect(thrown(ArenaError.self) { _ = try Arena(next) } == nil)
  }

  @Test func noBytesAtAllAreAnArenaOfNothing() throws {
    var arena = try Arena(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    #expect(arena.capacity == 0 && arena.available == 0)
    #expect(try arena.reserve(0, layer: 0, role: .weight).isEmpty)
    let error = thrown(ArenaError.self) { _ = try arena.reserve(1, layer: 2, role: .input) }
    #expect(error == .exhausted(layer: 2, role: .input, asked: 1, missing: 16))
  }

  @Test func releasingReturnsToTheMarkAndKeepsTheHighWater() throws {
    let memory = TestMemory(160)
    var arena = memory.arena()
    _ = try arena.reserve(17, layer: 0, role: .weight)
    let mark = arena.mark
    let first = try arena.reserve(33, layer: 0, role: .weight)
    #expect(arena.used == 80 && arena.highWater == 80)
    arena.release(to: mark)
    #expect(arena.used == 32 && arena.highWater == 80 && arena.available == 128)
    let second = try arena.reserve(16, layer: 0, role: .weight)
    #expect(second.baseAddress == first.baseAddress)
    #expect(arena.used == 48 && arena.highWater == 80)
    _ = try arena.reserve(112, layer: 0, role: .weight)
    #expect(arena.highWater == 160 && arena.available == 0)
    arena.release(to: mark)
    arena.release(to: mark)
    #expect(arena.used == 32)
  }
}
