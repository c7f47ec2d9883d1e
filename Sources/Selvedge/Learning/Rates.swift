/// The step sizes of one update.
public struct Rates: Equatable, Sendable {
  /// The rate of the fully connected layers but the last.
  public var hidden: Float
  /// The rate of the last layer.
  public var output: Float
  /// The rate of convolutions, whose update is the mean over all places of a map.
  public var convolution: Float
  /// The rate of recurrent layers over a whole sequence: its steps share it, the last ones most of it.
  public var recurrent: Float

  /// The rates of the hidden layers, of the last, of convolutions, and of recurrent layers: 40 and 10 times
  /// that of the hidden layers if nil.
  public init(
    hidden: Float, output: Float, convolution: Float? = nil, recurrent: Float? = nil
  ) {
    self.hidden = hidden
    self.output = output
    self.convolution = convolution ?? min(40 * hidden, .greatestFiniteMagnitude)
    self.recurrent = recurrent ?? min(10 * hidden, .greatestFiniteMagnitude)
  }

  /// The rates at step `step` of `steps` under linear decay: rate * (1 - step / steps); 0 from the last
  /// step on.
  public func decayed(step: Int, of steps: Int) -> Rates {
    let left = max(1 - Float(number: step) / Float(number: max(steps, 1)), 0)
    return Rates(
      hidden: hidden * left, output: output * left, convolution: convolution * left,
      recurrent: recurrent * left)
  }

  /// Whether all of them are numbers.
  var areFinite: Bool {
    hidden.isFinite && output.isFinite && convolution.isFinite && recurrent.isFinite
  }
}
