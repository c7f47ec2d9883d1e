/// How an update that falls between two numbers of a layer's precision is rounded.
///
/// An update smaller than half a step is lost by rounding to the nearest, and with it all that many such
/// would have taught. Stochastic rounding goes up with the probability that is the fraction of the
/// step: right on average. float32 always rounds to the nearest.
public enum Rounding: UInt8, Sendable, BitwiseCopyable {
  /// What suits the precision: stochastic for int8, to the nearest for float16.
  case automatic = 0
  /// To the nearest number, ties to even in floats and upwards in int8.
  case nearest = 1
  /// Up or down at random, by the counter generator: the same for the same seed, everywhere.
  case stochastic = 2

  /// Whether updates of weights in `precision` are rounded at random.
  public func isStochastic(_ precision: Precision) -> Bool {
    switch self {
    case .automatic: precision == .int8
    case .nearest: false
    case .stochastic: precision != .float32
    }
  }
}
