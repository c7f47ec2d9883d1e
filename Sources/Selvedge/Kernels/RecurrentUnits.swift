// Shape    elman: n = tanh(a + c), h' = (1 - l) h + l n;
//          gru: r, u = logistic(a + c), n = tanh(a_n + r c_n), h' = u h + (1 - u) n
// Layout   h, h' [units]; a, c [gates, units], gates in the order r, u, n: dense
// Order    none: every unit by itself
// Exact    the same bytes on every target; results below the quiet floor are zero
// Scratch  none

extension Kernels {
  /// One step of leaky units.
  ///
  /// - Parameters:
  ///   - a: What the units make of the input; then n.
  ///   - c: What they make of the state.
  static func elman(
    _ a: inout MutableSpan<Float>, _ c: Span<Float>, _ h: Span<Float>, leak: Float,
    into next: inout MutableSpan<Float>
  ) {
    let count = h.count
    precondition(a.count == count && c.count == count && next.count == count, "elman: shapes")
    let (a, c, h, next) = (a.pointer, c.pointer, h.pointer, next.pointer)
    let (kept, replaced) = (Lanes(repeating: 1 - leak), Lanes(repeating: leak))
    forEachPart(count) { i, part in
      let n = (Float.load(a + i, upTo: part) + Float.load(c + i, upTo: part)).hyperbolicTangent
      Float.store(n, to: a + i, upTo: part)
      let state = kept * Float.load(h + i, upTo: part) + replaced * n
      Float.store(state.quiet, to: next + i, upTo: part)
    }
  }

  /// Replaces n by the slope of the new state: l (1 - n^2).
  static func elmanSlopes(_ n: inout MutableSpan<Float>, leak: Float) {
    let count = n.count
    let n = n.pointer
    let (one, replaced) = (Lanes(repeating: 1), Lanes(repeating: leak))
    forEachPart(count) { i, part in
      let value = Float.load(n + i, upTo: part)
      Float.store(replaced * (one - value * value), to: n + i, upTo: part)
    }
  }

  /// One step of gated units.
  ///
  /// - Parameters:
  ///   - a: What the gates make of the input; then r, u and n.
  ///   - c: What they make of the state.
  static func gru(
    _ a: inout MutableSpan<Float>, _ c: Span<Float>, _ h: Span<Float>,
    into next: inout MutableSpan<Float>
  ) {
    let count = h.count
    precondition(
      a.count == 3 * count && c.count == 3 * count && next.count == count, "gru: shapes")
    let (a, c, h, next) = (a.pointer, c.pointer, h.pointer, next.pointer)
    let one = Lanes(repeating: 1)
    forEachPart(count) { i, part in
      let (j, k) = (count &+ i, 2 &* count &+ i)
      let r = (Float.load(a + i, upTo: part) + Float.load(c + i, upTo: part)).logistic
      let u = (Float.load(a + j, upTo: part) + Float.load(c + j, upTo: part)).logistic
      let sum = Float.load(a + k, upTo: part) + r * Float.load(c + k, upTo: part)
      let n = sum.hyperbolicTangent
      Float.store(r, to: a + i, upTo: part)
      Float.store(u, to: a + j, upTo: part)
      Float.store(n, to: a + k, upTo: part)
      let state = u * Float.load(h + i, upTo: part) + (one - u) * n
      Float.store(state.quiet, to: next + i, upTo: part)
    }
  }

  /// Replaces the gates by the slopes of the new state: in `a` by each gate's sum, in `c` by what the gate made
  /// of the state, which for n lies behind the reset.
  static func gruSlopes(
    _ a: inout MutableSpan<Float>, _ c: inout MutableSpan<Float>, _ h: Span<Float>
  ) {
    let count = h.count
    precondition(a.count == 3 * count && c.count == 3 * count, "gruSlopes: shapes")
    let (a, c, h) = (a.pointer, c.pointer, h.pointer)
    let one = Lanes(repeating: 1)
    forEachPart(count) { i, part in
      let (j, k) = (count &+ i, 2 &* count &+ i)
      let r = Float.load(a + i, upTo: part)
      let u = Float.load(a + j, upTo: part)
      let n = Float.load(a + k, upTo: part)
      let slopeOfN = (one - u) * (one - n * n)
      let slopeOfU = (Float.load(h + i, upTo: part) - n) * (u * (one - u))
      let slopeOfR = slopeOfN * Float.load(c + k, upTo: part) * (r * (one - r))
      Float.store(slopeOfR, to: a + i, upTo: part)
      Float.store(slopeOfU, to: a + j, upTo: part)
      Float.store(slopeOfN, to: a + k, upTo: part)
      Float.store(slopeOfR, to: c + i, upTo: part)
      Float.store(slopeOfU, to: c + j, upTo: part)
      Float.store(slopeOfN * r, to: c + k, upTo: part)
    }
  }

  /// Multiplies each of some numbers by another one.
  static func scale(_ a: inout MutableSpan<Float>, by e: Span<Float>) {
    let count = e.count
    precondition(a.count == count, "scale: shapes")
    let (a, e) = (a.pointer, e.pointer)
    forEachPart(count) { i, part in
      let product = Float.load(a + i, upTo: part) * Float.load(e + i, upTo: part)
      Float.store(product.quiet, to: a + i, upTo: part)
    }
  }

  /// Lets some numbers fade and adds others: t = keep t + x.
  static func fade(_ t: inout MutableSpan<Float>, keep: Float, _ x: Span<Float>) {
    let count = x.count
    precondition(t.count == count, "fade: shapes")
    let (t, x) = (t.pointer, x.pointer)
    let kept = Lanes(repeating: keep)
    forEachPart(count) { i, part in
      let sum = kept * Float.load(t + i, upTo: part) + Float.load(x + i, upTo: part)
      Float.store(sum.quiet, to: t + i, upTo: part)
    }
  }

  /// The traces of a row of weights, and what an error makes of them: t = decay t + slope x, w += error t.
  static func trace(
    _ t: inout MutableSpan<Float>, decay: Float, slope: Float, _ x: Span<Float>, error: Float,
    to w: inout MutableSpan<Float>
  ) {
    let count = x.count
    precondition(t.count == count && w.count == count, "trace: shapes")
    let (t, x, w) = (t.pointer, x.pointer, w.pointer)
    let (kept, factor) = (Lanes(repeating: decay), Lanes(repeating: slope))
    let error = Lanes(repeating: error)
    forEachPart(count) { i, part in
      let sum = kept * Float.load(t + i, upTo: part) + factor * Float.load(x + i, upTo: part)
      let trace = sum.quiet
      Float.store(trace, to: t + i, upTo: part)
      Float.store(
        Float.load(w + i, upTo: part).adding(error, times: trace), to: w + i, upTo: part)
    }
  }

  /// Adds a multiple of some numbers to others: w += d x.
  static func add(_ d: Float, times x: Span<Float>, to w: inout MutableSpan<Float>) {
    let count = x.count
    precondition(w.count == count, "add: shapes")
    let (x, w) = (x.pointer, w.pointer)
    let factor = Lanes(repeating: d)
    forEachPart(count) { i, part in
      let sum = Float.load(w + i, upTo: part).adding(factor, times: Float.load(x + i, upTo: part))
      Float.store(sum, to: w + i, upTo: part)
    }
  }

  /// Calls `body` with the first of every eight numbers and how many there are of them.
  @inline(__always)
  private static func forEachPart(_ count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    var i = 0
    while i < count {
      body(i, min(Lanes.width, count &- i))
      i &+= Lanes.width
    }
  }
}
