import CStandardLibrary
import Selvedge

extension Rates {
  /// The rates that suit most data by a step rule, measured on the validation split of Fashion-MNIST: of recurrent
  /// layers where there is no gru.
  ///
  /// Plain rates grow with the batch to the power of two thirds and depend on the units of what is read; clipped ones
  /// grow with its root (Granziol et al., arXiv 2006.09092), and from four samples down stay as they are.
  public static func automatic(_ step: StepRule, batch: Int) -> Rates {
    let part = Double(batch) / 64
    switch step {
    case .plain:
      let scale = Float(cbrt(part * part))
      return Rates(hidden: 0.05 * scale, output: 0.1 * scale)
    case .clipped:
      let rate = Float(0.003 * max(part, 0.0625).squareRoot())
      return Rates(hidden: rate, output: rate, convolution: rate, recurrent: 10 * rate)
    case .normalised: return Rates(hidden: 1, output: 1)
    }
  }
}
