import Testing

@testable import Selvedge

@Suite struct OuterProductTests {
  private func check(_ shape: ProductShape) {
    // This machine runs one of the tiles; the other must give the same bits.
    for wide in [nil, false, true] { check(shape, inWideTiles: wide) }
  }

  private func check(_ shape: ProductShape, inWideTiles wide: Bool?) {
    var dice = Dice(seed: shape.seed)
    let (rows, columns, samples) = (shape.rows, shape.columns, shape.samples)
    let (d, x) = (dice.floats(samples * rows), dice.floats(samples * columns))
    var (w, b) = (dice.floats(rows * columns), dice.floats(rows))
    let (deltas, inputs) = (GuardedFloats(d), GuardedFloats(x))
    let (weights, biases) = (GuardedFloats(w), GuardedFloats(b))
    weights.withMutableSpan { weights in
      biases.withMutableSpan {
        if let wide {
          Kernels.addOuterProducts(
            deltas.span, inputs.span, samples: samples, to: &weights, bias: &$0, inWideTiles: wide)
        } else {
          Kernels.addOuterProducts(
            deltas.span, inputs.span, samples: samples, to: &weights, bias: &$0)
        }
      }
    }
    Reference.addOuterProducts(d, x, samples: samples, to: &w, &b)
    #expect(weights.bits == w.bits && biases.bits == b.bits, "\(shape.testDescription)")
    #expect(weights.frontIsIntact && biases.frontIsIntact, "\(shape.testDescription)")
    #expect(deltas.array == d && inputs.array == x)
  }

  @Test(arguments: Array(1...9) + [12, 13, 40])
  func updatesAreTheReferencesToTheBit(rows: Int) {
    for shape in ProductShape.boundaries(rows: rows) { check(shape) }
  }

  @Test(arguments: ProductShape.large)
  func updatesOfLargeShapesAreTheReferencesToTheBit(shape: ProductShape) { check(shape) }

  @Test(arguments: [1, 2, 9, 64])
  func updatesAreWithinTheRoundingOfDoublePrecision(samples: Int) {
    let (rows, columns) = (7, 27)
    var dice = Dice(seed: UInt64(samples))
    let (d, x) = (dice.floats(samples * rows), dice.floats(samples * columns))
    let before = dice.floats(rows * columns)
    var (w, b) = (before, [Float](repeating: 0, count: rows))
    var weightSpan = w.mutableSpan
    var biasSpan = b.mutableSpan
    Kernels.addOuterProducts(d.span, x.span, samples: samples, to: &weightSpan, bias: &biasSpan)
    for r in 0..<rows {
      for i in 0..<columns {
        let products = (0..<samples).map {
          Double(d[$0 * rows + r]) * Double(x[$0 * columns + i])
        }
        let exact = products.reduce(Double(before[r * columns + i]), +)
        let size = products.reduce(1) { $0 + $1.magnitude }
        let bound = Double(samples + 2) * 0x1p-24 * size
        #expect(abs(Double(w[r * columns + i]) - exact) <= bound)
      }
    }
  }

  @Test func noSamplesOrNoRowsChangeNothing() {
    var (w, b): ([Float], [Float]) = ([1, 2, 3, 4, 5, 6], [7, 8])
    var weightSpan = w.mutableSpan
    var biasSpan = b.mutableSpan
    let none: [Float] = []
    Kernels.addOuterProducts(none.span, none.span, samples: 0, to: &weightSpan, bias: &biasSpan)
    #expect(w == [1, 2, 3, 4, 5, 6] && b == [7, 8])
    var (noWeights, noBiases) = (none, none)
    var noWeightSpan = noWeights.mutableSpan
    var noBiasSpan = noBiases.mutableSpan
    let x: [Float] = [1, 2]
    Kernels.addOuterProducts(
      none.span, x.span, samples: 2, to: &noWeightSpan, bias: &noBiasSpan)
    #expect(noWeights.isEmpty && noBiases.isEmpty)
  }

  /// The smallest numbers that the floor lets through, one unit apart in their last place.
  @Test func updatesThatNearlyCancelLeaveNoSubnormalWeight() {
    let (f, next) = (quietFloor, quietFloor.nextUp)
    var kept = 0
    for d in [[f, -f], [f, -next], [next, -f], [next, -next]] {
      for x in [[next, f], [f, next], [f, f], [next, next]] {
        var (w, b): ([Float], [Float]) = ([0], [0])
        var weightSpan = w.mutableSpan
        var biasSpan = b.mutableSpan
        Kernels.addOuterProducts(d.span, x.span, samples: 2, to: &weightSpan, bias: &biasSpan)
        #expect(!w[0].isSubnormal && !b[0].isSubnormal, "\(d) \(x)")
        if w[0] != 0 { kept += 1 }
      }
    }
    #expect(kept >= 6, "sums that vanish prove nothing")
  }

  @Test func anAddedZeroLeavesEveryWeightButTurnsNoSign() {
    // What the floor makes zero must be free of effect: -0 + 0 is the one exception of IEEE 754.
    var (w, b): ([Float], [Float]) = ([1, -1, 0, .leastNormalMagnitude, 3e38], [0.25])
    var weightSpan = w.mutableSpan
    var biasSpan = b.mutableSpan
    let (d, x): ([Float], [Float]) = ([0, 0], [1, -1, 5, 0, 2, 1, 1, -3, 4, 9])
    Kernels.addOuterProducts(d.span, x.span, samples: 2, to: &weightSpan, bias: &biasSpan)
    #expect(w == [1, -1, 0, .leastNormalMagnitude, 3e38] && b == [0.25])
  }
}
