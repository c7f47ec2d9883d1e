// Shape    p[c] = e^(z[c] - m) / sum over k of e^(z[k] - m), m the largest of z
// Layout   dense; p takes the place of z
// Order    eight lanes and the fixed tree, as in gemm
// Exact    the same bytes on every target; a probability below the quiet floor is zero
// Scratch  none

import CLanes

extension Kernels {
  /// The probabilities that the logits `p` stand for, in their place.
  ///
  /// - Edge cases: a NaN, or an infinite largest logit, makes every probability NaN.
  public static func softmax(_ p: inout MutableSpan<Float>) {
    let count = p.count
    guard count > 0 else { return }
    if lanes_are_vectors() != 0 {
      softmax(p.pointer, count, in: Lanes.self)
    } else {
      softmax(p.pointer, count, in: OneLane.self)
    }
  }

  @inline(__always)
  private static func softmax<Group: FloatLanes>(
    _ p: UnsafeMutablePointer<Float>, _ count: Int, in type: Group.Type
  ) {
    let largest = Group(repeating: Self.largest(p, count))
    map(p, count) { (v: Group) in (v - largest).exponential }
    let total = Group(repeating: sum(p, count))
    map(p, count) { (v: Group) in (v / total).quiet }
  }

  /// The cross-entropy of the softmax of logits `z` against one label, in nats: ln(sum of e^z) - z[label].
  ///
  /// - Edge cases: NaN if a logit is NaN or the largest is infinite.
  public static func crossEntropy(_ z: Span<Float>, label: Int) -> Float {
    precondition(label >= 0 && label < z.count, "crossEntropy: the label has no logit")
    let (largest, total) = exponentials(z)
    return naturalLogarithm(total) + (largest - z[label])
  }

  /// The largest of the probabilities that the logits `z` stand for.
  ///
  /// - Edge cases: NaN if a logit is NaN or the largest is infinite.
  static func largestProbability(_ z: Span<Float>) -> Float { 1 / exponentials(z).total }

  /// The largest of `z`, and the sum of e^(z[c] - largest).
  private static func exponentials(_ z: Span<Float>) -> (largest: Float, total: Float) {
    let count = z.count
    let z = z.pointer
    let largest = Self.largest(z, count)
    guard lanes_are_vectors() != 0 else {
      let total = sum(count) { OneLane(repeating: z[$0] - largest).exponential.value }
      return (largest, total)
    }
    let shift = Lanes(repeating: largest)
    var total = Lanes(repeating: 0)
    var i = 0
    while i &+ Lanes.width <= count {
      total = total + (Lanes(at: z + i) - shift).exponential
      i &+= Lanes.width
    }
    if i < count {
      var rest = (Lanes(at: z + i, count: count &- i) - shift).exponential
      for lane in count &- i..<Lanes.width { rest.vector[lane] = 0 }
      total = total + rest
    }
    return (largest, total.sum)
  }

  /// The largest element; NaN if any element is NaN.
  @inline(__always)
  static func largest(_ z: UnsafePointer<Float>, _ count: Int) -> Float {
    var largest = z[0]
    for i in 1..<max(count, 1) where !(z[i] <= largest) {
      if largest.isNaN { break }
      largest = z[i]
    }
    return largest
  }

  @inline(__always)
  static func sum(_ p: UnsafePointer<Float>, _ count: Int) -> Float {
    guard lanes_are_vectors() != 0 else { return sum(count) { p[$0] } }
    var lanes = Lanes(repeating: 0)
    var i = 0
    while i &+ Lanes.width <= count {
      lanes = lanes + Lanes(at: p + i)
      i &+= Lanes.width
    }
    if i < count { lanes = lanes + Lanes(at: p + i, count: count &- i) }
    return lanes.sum
  }

  /// The sum of some terms in the order in which lanes add them.
  @inline(__always)
  static func sum(_ count: Int, _ term: (Int) -> Float) -> Float {
    var lanes = InlineArray<8, Float>(repeating: 0)
    for i in 0..<count { lanes[i & 7] += term(i) }
    return unsafe lanes.span.withUnsafeBufferPointer { unsafe Lanes(at: $0.baseAddress!).sum }
  }
}
