// Shape    best[q, c] = max over i of y[q, i, c];  winner[q, c] = the first such i
// Layout   y [windows, places, channels]; best [windows, channels] at the beginning of y; winners alike
// Order    none: comparisons
// Exact    the same bytes on every target; a NaN in the first place stays, others are passed over
// Scratch  none

import CLanes

extension Kernels {
  /// The largest number of each window of `places` places, in place at the beginning of `y`.
  ///
  /// - Parameter winners: Which place it was, or empty.
  static func maxPool(
    _ y: inout MutableSpan<Float>, windows: Int, places: Int, channels: Int,
    winners: inout MutableSpan<Int8>
  ) {
    precondition(
      y.count >= windows * places * channels && places <= 128
        && (winners.isEmpty || winners.count == windows * channels),
      "maxPool: shapes disagree")
    let keeps = !winners.isEmpty
    let (y, winners) = (y.pointer, winners.pointer)
    for q in 0..<windows {
      var c = 0
      while c < channels {
        let count = min(Lanes.width, channels &- c)
        var p = UnsafePointer(y + (q &* places &* channels &+ c))
        var best = Float.load(p, upTo: count)
        var winner = Lanes(repeating: 0)
        for i in 1..<places {
          p += channels
          let v = Float.load(p, upTo: count)
          let number = lanes_splat(Float(number: i))
          winner = Lanes(lanes_where_larger(v.vector, best.vector, number, winner.vector))
          best = Lanes(lanes_larger(v.vector, best.vector))
        }
        let place = q &* channels &+ c
        Float.store(best, to: y + place, upTo: count)
        if keeps { Int8.store(winner, to: winners + place, upTo: count) }
        c &+= Lanes.width
      }
    }
  }
}
