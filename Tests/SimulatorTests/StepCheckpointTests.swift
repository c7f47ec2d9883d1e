import Selvedge
import Simulator
import Testing

/// Checkpoints of networks whose step rule remembers something.
@Suite struct StepCheckpointTests {
  private static let layers: [LayerDescription] = [
    .dense(5).stored(as: .int8), .dense(4), .output(3),
  ]

  private func device(_ step: StepRule, _ purpose: Plan.Purpose) throws -> Device {
    try Device(
      input: Shape(6), layers: Self.layers, batch: 2, purpose: purpose, seed: 9, step: step)
  }

  private func learn(_ device: Device, _ steps: Range<Int>) throws {
    for step in steps {
      let values = (0..<6).map { Float((step * 7 + $0 * 5) % 11) / 4 - 1 }
      try device.network.add(values.span, label: step % 3)
      _ = try device.network.train(Readout(), rates: Rates(hidden: 0.01, output: 0.02))
    }
  }

  @Test(arguments: [true, false])
  func whatStepsRememberIsRestored(withRecord: Bool) throws {
    let record = withRecord ? CheckpointBench.record : nil
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    defer { buffer.deallocate() }
    let saved = try device(.clipped, .training(digest: 3))
    try learn(saved, 0..<4)
    var store = try CheckpointStore(
      SimulatedFlash(BlockGeometry(readBytes: 1, programBytes: 4, eraseBytes: 1024, blocks: 8)),
      slots: 2, buffer: buffer)
    try store.save(saved.network, record: record)
    let model = SavedModel.bytes(of: saved.network, record: record)

    let restored = try device(.clipped, .training(digest: 3))
    try learn(restored, 7..<9)
    #expect(try store.restore(&restored.network).record == record)
    #expect(SavedModel.bytes(of: restored.network, record: record) == model)
    try learn(saved, 4..<6)
    try learn(restored, 4..<6)
    #expect(
      SavedModel.bytes(of: restored.network) == SavedModel.bytes(of: saved.network))

    // Whoever learns by another rule, or not at all, has the parameters of it.
    for other in [try device(.plain, .training(digest: 3)), try device(.clipped, .inference)] {
      #expect(try store.restore(&other.network).record == record)
      let again = SavedModel.bytes(of: other.network, record: record)
      #expect(again.count == model.count - 32 - 16 - 16 * Self.layers.count)
      #expect(try SavedModel(again).parameters == SavedModel(model).parameters)
    }

    // The other way round, what was remembered of other parameters is forgotten.
    let plain = try device(.plain, .training(digest: 3))
    try store.save(plain.network, record: record)
    _ = try store.restore(&restored.network)
    let fresh = try device(.clipped, .training(digest: 3))
    let bytes = SavedModel.bytes(of: fresh.network)
    #expect(SavedModel.bytes(of: restored.network).suffix(48) == bytes.suffix(48))
    #expect(bytes.suffix(48).allSatisfy { $0 == 0 })
  }
}
