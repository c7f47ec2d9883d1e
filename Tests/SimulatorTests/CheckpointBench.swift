import Selvedge
import Simulator

/// What tests of checkpoints have: a buffer, models that differ, and a network to restore into.
final class CheckpointBench {
  static let record = TrainingRecord(
    rule: .masked, schedule: .sequential, shuffles: true, batch: 7, epochs: 12,
    rates: Rates(hidden: 0.125, output: -3), validation: 0.25, samples: 1234,
    dataChecksum: 0xDEAD_BEEF, step: 99)
  static let small: [LayerDescription] = [.dense(3, .relu), .output(2)]

  let buffer: UnsafeMutableRawBufferPointer
  /// The network that is saved, and the one that is restored into.
  let saved: Device
  let restored: Device

  init(
    inputs: Int = 3, layers: [LayerDescription] = CheckpointBench.small, bufferBytes: Int = 512
  ) throws {
    buffer = .allocate(byteCount: bufferBytes, alignment: 16)
    saved = try Self.device(inputs, layers)
    restored = try Self.device(inputs, layers)
  }

  deinit { buffer.deallocate() }

  private static func device(_ inputs: Int, _ layers: [LayerDescription]) throws -> Device {
    try Device(
      input: Shape(inputs), layers: layers, batch: 1, purpose: .inference, seed: 0xFEED_F00D)
  }

  /// Gives the network that is saved other parameters, standardisation, steps and frozen layers, by a number.
  @discardableResult
  func change(_ number: Int) throws -> [UInt8] {
    try Self.change(saved, number)
    return SavedModel.bytes(of: saved.network, record: Self.record)
  }

  private static func change(_ device: Device, _ number: Int) throws {
    let generator = CounterGenerator(seed: UInt64(number), stream: 7)
    for k in 0..<device.network.layerCount {
      var tensors = try device.network.tensors(ofLayer: k)
      for t in tensors.indices {
        for i in tensors[t].values.indices {
          tensors[t].values[i] = Float(generator[UInt64(100 * t + i)] >> 40) / 8_388_608 - 1
        }
      }
      if !tensors.isEmpty { try device.network.setTensors(tensors, ofLayer: k) }
      try device.network.setFrozen(number >> k & 1 == 1, layer: k)
    }
    device.network.standardisation = Standardisation(mean: Float(number), deviation: 2)!
    device.network.steps = UInt64(number)
  }

  /// A store over a flash.
  func store(
    _ flash: SimulatedFlash, slots: Int = 2
  ) throws(CheckpointError) -> CheckpointStore<SimulatedFlash> {
    try CheckpointStore(flash, slots: slots, buffer: buffer)
  }

  /// Saves the network, and gives the flash.
  func save(
    _ flash: SimulatedFlash, slots: Int = 2, record: TrainingRecord? = CheckpointBench.record
  ) throws(CheckpointError) -> SimulatedFlash {
    var store = try store(flash, slots: slots)
    try store.save(saved.network, record: record)
    return store.device
  }

  /// The model that is restored, as a file.
  func restore(
    _ flash: SimulatedFlash, slots: Int = 2
  ) throws(CheckpointError) -> [UInt8] {
    var store = try store(flash, slots: slots)
    return try restore(&store)
  }

  func restore(
    _ store: inout CheckpointStore<SimulatedFlash>
  ) throws(CheckpointError) -> [UInt8] {
    let checkpoint = try store.restore(&restored.network)
    return SavedModel.bytes(of: restored.network, record: checkpoint.record)
  }

  /// All that can be seen of the network that is restored into.
  var state: [UInt8] { SavedModel.bytes(of: restored.network) }
}

extension BlockGeometry {
  static let tiny = BlockGeometry(readBytes: 1, programBytes: 4, eraseBytes: 256, blocks: 8)
}

/// Runs `body`, and gives the error of a checkpoint that it throws.
func problem(_ body: () throws(CheckpointError) -> Void) -> CheckpointError? {
  do throws(CheckpointError) {
    try body()
    return nil
  } catch {
    return error
  }
}
