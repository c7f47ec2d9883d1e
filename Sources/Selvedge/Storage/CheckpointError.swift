/// Why a checkpoint was not saved or not restored. Offsets count from the beginning of the slot.
///
/// A save that fails has left the checkpoint that was the newest; a restore that fails has not touched the network,
/// except for `unstable`.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The units of the device are none: not positive, or not multiples of each other.
  case geometry
  /// There are fewer blocks than slots, or not 2 to 32 slots.
  case slots(Int)
  /// The buffer has `found` bytes; at least `needed`, two program units, are needed.
  case buffer(needed: Int, found: Int)
  /// A checkpoint of the network takes `needed` bytes with its header; a slot has `found`.
  case tooLarge(needed: Int, found: Int)
  /// A parameter of the network is not finite: training has diverged, and the last checkpoint is worth more.
  case notFinite
  /// The record of training is out of range.
  case record
  /// No slot holds anything: the memory is erased, was never used, or not for this.
  case nothingSaved
  /// What lies from `offset` on is not what was saved, and no slot holds anything better.
  case damaged(slot: Int, offset: Int)
  /// The checkpoint was written by a runtime with another version of its bytes.
  case version(slot: Int, version: UInt32)
  /// The checkpoint is whole, and that of a network with another description or seed.
  case otherNetwork(slot: Int, offset: Int)
  /// The checkpoint is whole, and the number at `offset` is one that no network has.
  case value(slot: Int, offset: Int)
  /// What was read back at `offset` is not what was programmed: the memory is worn out or broken.
  case notWritten(slot: Int, offset: Int)
  /// The driver failed at `offset` with a code of its own.
  case device(slot: Int, offset: Int, code: Int32)
  /// The slot was whole, and other bytes came when it was read again: the network has its initial parameters now.
  case unstable(slot: Int)
}
