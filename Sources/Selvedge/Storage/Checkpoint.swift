/// What was saved or restored.
public struct Checkpoint: Equatable, Sendable {
  /// Where it lies.
  public let slot: Int
  /// How many checkpoints the device has seen; goes round at 2^32.
  public let counter: UInt32
  /// How often the slot has been erased, as far as is known.
  public let erases: UInt32
  /// Bytes of the model file.
  public let bytes: Int
  /// The run of training, if it can go on.
  public let record: TrainingRecord?
  /// Whether a slot that holds something else, perhaps a newer checkpoint, had to be passed over.
  public let isOlder: Bool

  init(_ header: CheckpointHeader, record: TrainingRecord?, isOlder: Bool) {
    slot = header.slot
    counter = header.counter
    erases = header.erases
    bytes = header.payloadBytes
    self.record = record
    self.isOlder = isOlder
  }
}

/// What a slot holds.
public enum SlotState: Equatable, Sendable {
  /// Nothing: it is erased, was never used, or a save into it had only begun.
  case unused
  /// Something that is not what was saved, from `offset` on.
  case damaged(offset: Int)
  /// A checkpoint, of whichever network; without its record, which is not looked for.
  case whole(Checkpoint)
}
