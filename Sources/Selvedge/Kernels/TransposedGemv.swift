// Shape    e[c] = s * (sum over r of d[r] * w[r, first + c])
// Layout   w [rows, columns], d [rows], e at most columns
// Order    the rows add upwards from zero
// Exact    the same bytes on every target
// Scratch  none

extension Kernels {
  /// Some columns of the transposed weights times one number a row: what a layer's deltas mean to the numbers
  /// that it read. Rows whose number is 0 are not read.
  ///
  /// - Parameter scale: What an integer of `w` stands for; 1 for floats.
  static func transposedGemv<Weight: LaneElement>(
    _ w: Span<Weight>, scale: Float, _ d: Span<Float>, firstColumn first: Int,
    into e: inout MutableSpan<Float>
  ) {
    let (rows, count) = (d.count, e.count)
    let columns = rows == 0 ? count : w.count / rows
    precondition(
      w.count == rows * columns && first >= 0 && first + count <= columns,
      "transposedGemv: shapes disagree")
    let (d, e) = (d.pointer, e.pointer)
    let w = w.pointer + first
    let factor = Lanes(repeating: scale)
    var c = 0
    while c &+ 32 <= count {
      var a0 = Lanes(repeating: 0)
      var (a1, a2, a3) = (a0, a0, a0)
      var row = w + c
      for r in 0..<rows {
        if d[r] != 0 {
          let delta = Lanes(repeating: d[r])
          a0 = a0.adding(delta, times: Weight.load(row))
          a1 = a1.adding(delta, times: Weight.load(row + 8))
          a2 = a2.adding(delta, times: Weight.load(row + 16))
          a3 = a3.adding(delta, times: Weight.load(row + 24))
        }
        row += columns
      }
      (a0 * factor).store(to: e + c)
      (a1 * factor).store(to: e + (c &+ 8))
      (a2 * factor).store(to: e + (c &+ 16))
      (a3 * factor).store(to: e + (c &+ 24))
      c &+= 32
    }
    while c < count {
      let part = min(Lanes.width, count &- c)
      var sum = Lanes(repeating: 0)
      var row = w + c
      for r in 0..<rows {
        if d[r] != 0 {
          sum = sum.adding(Lanes(repeating: d[r]), times: Weight.load(row, upTo: part))
        }
        row += columns
      }
      Float.store(sum * factor, to: e + c, upTo: part)
      c &+= Lanes.width
    }
  }
}
