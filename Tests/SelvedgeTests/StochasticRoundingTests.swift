import Testing

@testable import Selvedge

@Suite struct StochasticRoundingTests {
  /// Moves weights of zero by `fraction` of a step, and counts those that went up.
  private func raised(
    _ fraction: Int16, rows: Int, columns: Int, _ generator: CounterGenerator
  ) -> [Bool] {
    let x = [Int8](repeating: 1, count: columns)
    let d = [Int16](repeating: fraction, count: rows)
    var noise = [UInt32](repeating: 0, count: columns)
    var noiseSpan = noise.mutableSpan
    Kernels.drawNoise(generator, x.span, into: &noiseSpan)
    var w = [Int8](repeating: 0, count: rows * columns)
    var span = w.mutableSpan
    Kernels.addOuterProducts(
      d.span, x.span, samples: 1, noise: noise.span, generator, firstRow: 0, to: &span)
    #expect(w.allSatisfy { $0 == 0 || $0 == 1 })
    return w.map { $0 == 1 }
  }

  @Test func theNoiseOfAStepIsUniform() {
    var bins = [Int](repeating: 0, count: 256)
    let generator = CounterGenerator(seed: 3, stream: 14)
    for r in 0..<256 {
      for i in 0..<256 { bins[Int(Reference.noise(generator, row: r, column: i) >> 8)] += 1 }
    }
    let expected = 256.0
    let chiSquare = bins.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    // 255 degrees of freedom: mean 255, deviation 22.6.
    #expect((150...360).contains(chiSquare), "chi-square \(chiSquare)")
  }

  @Test(arguments: [1, 655, 16_384, 30_000] as [Int16])
  func everyWeightRisesAsOftenAsItsFractionSays(fraction: Int16) {
    let (rows, columns, steps) = (6, 37, 4000)
    var counts = [Int](repeating: 0, count: rows * columns)
    for step in 0..<UInt64(steps) {
      let generator = UpdateRounding.generator(seed: 11, layer: 2, step: step)
      for (k, rose) in raised(fraction, rows: rows, columns: columns, generator).enumerated() {
        if rose { counts[k] += 1 }
      }
    }
    let p = Double(fraction) / 65_536
    let total = Double(counts.reduce(0, +))
    let all = Double(rows * columns * steps)
    #expect(abs(total - all * p) < 6 * (all * p * (1 - p)).squareRoot() + 1, "in all \(total)")
    guard p > 0.005 else { return }
    // Each weight by itself: deviations from the mean, in standard deviations.
    let deviations = counts.map {
      (Double($0) - Double(steps) * p) / (Double(steps) * p * (1 - p)).squareRoot()
    }
    let square = deviations.reduce(0) { $0 + $1 * $1 } / Double(counts.count)
    #expect((0.75...1.3).contains(square), "mean square \(square)")
    #expect(deviations.allSatisfy { abs($0) < 5 })
  }

  @Test func twoWeightsRiseIndependently() {
    // In the same row, in the same column, and in neither.
    for other in [1, 37, 38] {
      var both = 0
      let steps = 4000
      for step in 0..<UInt64(steps) {
        let generator = UpdateRounding.generator(seed: 12, layer: 0, step: step)
        let rose = raised(32_767, rows: 2, columns: 37, generator)
        if rose[0] && rose[other] { both += 1 }
      }
      #expect(abs(Double(both) - Double(steps) / 4) < 5 * (Double(steps) * 3 / 16).squareRoot())
    }
  }

  @Test(arguments: [0.25, -0.25, 0.01, -1.75, 1000.125] as [Float])
  func deltasAreRoundedWithoutBias(value: Float) {
    let count = 40_000
    let d = [Float](repeating: value, count: count)
    var rounded = [Int16](repeating: 0, count: count)
    var span = rounded.mutableSpan
    let generator = CounterGenerator(seed: 1, stream: 1)
    let clipped = Kernels.roundDeltas(d.span, exponent: 0, generator, first: 64, into: &span)
    #expect(clipped == 0)
    let lower = value.rounded(.down)
    #expect(rounded.allSatisfy { Float($0) == lower || Float($0) == lower + 1 })
    let mean = rounded.reduce(0.0) { $0 + Double($1) } / Double(count)
    let p = Double(value - lower)
    #expect(abs(mean - Double(value)) < 5 * (p * (1 - p) / Double(count)).squareRoot())
  }

  @Test func deltasOutOfRangeAreClippedAndCounted() {
    let d: [Float] = [1, -1, 0.1, 0, .nan, 0.5, -0.25, 40_000, -1e30, .infinity]
    var rounded = [Int16](repeating: 0, count: d.count)
    var span = rounded.mutableSpan
    let clipped = Kernels.roundDeltas(d.span, exponent: 16, nil, first: 0, into: &span)
    #expect(
      rounded == [32_767, -32_767, 6554, 0, 0, 32_767, -16_384, 32_767, -32_767, 32_767])
    #expect(clipped == 6)
  }

  /// The half below and above, in magnitude.
  private func neighbours(_ value: Float) -> (Float, Float) {
    // Without Float16, which not every host has: 11 significant bits, or units of 2^-24.
    let exponent = max(value.magnitude.exponent, -14)
    let unit = Float(sign: .plus, exponent: Int(exponent) - 10, significand: 1)
    let lower = (value.magnitude / unit).rounded(.down) * unit
    return (lower, lower + unit)
  }

  @Test(
    arguments: [1.0003, -1.0003, 0.1, -0.3333, 1000.3, 0x1.8p-15 + 0x1p-27, -0x1p-20 - 0x1p-26]
      as [Float])
  func halvesAreRoundedToANeighbourWithoutBias(value: Float) {
    let (rows, columns) = (40, 1003)
    let (lower, upper) = neighbours(value)
    // One update from zero by value * 1.
    let x = [Float](repeating: 1, count: columns)
    let d = [Float](repeating: value, count: rows)
    var w = [UInt16](repeating: 0, count: rows * columns)
    var up = 0
    w.withUnsafeMutableBytes { bytes in
      let weights = bytes.bindMemory(to: Float16.self)
      var span = weights.mutableSpan
      Kernels.addOuterProducts(
        d.span, x.span, samples: 1, CounterGenerator(seed: 2, stream: 8), firstRow: 0, to: &span)
      for i in weights.indices {
        let found = Float16.load(weights.baseAddress! + i, count: 1).first
        #expect((found < 0) == (value < 0))
        #expect(found.magnitude == lower || found.magnitude == upper)
        if found.magnitude == upper { up += 1 }
      }
    }
    let p = Double((value.magnitude - lower) / (upper - lower))
    // Noise has 13 bits; columns share theirs with a row, so the count varies more than a binomial.
    let all = Double(rows * columns)
    #expect(abs(Double(up) / all - p) < 0.03, "\(Double(up) / all) instead of \(p)")
  }

  @Test func whatIsAHalfAlreadyNeverMoves() {
    let columns = 300
    var dice = Dice(seed: 4)
    var w = (0..<columns).map { _ in UInt16(truncatingIfNeeded: dice.bits()) & 0xBFFF }
    let before = w
    w.withUnsafeMutableBytes { bytes in
      var span = bytes.bindMemory(to: Float16.self).mutableSpan
      let (zeros, half) = ([Float](repeating: 0, count: columns), [Float(0.5)])
      Kernels.addOuterProducts(
        half.span, zeros.span, samples: 1, CounterGenerator(seed: 2, stream: 8), firstRow: 0,
        to: &span)
    }
    // -0 + 0 is +0.
    #expect(w == before.map { $0 == 0x8000 ? 0 : $0 })
  }
}
