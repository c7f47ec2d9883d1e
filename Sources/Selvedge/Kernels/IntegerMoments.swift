// Shape    s[i] += q[i];  m[i, j] += q[i] * q[j] for j in 0 ... i
// Layout   dense; m is the lower triangle, row by row: m[i, j] lies at i (i + 1) / 2 + j
// Order    none: integers
// Exact    the same bytes on every target, whatever the order of calls
// Scratch  none

extension Kernels {
  /// Numbers of the lower triangle of a square of `side` rows, the diagonal among them.
  static func triangleCount(_ side: Int) -> Int { side * (side + 1) / 2 }

  /// Adds integers to their sums, and their products with each other to the sums of those.
  ///
  /// - Precondition: No sum outgrows 32 bits.
  static func addMoments(
    _ q: Span<Int8>, sums s: inout MutableSpan<Int32>, products m: inout MutableSpan<Int32>
  ) {
    precondition(
      s.count == q.count && m.count == triangleCount(q.count), "addMoments: shapes disagree")
    let (q, s, m, count) = (q.pointer, s.pointer, m.pointer, q.count)
    var row = m
    for i in 0..<count {
      let value = Int32(truncatingIfNeeded: q[i])
      s[i] &+= value
      for j in 0...i { row[j] &+= value &* Int32(truncatingIfNeeded: q[j]) }
      row += i &+ 1
    }
  }
}
