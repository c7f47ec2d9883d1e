/// Where every byte of a replay buffer goes, in rows like those of the network's own plan.
///
/// From the bottom: the samples, their labels, and how many samples of each class there were.
public struct ReplayPlan: Equatable, Sendable {
  /// Which sample makes room for a new one.
  public enum Replacement: UInt8, Sendable {
    /// Any, so that all that came are kept with the same chance (Vitter, "Random sampling with a reservoir", 1985).
    case reservoir = 0
    /// One of the class that has the most: so that classes are kept alike, however rare they are (Chrysakis and
    /// Moens, "Online continual learning from imbalanced data", 2020).
    case balanced = 1
  }

  /// Samples that there is room for.
  public let capacity: Int
  /// Numbers of a sample.
  public let values: Int
  /// Classes of the network.
  public let classes: Int
  public let replacement: Replacement
  /// The samples [capacity, values], int8.
  let samples: Tensor
  /// Their labels [capacity], a byte each.
  let labels: Tensor
  /// How many samples of each class there were [classes], 32 bits each; no bytes of a reservoir.
  let seen: Tensor

  /// Bytes that the buffer takes from an arena: exactly these.
  public var bytes: Int { seen.extent.upperBound }

  /// The plan of a buffer for `capacity` samples of the network of a plan.
  ///
  /// - Throws: `ReplayError`, if there can be no such buffer.
  public init(
    _ capacity: Int, of plan: borrowing Plan, replacement: Replacement = .reservoir
  ) throws(ReplayError) {
    guard plan.layers[plan.layers.count - 1].kind != .regression else { throw .learnsValues }
    guard !plan.layers[0].kind.readsSteps else { throw .readsSequences }
    try self.init(
      capacity, values: plan.inputs, classes: plan.classes, replacement: replacement)
  }

  /// The plan of a buffer for `capacity` samples of `values` numbers each.
  ///
  /// - Throws: `ReplayError`, if there can be no such buffer.
  public init(
    _ capacity: Int, values: Int, classes: Int, replacement: Replacement = .reservoir
  ) throws(ReplayError) {
    guard Linked.rehearsal else { throw .notLinked }
    guard (1...1 << 24).contains(capacity) else { throw .capacity(capacity) }
    guard (1...256).contains(classes) else { throw .classes(classes) }
    guard (1...1 << 24).contains(values) else { throw .values(values) }
    let all = Int64(widening: capacity) * Int64(widening: values + 1) + 4096
    guard all <= Int64(widening: .max) else { throw .tooLarge(bytes: all) }
    self.capacity = capacity
    self.values = values
    self.classes = classes
    self.replacement = replacement
    var place = 0
    func row(_ role: Tensor.Role, _ bytes: Int) -> Tensor {
      let row = Tensor(
        layer: 0, role: role, category: .stream, offset: place, bytes: bytes, lives: 0..<1)
      place = row.extent.upperBound
      return row
    }
    samples = row(.replay, capacity * values)
    labels = row(.labels, capacity)
    seen = row(.memory, replacement == .balanced ? classes * 4 : 0)
  }

  /// Calls `body` with every row that has bytes; offsets count from the buffer's first byte.
  public func forEachTensor(_ body: (Tensor) -> Void) {
    body(samples)
    body(labels)
    if seen.bytes > 0 { body(seen) }
  }
}

/// Why a replay buffer was refused; nothing has changed.
public enum ReplayError: Error, Equatable, Sendable {
  /// This build has no rehearsal (`Rehearsal` among the traits of the package).
  case notLinked
  /// A buffer has 1 to 16,777,216 samples.
  case capacity(Int)
  /// A sample has 1 to 16,777,216 numbers.
  case values(Int)
  /// Labels are kept in a byte: 1 to 256 classes.
  case classes(Int)
  /// The network learns values and not classes.
  case learnsValues
  /// The network begins with a layer that reads sequences, which the buffer has no room for.
  case readsSequences
  /// No address on this machine is high enough.
  case tooLarge(bytes: Int64)
  /// There is no room for it.
  case memory(ArenaError)
  /// The buffer was planned for samples of another size, or other classes.
  case otherPlan
  /// The network refuses the sample or the step.
  case network(NetworkError)
}
