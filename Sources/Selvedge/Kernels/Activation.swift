// Shape    y[i] = f(y[i]) in place; slope from the output y alone
// Layout   y dense
// Order    none: every element by itself
// Exact    the same bytes on every target; results below the quiet floor are zero
// Scratch  none

import CLanes

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
    if lanes_are_vectors() != 0 {
      activate(activation, y, count, in: Lanes.self)
    } else {
      activate(activation, y, count, in: OneLane.self)
    }
  }

  @inline(__always)
  private static func activate<Group: FloatLanes>(
    _ activation: Activation, _ y: UnsafeMutablePointer<Float>, _ count: Int, in type: Group.Type
  ) {
    switch activation {
    case .linear: map(y, count) { (v: Group) in v.quiet }
    case .tanh: map(y, count) { (v: Group) in v.hyperbolicTangent.quiet }
    case .relu: map(y, count) { (v: Group) in v.atLeast(0).quiet }
    case .sigmoid: map(y, count) { (v: Group) in v.logistic.quiet }
    }
  }

  /// Some elements at a time; the last few go through the same lanes, so they get the same bits.
  @inline(__always)
  static func map<Group: FloatLanes>(
    _ y: UnsafeMutablePointer<Float>, _ count: Int, _ transform: (Group) -> Group
  ) {
    var i = 0
    while i &+ Group.width <= count {
      transform(Group(at: y + i)).store(to: y + i)
      i &+= Group.width
    }
    if Group.width > 1 && i < count {
      transform(Group(at: y + i, count: count &- i)).store(to: y + i, count: count &- i)
    }
  }
}
