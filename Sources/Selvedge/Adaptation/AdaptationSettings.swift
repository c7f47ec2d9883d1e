/// How adaptors are fitted.
public struct AdaptationSettings: Equatable, Sendable {
  /// Samples of a step, and of a sweep.
  public var batch = 16
  /// Passes over the labelled samples; by their number if nil.
  public var passes: Int?
  /// Outputs of the small layers of `lowRank`.
  public var rank = 16
  /// The seed of orders and of searches.
  public var seed: UInt64 = 1
  /// Step sizes of gains and offsets.
  public var scaleRate: Float = 0.3
  /// Step sizes of gains, offsets and small layers of `lowRank`.
  public var lowRankRate: Float = 0.05
  /// The step size of the last layer alone; half of it with `lowRank`.
  public var lastRate: Float = 0.1
  /// The step sizes of all weights.
  public var fullRates = Rates(hidden: 0.03, output: 0.03)
  /// Steps of a search for a prompt, from each of its starts.
  public var promptSteps = 300
  /// Samples of a step of a search.
  public var promptBatch = 32
  /// Starts of a search: as it is; with the mean and the deviation that the model was trained on; with the opposite
  /// sign; and so on, on other ways, as a search may end where it is stuck.
  public var promptStarts = 5
  /// Fewer samples than this are not believed alone when moments are matched.
  public var enoughSamples = 200

  public init() {}

  /// Passes over so many labelled samples: 40 over 50, 20 over 200, 5 over 1,000.
  func passes(over count: Int) -> Int { passes ?? max(5, min(40, 4000 / max(count, 1))) }
}

/// How a rung did.
public struct RungResult: Equatable, Sendable {
  public let rung: Rung
  /// Bytes that fitting it took of the arena.
  public let bytes: Int
  /// Numbers that were fitted.
  public let numbers: Int
  /// Held-back samples that were recognised, of `heldBack`.
  public let correct: Int
  public let heldBack: Int
  /// The mean cross-entropy of the held-back samples, in nats; 0 if there are none.
  public let loss: Float

  /// Whether it is to be preferred to another with no more numbers: by a loss that is a twentieth lower, as that
  /// tells more of a few samples than how many were recognised. Without labels, nothing is better than none but
  /// what needs none.
  public func isBetter(than other: RungResult) -> Bool {
    heldBack > 0 ? loss < 0.95 * other.loss : !rung.needsLabels
  }
}

/// Why a rung was not fitted. What was there before is as it was.
public enum AdaptationError: Error, Equatable, Sendable {
  /// The build has no adaptors.
  case notLinked
  /// The network learns values; adaptors are for classes.
  case learnsValues
  /// The rung needs labels: at least `needed` of them, of which each fifth is held back.
  case labels(needed: Int, found: Int)
  /// A label that is not one of the network's classes.
  case label(Int, classes: Int)
  /// The moments of training are needed, `expected` numbers.
  case moments(expected: Int, found: Int)
  /// There is nothing in this network that the rung could fit.
  case nothingToFit(Rung)
  /// The samples are too much of one class to tell drift from it: the entropy of their classes, in parts of what it
  /// could be, is below 0.7.
  case oneSided(entropy: Float)
  case plan(PlanError)
  case model(ModelNetworkError)
  case memory(ArenaError)
  case sample(index: Int, NetworkError)
  /// Fitting ran away: a number is no longer finite.
  case diverged
}
