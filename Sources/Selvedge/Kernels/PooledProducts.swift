// Shape    g[c, i] += sum over q of d[q, c] * x[q, n(q, c), i];
//          p[q, n(q, c), i] = sum over those c of d[q, c] * w[c, i]
// Layout   g and w [channels, columns], d and n [windows, channels], x and p [windows, places, columns]: dense
// Order    g: the windows add upwards from the first, then their sum to g; p: the channels upwards from zero
// Exact    the same bytes on every target
// Scratch  none

extension Kernels {
  /// The update of a pooled convolution: of each window only the place that was kept has an error, so that one
  /// in as many places is worked on. Edge case: no windows changes nothing.
  ///
  /// - Parameter n: Which place of its window each channel kept.
  static func addPooledOuterProducts(
    _ d: Span<Float>, at n: Span<Int8>, _ x: Span<Float>, windows: Int, places: Int,
    channels: Int, to g: inout MutableSpan<Float>
  ) {
    guard windows > 0, channels > 0 else { return }
    let columns = g.count / channels
    precondition(
      d.count == windows * channels && n.count == d.count && g.count == channels * columns
        && x.count == windows * places * columns,
      "addPooledOuterProducts: shapes disagree")
    let (d, n, x, g) = (d.pointer, n.pointer, x.pointer, g.pointer)
    for c in 0..<channels {
      let row = g + c &* columns
      var i = 0
      while i &+ 32 <= columns {
        var a0 = Lanes(repeating: 0)
        var (a1, a2, a3) = (a0, a0, a0)
        for q in 0..<windows {
          let k = q &* channels &+ c
          let patch = x + ((q &* places &+ Int(truncatingIfNeeded: n[k])) &* columns &+ i)
          let delta = Lanes(repeating: d[k])
          a0 = a0.adding(delta, times: Lanes(at: patch))
          a1 = a1.adding(delta, times: Lanes(at: patch + 8))
          a2 = a2.adding(delta, times: Lanes(at: patch + 16))
          a3 = a3.adding(delta, times: Lanes(at: patch + 24))
        }
        (Lanes(at: row + i) + a0).store(to: row + i)
        (Lanes(at: row + (i &+ 8)) + a1).store(to: row + (i &+ 8))
        (Lanes(at: row + (i &+ 16)) + a2).store(to: row + (i &+ 16))
        (Lanes(at: row + (i &+ 24)) + a3).store(to: row + (i &+ 24))
        i &+= 32
      }
      while i < columns {
        let count = min(Lanes.width, columns &- i)
        var sum = Lanes(repeating: 0)
        for q in 0..<windows {
          let k = q &* channels &+ c
          let patch = x + ((q &* places &+ Int(truncatingIfNeeded: n[k])) &* columns &+ i)
          sum = sum.adding(Lanes(repeating: d[k]), times: Float.load(patch, upTo: count))
        }
        Float.store(Float.load(row + i, upTo: count) + sum, to: row + i, upTo: count)
        i &+= Lanes.width
      }
    }
  }

  /// What the deltas of a pooled convolution mean to the numbers that each place was computed from.
  ///
  /// - Parameter factor: What an integer of `w` stands for; 1 for floats.
  static func pooledTransposedGemm<Weight: LaneElement>(
    _ w: Span<Weight>, factor: Float, _ d: Span<Float>, at n: Span<Int8>, windows: Int,
    places: Int, into p: inout MutableSpan<Float>
  ) {
    guard windows > 0, d.count > 0 else { return }
    let channels = d.count / windows
    let columns = w.count / channels
    precondition(
      d.count == windows * channels && n.count == d.count && w.count == channels * columns
        && p.count == windows * places * columns,
      "pooledTransposedGemm: shapes disagree")
    let count = p.count
    let (w, d, n, p) = (w.pointer, d.pointer, n.pointer, p.pointer)
    p.update(repeating: 0, count: count)
    for q in 0..<windows {
      for c in 0..<channels {
        let k = q &* channels &+ c
        let delta = Lanes(repeating: d[k] * factor)
        var target = p + (q &* places &+ Int(truncatingIfNeeded: n[k])) &* columns
        var row = w + c &* columns
        var left = columns
        while left >= 16 {
          let (u, v) = Weight.loadPair(row)
          let (a, b) = Float.loadPair(target)
          Float.storePair(a.adding(delta, times: u), b.adding(delta, times: v), to: target)
          row += 16
          target += 16
          left &-= 16
        }
        while left > 0 {
          let old = Float.load(target, upTo: left)
          let sum = old.adding(delta, times: Weight.load(row, upTo: left))
          Float.store(sum, to: target, upTo: left)
          row += min(left, 8)
          target += min(left, 8)
          left &-= 8
        }
      }
    }
  }
}
