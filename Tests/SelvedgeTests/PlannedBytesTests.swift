import Testing

@testable import Selvedge

/// What the profiler says is what a network takes: for hundreds of random networks of every kind of layer, in
/// every precision, by every rule and in batches of every size.
@Suite struct PlannedBytesTests {
  static let rules: [Rule] = [.readout, .masked, .squared, .absolute, .direct, .frozen]
  static let seeds = 0..<600 as Range<UInt64>

  /// A sketch, and the rule that it is to learn by; of seven one is planned for predictions alone.
  private static func network(_ seed: UInt64) -> (Sketch, Rule, Plan.Purpose) {
    let sketch = Sketch(seed: seed &+ 40_000, width: 48)
    let rule = rules[Int(seed % 6)]
    let classes = Int(sketch.layers.last!.units)
    return (
      sketch, rule,
      seed % 7 == 0 ? .inference : .training(digest: rule.digestCount(classes: classes))
    )
  }

  @Test(arguments: seeds)
  func planIsTheHighWaterMarkAndAByteLessIsRefused(seed: UInt64) throws {
    let (sketch, rule, purpose) = Self.network(seed)
    let plan = try Plan(
      input: sketch.input, layers: sketch.layers.span, batch: sketch.batch, purpose: purpose)
    let total = plan.footprint.total

    let tensors = plan.tensors
    for (i, a) in tensors.enumerated() {
      for b in tensors[..<i] where a.lives.overlaps(b.lives) {
        #expect(!a.extent.overlaps(b.extent), "\(a) over \(b), seed \(seed)")
      }
    }

    let memory = TestMemory(total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    #expect(arena.highWater == total && arena.used == total && arena.available == 0)
    var dice = Dice(seed: seed)
    if !sketch.layers[0].kind.readsSteps {
      for _ in 0..<sketch.batch {
        let values = dice.floats(sketch.inputs)
        if sketch.learnsValues && purpose != .inference {
          let targets = dice.floats(Int(sketch.layers.last!.units))
          try network.add(values.span, targets: targets.span)
        } else {
          try network.add(values, label: sketch.learnsValues ? nil : 0)
        }
      }
      if purpose == .inference {
        try network.predict()
      } else {
        _ = try network.train(rule, rates: Rates(hidden: 0.01, output: 0.01))
      }
    }

    let less = TestMemory(total - 1)
    defer { #expect(less.guardsAreIntact) }
    var small = less.arena()
    let error = thrown(ArenaError.self) { _ = try Network(plan, seed: seed, in: &small) }
    guard case .exhausted(_, _, _, missing: 1) = error else {
      Issue.record("\(String(describing: error)), seed \(seed)")
      return
    }
    // Before any work: not a byte was touched.
    #expect(small.used == 0 && less.bytes.allSatisfy { $0 == TestMemory.pattern })
  }

  @Test func theNetworksAreOfEveryKind() {
    var (kinds, precisions, batches) = (Set<UInt8>(), Set<UInt8>(), Set<Int>())
    var (lookahead, traces, frozenRules) = (0, 0, 0)
    for seed in Self.seeds {
      let (sketch, rule, _) = Self.network(seed)
      batches.insert(sketch.batch)
      if !rule.learns { frozenRules += 1 }
      for layer in sketch.layers {
        kinds.insert(layer.kind.rawValue)
        if layer.kind.hasWeights { precisions.insert(layer.precision.rawValue) }
        if layer.looksAhead { lookahead += 1 }
        if layer.keepsTrace { traces += 1 }
      }
    }
    let all = (0...UInt8.max).filter { LayerDescription.Kind(rawValue: $0) != nil }
    #expect(kinds == Set(all) && precisions.count == 3)
    #expect(batches.isSuperset(of: 1...12) && batches.max()! > 200)
    #expect(lookahead > 50 && traces > 5 && frozenRules == 100)
  }
}
