/// The step sizes of one update: one for the hidden layers, one for the last.
public struct Rates: Equatable, Sendable {
  /// The rate of all layers but the last.
  public var hidden: Float
  /// The rate of the last layer.
  public var output: Float

  /// The rates of the hidden layers and of the last.
  public init(hidden: Float, output: Float) {
    self.hidden = hidden
    self.output = output
  }

  /// The rates at step `step` of `steps` under linear decay: rate * (1 - step / steps); 0 from the last
  /// step on.
  public func decayed(step: Int, of steps: Int) -> Rates {
    let left = max(1 - Float(step) / Float(max(steps, 1)), 0)
    return Rates(hidden: hidden * left, output: output * left)
  }
}
