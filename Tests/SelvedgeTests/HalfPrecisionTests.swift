import Testing

@testable import Selvedge

/// Weights in half precision: the same sums, rounded when they are stored.
@Suite struct HalfPrecisionTests {
  private func load(_ halves: [Float16], count: Int = 8) -> [Float] {
    halves.withUnsafeBufferPointer { pointer in
      let lanes = Float16.load(pointer.baseAddress!, count: count)
      if count == 8 {
        #expect(
          lanes.vector == Float16.load(pointer.baseAddress!).vector || halves.contains { $0.isNaN })
      }
      return (0..<8).map { lanes.vector[$0] }
    }
  }

  private func store(_ floats: [Float], count: Int = 8) -> [Float16] {
    var halves = [Float16](repeating: 42, count: 8)
    floats.withUnsafeBufferPointer { source in
      halves.withUnsafeMutableBufferPointer {
        Float16.store(Lanes(at: source.baseAddress!), to: $0.baseAddress!, count: count)
      }
    }
    return halves
  }

  @Test func everyHalfIsLoadedAsItsNumber() {
    for first in stride(from: 0, to: 65536, by: 8) {
      let halves = (0..<8).map { Float16(bitPattern: UInt16(first + $0)) }
      for (half, float) in zip(halves, load(halves)) {
        #expect(Float(half) == float || (half.isNaN && float.isNaN), "\(half.bitPattern)")
        #expect(half.sign == float.sign)
      }
    }
  }

  @Test func everyFloatIsRoundedToTheNearestTiesToEven() {
    var floats: [Float] = [
      0, -0, .infinity, -.infinity, .leastNonzeroMagnitude, 65504, 65519, 65520,
    ]
    // Every half, the midpoint to the next, and their neighbours.
    for bits in stride(from: UInt16(0), to: 0x7C00, by: 3) {
      let (a, b) = (Float16(bitPattern: bits), Float16(bitPattern: bits + 1))
      let middle = b.isFinite ? (Float(a) + Float(b)) / 2 : 65520
      floats += [Float(a), middle, middle.nextUp, middle.nextDown, -middle, -middle.nextUp]
    }
    var dice = Dice(seed: 3)
    for _ in 0..<20_000 {
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: dice.bits()))
      if !float.isNaN { floats.append(float) }
    }
    while floats.count % 8 != 0 { floats.append(1) }
    for first in stride(from: 0, to: floats.count, by: 8) {
      let part = Array(floats[first..<first + 8])
      for (float, half) in zip(part, store(part)) {
        #expect(half.bitPattern == Float16(float).bitPattern, "\(float)")
      }
    }
    #expect(store([Float](repeating: .nan, count: 8)).allSatisfy { $0.isNaN })
  }

  @Test func partsTouchNothingBehindThem() {
    for count in 0...8 {
      let floats = load([1, 2, 3, 4, 5, 6, 7, 8], count: count)
      #expect(floats == (1...8).map { $0 <= count ? Float($0) : 0 })
      let halves = store([1, 2, 3, 4, 5, 6, 7, 8], count: count)
      #expect(halves == (1...8).map { $0 <= count ? Float16($0) : 42 })
    }
  }

  @Test(arguments: [(1, 1, 1), (4, 8, 2), (5, 17, 3), (9, 37, 1), (12, 64, 9), (70, 33, 5)])
  func sumsAreThoseOfTheSameNumbersInSinglePrecision(shape: (rows: Int, columns: Int, samples: Int))
  {
    let (rows, columns, samples) = shape
    var dice = Dice(seed: UInt64(rows * columns))
    let halves = dice.floats(rows * columns).map { Float16($0) }
    let floats = halves.map { Float($0) }
    let (bias, x) = (dice.floats(rows), dice.floats(samples * columns))
    for wide in [false, true] {
      var (found, expected) = (
        [Float](repeating: 7, count: samples * rows), [Float](repeating: 8, count: samples * rows)
      )
      var foundSpan = found.mutableSpan
      var expectedSpan = expected.mutableSpan
      Kernels.gemm(
        halves.span, bias: bias.span, x.span, samples: samples, into: &foundSpan, inWideTiles: wide)
      Kernels.gemm(
        floats.span, bias: bias.span, x.span, samples: samples, into: &expectedSpan,
        inWideTiles: wide)
      #expect(found == expected)
    }
  }

  @Test(arguments: [(1, 1, 1), (4, 8, 2), (5, 17, 3), (9, 37, 1), (12, 64, 9), (70, 33, 5)])
  func updatesAreThoseOfSinglePrecisionRoundedOnce(shape: (rows: Int, columns: Int, samples: Int)) {
    let (rows, columns, samples) = shape
    var dice = Dice(seed: UInt64(rows + columns))
    let before = dice.floats(rows * columns).map { Float16($0) }
    let (d, x) = (dice.floats(samples * rows), dice.floats(samples * columns))
    for wide in [false, true] {
      var (halves, floats) = (before, before.map { Float($0) })
      var biases = [Float](repeating: 0, count: rows)
      var same = biases
      var halfSpan = halves.mutableSpan
      var floatSpan = floats.mutableSpan
      var firstBiases = biases.mutableSpan
      var secondBiases = same.mutableSpan
      Kernels.addOuterProducts(
        d.span, x.span, samples: samples, to: &halfSpan, bias: &firstBiases, inWideTiles: wide)
      Kernels.addOuterProducts(
        d.span, x.span, samples: samples, to: &floatSpan, bias: &secondBiases, inWideTiles: wide)
      #expect(halves == floats.map { Float16($0) } && halves != before && biases == same)
    }
  }

  @Test func whatAHalfCannotHoldIsRefused() throws {
    let layers = [LayerDescription.output(2).stored(as: .float16)]
    let plan = try Plan(inputs: 1, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 1, in: &arena)
    for (value, isHeld) in [(65_519, true), (65_520, false), (-65_520, false)] as [(Float, Bool)] {
      let (weights, biases): ([Float], [Float]) = ([1, value], [0, 1e30])
      var error: NetworkError?
      do throws(NetworkError) {
        try network.setLayer(0, weights: weights.span, biases: biases.span)
      } catch let refusal {
        error = refusal
      }
      #expect(error == (isHeld ? nil : .parameter(offset: 2)) && network.isFinite)
    }
  }

  @Test func halfPrecisionHalvesTheBytesOfTheWeights() throws {
    let layers: [LayerDescription] = [.dense(500), .output(10)]
    let halves = layers.map { $0.stored(as: .float16) }
    let single = try Plan(
      inputs: 784, layers: layers.span, batch: 1, purpose: .training(digest: 10)
    ).footprint
    let half = try Plan(
      inputs: 784, layers: halves.span, batch: 1, purpose: .training(digest: 10)
    ).footprint
    #expect(single.parameterBytes - half.parameterBytes == (784 * 500 + 500 * 10) * 2)
    #expect(single.total - half.total == (784 * 500 + 500 * 10) * 2)
    #expect(Double(half.total) <= 1.05 * Double(half.parameterBytes))
  }
}
