import Testing

@testable import Selvedge

@Suite struct Int8KernelTests {
  static let columns = Array(1...18) + [31, 32, 33, 47, 48, 49, 63, 64, 65, 300]
  static let samples = Array(1...5) + [9, 64]

  // MARK: Products

  private func checkProducts(rows: Int, columns: Int, samples: Int, gap: Int = 0) {
    var dice = Dice(seed: UInt64(rows * 1_000_000 + columns * 1000 + samples))
    let w: [Int8] = dice.integers(rows * columns, in: -127...127)
    let x: [Int8] = dice.integers(samples * columns, in: -127...127)
    let b = dice.floats(rows)
    let y = GuardedFloats([Float](repeating: .nan, count: samples * rows))
    let (guardedW, guardedX) = (Guarded(w, gap: gap), Guarded(x, gap: gap / 2))
    y.withMutableSpan {
      Kernels.gemm(
        guardedW.span, bias: GuardedFloats(b).span, guardedX.span, samples: samples, exponent: 11,
        into: &$0)
    }
    let expected = Reference.gemm(w, b, x, samples: samples, exponent: 11)
    #expect(y.bits == expected.bits, "\(rows) x \(columns), \(samples) samples, gap \(gap)")
    #expect(y.frontIsIntact && guardedW.array == w && guardedX.array == x)
  }

  @Test(arguments: Array(1...9) + [12, 64, 300])
  func productsAreTheExactOnes(rows: Int) {
    for columns in Self.columns where rows < 20 || columns < 40 {
      for samples in Self.samples { checkProducts(rows: rows, columns: columns, samples: samples) }
    }
  }

  @Test(arguments: 0...15)
  func productsDoNotDependOnWhereTheBytesLie(gap: Int) {
    for columns in [1, 15, 16, 17, 100] {
      checkProducts(rows: 5, columns: columns, samples: 3, gap: gap)
    }
  }

  @Test(arguments: [(127, 127), (127, -127), (-127, -127)])
  func theLongestRowsOfTheLargestNumbersDoNotOverflow(w: Int8, x: Int8) {
    let columns = Kernels.longestInt8Row
    let biases: [Float] = [0, 1, -1, 0, 0.5]
    for exponent in [-60, 0, 60] {
      var y = [Float](repeating: .nan, count: 5)
      var span = y.mutableSpan
      Kernels.gemm(
        [Int8](repeating: w, count: 5 * columns).span, bias: biases.span,
        [Int8](repeating: x, count: columns).span, samples: 1, exponent: exponent, into: &span)
      let exact = Double(w) * Double(x) * Double(columns)
      for (r, bias) in biases.enumerated() {
        // Bias and sum round once each, the scale never.
        let scaled = Double(Float(exact)) * Double(sign: .plus, exponent: -exponent, significand: 1)
        #expect(y[r] == Float(scaled + Double(bias)), "exponent \(exponent), row \(r)")
      }
    }
  }

  @Test func rowsLongerThanThatAreNotPlanned() {
    let layers = [LayerDescription.output(2).stored(as: .int8)]
    for (inputs, error) in [(131_072, nil), (131_073, PlanError.int8Inputs(layer: 0, 131_073))] {
      let found = thrown(PlanError.self) {
        _ = try Plan(inputs: inputs, layers: layers.span, batch: 1, purpose: .inference)
      }
      #expect(found == error)
    }
  }

  // MARK: Updates

  private func checkUpdate(
    rows: Int, columns: Int, samples: Int, isStochastic: Bool, gap: Int = 0, firstRow: Int = 64
  ) {
    var dice = Dice(seed: UInt64(rows * 1_000_000 + columns * 1000 + samples))
    let generator = isStochastic ? CounterGenerator(seed: 5, stream: 9) : nil
    let w: [Int8] = dice.integers(rows * columns, in: -127...127)
    let x: [Int8] = dice.integers(samples * columns, in: -127...127)
    var d: [Int16] = dice.integers(samples * rows, in: -32_767...32_767)
    // Rows without an error among them, and gentle ones.
    for r in 0..<rows where r % 3 == 1 { for s in 0..<samples { d[s * rows + r] = 0 } }
    for r in 0..<rows where r % 3 == 2 { for s in 0..<samples { d[s * rows + r] /= 256 } }
    let noise = Guarded([UInt32](repeating: 7, count: columns))
    noise.withMutableSpan {
      Kernels.drawNoise(generator, x.span.extracting(0..<columns), into: &$0)
    }
    let guarded = Guarded(w, gap: gap)
    guarded.withMutableSpan {
      Kernels.addOuterProducts(
        Guarded(d).span, Guarded(x, gap: gap).span, samples: samples, noise: noise.span, generator,
        firstRow: firstRow, to: &$0)
    }
    var expected = w
    Reference.addOuterProducts(
      d, x, samples: samples, generator, firstRow: firstRow, to: &expected)
    #expect(
      guarded.array == expected,
      "\(rows) x \(columns), \(samples) samples, stochastic \(isStochastic), gap \(gap)")
    #expect(guarded.frontIsIntact && noise.frontIsIntact)
    #expect(rows * columns < 20 || expected != w)
  }

  @Test(arguments: Array(1...9) + [12, 64, 300], [false, true])
  func updatesAreTheFormulas(rows: Int, isStochastic: Bool) {
    for columns in Self.columns where rows < 20 || columns < 40 {
      for samples in Self.samples {
        checkUpdate(rows: rows, columns: columns, samples: samples, isStochastic: isStochastic)
      }
    }
  }

  @Test(arguments: 0...15)
  func updatesDoNotDependOnWhereTheBytesLie(gap: Int) {
    for columns in [1, 15, 16, 17, 100] {
      checkUpdate(rows: 5, columns: columns, samples: 2, isStochastic: true, gap: gap)
    }
  }

  @Test func twoHundredAndFiftySixOfTheLargestDeltasDoNotOverflow() {
    for sign in [1, -1] as [Int16] {
      let (rows, columns, samples) = (6, 19, 256)
      let d = [Int16](repeating: 32_767 * sign, count: samples * rows)
      let x = [Int8](repeating: 127, count: samples * columns)
      var noise = [UInt32](repeating: 0, count: columns)
      var noiseSpan = noise.mutableSpan
      Kernels.drawNoise(nil, x.span.extracting(0..<columns), into: &noiseSpan)
      var w = [Int8](repeating: -100 * Int8(sign), count: rows * columns)
      var span = w.mutableSpan
      Kernels.addOuterProducts(
        d.span, x.span, samples: samples, noise: noise.span, nil, firstRow: 0, to: &span)
      #expect(w == [Int8](repeating: 127 * Int8(sign), count: rows * columns))
    }
  }

  // MARK: Quantisation

  @Test(arguments: 1...40)
  func quantisationIsToTheNearestAndHeldInRange(count: Int) {
    var dice = Dice(seed: UInt64(count))
    for exponent in [-3, 0, 5, 7] {
      let step = Float(sign: .plus, exponent: -exponent, significand: 1)
      let v = (0..<count).map { _ in dice.float() * 160 * step }
      let q = Guarded([Int8](repeating: 99, count: count))
      var clipping = Clipping()
      q.withMutableSpan {
        clipping = Kernels.quantise(GuardedFloats(v).span, exponent: exponent, into: &$0)
      }
      let scaled = v.map { $0 / step }
      let expected = scaled.map {
        Int8(max(-127, min(127, $0.rounded(.toNearestOrEven))))
      }
      #expect(q.array == expected && q.frontIsIntact)
      #expect(clipping.count == scaled.count { $0.magnitude > 128.5 })
      #expect(clipping.largest == v.map(\.magnitude).max())
      let back = GuardedFloats([Float](repeating: .nan, count: count))
      back.withMutableSpan { Kernels.dequantise(q.span, exponent: exponent, into: &$0) }
      #expect(back.array == expected.map { Float($0) * step } && back.frontIsIntact)
    }
  }

  @Test func strangeNumbersBecomeInt8() {
    let strange: [Float] = [
      0.5, 1.5, -0.5, -2.5, .infinity, -.infinity, .nan, 0x1p-140, -0.0, 1e30, -1e-30, 127.5,
      -127.5,
    ]
    var q = [Int8](repeating: 9, count: strange.count)
    var span = q.mutableSpan
    let clipping = Kernels.quantise(strange.span, exponent: 0, into: &span)
    #expect(q == [0, 2, 0, -2, 127, -127, 0, 0, 0, 127, 0, 127, -127])
    #expect(clipping.count == 3 && clipping.largest == .infinity)
  }

  @Test(arguments: 1...20)
  func standardisedInt8IsTheQuantisationOfStandardisedFloats(count: Int) {
    var dice = Dice(seed: UInt64(count))
    let v = dice.floats(count).map { $0 * 300 }
    let x = GuardedFloats([Float](repeating: 0, count: count))
    let expected = Guarded([Int8](repeating: 0, count: count))
    let q = Guarded([Int8](repeating: 0, count: count))
    x.withMutableSpan { Kernels.standardise(v.span, mean: 3, scale: 0.01, into: &$0) }
    var clippings = [Clipping(), Clipping()]
    expected.withMutableSpan {
      clippings[0] = Kernels.quantise(x.span, exponent: 6, into: &$0)
    }
    q.withMutableSpan {
      clippings[1] = Kernels.standardise(
        GuardedFloats(v).span, mean: 3, scale: 0.01, exponent: 6, into: &$0)
    }
    #expect(q.array == expected.array && q.frontIsIntact)
    #expect(clippings[0].count == clippings[1].count)
    #expect(clippings[0].largest == clippings[1].largest)
  }
}
