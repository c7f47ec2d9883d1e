/// A turn of the plane by an angle, with a shrinking: r (cos w, sin w).
///
/// In double precision, by our own series: the same bits on every target.
struct Rotation {
  let cosine: Double
  let sine: Double

  /// The turn by no angle.
  static let identity = Rotation(cosine: 1, sine: 0)

  private init(cosine: Double, sine: Double) {
    self.cosine = cosine
    self.sine = sine
  }

  /// The turn by half of a full turn, divided by `steps`.
  ///
  /// - Precondition: `steps` is at least 1.
  init(halfTurnIn steps: Int) {
    let angle = 3.141592653589793 / Double(number: steps)
    // Thirteen terms each reach the last bit for angles up to pi.
    var (cosine, sine) = (1.0, angle)
    var (even, odd) = (1.0, angle)
    for i in 1..<14 {
      let k = Double(number: 2 * i)
      even = -even * angle * angle / (k * (k - 1))
      odd = -odd * angle * angle / (k * (k + 1))
      cosine += even
      sine += odd
    }
    self.init(cosine: cosine, sine: sine)
  }

  /// One turn after the other.
  func followed(by next: Rotation) -> Rotation {
    Rotation(
      cosine: cosine * next.cosine - sine * next.sine,
      sine: sine * next.cosine + cosine * next.sine)
  }

  /// e^(-1 / steps): what of a number is left behind a step if e-fold less is to be left behind `steps`.
  static func decay(in steps: Int) -> Double {
    let share = 1 / Double(number: steps)
    var (sum, term) = (1.0, 1.0)
    for i in 1..<20 {
      term = -term * share / Double(number: i)
      sum += term
    }
    return sum
  }
}
