import Testing

@testable import Selvedge

/// Layers whose parameters stay in a model in read-only memory.
@Suite struct FlashTests {
  private static let rates = Rates(hidden: 0.05, output: 0.1)

  /// A model of a sketch's network, a step of training behind its initial weights.
  private func model(_ sketch: Sketch, _ layers: [LayerDescription]) throws -> ReadOnlyBytes {
    let learns = sketch.purpose != .inference
    let plan = try Plan(
      Plan.Terms(
        input: sketch.input, batch: sketch.batch, purpose: sketch.purpose, reusesMemory: true),
      layers: layers.span)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: sketch.seed &* 77, in: &arena)
    network.standardisation = Standardisation(mean: 0.125, deviation: 1.5)!
    var dice = Dice(seed: sketch.seed)
    if learns {
      try sketch.fill(&network, &dice, count: sketch.batch, learns: true)
      _ = try network.train(sketch.rule, rates: Self.rates)
    }
    network.chooseScales()
    return ReadOnlyBytes(ModelBytes.bytes(of: network, record: nil))
  }

  /// What a network of the model does, and leaves, in a few steps.
  private struct History: Equatable {
    var bits: [UInt32] = []
    /// Of each layer the exponents, weights and biases.
    var layers: [[UInt32]] = []
    /// A model of it.
    var saved: [UInt8] = []
  }

  private func history(
    _ sketch: Sketch, _ layers: [LayerDescription], _ model: ReadOnlyBytes,
    _ constants: Plan.Constants, reusesMemory: Bool = true, poisons: Bool = false
  ) throws -> History {
    let plan = try Plan(
      sketch.terms(reusesMemory: reusesMemory, constants: constants), layers: layers.span)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
    #expect(arena.used == plan.footprint.total && arena.available == 0)
    network.poisonsDeadMemory = poisons
    var history = History()
    var dice = Dice(seed: sketch.seed + 31)
    for step in 0..<3 {
      // The last batch is not full.
      let count = step == 2 ? (sketch.batch + 1) / 2 : sketch.batch
      if sketch.purpose != .inference {
        try sketch.fill(&network, &dice, count: count, learns: true)
        let outcome = try network.train(sketch.rule, rates: Self.rates)
        history.bits += [outcome.loss?.bitPattern ?? 1, UInt32(outcome.correct)]
      }
      try sketch.fill(&network, &dice, count: count)
      try network.predict()
      for s in 0..<count { history.bits += network.logitsArray(of: s).bits }
    }
    for k in layers.indices {
      let (weights, biases) = network.parameters(ofLayer: k)
      let scale = try network.scale(ofLayer: k)
      history.layers.append(
        weights.bits + biases.bits + (try network.stateWeightsArray(ofLayer: k)).bits
          + (scale.map { [UInt32(bitPattern: $0.weightExponent + $0.inputExponent << 8)] } ?? []))
    }
    history.saved = ModelBytes.bytes(of: network, record: nil)
    return history
  }

  @Test(arguments: 0..<120 as Range<UInt64>)
  func resultsAreThoseOfANetworkInTheArena(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, trains: seed % 4 != 0, width: 40)
    let layers = sketch.partlyFrozen
    let model = try model(sketch, layers)
    let content = model.array
    let inArena = try history(sketch, layers, model, .inArena)
    #expect(inArena.bits.count > 3)
    for (reuses, poisons) in [(true, false), (false, false), (true, true)] {
      let inFlash = try history(
        sketch, layers, model, .inFlash, reusesMemory: reuses, poisons: poisons)
      #expect(inFlash.bits == inArena.bits, "seed \(seed)")
      #expect(inFlash.layers == inArena.layers, "seed \(seed)")
      // The model that is saved is a whole one: in the arena it goes on alike.
      let saved = ReadOnlyBytes(inFlash.saved)
      #expect(
        try history(sketch, layers, saved, .inArena).bits
          == history(sketch, layers, ReadOnlyBytes(inArena.saved), .inArena).bits, "seed \(seed)")
    }
    #expect(model.array == content)
  }

  @Test func sketchesHaveLayersOfAllKindsInFlash() throws {
    var (kinds, precisions, changed): (Set<UInt8>, Set<UInt8>, Int) = ([], [], 0)
    for seed in 0..<120 as Range<UInt64> {
      let sketch = Sketch(seed: seed, trains: seed % 4 != 0, width: 40)
      let layers = sketch.partlyFrozen
      let plan = try Plan(sketch.terms(constants: .inFlash), layers: layers.span)
      plan.forEachLayer { layer in
        guard layer.isInFlash, layer.weight.bytes > 0 || layer.bias.bytes > 0 else {
          if sketch.purpose != .inference { changed += 1 }
          return
        }
        kinds.insert(layer.description.kind.rawValue)
        precisions.insert(layer.description.precision.rawValue)
      }
    }
    #expect(kinds == [1, 2, 3, 4, 8, 9, 10, 11, 13] && precisions.count == 3 && changed > 50)
  }

  // MARK: The plan

  @Test(arguments: 0..<200 as Range<UInt64>)
  func theArenaHasNothingOfLayersInFlash(seed: UInt64) throws {
    let sketch = Sketch(seed: seed)
    let layers = sketch.partlyFrozen
    let all = try Plan(sketch.terms(), layers: layers.span)
    let plan = try Plan(sketch.terms(constants: .inFlash), layers: layers.span)
    let flash = plan.tensors.filter { $0.category == .flash }
    let own = plan.tensors.filter { $0.category != .flash }
    let footprint = plan.footprint
    #expect(flash.reduce(0) { $0 + $1.reserved } == footprint.flash, "seed \(seed)")
    #expect(own.map(\.extent.upperBound).max() == footprint.total, "seed \(seed)")
    #expect(footprint.weights + footprint.flash == all.footprint.weights)
    #expect(footprint.parameterBytes == all.footprint.parameterBytes)
    #expect(footprint.total <= all.footprint.total - footprint.flash)
    // In flash they lie where a model has them: where an arena would have all of them.
    for tensor in flash {
      #expect(layers[tensor.layer].isFrozen || sketch.purpose == .inference)
      let same = all.tensors.first { ($0.layer, $0.role) == (tensor.layer, tensor.role) }
      #expect(same?.extent == tensor.extent && same?.category == .weights, "seed \(seed)")
    }
    // What never learns needs no more than what only predicts.
    let predicts = try Plan(
      input: sketch.input, layers: layers.span, batch: sketch.batch, purpose: .inference)
    let learning = layers.indices.filter {
      sketch.purpose != .inference && !layers[$0].isFrozen
    }
    for tensor in own where tensor.category == .scratch && !learning.contains(tensor.layer) {
      if tensor.role == .labels || tensor.role == .targets
        || layers[tensor.layer].kind.isRecurrent
      {
        continue
      }
      let same = predicts.tensors.first { ($0.layer, $0.role) == (tensor.layer, tensor.role) }
      #expect(same?.bytes == tensor.bytes, "\(tensor), seed \(seed)")
    }
    for (i, a) in own.enumerated() {
      for b in own[..<i] where a.lives.overlaps(b.lives) {
        #expect(!a.extent.overlaps(b.extent), "\(a) over \(b), seed \(seed)")
      }
    }
    let steps = layers.indices.map { step in
      own.filter { $0.lives.contains(step) }.reduce(0) { $0 + $1.reserved }
    }
    #expect(footprint.total == steps.max(), "seed \(seed)")
  }

  /// A byte that nobody wrote differs between two patterns.
  @Test(arguments: 0..<60 as Range<UInt64>)
  func touchedBytesAreThePlannedBytes(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, width: 70)
    let layers = sketch.partlyFrozen
    let model = try model(sketch, layers)
    let plan = try Plan(sketch.terms(constants: .inFlash), layers: layers.span)
    let total = plan.footprint.total
    let memories = [UInt8(0x5C), 0xA3].map { TestMemory(total, pattern: $0) }
    defer { #expect(memories.allSatisfy { $0.guardsAreIntact }) }
    for memory in memories {
      var arena = memory.arena()
      var network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
      var dice = Dice(seed: seed + 9000)
      for _ in 0..<3 {
        try sketch.fill(
          &network, &dice, count: sketch.batch, learns: sketch.purpose != .inference)
        if sketch.purpose == .inference {
          try network.predict()
        } else {
          _ = try network.train(sketch.rule, rates: Self.rates)
        }
      }
    }
    var planned = [Bool](repeating: false, count: total)
    for i in 0..<plan.footprint.weights { planned[i] = true }
    for tensor in plan.tensors where tensor.category != .flash {
      for i in tensor.offset..<tensor.offset + tensor.bytes { planned[i] = true }
    }
    let wrong = planned.indices.filter {
      (memories[0].bytes[$0] == memories[1].bytes[$0]) != planned[$0]
    }
    let owners = wrong.compactMap { place in
      plan.tensors.first { $0.category != .flash && $0.extent.contains(place) }
    }
    #expect(wrong.isEmpty, "\(wrong.count) bytes of \(Set(owners.map(\.role))), seed \(seed)")
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func oneByteLessIsRefused(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, width: 30)
    let layers = sketch.partlyFrozen
    let model = try model(sketch, layers)
    let plan = try Plan(sketch.terms(constants: .inFlash), layers: layers.span)
    for short in [0, 1, 16, plan.footprint.total] {
      let memory = TestMemory(plan.footprint.total - short)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      let error = thrown(ModelNetworkError.self) {
        _ = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
      }
      if short == 0 {
        #expect(error == nil && arena.used == plan.footprint.total)
        continue
      }
      guard case .memory(.exhausted(_, _, _, let missing)) = error else {
        Issue.record("\(String(describing: error)), seed \(seed)")
        continue
      }
      #expect(missing == short && arena.used == 0, "seed \(seed)")
      #expect(memory.bytes.allSatisfy { $0 == TestMemory.pattern })
    }
  }

  // MARK: What is refused

  private let layers: [LayerDescription] = [
    .dense(5).stored(as: .int8), .dense(3, .relu), .output(4),
  ]
  private let sample: [Float] = [0.5, -1, 2]

  private func bytes(_ layers: [LayerDescription], inputs: Int = 3) throws -> [UInt8] {
    let plan = try Plan(inputs: inputs, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    return ModelBytes.bytes(of: try Network(plan, seed: 3, in: &arena), record: nil)
  }

  private func firstFrozen() -> [LayerDescription] {
    var frozen = layers
    frozen[0].isFrozen = true
    return frozen
  }

  @Test func aModelThatDoesNotFitIsRefused() throws {
    let frozen = firstFrozen()
    let plan = try Plan(
      inputs: 3, layers: frozen.span, batch: 2, purpose: .training(digest: 4),
      constants: .inFlash)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    #expect(
      thrown(ArenaError.self) { _ = try Network(plan, seed: 1, in: &arena) }
        == .flash(bytes: plan.footprint.flash))
    #expect(plan.footprint.flash == 32 + 16 + 32)
    func error(_ bytes: [UInt8], excess: Int = 0) -> ModelNetworkError? {
      let model = ReadOnlyBytes(bytes, excess: excess)
      return withExtendedLifetime(model) {
        thrown(ModelNetworkError.self) {
          _ = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
        }
      }
    }
    let good = try bytes(layers)
    for excess in 1...15 {
      #expect(error(good, excess: excess) == .memory(.misaligned(excess: excess)))
    }
    #expect(error(try bytes(layers, inputs: 4)) == .input)
    #expect(error(try bytes(Array(layers[..<2]) + [.dense(4), .output(4)])) == .layer(2))
    #expect(error(try bytes([layers[0], .output(4)])) == .layer(1))
    for k in layers.indices {
      var other = layers
      other[k] = other[k].stored(as: .float16)
      #expect(error(try bytes(other)) == .layer(k))
    }
    #expect(arena.used == 0 && memory.bytes.allSatisfy { $0 == TestMemory.pattern })
    #expect(error(good) == nil && arena.used == plan.footprint.total)
  }

  @Test func whatIsNotInFlashMayLieAnywhere() throws {
    let model = ReadOnlyBytes(try bytes(layers), excess: 3)
    let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact && model.array.count > 0) }
    var arena = memory.arena()
    let network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
    #expect(try network.storedParameters == Array(model.bytes[parameters(of: model)]))
  }

  private func parameters(of model: ReadOnlyBytes) throws -> Range<Int> {
    let count = try ModelFile(model.bytes.bytes).parameters.byteCount
    return model.bytes.count - count..<model.bytes.count
  }

  @Test func nothingChangesALayerInFlash() throws {
    let frozen = firstFrozen()
    let model = ReadOnlyBytes(try bytes(layers))
    let plan = try Plan(
      inputs: 3, layers: frozen.span, batch: 1, purpose: .training(digest: 4),
      constants: .inFlash)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact && model.array.count > 0) }
    var arena = memory.arena()
    var network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
    let before = Snapshot(network)
    let numbers = [Float](repeating: 0.25, count: 15)
    let refused = [
      thrown(NetworkError.self) {
        try network.setLayer(0, weights: numbers.span, biases: numbers.span.extracting(first: 5))
      },
      thrown(NetworkError.self) { try network.setStateWeights(ofLayer: 0, to: Span()) },
      thrown(NetworkError.self) { try network.setFrozen(false, layer: 0) },
    ]
    #expect(refused.allSatisfy { $0 == .inFlash(layer: 0) })
    #expect(
      thrown(NetworkError.self) { try network.setFrozen(true, layer: 1) } == .inFlash(layer: 1))
    // What a layer is already it may stay.
    try network.setFrozen(true, layer: 0)
    try network.setFrozen(false, layer: 1)

    var stored = network.storedParameters
    stored[33] ^= 1
    #expect(
      thrown(NetworkError.self) { try network.setParameters(stored.span.bytes) }
        == .inFlash(layer: 0))
    #expect(Snapshot(network) == before)
    stored[33] ^= 1
    // A weight of layer 1.
    stored[plan.footprint.flash + 3] ^= 0x80
    try network.setParameters(stored.span.bytes)
    #expect(network.storedParameters == stored && Snapshot(network) != before)
    try network.add(sample, label: 1)
    network.chooseScales()
    try network.add(sample, label: 1)
    _ = try network.train(Rule.squared, rates: Self.rates)
    #expect(model.array == (try bytes(layers)))
  }

  @Test func aMemoryInFlashKeepsItsStatistics() throws {
    let layers: [LayerDescription] = [.oscillators(3, steps: 4), .output(2)]
    let model = ReadOnlyBytes(try bytes(layers, inputs: 2))
    let plan = try Plan(
      inputs: 2, layers: layers.span, batch: 1, purpose: .inference, constants: .inFlash)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact && model.array.count > 0) }
    var arena = memory.arena()
    var network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
    let numbers = [Float](repeating: 1, count: 10)
    #expect(
      [
        thrown(NetworkError.self) {
          try network.standardiseSteps(
            means: numbers.span.extracting(first: 2), factors: numbers.span.extracting(first: 2))
        },
        thrown(NetworkError.self) {
          try network.standardiseMemory(means: numbers.span, factors: numbers.span)
        },
      ] == [.inFlash(layer: 0), .inFlash(layer: 0)])
  }

  // MARK: Another plan

  /// A layer learns in the arena, is frozen in flash, and learns again, each by another network of what the one
  /// before saved: as one network in the arena that only changes what is frozen.
  @Test(arguments: [Precision.float32, .float16, .int8])
  func aLayerIsFrozenAndLearnsAgainByAnotherPlan(precision: Precision) throws {
    var layers = [LayerDescription.dense(9), .dense(7), .output(3)].map {
      $0.stored(as: precision)
    }
    var saved = try bytes(layers)
    var dice = Dice(seed: 5)
    var checksums: [UInt32] = []
    let models = [[], [0], [0, 1], [1], []] as [Set<Int>]
    let samples = models.map { _ in (dice.floats(3), dice.integer(0...2)) }
    for (frozen, (values, label)) in zip(models, samples) {
      for k in layers.indices { layers[k].isFrozen = frozen.contains(k) }
      let model = ReadOnlyBytes(saved)
      let plan = try Plan(
        inputs: 3, layers: layers.span, batch: 1, purpose: .training(digest: 3),
        constants: .inFlash)
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact && model.array.count > 0) }
      var arena = memory.arena()
      var network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &arena)
      try network.add(values, label: label)
      _ = try network.train(Readout(), rates: Self.rates)
      saved = ModelBytes.bytes(of: network, record: nil)
      checksums.append(Self.checksum(network))
    }

    let first = ReadOnlyBytes(try bytes(layers))
    let plan = try Plan(
      inputs: 3, layers: layers.span, batch: 1, purpose: .training(digest: 3))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact && first.array.count > 0) }
    var arena = memory.arena()
    var network = try Network(plan, of: ModelFile(first.bytes.bytes), in: &arena)
    var expected: [UInt32] = []
    for (frozen, (values, label)) in zip(models, samples) {
      for k in layers.indices { try network.setFrozen(frozen.contains(k), layer: k) }
      try network.add(values, label: label)
      _ = try network.train(Readout(), rates: Self.rates)
      expected.append(Self.checksum(network))
    }
    #expect(checksums == expected && Set(checksums).count == models.count)
  }

  /// Of weights and biases, not of how often inputs of an int8 layer were clipped.
  private static func checksum(_ network: borrowing Network) -> UInt32 {
    let bits = (0..<network.layerCount).flatMap {
      let (weights, biases) = network.parameters(ofLayer: $0)
      return weights.bits + biases.bits
    }
    return CRC32.of(bits.span.bytes)
  }
}
