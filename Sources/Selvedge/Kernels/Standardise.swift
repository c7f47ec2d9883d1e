// Shape    x[i] = (v[i] - mean) * scale, as a float or as int8
// Layout   v and x dense
// Order    none: every element by itself
// Exact    the same bytes on every target; results below the quiet floor are zero
// Scratch  none

import CLanes

extension Kernels {
  /// The raw values `v` as a network's first layer reads them: around 0, with deviation about 1.
  public static func standardise(
    _ v: Span<Float>, mean: Float, scale: Float, into x: inout MutableSpan<Float>
  ) {
    precondition(v.count == x.count, "standardise: shapes disagree")
    let count = v.count
    let (v, x) = (v.pointer, x.pointer)
    guard lanes_are_vectors() != 0 else {
      for i in 0..<count { x[i] = ((v[i] - mean) * scale).quiet }
      return
    }
    let (mean, scale) = (Lanes(repeating: mean), Lanes(repeating: scale))
    var i = 0
    while i &+ Lanes.width <= count {
      ((Lanes(at: v + i) - mean) * scale).quiet.store(to: x + i)
      i &+= Lanes.width
    }
    if i < count {
      let rest = Lanes(at: v + i, count: count &- i)
      ((rest - mean) * scale).quiet.store(to: x + i, count: count &- i)
    }
  }

  /// The same as int8, `exponent` binary digits behind the point.
  static func standardise(
    _ v: Span<Float>, mean: Float, scale: Float, exponent: Int, into x: inout MutableSpan<Int8>
  ) -> Clipping {
    precondition(v.count == x.count, "standardise: shapes disagree")
    let count = v.count
    let (v, x) = (v.pointer, x.pointer)
    guard lanes_are_vectors() != 0 else {
      var quantiser = QuantiserOfOne(exponent: exponent)
      for i in 0..<count { x[i] = quantiser.byte((v[i] - mean) * scale) }
      return quantiser.clipping
    }
    let (mean, scale) = (Lanes(repeating: mean), Lanes(repeating: scale))
    var quantiser = Quantiser(exponent: exponent)
    var i = 0
    while i < count {
      let part = min(Lanes.width, count &- i)
      let values = part == Lanes.width ? Lanes(at: v + i) : Lanes(at: v + i, count: part)
      var standard = (values - mean) * scale
      // What lies behind the end must not count as clipped.
      for lane in part..<Lanes.width { standard.vector[lane] = 0 }
      quantiser.store(standard, to: x + i, count: part)
      i &+= part
    }
    return quantiser.clipping
  }

  /// The index of the first value that `standardise` would not turn into a finite number, or nil.
  public static func firstNotFinite(_ v: Span<Float>, mean: Float, scale: Float) -> Int? {
    if lanes_are_vectors() != 0 && areFinite(v, mean: mean, scale: scale) { return nil }
    for i in v.indices where !((v[i] - mean) * scale).isFinite { return i }
    return nil
  }

  /// Whether `standardise` would turn every value into a finite number; where it says no, there may be none that
  /// it would not.
  @inline(__always)
  private static func areFinite(_ v: Span<Float>, mean: Float, scale: Float) -> Bool {
    let count = v.count
    let pointer = v.pointer
    let (means, scales) = (Lanes(repeating: mean), Lanes(repeating: scale))
    // A finite number times zero is zero; what is not finite leaves NaN in the sum.
    let zero = Lanes(repeating: 0)
    var (witness, i) = (zero, 0)
    while i &+ Lanes.width <= count {
      witness = witness.adding(zero, times: (Lanes(at: pointer + i) - means) * scales)
      i &+= Lanes.width
    }
    if i < count {
      // The lanes behind the end hold zeros; if those overflow, the scan below finds no culprit.
      let rest = Lanes(at: pointer + i, count: count &- i)
      witness = witness.adding(zero, times: (rest - means) * scales)
    }
    return witness.sum == 0
  }
}
