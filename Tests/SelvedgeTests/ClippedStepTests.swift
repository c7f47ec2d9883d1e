import Testing

@testable import Selvedge

/// Steps whose numbers are clamped against the root mean square of their layer's gradient.
@Suite struct ClippedStepTests {
  private static let rates = Rates(hidden: 0.003, output: 0.01)

  /// Runs `body` with a network in memory of exactly its plan.
  private func withNetwork<Result>(
    _ sketch: Sketch, _ step: StepRule, reusesMemory: Bool = true,
    _ body: (inout Network) throws -> Result
  ) throws -> Result {
    let plan = try Plan(
      sketch.terms(reusesMemory: reusesMemory, step: step), layers: sketch.layers.span)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: sketch.seed, in: &arena)
    return try body(&network)
  }

  /// Whether all of a sketch's layers can learn by clipped steps.
  private func canBeClipped(_ sketch: Sketch) -> Bool {
    !sketch.layers.contains(where: \.keepsTrace)
  }

  /// The parameters of every layer after some steps, each on other samples.
  private func trained(
    _ sketch: Sketch, _ step: StepRule, rates: [Float]
  ) throws -> [(weights: [Float], biases: [Float])] {
    try withNetwork(sketch, step) { network in
      var dice = Dice(seed: sketch.seed + 1)
      for rate in rates {
        try sketch.fill(&network, &dice, count: sketch.batch, learns: true)
        _ = try network.train(
          sketch.rule,
          rates: Rates(hidden: rate, output: rate, convolution: rate, recurrent: rate))
      }
      return (0..<network.layerCount).map { network.parameters(ofLayer: $0) }
    }
  }

  /// A plain step at rate 1 is the gradient; the clipped ones are computed from those in float64.
  @Test func changesAreTheGradientOverItsRunningRootMeanSquareClamped() throws {
    var compared = (dense: 0, maps: 0)
    for seed in 0..<600 as Range<UInt64> {
      let sketch = Sketch(seed: seed, trains: true, width: 20)
      guard canBeClipped(sketch), !sketch.layers[0].kind.isRecurrent,
        sketch.layers.allSatisfy({ $0.precision == .float32 })
      else { continue }
      let before = try trained(sketch, .plain, rates: [0])
      let plain = try [[1], [0, 1], [0, 0, 1]].map { try trained(sketch, .plain, rates: $0) }
      // The first step looks at its own gradient, the third at those of two others.
      for (rates, shares) in [([0.003], [1, 0]), ([0, 0, 0.003], [0.99, 1])]
        as [([Float], [Double])]
      {
        let clipped = try trained(sketch, .clipped, rates: rates)
        for (k, layer) in sketch.layers.enumerated() where layer.kind.hasWeights {
          for tensor in [\(weights: [Float], biases: [Float]).weights, \.biases] {
            let old = before[k][keyPath: tensor].map(Double.init)
            let gradients = plain.map { run in
              zip(run[k][keyPath: tensor], old).map { Double($0) - $1 }
            }
            let squares = gradients.map { $0.reduce(0) { $0 + $1 * $1 } / Double(old.count) }
            guard squares[0] > 1e-6, squares[1] > 1e-6 else { continue }
            let mean =
              (shares[0] * squares[0] + shares[1] * squares[1]) / (shares[0] + shares[1])
            for (i, g) in gradients[rates.count - 1].enumerated() {
              let change = Double(rates.last!) * max(-1.5, min(1.5, g / mean.squareRoot()))
              let error = abs(Double(clipped[k][keyPath: tensor][i]) - old[i] - change)
              #expect(error < 1e-5, "layer \(k), \(i), seed \(seed)")
            }
            if layer.kind.isConvolution { compared.maps += 1 } else { compared.dense += 1 }
          }
        }
      }
    }
    #expect(compared.dense > 50 && compared.maps > 10, "\(compared)")
  }

  /// A rule whose errors are as many times as large as those of another.
  private struct Magnified: ElementwiseLoss {
    let factor: Float
    var isTernary: Bool { false }
    func error(_ y: Float, _ t: Float) -> Float { factor * (t - y) }
  }

  @Test(arguments: [Precision.float32, .float16, .int8], [1, 5])
  func theSizeOfGradientsChangesNoBit(precision: Precision, batch: Int) throws {
    let layers = [LayerDescription.dense(9), .dense(7, .relu), .output(3)].map {
      $0.stored(as: precision)
    }
    var results: [[UInt32]] = []
    for exponent in [0, -12, 3, 20] {
      let plan = try Plan(
        inputs: 6, layers: layers.span, batch: batch, purpose: .training(digest: 0),
        step: .clipped)
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: 8, in: &arena)
      var dice = Dice(seed: 4)
      let initial = network.weightsChecksum
      for _ in 0..<3 {
        for _ in 0..<batch { try network.add(dice.floats(6), label: dice.integer(0...2)) }
        // The last layer's loss is not that of the rule.
        _ = try network.train(
          Magnified(factor: .powerOfTwo(exponent)), rates: Rates(hidden: 0.02, output: 0.02),
          layers: 0..<2)
      }
      #expect(network.weightsChecksum != initial)
      results.append(
        (0..<2).flatMap {
          let (weights, biases) = network.parameters(ofLayer: $0)
          return weights.bits + biases.bits
        })
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test(arguments: [Precision.float32, .float16, .int8])
  func whatHasNoGradientStays(precision: Precision) throws {
    let layers = [LayerDescription.dense(9).stored(as: precision), .output(3)]
    let plan = try Plan(
      inputs: 6, layers: layers.span, batch: 2, purpose: .training(digest: 0), step: .clipped)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 8, in: &arena)
    try network.add([Float](repeating: 0, count: 6), label: 1)
    let before = network.parameters(ofLayer: 0)
    _ = try network.train(Magnified(factor: 0), rates: Rates(hidden: 1, output: 1))
    let after = network.parameters(ofLayer: 0)
    #expect(after == before && network.isFinite)
  }

  // MARK: Memory

  @Test(arguments: 0..<80 as Range<UInt64>)
  func touchedBytesAreThePlannedBytes(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, trains: true, width: 70)
    guard canBeClipped(sketch) else { return }
    let plan = try Plan(sketch.terms(step: .clipped), layers: sketch.layers.span)
    let total = plan.footprint.total
    let memories = [UInt8(0x5C), 0xA3].map { TestMemory(total, pattern: $0) }
    defer { #expect(memories.allSatisfy { $0.guardsAreIntact }) }
    for memory in memories {
      var arena = memory.arena()
      var network = try Network(plan, seed: seed, in: &arena)
      var dice = Dice(seed: seed + 9000)
      for _ in 0..<3 {
        try sketch.fill(&network, &dice, count: sketch.batch, learns: true)
        _ = try network.train(sketch.rule, rates: Self.rates)
      }
    }
    var planned = [Bool](repeating: false, count: total)
    for i in 0..<plan.footprint.weights { planned[i] = true }
    for tensor in plan.tensors {
      for i in tensor.offset..<tensor.offset + tensor.bytes { planned[i] = true }
    }
    let wrong = planned.indices.filter {
      (memories[0].bytes[$0] == memories[1].bytes[$0]) != planned[$0]
    }
    let owners = wrong.compactMap { i in plan.tensors.first { $0.extent.contains(i) }?.role }
    #expect(wrong.isEmpty, "\(wrong.count) bytes of \(Set(owners)), seed \(seed)")
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func sharingMemoryChangesNoBit(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, trains: true)
    guard canBeClipped(sketch) else { return }
    func history(reusesMemory: Bool, poisons: Bool) throws -> [UInt32] {
      try withNetwork(sketch, .clipped, reusesMemory: reusesMemory) { network in
        network.poisonsDeadMemory = poisons
        var dice = Dice(seed: seed + 77)
        var history: [UInt32] = []
        for step in 0..<3 {
          let count = step == 2 ? (sketch.batch + 1) / 2 : sketch.batch
          try sketch.fill(&network, &dice, count: count, learns: true)
          let outcome = try network.train(sketch.rule, rates: Self.rates)
          history += [outcome.loss?.bitPattern ?? 1, network.weightsChecksum]
        }
        return history
      }
    }
    let shared = try history(reusesMemory: true, poisons: false)
    #expect(Set(shared).count > 3)
    #expect(try shared == history(reusesMemory: false, poisons: false), "seed \(seed)")
    #expect(try shared == history(reusesMemory: true, poisons: true), "seed \(seed)")
  }

  @Test func sketchesOfEveryPrecisionCanBeClipped() {
    let sketches = (0..<80 as Range<UInt64>).map { Sketch(seed: $0, trains: true, width: 70) }
    let layers = sketches.filter(canBeClipped).flatMap(\.layers)
    for precision in [Precision.float32, .float16, .int8] {
      #expect(layers.filter { $0.precision == precision && $0.kind.hasWeights }.count > 20)
    }
    #expect(layers.contains { $0.looksAhead } && layers.contains { $0.kind.isConvolution })
    #expect(layers.contains { $0.kind.isRecurrent })
  }

  @Test func aFewRowsOfTheGradientAreHeld() throws {
    func scratch(_ batch: Int, _ precision: Precision) throws -> [Int] {
      let layers = [LayerDescription.dense(20), .output(3)].map { $0.stored(as: precision) }
      let plan = try Plan(
        inputs: 10, layers: layers.span, batch: batch, purpose: .training(digest: 3),
        step: .clipped)
      var bytes: [Int] = []
      plan.forEachLayer {
        bytes.append($0.gradient.bytes)
        #expect($0.noise.bytes == 0 && $0.roundedDelta.bytes == 0)
      }
      return bytes
    }
    // Of each row its gradient, that of its bias, and its deltas of all samples; of int8 a sample as floats.
    #expect(try scratch(1, .float32) == [4 * 12, 4 * 22])
    #expect(try scratch(2, .float16) == [4 * 4 * 13, 4 * 3 * 23])
    #expect(try scratch(64, .int8) == [4 * (4 * 75 + 10), 4 * (3 * 85 + 20)])
  }

  @Test func tracesAreRefusedUnlessTheyNeverLearn() throws {
    for first in [
      LayerDescription.elman(3, steps: 2, trace: true), .gru(3, steps: 2, trace: true),
    ] {
      var layers = [first, .output(2)]
      func error(_ purpose: Plan.Purpose, _ constants: Plan.Constants) -> PlanError? {
        thrown(PlanError.self) {
          _ = try Plan(
            inputs: 4, layers: layers.span, batch: 1, purpose: purpose, constants: constants,
            step: .clipped)
        }
      }
      #expect(error(.training(digest: 2), .inFlash) == .step(.clipped, layer: 0))
      #expect(error(.inference, .inArena) == nil)
      layers[0].isFrozen = true
      #expect(error(.training(digest: 2), .inArena) == .step(.clipped, layer: 0))
      #expect(error(.training(digest: 2), .inFlash) == nil)
    }
  }

  // MARK: Model files

  /// A network that has learned, its file and the offset of the file's last section.
  private func file(record: TrainingRecord?) throws -> (bytes: [UInt8], section: Int) {
    let sketch = Sketch(seed: 4, trains: true, width: 9)
    return try withNetwork(sketch, .clipped) { network in
      var dice = Dice(seed: 1)
      for _ in 0..<3 {
        try sketch.fill(&network, &dice, count: sketch.batch, learns: true)
        _ = try network.train(sketch.rule, rates: Self.rates)
      }
      let bytes = ModelBytes.bytes(of: network, record: record)
      return (bytes, bytes.count - 16 - network.layerCount * 16)
    }
  }

  @Test(arguments: 0..<30 as Range<UInt64>, [true, false])
  func aModelRemembersWhatStepsDo(seed: UInt64, withRecord: Bool) throws {
    let sketch = Sketch(seed: seed, trains: true, width: 30)
    guard canBeClipped(sketch) else { return }
    let record = withRecord ? ModelBytes.record : nil
    let plan = try Plan(sketch.terms(step: .clipped), layers: sketch.layers.span)
    let memory = TestMemory(plan.footprint.total)
    let otherMemory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact && otherMemory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    var dice = Dice(seed: seed)
    for _ in 0..<2 {
      try sketch.fill(&network, &dice, count: sketch.batch, learns: true)
      _ = try network.train(sketch.rule, rates: Self.rates)
    }
    let bytes = ModelBytes.bytes(of: network, record: record)
    let model = try ModelFile(bytes.span.bytes)
    #expect(model.record == record && model.stepRule == .clipped)
    var otherArena = otherMemory.arena()
    var other = try Network(plan, of: model, in: &otherArena)
    #expect(ModelBytes.bytes(of: other, record: record) == bytes)
    var otherDice = dice
    try sketch.fill(&network, &dice, count: sketch.batch, learns: true)
    try sketch.fill(&other, &otherDice, count: sketch.batch, learns: true)
    _ = try network.train(sketch.rule, rates: Self.rates)
    _ = try other.train(sketch.rule, rates: Self.rates)
    #expect(ModelBytes.bytes(of: other, record: nil) == ModelBytes.bytes(of: network, record: nil))

    // Of another rule nothing is taken; plain steps write nothing.
    let plain = try Plan(sketch.terms(), layers: sketch.layers.span)
    let plainMemory = TestMemory(plain.footprint.total)
    defer { #expect(plainMemory.guardsAreIntact) }
    var plainArena = plainMemory.arena()
    let third = try Network(plain, of: model, in: &plainArena)
    let rest = ModelBytes.bytes(of: third, record: record)
    #expect(rest.count == bytes.count - 32 - 16 - 16 * sketch.layers.count)
  }

  @Test(arguments: [true, false])
  func whatIsRememberedIsCheckedWhenAFileIsOpened(withRecord: Bool) throws {
    let (bytes, section) = try file(record: withRecord ? ModelBytes.record : nil)
    #expect(ModelBytes.error(bytes) == nil)
    func after(_ change: (inout [UInt8]) -> Void) -> ModelFileError? {
      var changed = bytes
      change(&changed)
      ModelBytes.forge(&changed)
      return ModelBytes.error(changed)
    }
    #expect(after { _ in } == nil)
    for rule in [0, 9, 255] as [UInt8] {
      #expect(after { $0[section] = rule } == .value(offset: section))
    }
    for i in 1..<16 {
      #expect(after { $0[section + i] = 1 } == .value(offset: section + i))
    }
    for number in [Float.nan, .infinity, -1] {
      for place in [16, 20, 24, 28, 32] {
        #expect(
          after { ModelBytes.put(number, at: section + place, in: &$0) }
            == .value(offset: section + place / 16 * 16))
      }
    }
    #expect(
      after { ModelBytes.put(Float(1.5), at: section + 28, in: &$0) }
        == .value(offset: section + 16))
    for count in 0..<bytes.count {
      var forged = Array(bytes[..<count])
      if count >= 24 { ModelBytes.put(UInt64(count), at: 16, in: &forged) }
      ModelBytes.forge(&forged)
      #expect(ModelBytes.error(forged) != nil, "\(count) bytes")
    }
  }
}
