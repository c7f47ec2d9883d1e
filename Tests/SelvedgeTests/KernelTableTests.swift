import Testing

@testable import Selvedge

@Suite struct KernelTableTests {
  private func withTrial(
    _ kernel: Kernel, _ rows: Int, _ columns: Int, _ samples: Int,
    _ body: (KernelTrial) -> Void
  ) throws {
    let bytes = KernelTrial.bytes(kernel, rows: rows, columns: columns, samples: samples)
    let memory = TestMemory(bytes)
    var arena = memory.arena()
    body(try KernelTrial(kernel, rows: rows, columns: columns, samples: samples, in: &arena))
    #expect(arena.used == bytes && memory.guardsAreIntact, "\(kernel)")
  }

  @Test(arguments: 0..<UInt8(Kernel.count))
  func everyKernelGivesTheBitsOfItsReference(raw: UInt8) throws {
    let kernel = try #require(Kernel(rawValue: raw))
    let shapes = [(1, 1), (4, 8), (5, 9), (8, 16), (13, 33), (3, 100), (64, 47), (70, 65)]
    for (rows, columns) in shapes {
      for samples in [1, 2, 5] {
        try withTrial(kernel, rows, columns, samples) { trial in
          trial.fill()
          let before = trial.checksum
          trial.run()
          let found = trial.checksum
          trial.fill()
          #expect(
            trial.checksum == before && (found != before || rows == 1), "\(kernel) has not worked")
          trial.runReference()
          #expect(trial.checksum == found, "\(kernel), \(rows) x \(columns), \(samples) samples")
        }
      }
    }
  }

  @Test func theTableIsComplete() {
    var names: Set<String> = []
    for raw in 0..<UInt8(Kernel.count) {
      guard let kernel = Kernel(rawValue: raw) else { continue }
      names.insert("\(kernel.name)")
      #expect(kernel.contract.utf8CodeUnitCount > 0 && kernel.exactness.utf8CodeUnitCount > 0)
    }
    #expect(names.count == Kernel.count && Kernel(rawValue: UInt8(Kernel.count)) == nil)
  }

  @Test func theSelfTestFindsNoFaultAndRefusesTooLittleMemory() throws {
    let memory = TestMemory(16_384)
    defer { #expect(memory.guardsAreIntact) }
    #expect(try Kernel.firstFault(in: memory.bytes) == nil)
    let small = TestMemory(64)
    #expect(throws: ArenaError.self) { try Kernel.firstFault(in: small.bytes) }
  }
}
