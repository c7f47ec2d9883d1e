import Testing

@testable import Selvedge

/// Each kernel in plain lines: the order in which its first lines say that it adds.
enum Reference {
  /// Element i goes to lane i mod 8, upwards; then l + (l + 4), l + (l + 2), l + (l + 1).
  static func sum(_ terms: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 8)
    for (i, term) in terms.enumerated() { lanes[i % 8] += term }
    let fours = (0..<4).map { lanes[$0] + lanes[$0 + 4] }
    return (fours[0] + fours[2]) + (fours[1] + fours[3])
  }

  static func gemm(_ w: [Float], _ b: [Float], _ x: [Float], samples: Int) -> [Float] {
    let columns = x.count / samples
    var y: [Float] = []
    for s in 0..<samples {
      for r in b.indices {
        let products = (0..<columns).map { w[r * columns + $0] * x[s * columns + $0] }
        y.append(sum(products) + b[r])
      }
    }
    return y
  }

  static func addOuterProducts(
    _ d: [Float], _ x: [Float], samples: Int, to w: inout [Float], _ b: inout [Float]
  ) {
    let (rows, columns) = (b.count, x.count / samples)
    for r in 0..<rows {
      for i in 0..<columns {
        var total = d[r] * x[i]
        for s in 1..<samples { total += d[s * rows + r] * x[s * columns + i] }
        w[r * columns + i] += total
      }
      var total = d[r]
      for s in 1..<samples { total += d[s * rows + r] }
      b[r] += total
    }
  }
}

/// The int8 kernels in plain lines, in 64 bits.
extension Reference {
  static func gemm(
    _ w: [Int8], _ b: [Float], _ x: [Int8], samples: Int, exponent: Int
  ) -> [Float] {
    let columns = x.count / samples
    var y: [Float] = []
    for s in 0..<samples {
      for r in b.indices {
        let sum = (0..<columns).reduce(Int64(0)) {
          $0 + Int64(w[r * columns + $1]) * Int64(x[s * columns + $1])
        }
        y.append(Float(sum) * Float(sign: .plus, exponent: -exponent, significand: 1) + b[r])
      }
    }
    return y
  }

  /// The noise of a weight: 16 bits of its column, xored with 16 bits of its row.
  static func noise(_ generator: CounterGenerator?, row: Int, column: Int) -> Int64 {
    guard let generator else { return 0x8000 }
    let own = generator[UInt64(column / 4)] >> UInt64(16 * (column % 4)) & 0xFFFF
    let rows = generator[(1 << 32) + UInt64(row)] >> 48
    return Int64((own ^ 0x8000) ^ rows)
  }

  static func addOuterProducts(
    _ d: [Int16], _ x: [Int8], samples: Int, _ generator: CounterGenerator?, firstRow: Int,
    to w: inout [Int8]
  ) {
    let (rows, columns) = (d.count / samples, x.count / samples)
    for r in 0..<rows where (0..<samples).contains(where: { d[$0 * rows + r] != 0 }) {
      for i in 0..<columns {
        var change = noise(generator, row: firstRow + r, column: i)
        for s in 0..<samples { change += Int64(d[s * rows + r]) * Int64(x[s * columns + i]) }
        // An arithmetic shift rounds downwards.
        w[r * columns + i] = Int8(max(-127, min(127, Int64(w[r * columns + i]) + change >> 16)))
      }
    }
  }
}

/// Shapes around every boundary of lanes and tiles, and a few large ones.
struct ProductShape: CustomTestStringConvertible {
  let rows: Int
  let columns: Int
  let samples: Int

  var testDescription: String { "\(rows) x \(columns), \(samples) samples" }
  var seed: UInt64 { UInt64(rows * 1_000_000 + columns * 1000 + samples) }

  static let columns = Array(1...18) + [23, 24, 25, 31, 32, 33, 39, 40]
  static let samples = Array(1...9) + [64]
  static let large = [
    ProductShape(rows: 64, columns: 300, samples: 3),
    ProductShape(rows: 65, columns: 255, samples: 1),
    ProductShape(rows: 37, columns: 301, samples: 8),
    ProductShape(rows: 300, columns: 19, samples: 2),
    ProductShape(rows: 2, columns: 300, samples: 64),
  ]

  static func boundaries(rows: Int) -> [ProductShape] {
    columns.flatMap { columns in
      samples.map { ProductShape(rows: rows, columns: columns, samples: $0) }
    }
  }
}
