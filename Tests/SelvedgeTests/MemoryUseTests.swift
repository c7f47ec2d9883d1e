import Testing

@testable import Selvedge

@Suite struct MemoryUseTests {
  /// The memory of a network after three full steps, or predictions, that began over a pattern.
  private func memory(
    _ sketch: Sketch, reusesMemory: Bool, pattern: UInt8
  ) throws -> (bytes: [UInt8], tensors: [Tensor], footprint: Footprint) {
    let plan = try Plan(sketch.terms(reusesMemory: reusesMemory), layers: sketch.layers.span)
    let memory = TestMemory(plan.footprint.total, pattern: pattern)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: sketch.seed, in: &arena)
    var dice = Dice(seed: sketch.seed + 9000)
    for _ in 0..<3 {
      try sketch.fill(
        &network, &dice, count: sketch.batch, learns: sketch.purpose != .inference)
      if sketch.purpose == .inference {
        try network.predict()
      } else {
        _ = try network.train(sketch.rule, rates: Rates(hidden: 0.01, output: 0.01))
      }
    }
    return (Array(memory.bytes), plan.tensors, plan.footprint)
  }

  /// A byte that nobody wrote shows the pattern, so it differs between two patterns; a byte that
  /// was written from memory that nobody wrote differs too.
  @Test(arguments: 0..<60 as Range<UInt64>)
  func touchedBytesAreThePlannedBytes(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, width: 70)
    for reusesMemory in [true, false] {
      let first = try memory(sketch, reusesMemory: reusesMemory, pattern: 0x5C)
      let second = try memory(sketch, reusesMemory: reusesMemory, pattern: 0xA3)
      var planned = [Bool](repeating: false, count: first.footprint.total)
      // Padding of parameters is zero by promise, other padding belongs to nobody.
      for i in 0..<first.footprint.weights { planned[i] = true }
      var free = planned.count
      for tensor in first.tensors {
        for i in tensor.offset..<tensor.offset + tensor.bytes { planned[i] = true }
      }
      var (wrong, places): (Int, Set<String>) = (0, [])
      for i in planned.indices {
        let touched = first.bytes[i] == second.bytes[i]
        if touched != planned[i] {
          wrong += 1
          let owner = first.tensors.first { $0.offset..<$0.offset + $0.bytes ~= i }
          places.insert(owner.map { "\($0.layer) \($0.role)" } ?? "nobody's")
        }
        if planned[i] { free -= 1 }
      }
      #expect(wrong == 0, "\(wrong) bytes of \(places), seed \(seed), reuse \(reusesMemory)")
      #expect(free < planned.count, "no byte was planned")
    }
  }

  /// The bits of everything that can be seen of a few steps of training.
  private func history(
    _ sketch: Sketch, reusesMemory: Bool, poisons: Bool
  ) throws -> [UInt32] {
    let plan = try Plan(sketch.terms(reusesMemory: reusesMemory), layers: sketch.layers.span)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: sketch.seed, in: &arena)
    network.poisonsDeadMemory = poisons
    var dice = Dice(seed: sketch.seed + 77)
    var history: [UInt32] = []
    for step in 0..<4 {
      // The last batch is not full.
      let count = step == 3 ? (sketch.batch + 1) / 2 : sketch.batch
      if sketch.purpose != .inference {
        try sketch.fill(&network, &dice, count: count, learns: true)
        let layers = step == 1 ? 0..<1 : nil as Range<Int>?
        let outcome = try network.train(
          sketch.rule, rates: Rates(hidden: 0.05, output: 0.1), layers: layers)
        history += [outcome.loss?.bitPattern ?? 1, UInt32(outcome.correct)]
      }
      try sketch.fill(&network, &dice, count: count)
      try network.predict()
      for s in 0..<count { history += network.logitsArray(of: s).bits }
      history.append(network.weightsChecksum)
    }
    return history
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func sharingMemoryChangesNoBit(seed: UInt64) throws {
    let sketch = Sketch(seed: seed &+ 500, trains: seed % 5 != 0)
    let shared = try history(sketch, reusesMemory: true, poisons: false)
    #expect(shared.count > 8)
    #expect(try shared == history(sketch, reusesMemory: false, poisons: false), "seed \(seed)")
    #expect(try shared == history(sketch, reusesMemory: true, poisons: true), "seed \(seed)")
  }

  @Test func reuseIsNotAnIdleWord() throws {
    var smaller = 0
    for seed in 0..<60 as Range<UInt64> {
      let sketch = Sketch(seed: seed, trains: true)
      let shared = try Plan(sketch.terms(), layers: sketch.layers.span).footprint
      let apart = try Plan(sketch.terms(reusesMemory: false), layers: sketch.layers.span).footprint
      #expect(shared.total <= apart.total && shared.weights == apart.weights)
      if shared.total < apart.total { smaller += 1 }
    }
    #expect(smaller > 30, "a plan that shares nothing proves nothing about sharing")
  }
}
