// Shape    (a[k], b[k]) <- (c[k] a[k] - s[k] b[k] + x, s[k] a[k] + c[k] b[k]), channel by channel
// Layout   table [2, count] (c, then s); state [2 count - 1, channels]: all a, then b from k = 1; x [channels]
// Order    none: every number by itself
// Exact    the same bytes on every target; results below the quiet floor are zero
// Scratch  none

extension Kernels {
  /// One step of a bank of oscillators that every channel drives.
  static func oscillate(
    _ state: inout MutableSpan<Float>, _ table: Span<Float>, _ x: Span<Float>
  ) {
    let (count, channels) = (table.count / 2, x.count)
    precondition(state.count == (2 * count - 1) * channels, "oscillate: shapes disagree")
    let (state, table, x) = (state.pointer, table.pointer, x.pointer)
    var c = 0
    while c < channels {
      let part = min(Lanes.width, channels &- c)
      let input = Float.load(x + c, upTo: part)
      let first = state + c
      let sum = Float.load(first, upTo: part) * Lanes(repeating: table[0]) + input
      Float.store(sum.quiet, to: first, upTo: part)
      for k in 1..<count {
        let real = state + (k &* channels &+ c)
        let imaginary = state + ((count &+ k &- 1) &* channels &+ c)
        let (a, b) = (Float.load(real, upTo: part), Float.load(imaginary, upTo: part))
        let (cosine, sine) = (Lanes(repeating: table[k]), Lanes(repeating: table[count &+ k]))
        Float.store((a * cosine - b * sine + input).quiet, to: real, upTo: part)
        Float.store((a * sine + b * cosine).quiet, to: imaginary, upTo: part)
      }
      c &+= Lanes.width
    }
  }
}
