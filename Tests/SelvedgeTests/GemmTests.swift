import Testing

@testable import Selvedge

@Suite struct GemmTests {
  private func gemm(
    _ w: GuardedFloats, _ b: GuardedFloats, _ x: GuardedFloats, samples: Int
  ) -> GuardedFloats {
    let y = GuardedFloats([Float](repeating: .nan, count: samples * b.count))
    y.withMutableSpan {
      Kernels.gemm(w.span, bias: b.span, x.span, samples: samples, into: &$0)
    }
    // This machine runs one of the tiles; the other must give the same bits.
    for wide in [false, true] {
      let other = GuardedFloats([Float](repeating: .nan, count: samples * b.count))
      other.withMutableSpan {
        Kernels.gemm(w.span, bias: b.span, x.span, samples: samples, into: &$0, inWideTiles: wide)
      }
      #expect(other.bits == y.bits && other.frontIsIntact, "wide \(wide), \(samples) samples")
    }
    return y
  }

  private func check(_ shape: ProductShape) {
    var dice = Dice(seed: shape.seed)
    let (rows, columns, samples) = (shape.rows, shape.columns, shape.samples)
    let w = dice.floats(rows * columns)
    let (b, x) = (dice.floats(rows), dice.floats(samples * columns))
    let guarded = (GuardedFloats(w), GuardedFloats(b), GuardedFloats(x))
    let y = gemm(guarded.0, guarded.1, guarded.2, samples: samples)
    #expect(y.bits == Reference.gemm(w, b, x, samples: samples).bits, "\(shape.testDescription)")
    #expect(y.frontIsIntact, "\(shape.testDescription)")
    #expect(guarded.0.array == w && guarded.1.array == b && guarded.2.array == x)
  }

  @Test(arguments: Array(1...9) + [12, 13, 40])
  func resultsAreTheReferencesToTheBit(rows: Int) {
    for shape in ProductShape.boundaries(rows: rows) { check(shape) }
  }

  @Test(arguments: ProductShape.large)
  func resultsOfLargeShapesAreTheReferencesToTheBit(shape: ProductShape) { check(shape) }

  @Test(arguments: [1, 2, 7, 8, 9, 16, 33, 300])
  func resultsAreWithinTheRoundingOfDoublePrecision(columns: Int) {
    var dice = Dice(seed: UInt64(columns))
    let (w, b) = (dice.floats(7 * columns), dice.floats(7))
    let x = dice.floats(3 * columns)
    let y = gemm(GuardedFloats(w), GuardedFloats(b), GuardedFloats(x), samples: 3).array
    for s in 0..<3 {
      for r in 0..<7 {
        let products = (0..<columns).map {
          Double(w[r * columns + $0]) * Double(x[s * columns + $0])
        }
        let exact = products.reduce(Double(b[r]), +)
        let size = products.reduce(Double(b[r]).magnitude) { $0 + $1.magnitude }
        // A product, a lane's additions, three folds and the bias round once each.
        let roundings = Double((columns + 7) / 8 + 5)
        #expect(abs(Double(y[s * 7 + r]) - exact) <= roundings * 0x1p-24 * size)
      }
    }
  }

  @Test(arguments: [(4, 8), (5, 9), (8, 16), (3, 7), (13, 33)])
  func aSampleDoesNotDependOnTheOthers(rows: Int, columns: Int) {
    var dice = Dice(seed: UInt64(rows))
    let (w, b) = (GuardedFloats(dice.floats(rows * columns)), GuardedFloats(dice.floats(rows)))
    let own = dice.floats(columns)
    let alone = gemm(w, b, GuardedFloats(own), samples: 1).bits
    for samples in [2, 3, 4, 5, 256] {
      for place in [0, 1, samples / 2, samples - 1] {
        for strange in [Float.nan, .infinity, 1e30, 0] {
          var x = [Float](repeating: strange, count: samples * columns)
          x.replaceSubrange(place * columns..<(place + 1) * columns, with: own)
          let y = gemm(w, b, GuardedFloats(x), samples: samples).bits
          let comment: Comment = "\(samples) samples, place \(place)"
          #expect(Array(y[place * rows..<(place + 1) * rows]) == alone, comment)
        }
      }
    }
  }

  @Test func aNaNReachesAllOutputsOfItsSample() {
    for columns in [1, 8, 13] {
      for place in 0..<columns {
        var x = [Float](repeating: 1, count: 3 * columns)
        x[columns + place] = .nan
        let w = GuardedFloats([Float](repeating: 0, count: 9 * columns))
        let b = GuardedFloats([Float](repeating: 0.5, count: 9))
        let y = gemm(w, b, GuardedFloats(x), samples: 3).array
        #expect(y[0..<9].allSatisfy { $0 == 0.5 } && y[18...].allSatisfy { $0 == 0.5 })
        #expect(Array(y[9..<18]).areNaN)
      }
    }
  }

  @Test func noColumnsGiveTheBias() {
    let b = GuardedFloats([1, 2, 3, 4, 5])
    let none = GuardedFloats([])
    for samples in [1, 2, 3] {
      let y = gemm(none, b, none, samples: samples).array
      #expect(y == Array((0..<samples).map { _ in b.array }.joined()))
    }
  }

  @Test(arguments: [(5, 9, 3), (4, 16, 2), (8, 24, 1), (7, 17, 64)])
  func resultsDoNotDependOnTheAlignmentOfAnything(rows: Int, columns: Int, samples: Int) {
    var dice = Dice(seed: 5)
    let (w, b) = (dice.floats(rows * columns), dice.floats(rows))
    let x = dice.floats(samples * columns)
    let expected = Reference.gemm(w, b, x, samples: samples)
    for offset in 0..<8 {
      // Behind `offset` floats of an allocation, each array begins at another address modulo 32.
      let pad = [Float](repeating: 9, count: offset)
      let (ws, bs, xs) = (pad + w, pad + b, pad + x)
      var ys = pad + [Float](repeating: 9, count: rows * samples)
      var span = ys.mutableSpan
      var part = span.part(offset..<offset + rows * samples)
      Kernels.gemm(
        ws.span.extracting(droppingFirst: offset), bias: bs.span.extracting(droppingFirst: offset),
        xs.span.extracting(droppingFirst: offset), samples: samples, into: &part)
      #expect(Array(ys[offset...]).bits == expected.bits && ys[..<offset].allSatisfy { $0 == 9 })
    }
  }
}
