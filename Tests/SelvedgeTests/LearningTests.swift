import Testing

@testable import Selvedge

@Suite struct LearningTests {
  /// Clouds around random corners: separable, but not by a glance at any one value.
  private struct Clouds {
    static let (inputs, classes) = (12, 6)
    var dice: Dice
    let corners: [[Float]]

    init(seed: UInt64) {
      dice = Dice(seed: seed)
      var corners: [[Float]] = []
      for _ in 0..<Self.classes { corners.append(dice.floats(Self.inputs)) }
      self.corners = corners
    }

    mutating func sample() -> (x: [Float], label: Int) {
      let label = dice.integer(0...Self.classes - 1)
      return (zip(corners[label], dice.floats(Self.inputs)).map { $0 + 0.35 * $1 }, label)
    }
  }

  /// The part of fresh samples that a network gets right after training.
  private func accuracy(_ rule: Rule, seed: UInt64) throws -> Double {
    let layers: [LayerDescription] = [.dense(16), .dense(10), .output(Clouds.classes)]
    let plan = try Plan(
      inputs: Clouds.inputs, layers: layers.span, batch: 10,
      purpose: .training(digest: Clouds.classes))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    var clouds = Clouds(seed: seed)
    for step in 0..<300 {
      for _ in 0..<10 {
        let (x, label) = clouds.sample()
        try network.add(x, label: label)
      }
      _ = try network.train(
        rule, rates: Rates(hidden: 0.03, output: 0.3).decayed(step: step, of: 300))
    }
    var correct = 0
    for _ in 0..<40 {
      let samples = (0..<10).map { _ in clouds.sample() }
      for sample in samples { try network.add(sample.x) }
      try network.predict()
      for s in 0..<10 where network.predictedClass(of: s) == samples[s].label { correct += 1 }
    }
    return Double(correct) / 400
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func learningRulesSolveASeparableProblemAndFrozenLayersDoNoBetter(seed: UInt64) throws {
    let frozen = try accuracy(.frozen, seed: seed)
    #expect(frozen > 0.3, "a network that only guesses is no baseline, seed \(seed)")
    for rule in [Rule.readout, .masked, .squared] {
      let learnt = try accuracy(rule, seed: seed)
      #expect(learnt > 0.95 && learnt >= frozen, "\(rule): \(learnt), \(frozen), seed \(seed)")
    }
  }

  /// Labels that no linear read-out of the inputs can tell: hidden layers must have learnt.
  @Test func readoutLearnsWhatFrozenLayersCannot() throws {
    func accuracy(_ rule: Rule) throws -> Double {
      let layers: [LayerDescription] = [.dense(8), .output(2)]
      let plan = try Plan(inputs: 2, layers: layers.span, batch: 16, purpose: .training(digest: 2))
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: 4, in: &arena)
      var dice = Dice(seed: 4)
      var correct = 0
      for step in 0..<1500 {
        for _ in 0..<16 {
          let x = [dice.float() < 0 ? -1 : 1, dice.float() < 0 ? -1 : 1] as [Float]
          let noisy = zip(x, dice.floats(2)).map { $0 + 0.5 * $1 }
          try network.add(noisy, label: x[0] == x[1] ? 0 : 1)
        }
        let outcome = try network.train(rule, rates: Rates(hidden: 0.2, output: 0.3))
        if step >= 1400 { correct += outcome.correct }
      }
      return Double(correct) / 1600
    }
    let (frozen, learnt) = (try accuracy(.frozen), try accuracy(.readout))
    #expect(learnt > 0.95 && learnt > frozen + 0.05, "\(learnt) against \(frozen)")
  }

  // MARK: The floor

  private func isQuiet(_ numbers: [Float]) -> Bool {
    !numbers.isEmpty && numbers.allSatisfy { $0 == 0 || $0.isNormal }
  }

  /// Weights that begin at zero show each subnormal update that reaches them.
  @Test(arguments: [1, 8, 9])
  func aClassThatUnderflowsTrainsNoSubnormalWeight(inputs: Int) throws {
    let layers = [LayerDescription.output(6)]
    let plan = try Plan(
      inputs: inputs, layers: layers.span, batch: 2, purpose: .training(digest: 0))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 4, in: &arena)
    let weights = [Float](repeating: 0, count: 6 * inputs)
    var trained = 0
    for tenth in 0...1200 {
      let gap = Float(tenth) / 10
      let biases = [gap, 0, -gap, 3, gap / 2, gap - 1]
      try network.setLayer(0, weights: weights.span, biases: biases.span)
      for size in [1, 1e-3] as [Float] {
        try network.add([Float](repeating: size, count: inputs), label: 0)
      }
      let loss = try network.train(Squared(), rates: Rates(hidden: 1, output: 0.1)).loss!
      let after = network.parameters(ofLayer: 0)
      #expect(loss.isFinite && isQuiet(after.weights) && isQuiet(after.biases), "gap \(gap)")
      if after.weights != weights { trained += 1 }
    }
    #expect(trained > 500)
  }

  /// e^-34 is 1.7e-15: with rate 1 the delta lies above the floor of 8.9e-16, with rate 0.01 below.
  @Test func aDeltaBelowTheFloorChangesNothing() throws {
    let layers = [LayerDescription.output(2)]
    let plan = try Plan(inputs: 1, layers: layers.span, batch: 1, purpose: .training(digest: 0))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 4, in: &arena)
    for (rate, learns) in [(1, true), (0.01, false)] as [(Float, Bool)] {
      let (weights, biases): ([Float], [Float]) = ([0, 0], [34, 0])
      try network.setLayer(0, weights: weights.span, biases: biases.span)
      try network.add([1], label: 0)
      _ = try network.train(Squared(), rates: Rates(hidden: 1, output: rate))
      let after = network.parameters(ofLayer: 0)
      #expect((after.weights[1] != 0) == learns && (after.biases[1] != 0) == learns)
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func hugeRatesGiveNeitherSubnormalNorNaN(seed: UInt64) throws {
    let layers: [LayerDescription] = [.dense(20), .dense(9, .sigmoid), .output(6)]
    let plan = try Plan(inputs: 5, layers: layers.span, batch: 4, purpose: .training(digest: 6))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    var dice = Dice(seed: seed)
    var largest: Float = 0
    for step in 0..<300 {
      for _ in 0..<4 {
        try network.add(dice.floats(5).map { $0 * 10 }, label: dice.integer(0...4))
      }
      let rate: Float = step % 3 == 0 ? 1e6 : 10
      let outcome = try network.train(
        Rule(rawValue: UInt8(seed))!, rates: Rates(hidden: rate, output: rate))
      #expect(outcome.loss!.isFinite, "step \(step), seed \(seed)")
      for k in 0..<3 {
        let (w, b) = network.parameters(ofLayer: k)
        #expect(isQuiet(w) && isQuiet(b), "step \(step), layer \(k), seed \(seed)")
        largest = max(largest, w.map(\.magnitude).max()!)
      }
    }
    #expect(largest > 1e5, "the rates were not huge enough")
  }
}
