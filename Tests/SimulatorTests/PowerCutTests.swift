import Selvedge
import Simulator
import Testing

/// Power that goes away at any moment of a save leaves the old checkpoint or the new one.
@Suite struct PowerCutTests {
  /// Whether this is optimised code, which has time for every moment.
  private static let isThorough = {
    var isDebug = false
    assert({ isDebug = true }() == ())
    return !isDebug
  }()

  struct Case: CustomTestStringConvertible, Sendable {
    let geometry: BlockGeometry
    let slots: Int
    let bufferBytes: Int
    let hasCache: Bool
    var testDescription: String {
      "program \(geometry.programBytes), erase \(geometry.eraseBytes), \(slots) slots"
        + (hasCache ? ", cache" : "")
    }

    init(
      read: Int = 1, program: Int, erase: Int, blocks: Int, slots: Int = 2, buffer: Int,
      hasCache: Bool = false
    ) {
      geometry = BlockGeometry(
        readBytes: read, programBytes: program, eraseBytes: erase, blocks: blocks)
      self.slots = slots
      bufferBytes = buffer
      self.hasCache = hasCache
    }
  }

  static let cases = [
    Case(program: 1, erase: 256, blocks: 4, buffer: 32),
    Case(program: 1, erase: 512, blocks: 2, buffer: 2, hasCache: true),
    Case(read: 4, program: 4, erase: 4096, blocks: 2, buffer: 64),
    Case(read: 2, program: 8, erase: 256, blocks: 6, slots: 3, buffer: 24, hasCache: true),
    Case(read: 16, program: 32, erase: 1024, blocks: 5, slots: 5, buffer: 512),
    Case(program: 256, erase: 4096, blocks: 2, buffer: 512),
    Case(program: 256, erase: 131_072, blocks: 2, buffer: 512, hasCache: true),
  ]

  /// The first save of all, the second, and two that erase what is there.
  @Test(arguments: cases, [0, 1, 2, 3])
  func everyCutLeavesTheOldModelOrTheNewOne(of test: Case, behind saves: Int) throws {
    let bench = try CheckpointBench(bufferBytes: test.bufferBytes)
    var flash = SimulatedFlash(
      test.geometry, seed: UInt64(saves), hasCache: test.hasCache)
    var old: [UInt8]?
    for k in 0..<saves {
      old = try bench.change(k)
      flash = try bench.save(flash, slots: test.slots)
    }
    let new = try bench.change(100 + saves)
    let before = flash.moments
    let moments = try bench.save(flash, slots: test.slots).moments - before
    #expect(moments > 400)
    let step = Self.isThorough ? 1 : test.geometry.eraseBytes > 4096 ? 31 : 5
    var (olds, news) = (0, 0)
    for cut in (1...moments).filter({ $0 < 10 || $0 % step == 0 || $0 > moments - 8 }) {
      var store = try bench.store(flash, slots: test.slots)
      store.device.endOfPower = before + cut
      let failure = problem { () throws(CheckpointError) in
        try store.save(bench.saved.network, record: CheckpointBench.record)
      }
      guard case .device(_, _, SimulatedFlash.noPower.code) = failure else {
        Issue.record("a cut at \(cut) of \(moments): \(String(describing: failure))")
        return
      }
      store.device.restart()
      let found = try? bench.restore(&store)
      #expect(found == old || found == new, "cut at \(cut) of \(moments)")
      if found == new { news += 1 } else { olds += 1 }
      // And the device goes on.
      if cut % 5 == 0 {
        try store.save(bench.saved.network, record: CheckpointBench.record)
        #expect(try bench.restore(&store) == new, "behind a cut at \(cut) of \(moments)")
      }
      #expect(store.device.misuses == 0)
    }
    #expect(olds > 10)
    // All is programmed, and only the answer is missing.
    #expect(news > 0 || test.hasCache)
  }
}
