import Datasets
import Selvedge

/// A run of training during which power goes away at random moments; each time it goes on from the newest
/// checkpoint that the flash holds.
public struct PowerLosses {
  /// How often power went away.
  public let count: Int
  /// Steps that were made again, as no checkpoint held them yet.
  public private(set) var repeated = 0
  /// Checkpoints that were saved whole.
  public private(set) var saves = 0
  /// The CRC-32 of the weights at the end.
  public private(set) var checksum: UInt32 = 0

  private enum End: Error { case noPower }

  /// Makes the run of a session anew, from the same beginning.
  ///
  /// About ten checkpoints are saved between two losses. Power goes away in the middle of a step, or while a
  /// checkpoint is written, as it happens.
  ///
  /// - Parameters:
  ///   - model: The model that the run begins with, and its record.
  ///   - progress: Called with the step before each.
  /// - Throws: `SessionError`, as the run itself would.
  public init(
    _ count: Int, of session: TrainingSession, from model: [UInt8], data: LabelledSamples,
    progress: (_ step: Int) -> Void
  ) throws {
    self.count = count
    let saved = try SavedModel(model)
    let steps = session.totalSteps
    let random = CounterGenerator(seed: saved.seed, stream: 5 << 32)
    let cuts = (0..<count).map { Int(random[UInt64($0)] % UInt64(max(steps, 1))) }.sorted()
    let interval = max(steps / (10 * (count + 1)), 1)
    let device = session.device
    let bytes = ModelFile.byteCount(of: device.network, withRecord: true)
    // Blocks of 4 KB, with room for a header beside the model in either slot.
    let blocks = 2 * ((bytes + 4096) / 4096 + 1)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    defer { buffer.deallocate() }
    var store = try CheckpointStore(
      SimulatedFlash(
        BlockGeometry(readBytes: 1, programBytes: 8, eraseBytes: 4096, blocks: blocks),
        seed: saved.seed), buffer: buffer)
    var run = try Self.restarted(saved, record: saved.record!, data)
    try store.save(run.device.network, record: run.record)
    saves += 1
    var reached = 0
    var left = cuts[...]
    while !run.isComplete {
      progress(run.record.step)
      if run.record.step > 0 && run.record.step % interval == 0 {
        // Every other loss comes while a checkpoint is written.
        let isDue = left.first.map { $0 <= run.record.step } ?? false
        if isDue && left.count.isMultiple(of: 2) {
          let moments = bytes / 2 + Int(random[UInt64(count + left.count)] % UInt64(bytes))
          store.device.endOfPower = store.device.moments + moments
        }
        do throws(CheckpointError) {
          try store.save(run.device.network, record: run.record)
          saves += 1
        } catch {
          guard !store.device.isOn else { throw error }
        }
      }
      if !store.device.isOn || left.first.map({ $0 <= run.record.step }) ?? false {
        left = left.dropFirst()
        reached = max(reached, run.record.step)
        store.device.restart()
        // All that was in memory is gone.
        let fresh = try Self.restarted(saved, record: saved.record!, data)
        let checkpoint = try store.restore(&fresh.device.network)
        run = try TrainingSession(fresh.device, record: checkpoint.record!, data: data)
        repeated += reached - run.record.step
      }
      _ = try run.step()
    }
    checksum = run.device.network.weightsChecksum
  }

  private static func restarted(
    _ model: SavedModel, record: TrainingRecord, _ data: LabelledSamples
  ) throws -> TrainingSession {
    let device = try Device(
      model, batch: record.batch,
      purpose: { .training(digest: record.rule.digestCount(classes: $0)) },
      step: record.stepRule)
    let session = try TrainingSession(device, record: record, data: data)
    session.isPrepared = true
    return session
  }
}
