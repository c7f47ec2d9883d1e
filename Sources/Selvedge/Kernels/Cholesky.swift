// Shape    A = L LT;  L LT x = b
// Layout   A and L are lower triangles, row by row, L in the place of A; x in the place of b
// Order    every sum upwards, one term after the other
// Exact    the same bytes on every target: each product, sum, quotient and root rounds by itself
// Scratch  none

extension Kernels {
  /// Factors a symmetric positive definite matrix of `side` rows in its place.
  ///
  /// - Returns: The first row whose pivot is not positive, and then what is left means nothing; nil if the matrix has
  ///   been factored.
  static func factor(_ a: inout MutableSpan<Float>, side: Int) -> Int? {
    precondition(a.count == triangleCount(side), "factor: shapes disagree")
    let a = a.pointer
    for i in 0..<side {
      let row = a + triangleCount(i)
      for j in 0..<i {
        let other = a + triangleCount(j)
        row[j] = (row[j] - product(row, other, j)) / other[j]
      }
      let pivot = row[i] - product(row, row, i)
      guard pivot > 0 && pivot.isFinite else { return i }
      row[i] = pivot.squareRoot()
    }
    return nil
  }

  /// Solves the equations of a factored matrix for one right side, in its place.
  static func solve(_ l: Span<Float>, _ x: inout MutableSpan<Float>) {
    let (side, l, x) = (x.count, l.pointer, x.pointer)
    for i in 0..<side {
      let row = l + triangleCount(i)
      x[i] = (x[i] - product(row, x, i)) / row[i]
    }
    var i = side
    while i > 0 {
      i -= 1
      let row = l + triangleCount(i)
      x[i] = x[i] / row[i]
      // Row by row, as the triangle lies.
      for j in 0..<i { x[j] -= row[j] * x[i] }
    }
  }

  /// The sum of the products of the first `count` numbers.
  static func product(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sum: Float = 0
    for i in 0..<count { sum += a[i] * b[i] }
    return sum
  }
}
