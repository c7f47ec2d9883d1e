import Testing

@testable import Selvedge

@Suite struct Int8NetworkTests {
  /// Runs `body` with a network in memory of exactly its plan.
  private func withNetwork(
    inputs: Int, _ layers: [LayerDescription], batch: Int = 1,
    purpose: Plan.Purpose = .training(digest: 0), _ body: (inout Network) throws -> Void
  ) throws {
    let plan = try Plan(inputs: inputs, layers: layers.span, batch: batch, purpose: purpose)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 21, in: &arena)
    try body(&network)
  }

  private func weights(
    _ network: borrowing Network, _ layer: Int, count: Int, units: Int
  ) throws -> [Float] {
    var weights = [Float](repeating: 0, count: count)
    var biases = [Float](repeating: 0, count: units)
    var span = weights.mutableSpan
    var biasSpan = biases.mutableSpan
    try network.copyLayer(layer, weights: &span, biases: &biasSpan)
    return weights
  }

  @Test func trainingTakesHardlyMoreThanTheParameters() throws {
    let layers = [LayerDescription.dense(500), .output(10)].map { $0.stored(as: .int8) }
    let plan = try Plan(
      inputs: 784, layers: layers.span, batch: 1, purpose: .training(digest: 10))
    #expect(plan.footprint.parameterBytes == 784 * 500 + 500 * 10 + 510 * 4 + 2 * 32)
    #expect(Double(plan.footprint.total) <= 1.05 * Double(plan.footprint.parameterBytes))
  }

  /// Samples that wait and states are integers by the scales that there were.
  @Test(arguments: [LayerDescription.dense(4), .gru(4, steps: 3)])
  func otherScalesAreNotAppliedToSamplesThatWait(layer: LayerDescription) throws {
    let sample: [Float] = [1, -1]
    let layers = [layer, .output(3)].map { $0.stored(as: .int8) }
    try withNetwork(inputs: 2, layers, batch: 2) { network in
      var other = Snapshot(network).parameters
      // The exponent of the inputs, behind that of the weights.
      other[4] = 4
      try network.add(sample.span)
      if network.readsSequences { try network.read(sample.span) }
      try network.setParameters(other.span.bytes)
      let (scale, waiting, steps) = (
        try network.scale(ofLayer: 0), network.waiting, network.stepsRead
      )
      #expect(scale?.inputExponent == 4 && waiting == 0 && steps == 0)
      #expect(thrown(NetworkError.self) { try network.predict() } == .noSamples)
    }
  }

  @Test func scalesBeginWithRoomForSixTimesTheInitialRange() throws {
    let layers = [LayerDescription.dense(500, .relu), .dense(128, .tanh), .output(10)]
    try withNetwork(inputs: 784, layers.map { $0.stored(as: .int8) }) { network in
      for (k, (exponent, input, range)) in [(9, 5, 784.0), (8, 4, 500), (7, 7, 128)].enumerated() {
        let scale = try #require(try network.scale(ofLayer: k))
        #expect(scale.weightExponent == exponent && scale.inputExponent == input)
        #expect(127 / Double(1 << exponent) >= 6 / range.squareRoot())
      }
      #expect(try network.saturation(ofLayer: 2) == Saturation(weights: 0, inputs: 0, deltas: 0))
    }
    try withNetwork(inputs: 3, [.dense(2), .output(2)]) { network in
      let none = (try network.scale(ofLayer: 0), try network.saturation(ofLayer: 1))
      #expect(none.0 == nil && none.1 == nil)
      let error = thrown(NetworkError.self) { _ = try network.scale(ofLayer: 2) }
      #expect(error == .noLayer(2))
    }
  }

  @Test func importedWeightsGetTheFinestScaleThatHoldsThem() throws {
    let layers = [LayerDescription.output(2).stored(as: .int8)]
    try withNetwork(inputs: 3, layers) { network in
      for (largest, exponent) in [(1.0, 6), (0.9921875, 7), (127, 0), (1e6, -13), (1e-5, 23)]
        as [(Float, Int32)]
      {
        let given = [largest, -largest / 2, 0, largest / 3, 0x1p-140, -largest]
        try network.setLayer(0, weights: given.span, biases: [Float(0.5), -1].span)
        #expect(try network.scale(ofLayer: 0)?.weightExponent == exponent)
        let step = Float(sign: .plus, exponent: Int(-exponent), significand: 1)
        let found = try weights(network, 0, count: 6, units: 2)
        #expect(found == given.map { ($0 / step).rounded(.toNearestOrEven) * step })
        // What is there already comes back as it is.
        try network.setLayer(0, weights: found.span, biases: [Float(0.5), -1].span)
        #expect(try weights(network, 0, count: 6, units: 2) == found)
      }
    }
  }

  @Test func stepsAtRateZeroChangeNothingAndScalesThenFitTheData() throws {
    let layers = [LayerDescription.dense(9, .relu), .output(3)].map { $0.stored(as: .int8) }
    try withNetwork(inputs: 5, layers, batch: 2) { network in
      let before = try weights(network, 0, count: 45, units: 9)
      for value in [0.5, -9, 3] as [Float] {
        try network.add([value, 0.1, 0, -0.2, value / 2].span, label: 1)
        _ = try network.train(Squared(), rates: Rates(hidden: 0, output: 0))
      }
      #expect(try weights(network, 0, count: 45, units: 9) == before)
      var scale = try #require(try network.scale(ofLayer: 0))
      // 32 steps to one: -9 and -4.5 are beyond 127.
      #expect(scale.inputExponent == 5 && scale.largestInput == 9 && scale.clippedInputs == 2)
      network.chooseScales()
      scale = try #require(try network.scale(ofLayer: 0))
      #expect(scale.inputExponent == 4 && scale.largestInput == 0 && scale.clippedInputs == 0)
      // Predictions are not counted.
      try network.add([Float](repeating: 100, count: 5).span)
      try network.predict()
      #expect(try network.scale(ofLayer: 0)?.clippedInputs == 0)
    }
  }

  @Test func rangesDoubleWhereManyWeightsAreAtTheEndAndHalveWhereNoneIsNear() throws {
    let layers = [LayerDescription.output(2).stored(as: .int8)]
    try withNetwork(inputs: 128, layers) { network in
      // Three of 256 weights at the end are more than one in 128; two are not.
      for (count, exponent) in [(2, 0), (3, -1)] as [(Int, Int32)] {
        var given = [Float](repeating: 5, count: 256)
        for i in 0..<count { given[i * 50] = i % 2 == 0 ? 127 : -127 }
        try network.setLayer(0, weights: given.span, biases: [Float(0), 0].span)
        #expect(try network.saturation(ofLayer: 0)?.weights == count)
        network.chooseScales()
        #expect(try network.scale(ofLayer: 0)?.weightExponent == exponent)
        let found = try weights(network, 0, count: 256, units: 2)
        // Halves round to even: 5 becomes 2 steps of 2, 127 becomes 64.
        #expect(found[1] == (count == 2 ? 5 : 4) && found[0] == (count == 2 ? 127 : 128))
      }
      for largest in [47, 48] as [Float] {
        // A weight at the end holds the scale in place while the others are set.
        var given = [Float](repeating: 3, count: 256)
        given[7] = largest
        try network.setLayer(0, weights: given.span, biases: [Float(0), 0].span)
        let exponent = try #require(try network.scale(ofLayer: 0)).weightExponent
        #expect(exponent == 1)
        network.chooseScales()
        #expect(try network.scale(ofLayer: 0)?.weightExponent == exponent)
        #expect(try weights(network, 0, count: 256, units: 2) == given)
      }
    }
  }

  @Test func aNarrowRangeIsHalvedWithoutLoss() throws {
    // Initial weights fill a sixth of their range.
    let layers = [LayerDescription.output(4).stored(as: .int8)]
    try withNetwork(inputs: 64, layers) { network in
      let before = try weights(network, 0, count: 256, units: 4)
      let exponent = try #require(try network.scale(ofLayer: 0)).weightExponent
      network.chooseScales()
      #expect(try network.scale(ofLayer: 0)?.weightExponent == exponent + 1)
      #expect(try weights(network, 0, count: 256, units: 4) == before)
    }
  }

  @Test func impossibleScalesAndWeightsAreRefused() throws {
    let layers = [LayerDescription.output(2).stored(as: .int8)]
    try withNetwork(inputs: 16, layers) { network in
      let good = network.storedParameters
      func error(_ offset: Int, _ bytes: [UInt8]) -> NetworkError? {
        var bad = good
        for (i, byte) in bytes.enumerated() { bad[offset + i] = byte }
        return thrown(NetworkError.self) { try network.setParameters(bad.span.bytes) }
      }
      #expect(error(0, []) == nil)
      #expect(error(0, [31, 0, 0, 0]) == .parameter(offset: 0))
      #expect(error(4, [0xE1, 0xFF, 0xFF, 0xFF]) == .parameter(offset: 0))
      #expect(error(8, [0, 0, 0xC0, 0x7F]) == .parameter(offset: 0))
      #expect(error(15, [0x80]) == .parameter(offset: 0))
      #expect(error(19, [0x80]) == .parameter(offset: 0))
      for reserved in 20..<32 { #expect(error(reserved, [1]) == .parameter(offset: 0)) }
      #expect(error(32 + 5, [0x80]) == .parameter(offset: 37))
      #expect(error(32 + 5, [0x81]) == nil)
    }
  }

  @Test func stochasticRoundingLearnsWhatRoundingToTheNearestLoses() throws {
    var correct: [Int] = []
    for rounding in [Rounding.nearest, .stochastic] {
      let layers = [LayerDescription.dense(16), .output(4)].map { $0.stored(as: .int8) }
      try withNetwork(inputs: 8, layers, purpose: .training(digest: 4)) { network in
        var dice = Dice(seed: 8)
        let before = try weights(network, 0, count: 128, units: 16)
        var right = 0
        for step in 0..<6000 {
          let label = step % 4
          let x = (0..<8).map { Float($0 / 2 == label ? 1 : -1) + dice.float() }
          try network.add(x.span, label: label)
          let outcome = try network.train(
            Readout(), rates: Rates(hidden: 0.002, output: 0.002), rounding: rounding)
          if step >= 5000 { right += outcome.correct }
        }
        correct.append(right)
        let moved = try weights(network, 0, count: 128, units: 16) != before
        #expect(moved == (rounding == .stochastic))
      }
    }
    #expect(correct[1] > 900 && correct[1] > correct[0] + 100, "\(correct)")
  }

  @Test func aFusedPassGivesTheBitsOfTwo() throws {
    /// The squared rule with a digest that it does not need, which keeps the passes apart.
    struct Apart: LocalLoss {
      func digestCount(classes: Int) -> Int { 1 }
      func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
        digest[0] = 0
      }
      func error(
        _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
        into error: inout MutableSpan<Float>
      ) {
        Squared().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
      }
    }
    for seed in 0..<60 as Range<UInt64> {
      let sketch = Sketch(seed: seed, trains: true, width: 150)
      var sums: [UInt32] = []
      for isFused in [true, false] {
        let terms = Plan.Terms(
          input: sketch.input, batch: seed % 2 == 0 ? 1 : sketch.batch,
          purpose: .training(digest: isFused ? 0 : 1), reusesMemory: true)
        let plan = try Plan(terms, layers: sketch.layers.span)
        let memory = TestMemory(plan.footprint.total)
        var arena = memory.arena()
        var network = try Network(plan, seed: seed, in: &arena)
        var dice = Dice(seed: seed)
        for _ in 0..<3 {
          try sketch.fill(&network, &dice, count: plan.batch)
          let rates = Rates(hidden: 0.1, output: 0.1)
          if isFused {
            _ = try network.train(Squared(), rates: rates)
          } else {
            _ = try network.train(Apart(), rates: rates)
          }
        }
        sums.append(network.weightsChecksum)
        #expect(memory.guardsAreIntact)
      }
      #expect(sums[0] == sums[1], "seed \(seed)")
    }
  }
}
