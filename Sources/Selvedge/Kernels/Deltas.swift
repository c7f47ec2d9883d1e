// Shape    b[r] += sum over s of d[s, r]
// Layout   d [samples, rows], b [rows]
// Order    the samples add upwards from the first, then their sum is added to the bias
// Exact    the same bytes on every target
// Scratch  none

extension Kernels {
  /// The update of a dense layer's biases.
  static func addDeltas(_ d: Span<Float>, samples: Int, to b: inout MutableSpan<Float>) {
    guard samples > 0 else { return }
    let rows = b.count
    precondition(d.count == samples * rows, "addDeltas: shapes disagree")
    let (d, b) = (d.pointer, b.pointer)
    for r in 0..<rows {
      var total = d[r]
      for s in 1..<samples { total += d[s &* rows &+ r] }
      b[r] += total
    }
  }
}
