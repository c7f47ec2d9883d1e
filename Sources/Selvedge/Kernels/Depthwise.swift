// Shape    y[p, c] = s * (sum over t of w[t, c] * x[p, t, c]) + b[c];
//          g[t, c] += sum over p of d[p, c] * x[p, t, c]
// Layout   w and g [taps, channels], x [places, taps, channels], y and d [places, channels]: dense
// Order    y: the taps add upwards from zero; g: the places add upwards from the first, then their sum to g
// Exact    the same bytes on every target; int8 sums are exact up to 1,024 taps
// Scratch  none

extension Kernels {
  /// A convolution of each channel by itself.
  ///
  /// - Parameter scale: What an integer of `w` stands for; 1 for floats.
  static func depthwise<Weight: LaneElement>(
    _ w: Span<Weight>, scale: Float, bias b: Span<Float>, _ x: Span<Float>, places: Int,
    into y: inout MutableSpan<Float>
  ) {
    let channels = b.count
    precondition(
      y.count == places * channels && x.count == places * w.count && w.count % channels == 0,
      "depthwise: shapes disagree")
    let taps = w.count / channels
    let (w, b, x, y) = (w.pointer, b.pointer, x.pointer, y.pointer)
    let factor = Lanes(repeating: scale)
    for p in 0..<places {
      var c = 0
      while c < channels {
        let count = min(Lanes.width, channels &- c)
        var (row, patch) = (w + c, x + (p &* taps &* channels &+ c))
        var sum = Lanes(repeating: 0)
        for _ in 0..<taps {
          let weight = Weight.load(row, upTo: count)
          sum = sum.adding(weight, times: Float.load(patch, upTo: count))
          row += channels
          patch += channels
        }
        let result = sum * factor + Float.load(b + c, upTo: count)
        Float.store(result, to: y + (p &* channels &+ c), upTo: count)
        c &+= Lanes.width
      }
    }
  }

  /// Adds the update of a convolution of each channel by itself to `g`.
  static func addDepthwise(
    _ d: Span<Float>, _ x: Span<Float>, places: Int, channels: Int,
    to g: inout MutableSpan<Float>
  ) {
    precondition(
      d.count == places * channels && x.count == places * g.count && g.count % channels == 0,
      "addDepthwise: shapes disagree")
    guard places > 0 else { return }
    let taps = g.count / channels
    let (d, x, g) = (d.pointer, x.pointer, g.pointer)
    for t in 0..<taps {
      var c = 0
      while c < channels {
        let count = min(Lanes.width, channels &- c)
        let place = t &* channels &+ c
        var sum = Float.load(d + c, upTo: count) * Float.load(x + place, upTo: count)
        for p in 1..<places {
          let patch = Float.load(x + (p &* taps &* channels &+ place), upTo: count)
          sum = sum.adding(Float.load(d + (p &* channels &+ c), upTo: count), times: patch)
        }
        Float.store(Float.load(g + place, upTo: count) + sum, to: g + place, upTo: count)
        c &+= Lanes.width
      }
    }
  }

  /// The same of a pooled convolution: of each window only the place `n` that a channel kept has an error.
  ///
  /// The windows add to `g` upwards, one number at a time: each channel has another place.
  static func addPooledDepthwise(
    _ d: Span<Float>, at n: Span<Int8>, _ x: Span<Float>, windows: Int, places: Int,
    channels: Int, to g: inout MutableSpan<Float>
  ) {
    precondition(
      d.count == windows * channels && n.count == d.count
        && x.count == windows * places * g.count && g.count % channels == 0,
      "addPooledDepthwise: shapes disagree")
    let count = g.count
    let (d, n, x, g) = (d.pointer, n.pointer, x.pointer, g.pointer)
    for q in 0..<windows {
      for c in 0..<channels {
        let k = q &* channels &+ c
        let patch = x + (q &* places &+ Int(truncatingIfNeeded: n[k])) &* count
        var i = c
        while i < count {
          g[i] += d[k] * patch[i]
          i &+= channels
        }
      }
    }
  }
}
