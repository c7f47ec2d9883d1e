/// The numbers, none of them negative, by which sums of columns come nearest to targets.
///
/// Minimises the sum of (row * x - target)^2 / target^2, so that every row counts by its relative error, one
/// coefficient after the other (Franc, Hlavac and Navara 2005).
struct NonNegativeLeastSquares {
  private(set) var solution: [Double]

  /// - Parameters:
  ///   - rows: For each target its columns, all as many.
  ///   - targets: Positive.
  init(rows: [[Double]], targets: [Double], sweeps: Int = 20_000) {
    let count = rows.first?.count ?? 0
    // Scaled so that every column's largest number is one.
    var scales = [Double](repeating: 0, count: count)
    let relative = zip(rows, targets).map { row, target in row.map { $0 / target } }
    for row in relative { for i in 0..<count { scales[i] = max(scales[i], row[i]) } }
    let scaled = relative.map { row in zip(row, scales).map { $1 > 0 ? $0 / $1 : 0 } }
    var products = [Double](repeating: 0, count: count * count)
    // Minus the gradient, beginning at zero: the products of columns and targets, which are all one.
    var residual = [Double](repeating: 0, count: count)
    for row in scaled {
      for i in 0..<count where row[i] != 0 {
        residual[i] += row[i]
        for j in 0..<count { products[i * count + j] += row[i] * row[j] }
      }
    }
    var x = [Double](repeating: 0, count: count)
    for _ in 0..<sweeps {
      var largest = 0.0
      for i in 0..<count where products[i * count + i] > 0 {
        let next = max(0, x[i] + residual[i] / products[i * count + i])
        let change = next - x[i]
        guard change != 0 else { continue }
        x[i] = next
        largest = max(largest, change.magnitude)
        for j in 0..<count { residual[j] -= change * products[i * count + j] }
      }
      if largest < 1e-9 { break }
    }
    solution = zip(x, scales).map { $1 > 0 ? $0 / $1 : 0 }
  }
}
