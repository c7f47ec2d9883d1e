import Testing

@testable import Selvedge

@Suite struct RuleTests {
  private static let layers: [LayerDescription] = [.dense(70, .linear), .dense(9), .output(5)]

  /// The bits of a network after three steps on made-up samples.
  private func trained<Loss: LocalLoss>(_ loss: Loss, seed: UInt64) throws -> [UInt32] {
    let plan = try Plan(
      inputs: 11, layers: Self.layers.span, batch: 6, purpose: .training(digest: 5))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    var dice = Dice(seed: seed)
    var losses: [UInt32] = []
    for _ in 0..<3 {
      for _ in 0..<6 {
        try network.add(dice.floats(11), label: dice.integer(0...4))
      }
      losses.append(
        try network.train(loss, rates: Rates(hidden: 0.3, output: 0.2)).loss!.bitPattern)
    }
    return losses
      + (0..<3).flatMap { network.parameters(ofLayer: $0).weights.bits }
      + (0..<3).flatMap { network.parameters(ofLayer: $0).biases.bits }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func aRuleChosenLateGivesTheBitsOfItsOwnType(seed: UInt64) throws {
    let found = try [
      trained(Readout(), seed: seed), trained(Masked(), seed: seed), trained(Squared(), seed: seed),
      trained(Absolute(), seed: seed), trained(Direct(), seed: seed), trained(Frozen(), seed: seed),
    ]
    for (raw, bits) in found.enumerated() {
      let rule = Rule(rawValue: UInt8(raw))!
      #expect(try trained(rule, seed: seed) == bits, "\(rule), seed \(seed)")
    }
    #expect(Rule(rawValue: UInt8(found.count)) == nil, "a rule without a test")
    #expect(Set(found).count == found.count, "rules must differ for this to prove anything")
  }

  @Test func aRuleWrittenByHandGivesTheBitsOfTheBuiltIn() throws {
    for seed in 0..<4 as Range<UInt64> {
      #expect(try trained(SquaredByHand(), seed: seed) == trained(Squared(), seed: seed))
      #expect(try trained(Huber(), seed: seed) != trained(Squared(), seed: seed))
    }
  }

  /// One step of one hidden layer of 70 units, two blocks, in float64.
  @Test(arguments: [1, 3])
  func aUsersRuleThatNeedsTheWholeOutputTrainsByItsFormula(samples: Int) throws {
    let layers: [LayerDescription] = [.dense(70), .output(4)]
    let plan = try Plan(inputs: 5, layers: layers.span, batch: 3, purpose: .training(digest: 2))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 21, in: &arena)
    let before = network.parameters(ofLayer: 0)
    var dice = Dice(seed: 22)
    let x = (0..<samples).map { _ in dice.floats(5) }
    for s in 0..<samples { try network.add(x[s], label: s) }
    _ = try network.train(Centred(), rates: Rates(hidden: 0.3, output: 0.2))
    let after = network.parameters(ofLayer: 0)
    var (w, b) = (before.weights.map { Double($0) }, before.biases.map { Double($0) })
    let projection = Projection(seed: 21, layer: 0)
    for s in 0..<samples {
      let y = (0..<70).map { u in
        Exact.hyperbolicTangent(
          (0..<5).reduce(0.0) { $0 + Double(before.weights[u * 5 + $1]) * Double(x[s][$1]) })
      }
      let mean = y.reduce(0) { $0 + $1 } / 70
      for u in 0..<70 {
        let bit = projection.signs(class: s, from: u) & 1
        let error = (bit == 1 ? 1 : -1) - (y[u] - mean)
        let delta = error * (1 - y[u] * y[u]) * 0.3 / Double(samples)
        for i in 0..<5 { w[u * 5 + i] += delta * Double(x[s][i]) }
        b[u] += delta
      }
    }
    #expect(agree(after.weights, w.map { Float($0) }) && agree(after.biases, b.map { Float($0) }))
    #expect(!agree(after.weights, before.weights), "nothing was learnt")
  }

  @Test func ratesDecayLinearlyToZero() {
    let rates = Rates(hidden: 0.5, output: -2)
    #expect(rates.decayed(step: 0, of: 10) == rates)
    #expect(rates.decayed(step: 5, of: 10) == Rates(hidden: 0.25, output: -1))
    #expect(rates.decayed(step: 10, of: 10) == Rates(hidden: 0, output: 0))
    #expect(rates.decayed(step: 11, of: 10) == Rates(hidden: 0, output: 0))
    #expect(rates.decayed(step: 0, of: 0) == rates)
    var last: Float = 1
    for step in 1...1000 {
      let rate = Rates(hidden: 1, output: 1).decayed(step: step, of: 1000).hidden
      #expect(rate < last && abs(Double(rate) - (1 - Double(step) / 1000)) < 1e-7)
      last = rate
    }
    #expect(last == 0)
  }
}
