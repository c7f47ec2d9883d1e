/// How raw values become what the first layer reads: (value - mean) / deviation.
public struct Standardisation: Equatable, Sendable {
  /// What is taken off every value.
  public let mean: Float
  /// What the rest is divided by.
  public let deviation: Float
  /// 1 / deviation: what values are multiplied by.
  let scale: Float

  /// Values as they are. (No constant that is made at first use: the runtime keeps nothing outside of its arenas.)
  public static var identity: Standardisation { Standardisation(mean: 0, deviation: 1, scale: 1) }

  private init(mean: Float, deviation: Float, scale: Float) {
    self.mean = mean
    self.deviation = deviation
    self.scale = scale
  }

  /// The standardisation of data with this mean and deviation, or nil if it would not give numbers:
  /// the mean is finite, and the deviation positive with a finite inverse.
  public init?(mean: Float, deviation: Float) {
    let scale = 1 / deviation
    guard mean.isFinite, deviation.isFinite, deviation > 0, scale.isFinite, scale > 0 else {
      return nil
    }
    self.mean = mean
    self.deviation = deviation
    self.scale = scale
  }
}
