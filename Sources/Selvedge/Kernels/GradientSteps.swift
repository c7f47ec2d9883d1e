// Shape    sum over i of g[i]^2;  g[i] = rate * clamp(g[i] * factor, -limit, limit)
// Layout   g dense
// Order    the sum's element i goes to lane i mod 8, the lanes fold as ever
// Exact    the same bytes on every target; what lies below the quiet floor counts as zero
// Scratch  none

extension Kernels {
  /// The sum of the squares of some numbers, those below the quiet floor left out: no square is subnormal.
  static func sumOfSquares(_ g: Span<Float>) -> Float {
    let count = g.count
    let g = g.pointer
    var sum = Lanes(repeating: 0)
    var i = 0
    while i < count {
      let part = Float.load(g + i, upTo: min(Lanes.width, count &- i)).quiet
      sum = sum + part * part
      i &+= Lanes.width
    }
    return sum.sum
  }

  /// Replaces a gradient by the change of a clipped step, and gives the sum of its squares as it was.
  static func clip(
    _ g: inout MutableSpan<Float>, factor: Float, limit: Float, rate: Float
  ) -> Float {
    let count = g.count
    let g = g.pointer
    let (factor, rate) = (Lanes(repeating: factor), Lanes(repeating: rate))
    var sum = Lanes(repeating: 0)
    var i = 0
    while i < count {
      let part = min(Lanes.width, count &- i)
      let own = Float.load(g + i, upTo: part)
      let counted = own.quiet
      sum = sum + counted * counted
      let change = (own * factor).clamped(-limit, limit) * rate
      Float.store(change.quiet, to: g + i, upTo: part)
      i &+= Lanes.width
    }
    return sum.sum
  }
}
