import Selvedge

/// How a device did while it learned from a stream.
public struct StreamCurve: Equatable, Sendable {
  /// A test on the classes seen so far.
  public struct Checkpoint: Equatable, Sendable {
    /// Samples that were shown before.
    public let samples: Int
    /// Classes that were seen before.
    public let seen: Set<Int>
    /// The part of their test samples that was recognised; nil if there are none.
    public let accuracy: Double?
    /// That part of each class; nil of classes that were not seen.
    public let recalls: [Double?]

    public init(samples: Int, seen: Set<Int>, accuracy: Double?, recalls: [Double?]) {
      self.samples = samples
      self.seen = seen
      self.accuracy = accuracy
      self.recalls = recalls
    }
  }

  public private(set) var checkpoints: [Checkpoint]
  private let classes: Int

  public init(classes: Int, _ checkpoints: [Checkpoint] = []) {
    self.classes = classes
    self.checkpoints = checkpoints
  }

  mutating func add(_ evaluation: Evaluation, after samples: Int, seen: Set<Int>) {
    checkpoints.append(
      Checkpoint(
        samples: samples, seen: seen, accuracy: evaluation.accuracy,
        recalls: (0..<classes).map { seen.contains($0) ? evaluation.recall($0) : nil }))
  }

  /// The accuracy at the end, on all classes seen.
  public var finalAccuracy: Double? { checkpoints.last?.accuracy }

  /// The mean of the checkpoints' accuracies (A_auc; Koh et al., arXiv 2110.10031); nil if there are none.
  public var area: Double? {
    let accuracies = checkpoints.compactMap(\.accuracy)
    return accuracies.isEmpty ? nil : accuracies.reduce(0, +) / Double(accuracies.count)
  }

  /// The best that a class did at a checkpoint; nil if it was never tested.
  public func best(_ label: Int) -> Double? { checkpoints.compactMap { $0.recalls[label] }.max() }

  /// What a class did at the end; nil if it was not tested.
  public func last(_ label: Int) -> Double? { checkpoints.last?.recalls[label] }

  /// What a class has lost since it did best (Chaudhry et al., arXiv 1801.10112); nil if it was never tested.
  public func forgetting(_ label: Int) -> Double? {
    guard let best = best(label), let last = last(label) else { return nil }
    return best - last
  }

  /// The mean of that over the classes that were tested; nil if none was.
  public var forgetting: Double? {
    let all = (0..<classes).compactMap { forgetting($0) }
    return all.isEmpty ? nil : all.reduce(0, +) / Double(all.count)
  }
}
