import Testing

@testable import Selvedge

/// What recurrent networks promise beside the numbers of the oracle.
@Suite struct RecurrentTests {
  private static let rates = Rates(hidden: 0.05, output: 0.1)

  private func withNetwork(
    _ layers: [LayerDescription], inputs: Int = 2, batch: Int = 3,
    purpose: Plan.Purpose = .training(digest: 3), seed: UInt64 = 5,
    _ body: (inout Network) throws -> Void
  ) throws {
    let plan = try Plan(inputs: inputs, layers: layers.span, batch: batch, purpose: purpose)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    try body(&network)
  }

  private func refusal(
    _ network: inout Network, _ body: (inout Network) throws -> Void
  ) -> NetworkError? {
    let (before, steps, begun) = (Snapshot(network), network.stepsRead, network.begun)
    defer {
      let (stepsNow, begunNow) = (network.stepsRead, network.begun)
      #expect(Snapshot(network) == before && stepsNow == steps && begunNow == begun)
    }
    do {
      try body(&network)
      return nil
    } catch {
      return error as? NetworkError
    }
  }

  @Test func refusedCallsChangeNothing() throws {
    let (one, two): ([Float], [Float]) = ([0.5, -0.5], [0.1, 0.2, 0.3, 0.4])
    let labels = [0, 2]
    try withNetwork([.gru(4, steps: 3), .output(3)]) { network in
      let learn = { (network: inout Network, values: [Float]) throws(NetworkError) in
        try network.learn(values.span, from: Readout(), rates: Self.rates)
      }
      #expect(refusal(&network) { try learn(&$0, one) } == .nothingBegun)
      #expect(
        refusal(&network) { _ = try $0.train(Readout(), rates: Self.rates) } == .noSamples)
      for (wrong, error) in [
        ([], NetworkError.noSamples), ([0, 1, 2, 0], .batchFull(3)),
        ([3], .label(3, classes: 3)), ([0, -1], .label(-1, classes: 3)),
      ] as [([Int], NetworkError)] {
        #expect(refusal(&network) { try $0.begin(wrong.span) } == error)
      }
      try network.begin(labels.span)
      #expect(
        refusal(&network) { _ = try $0.train(Readout(), rates: Self.rates) } == .noSteps)
      #expect(refusal(&network) { try $0.read(one.span) } == .sequenceIsOpen(steps: 0))
      #expect(refusal(&network) { try $0.add(label: 0) } == .sequenceIsOpen(steps: 0))
      #expect(refusal(&network) { try $0.predictSoFar() } == .sequenceIsOpen(steps: 0))
      for values in [[], [1], [1, 2, 3]] as [[Float]] {
        let error = NetworkError.valueCount(expected: 2, found: values.count)
        #expect(refusal(&network) { try learn(&$0, values) } == error)
      }
      #expect(
        refusal(&network) { try learn(&$0, two + one) } == .sequenceCount(going: 2, found: 3))
      #expect(refusal(&network) { try learn(&$0, [0, .nan]) } == .notFinite(index: 1))
      #expect(
        refusal(&network) {
          try $0.learn(one.span, from: Readout(), rates: Rates(hidden: .nan, output: 0))
        } == .rates)
      #expect(
        refusal(&network) {
          try $0.learn(one.span, from: Readout(), rates: Self.rates, layers: 0..<3)
        } == .noLayer(2))
      try learn(&network, one)
      // The second sequence has ended.
      #expect(refusal(&network) { try learn(&$0, two) } == .sequenceCount(going: 1, found: 2))
      #expect(refusal(&network) { try $0.begin(labels.span) } == .sequenceIsOpen(steps: 1))
      #expect(refusal(&network) { try $0.add(one, label: 0) } == .sequenceIsOpen(steps: 1))
      _ = try network.train(Readout(), rates: Self.rates)
      try network.add(one, label: 0)
      #expect(refusal(&network) { try $0.begin(labels.span) } == .batchFull(1))
      network.discard()
      try network.begin(labels.span)
      network.discard()
      try network.begin(labels.span)
    }
    try withNetwork([.dense(4), .output(3)]) { network in
      #expect(refusal(&network) { try $0.begin(labels.span) } == .notRecurrent)
    }
    try withNetwork([.gru(4, steps: 3), .output(3)], purpose: .inference) { network in
      #expect(
        refusal(&network) { try $0.begin(labels.span) }
          == .notPlannedForTraining(digest: 0, planned: 0))
    }
  }

  /// Its state lies behind those of the samples that wait, where no sample would find it afterwards.
  @Test(arguments: [LayerDescription.gru(4, steps: 3), .elman(4, steps: 3, leak: 0.5)])
  func anOpenSequenceKeepsItsState(layer: LayerDescription) throws {
    let (one, other): ([Float], [Float]) = ([0.5, -0.5], [1, 0.25])
    try withNetwork([layer, .output(3)]) { network in
      try network.add(other + one, label: 0)
      try network.predict()
      let alone = network.logitsArray(of: 0)
      try network.add(one, label: 0)
      try network.read(other.span)
      #expect(refusal(&network) { try $0.predict() } == .sequenceIsOpen(steps: 1))
      #expect(
        refusal(&network) { _ = try $0.train(Readout(), rates: Self.rates) }
          == .sequenceIsOpen(steps: 1))
      try network.read(one.span)
      try network.add(label: 1)
      try network.predict()
      #expect(network.logitsArray(of: 1) == alone)
    }
  }

  @Test func stepsAreCountedNoFurtherThanTheyCanBe() throws {
    let (one, labels): ([Float], [Int]) = ([0.5, -0.5], [0])
    try withNetwork([.gru(4, steps: 3), .output(3)]) { network in
      try network.begin(labels.span)
      network.stepsRead = .max
      try network.learn(one.span, from: Readout(), rates: Self.rates)
      #expect(network.stepsRead == .max)
    }
    try withNetwork([.oscillators(4, steps: 3, forgets: true), .output(3)]) { network in
      network.stepsRead = .max - 1
      try network.read((one + one).span)
      try network.predictSoFar()
      #expect(network.stepsRead == .max)
    }
  }

  @Test func layersOutOfPlaceAreRefused() {
    func error(_ layers: [LayerDescription]) -> PlanError? {
      thrown(PlanError.self) {
        _ = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
      }
    }
    let gru = LayerDescription.gru(2, steps: 4)
    #expect(error([gru, .elman(3, steps: 1), gru, .output(2)]) == nil)
    #expect(error([.dense(3), gru, .output(2)]) == .recurrent(layer: 1))
    #expect(error([.oscillators(3, steps: 4), gru, .output(2)]) == .recurrent(layer: 1))
    #expect(error([.gru(2, steps: 0), .output(2)]) == .steps(layer: 0))
    #expect(error([.gru(0, steps: 4), .output(2)]) == .units(layer: 0, 0))
    #expect(error([.gru(1 << 16 + 1, steps: 4), .output(2)]) == .units(layer: 0, 65_537))
    for leak in [0, -1, 1.5, .nan] as [Float] {
      #expect(error([.elman(2, steps: 4, leak: leak), .output(2)]) == .leak(layer: 0))
    }
    #expect(error([gru.lookingAhead(), .dense(2), .output(2)]) == .lookahead(layer: 0))
  }

  @Test(arguments: [1, 2, 5, 64, 65, 90])
  func initialStateWeightsAreOrthogonal(units: Int) throws {
    var blocks: [[Float]] = []
    for layer in [LayerDescription.elman(units, steps: 2), .gru(units, steps: 2)] {
      try withNetwork([layer, .output(3)]) { network in
        let weights = try network.stateWeightsArray(ofLayer: 0)
        for first in stride(from: 0, to: weights.count, by: units * units) {
          let block = Array(weights[first..<first + units * units])
          blocks.append(block)
          for i in 0..<units {
            for j in 0...i {
              let product = (0..<units).reduce(Float(0)) {
                $0 + block[i * units + $1] * block[j * units + $1]
              }
              #expect(abs(product - (i == j ? 1 : 0)) < 1e-5, "rows \(i) and \(j)")
            }
          }
        }
      }
    }
    #expect(blocks.count == 4)
    if units > 2 { #expect(blocks[1] != blocks[2] && blocks[2] != blocks[3]) }
  }

  @Test func memoryDoesNotGrowWithTheSequence() throws {
    for trace in [false, true] {
      let bytes = try [2, 60_000].map { steps in
        let layers: [LayerDescription] = [
          .gru(9, steps: steps, trace: trace), .elman(7, steps: steps, leak: 0.5), .output(3),
        ]
        return try Plan(inputs: 4, layers: layers.span, batch: 2, purpose: .training(digest: 3))
          .footprint
      }
      #expect(bytes[0] == bytes[1])
    }
  }

  /// Sequences read one after the other, or all in step, are remembered alike.
  @Test(arguments: [Precision.float32, .float16, .int8])
  func sequencesInStepAreThoseOneAfterTheOther(precision: Precision) throws {
    let layers: [LayerDescription] = [
      .gru(9, steps: 4).stored(as: precision), .elman(8, steps: 4, leak: 0.5), .output(3),
    ]
    var dice = Dice(seed: 8)
    let values = (0..<3).map { _ in dice.floats(8) }
    var logits: [[UInt32]] = []
    try withNetwork(layers) { network in
      for own in values { try network.add(own.span) }
      try network.predict()
      logits = (0..<3).map { network.logitsArray(of: $0).bits }
    }
    try withNetwork(layers) { network in
      let labels = [0, 1, 2]
      try network.begin(labels.span)
      for t in 0..<4 {
        let step = values.flatMap { $0[2 * t..<2 * t + 2] }
        try network.learn(step.span, from: Frozen(), rates: Self.rates)
      }
      let outcome = try network.train(Frozen(), rates: Rates(hidden: 0, output: 0))
      let expected = (0..<3).reduce(Float(0)) {
        let row = logits[$1].map { Float(bitPattern: $0) }
        return $0 + Kernels.crossEntropy(row.span, label: $1)
      }
      #expect(outcome.samples == 3 && outcome.loss == expected / 3)
    }
  }

  @Test func onlyTheLayersThatMayLearnChange() throws {
    let all: [LayerDescription] = [.gru(5, steps: 2), .gru(4, steps: 2), .dense(3), .output(3)]
    func changed(_ layers: Range<Int>?, frozen: Int? = nil, _ rule: Rule = .readout) throws -> [Int]
    {
      var changed: [Int] = []
      try withNetwork(all) { network in
        let weights = (0..<4).map { network.parameters(ofLayer: $0).weights }
        let states = try (0..<2).map { try network.stateWeightsArray(ofLayer: $0) }
        if let frozen { try network.setFrozen(true, layer: frozen) }
        let (labels, step): ([Int], [Float]) = ([0, 1], [1, -1, 0.5, 0.25])
        try network.begin(labels.span)
        // States are zero before the first step.
        for _ in 0..<2 {
          try network.learn(step.span, from: rule, rates: Self.rates, layers: layers)
        }
        _ = try network.train(rule, rates: Self.rates, layers: layers)
        for k in 0..<4 where network.parameters(ofLayer: k).weights != weights[k] {
          changed.append(k)
        }
        for k in 0..<2 {
          let isSame = try network.stateWeightsArray(ofLayer: k) == states[k]
          #expect(isSame != changed.contains(k))
        }
      }
      return changed
    }
    #expect(try changed(nil) == [0, 1, 2, 3])
    #expect(try changed(1..<3) == [1, 2])
    #expect(try changed(nil, frozen: 0) == [1, 2, 3])
    #expect(try changed(nil, .frozen) == [3])
  }
}
