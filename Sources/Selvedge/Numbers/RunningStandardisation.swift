/// The mean and deviation of what a sensor gives, which follow it: what may always be on.
///
/// Two numbers of the input do no harm in any order of classes, while the moments of single units do: where a
/// device sees one class for a while they take that for drift.
public struct RunningStandardisation: Sendable {
  /// How many samples back it remembers.
  public let samples: Float
  private var mean: Float
  /// The mean of squared distances to the first mean, which is near enough to lose no digits.
  private var square: Float
  private let first: Standardisation

  /// What follows a sensor from a standardisation on.
  ///
  /// - Parameter samples: How many samples back it remembers, at least 1; a count that is not counts as 300.
  public init(from standardisation: Standardisation, samples: Float = 300) {
    self.samples = samples >= 1 ? samples : 300
    first = standardisation
    mean = 0
    square = 1
  }

  /// Takes note of a sample. Values that are not finite are passed over.
  public mutating func follow(_ values: Span<Float>) {
    var (sum, squares) = (Float(0), Float(0))
    for i in values.indices {
      let value = (values[i] - first.mean) * first.scale
      sum += value
      squares += value * value
    }
    let count = Float(number: max(values.count, 1))
    guard squares.isFinite else { return }
    mean += (sum / count - mean) / samples
    square += (squares / count - square) / samples
  }

  /// What a network is to be given (`Network.standardisation`): the first one, until anything was seen.
  public var standardisation: Standardisation {
    let variance = square - mean * mean
    guard variance > 0x1p-20 else { return first }
    return Standardisation(
      mean: first.mean + mean * first.deviation,
      deviation: variance.squareRoot() * first.deviation) ?? first
  }
}
