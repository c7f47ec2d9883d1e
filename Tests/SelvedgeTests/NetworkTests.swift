import Testing

@testable import Selvedge

@Suite struct NetworkTests {
  private static let rates = Rates(hidden: 0.2, output: 0.1)

  /// The bits of the logits of every sample, predicted `batch` at a time.
  private func logits(
    _ layers: [LayerDescription], _ samples: [[Float]], batch: Int
  ) throws -> [[UInt32]] {
    let plan = try Plan(
      inputs: samples[0].count, layers: layers.span, batch: batch, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 3, in: &arena)
    var logits: [[UInt32]] = []
    for first in stride(from: 0, to: samples.count, by: batch) {
      let end = min(first + batch, samples.count)
      for s in first..<end { try network.add(samples[s]) }
      try network.predict()
      for s in 0..<end - first {
        let own = network.logitsArray(of: s)
        logits.append(own.bits)
        #expect(network.predictedClass(of: s) == own.firstIndex(of: own.max()!))
      }
    }
    return logits
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func predictionsDoNotDependOnTheBatch(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let (layers, inputs) = (dice.layers(width: 40), dice.integer(1...40))
    let samples = (0..<256).map { _ in dice.floats(inputs) }
    let alone = try logits(layers, samples, batch: 1)
    for batch in [2, 3, 7, 256] {
      #expect(try logits(layers, samples, batch: batch) == alone, "batch \(batch), seed \(seed)")
    }
    #expect(Set(alone).count > 1, "all samples alike prove nothing")
  }

  /// The layers that a step changes are those that it may: in range, not frozen, with a rule.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func onlyTheLayersAskedForChange(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let layers: [LayerDescription] = [.dense(6), .dense(5), .dense(7), .output(3)]
    let plan = try Plan(inputs: 4, layers: layers.span, batch: 3, purpose: .training(digest: 3))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    let frozen = (0..<4).map { _ in dice.integer(0...2) == 0 }
    for k in 0..<4 { try network.setFrozen(frozen[k], layer: k) }
    let start = dice.integer(0...4)
    let range = dice.integer(0...3) == 0 ? nil : start..<dice.integer(start...4)
    let rule = Rule(rawValue: UInt8(dice.integer(0...5)))!
    for _ in 0..<3 { try network.add(dice.floats(4), label: dice.integer(0...2)) }
    let before = (0..<4).map { network.parameters(ofLayer: $0).weights.bits }
    let biases = (0..<4).map { network.parameters(ofLayer: $0).biases.bits }
    let outcome = try network.train(rule, rates: Self.rates, layers: range)
    for k in 0..<4 {
      let learns = (range?.contains(k) ?? true) && !frozen[k] && (k == 3 || rule != .frozen)
      let after = network.parameters(ofLayer: k)
      let comment: Comment = "layer \(k), \(String(describing: range)), \(rule), seed \(seed)"
      #expect((after.weights.bits != before[k]) == learns, comment)
      #expect((after.biases.bits != biases[k]) == learns, comment)
    }
    // A range that ends behind the last layer asks for the whole sweep, even if it is empty.
    let reaches = range.map { $0.upperBound > 3 } ?? true
    #expect((outcome.loss != nil) == reaches && outcome.samples == 3, "seed \(seed)")
    #expect(network.waiting == 0 && network.predicted == 0)
  }

  @Test func trainingALayerTouchesNoMemoryOfLaterLayers() throws {
    let layers: [LayerDescription] = [.dense(6), .dense(5), .dense(7), .output(3)]
    let terms = Plan.Terms(
      input: Shape(4), batch: 2, purpose: .training(digest: 3), reusesMemory: false)
    let plan = try Plan(terms, layers: layers.span)
    for upper in 1...4 {
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: 1, in: &arena)
      var dice = Dice(seed: 1)
      for s in 0..<2 { try network.add(dice.floats(4), label: s) }
      _ = try network.train(Rule.readout, rates: Self.rates, layers: upper - 1..<upper)
      for tensor in plan.tensors where tensor.role == .output {
        let bytes = memory.bytes[tensor.offset..<tensor.offset + tensor.bytes]
        let isUntouched = bytes.allSatisfy { $0 == TestMemory.pattern }
        #expect(isUntouched == (tensor.layer >= upper), "layer \(tensor.layer) of \(upper)")
      }
    }
  }

  @Test func theOutcomeIsThatOfThePredictionBefore() throws {
    let layers: [LayerDescription] = [.dense(6), .output(3)]
    let plan = try Plan(inputs: 4, layers: layers.span, batch: 5, purpose: .training(digest: 3))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 1, in: &arena)
    var dice = Dice(seed: 1)
    for _ in 0..<20 {
      let samples = (0..<5).map { _ in (x: dice.floats(4), label: dice.integer(0...2)) }
      for sample in samples { try network.add(sample.x) }
      try network.predict()
      var (loss, correct) = (0.0, 0)
      for s in 0..<5 {
        var probabilities = [Float](repeating: 9, count: 5)
        var span = probabilities.mutableSpan
        // More room than classes is no harm.
        network.probabilities(of: s, into: &span)
        #expect(abs(probabilities[..<3].reduce(0) { $0 + $1 } - 1) < 1e-6)
        #expect(probabilities[3...] == [9, 9])
        loss -= Exact.logarithm(Double(probabilities[samples[s].label])) / 5
        if network.predictedClass(of: s) == samples[s].label { correct += 1 }
      }
      for sample in samples { try network.add(sample.x, label: sample.label) }
      let outcome = try network.train(Rule.readout, rates: Self.rates)
      #expect(abs(Double(outcome.loss!) - loss) < 1e-5 && outcome.correct == correct)
    }
  }

  @Test func parametersComeBackAsTheyWereSetAndPaddingStaysZero() throws {
    let layers: [LayerDescription] = [.dense(3), .output(2)]
    let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 1, in: &arena)
    let dirty = [UInt8](repeating: 0x3F, count: plan.footprint.weights)
    try network.setParameters(dirty.span.bytes)
    for tensor in plan.tensors where tensor.category == .weights {
      for i in tensor.extent {
        #expect(memory.bytes[i] == (i < tensor.offset + tensor.bytes ? 0x3F : 0), "byte \(i)")
      }
    }
    let (w, b): ([Float], [Float]) = ([1, 2, 3, 4, 5, 6], [7, 8])
    try network.setLayer(1, weights: w.span, biases: b.span)
    let found = network.parameters(ofLayer: 1)
    #expect(found.weights == w && found.biases == b)
    #expect(network.parameters(ofLayer: 0).weights.bits.allSatisfy { $0 == 0x3F3F_3F3F })
  }
}
