// Shape    y[i] = f(y[i]) in place; slope from the output y alone
// Layout   y dense
// Order    none: every element by itself
// Exact    the same bytes on every target; results below the quiet floor are zero
// Scratch  none

/// What a unit makes of its weighted sum.
public enum Activation: UInt8, Sendable, BitwiseCopyable {
  /// The sum itself.
  case linear = 0
  /// The hyperbolic tangent, from -1 to 1.
  case tanh = 1
  /// The sum where it is positive, otherwise 0.
  case relu = 2
  /// 1 / (1 + e^-sum), from 0 to 1.
  case sigmoid = 3

  /// The derivative of the activation where its output is `y`.
  @inline(__always)
  public func slope(_ y: Float) -> Float {
    switch self {
    case .linear: 1
    case .tanh: 1 - y * y
    case .relu: y > 0 ? 1 : 0
    case .sigmoid: y * (1 - y)
    }
  }
}

extension Kernels {
  /// The activation of every element, in place.
  ///
  /// - Edge cases: NaN stays NaN; what would lie below the quiet floor becomes zero.
  public static func activate(_ activation: Activation, _ y: inout MutableSpan<Float>) {
    let count = y.count
    let y = y.pointer
    switch activation {
    case .linear: map(y, count) { $0.quiet }
    case .tanh: map(y, count) { $0.hyperbolicTangent.quiet }
    case .relu: map(y, count) { $0.atLeast(0).quiet }
    case .sigmoid: map(y, count) { $0.logistic.quiet }
    }
  }

  /// Eight elements at a time; the last few go through the same lanes, so they get the same bits.
  @inline(__always)
  static func map(
    _ y: UnsafeMutablePointer<Float>, _ count: Int, _ transform: (Lanes) -> Lanes
  ) {
    var i = 0
    while i &+ Lanes.width <= count {
      transform(Lanes(at: y + i)).store(to: y + i)
      i &+= Lanes.width
    }
    if i < count {
      transform(Lanes(at: y + i, count: count &- i)).store(to: y + i, count: count &- i)
    }
  }
}
