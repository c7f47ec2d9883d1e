import Selvedge
import Simulator
import Testing

@Suite struct DeviceTests {
  @Test(arguments: [[3], [5, 3], [64, 64, 10], [1, 2], [130, 2, 7, 4]], [1, 7, 256])
  func oneByteTooFewIsRefused(units: [Int], batch: Int) throws {
    let layers = units.dropLast().map { LayerDescription.dense($0) } + [.output(units.last!)]
    for purpose in [Plan.Purpose.inference, .training(digest: units.last!)] {
      func device(_ bytes: Int?) throws(DeviceError) -> Device {
        try Device(
          input: Shape(9), layers: layers, batch: batch, purpose: purpose, seed: 1,
          arenaBytes: bytes)
      }
      let exact = try device(nil)
      let total = exact.network.footprint.total
      #expect(exact.arenaBytes == total && total > 0)
      _ = try device(total)
      for bytes in [total - 1, total - 16, total / 2, 17, 1, 0] where bytes < total {
        let error = #expect(throws: DeviceError.self) { try device(bytes) }
        guard case .arena(.exhausted(_, _, let asked, let missing), let capacity) = error else {
          Issue.record("\(bytes) bytes: \(String(describing: error))")
          continue
        }
        #expect(capacity == bytes && asked > 0 && missing == total - bytes)
        _ = try device(bytes + missing)
        #expect(throws: DeviceError.self) { try device(bytes + missing - 1) }
      }
    }
  }

  @Test(arguments: [-1, 1 << 62, Int.max])
  func memoryThatIsNotThereIsAnError(bytes: Int) {
    let error = #expect(throws: DeviceError.self) {
      try Device(
        input: Shape(2), layers: [.output(2)], batch: 1, purpose: .inference, seed: 1,
        arenaBytes: bytes)
    }
    guard case .memory(bytes: bytes) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func impossibleNetworkIsAnError() {
    for (inputs, layers) in [
      (0, [.output(2)]), (1, []), (1, [.output(1)]), (1, [.dense(3)]), (1 << 25, [.output(2)]),
    ] as [(Int, [LayerDescription])] {
      let error = #expect(throws: DeviceError.self) {
        try Device(input: Shape(inputs), layers: layers, batch: 1, purpose: .inference, seed: 1)
      }
      guard case .plan = error else {
        Issue.record("\(inputs), \(layers): \(String(describing: error))")
        continue
      }
    }
  }
}
