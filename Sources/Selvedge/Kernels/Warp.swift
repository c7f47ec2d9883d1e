// Shape    y[r, c, k] = gain * x read at an affine place, between four places, plus offset; a row of a sequence alike
// Layout   [rows, columns, channels] dense; [steps, channels] dense
// Order    the four places upwards; every element by itself
// Exact    the same bytes on every target
// Scratch  none

extension Kernels {
  /// An image read at other places: row and column, counted from the middle in halves of the longer side, are
  /// multiplied by a matrix and shifted. What lies outside is what is nearest to it at the edge.
  ///
  /// - Parameter numbers: The matrix minus the identity by rows, the shift of rows and of columns, the gain minus 1,
  ///   the offset.
  static func warp(
    _ x: Span<Float>, _ shape: Shape, _ numbers: Span<Float>, mean: Float,
    deviation: Float, into y: inout MutableSpan<Float>
  ) {
    let (rows, columns, channels) = (shape.rows, shape.columns, shape.channels)
    let half = Float(number: max(rows, columns)) / 2
    let (middleRow, middleColumn) = (Float(number: rows - 1) / 2, Float(number: columns - 1) / 2)
    let gain = 1 + numbers[6]
    let offset = mean - gain * mean + numbers[7] * deviation
    for row in 0..<rows {
      for column in 0..<columns {
        let (v, u) = (Float(number: row) - middleRow, Float(number: column) - middleColumn)
        let down = (v + numbers[0] * v) + numbers[1] * u + (numbers[4] * half + middleRow)
        let right = numbers[2] * v + (u + numbers[3] * u) + (numbers[5] * half + middleColumn)
        let (top, below) = place(down, rows)
        let (left, beside) = place(right, columns)
        let nextRow = top + 1 < rows ? columns * channels : 0
        let nextColumn = left + 1 < columns ? channels : 0
        for k in 0..<channels {
          let first = (top * columns + left) * channels + k
          let upper = x[first] + beside * (x[first + nextColumn] - x[first])
          let third = first + nextRow
          let lower = x[third] + beside * (x[third + nextColumn] - x[third])
          y[(row * columns + column) * channels + k] =
            gain * (upper + below * (lower - upper)) + offset
        }
      }
    }
  }

  /// Step `step` of a sequence read at other times: its own is multiplied and shifted by a part of half its length.
  ///
  /// - Parameter numbers: The factor of time minus 1, the shift, the gain minus 1, the offset.
  static func warpStep(
    _ step: Int, _ x: Span<Float>, channels: Int, _ numbers: Span<Float>, mean: Float,
    deviation: Float, into y: inout MutableSpan<Float>
  ) {
    let steps = x.count / channels
    let gain = 1 + numbers[2]
    let offset = mean - gain * mean + numbers[3] * deviation
    let t = Float(number: step)
    let (first, part) = place(
      (t + numbers[0] * t) + numbers[1] * (Float(number: steps) / 2), steps)
    let next = first + 1 < steps ? channels : 0
    for k in 0..<channels {
      let i = first * channels + k
      y[k] = gain * (x[i] + part * (x[i + next] - x[i])) + offset
    }
  }

  /// The element below a place among `count`, and how far the place lies behind it.
  private static func place(_ position: Float, _ count: Int) -> (Int, Float) {
    let last = Float(number: count - 1)
    // Not a number counts as the first.
    let held = position > 0 ? (position < last ? position : last) : 0
    // What `rounded(within:)` gives is nearest, so it may be one too many.
    var nearest = Int(held.rounded(within: 4_000_000))
    if Float(number: nearest) > held { nearest -= 1 }
    nearest = min(nearest, count - 1)
    return (nearest, held - Float(number: nearest))
  }
}
