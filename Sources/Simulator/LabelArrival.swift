import Selvedge

/// When the labels of a stream's samples come: so many samples late, and only for a part of them.
///
/// Positions count the samples of the stream from 0.
public struct LabelArrival: Equatable, Sendable {
  /// How many samples later than its own a label comes.
  public let delay: Int
  /// The part of the samples that are labelled, 0 to 1.
  public let fraction: Double
  private let seed: UInt64

  /// Labels that come at once, for every sample.
  public static let prompt = LabelArrival(delay: 0, fraction: 1, seed: 0)

  /// Labels `delay` samples late, for a part of the samples that the seed chooses.
  ///
  /// - Precondition: `delay` is not negative; `fraction` is 0 to 1.
  public init(delay: Int, fraction: Double, seed: UInt64) {
    precondition(delay >= 0 && fraction >= 0 && fraction <= 1, "no such arrival")
    self.delay = delay
    self.fraction = fraction
    self.seed = seed
  }

  /// Whether the sample at a position ever gets a label.
  public func isLabelled(_ position: Int) -> Bool {
    let word = CounterGenerator(seed: seed, stream: 4 << 32)[UInt64(position)]
    return Double(word >> 11) * 0x1p-53 < fraction
  }

  /// The position of the sample whose label comes when that at `position` has been seen, if one does.
  public func arrives(after position: Int) -> Int? {
    let labelled = position - delay
    return labelled >= 0 && isLabelled(labelled) ? labelled : nil
  }

  /// The positions whose labels are still to come when a stream has ended after `count` samples.
  public func outstanding(after count: Int) -> [Int] {
    (max(count - delay, 0)..<max(count, 0)).filter(isLabelled)
  }
}
