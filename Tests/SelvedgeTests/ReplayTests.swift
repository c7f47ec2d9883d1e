import Testing

@testable import Selvedge

@Suite struct ReplayBufferTests {
  static let policies: [ReplayPlan.Replacement] = [.reservoir, .balanced]

  /// A sample whose numbers say which one it is.
  static func sample(_ number: Int, values: Int = 3) -> [Float] {
    (0..<values).map { Float((number * 7 + $0 * 5) % 200 - 100) / 32 }
  }

  static func kept(_ buffer: borrowing ReplayBuffer) -> [[Float]] {
    (0..<buffer.count).map { index in
      var values = [Float](repeating: 0, count: buffer.plan.values)
      var span = values.mutableSpan
      buffer.copy(index, into: &span)
      return values
    }
  }

  @Test(arguments: [1, 2, 15, 16, 17, 200], policies)
  func plannedBytesAreTheBytesInUse(capacity: Int, policy: ReplayPlan.Replacement) throws {
    for (values, classes) in [(1, 1), (16, 3), (785, 256)] {
      let plan = try ReplayPlan(capacity, values: values, classes: classes, replacement: policy)
      var tensors: [Tensor] = []
      plan.forEachTensor { tensors.append($0) }
      #expect(tensors.reduce(0) { $0 + $1.reserved } == plan.bytes)
      #expect(tensors.map(\.offset).first == 0 && tensors.allSatisfy { $0.category == .stream })
      let memory = TestMemory(plan.bytes)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var buffer = try ReplayBuffer(plan, seed: 1, in: &arena)
      #expect(arena.used == plan.bytes && arena.available == 0)
      for number in 0..<2 * capacity + 3 {
        let values = Self.sample(number, values: values)
        try buffer.offer(values.span, label: number % classes, .identity)
      }
      #expect(buffer.count == capacity && Self.kept(buffer).count == capacity)

      let less = TestMemory(plan.bytes - 1)
      let error = thrown(ReplayError.self) {
        var arena = less.arena()
        _ = try ReplayBuffer(plan, seed: 1, in: &arena)
      }
      guard case .memory(.exhausted(_, .replay, plan.bytes, 1)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(less.bytes.allSatisfy { $0 == TestMemory.pattern })
    }
  }

  @Test func impossibleBuffersAreRefused() throws {
    let refused = { (capacity: Int, values: Int, classes: Int) in
      thrown(ReplayError.self) {
        _ = try ReplayPlan(capacity, values: values, classes: classes)
      }
    }
    #expect(refused(0, 4, 2) == .capacity(0))
    #expect(refused(-1, 4, 2) == .capacity(-1))
    #expect(refused(1 << 24 + 1, 4, 2) == .capacity(1 << 24 + 1))
    #expect(refused(.max, .max, 2) == .capacity(.max))
    #expect(refused(9, 0, 2) == .values(0))
    #expect(refused(9, 4, 257) == .classes(257))
    #expect(refused(9, 4, 0) == .classes(0))
    #expect(refused(1 << 24, 1 << 24, 256) == nil, "2^48 bytes have addresses here")
    let layers: [LayerDescription] = [.dense(3, .tanh), .regression(2)]
    let plan = try Plan(
      inputs: 4, layers: layers.span, batch: 1, purpose: .training(digest: 2))
    #expect(thrown(ReplayError.self) { _ = try ReplayPlan(9, of: plan) } == .learnsValues)
    let recurrent: [LayerDescription] = [.gru(3, steps: 4), .output(2)]
    let sequences = try Plan(
      inputs: 4, layers: recurrent.span, batch: 1, purpose: .training(digest: 2))
    #expect(thrown(ReplayError.self) { _ = try ReplayPlan(9, of: sequences) } == .readsSequences)
  }

  @Test func numbersAreKeptTo32ndsOfADeviation() throws {
    let values: [Float] = [10, 10 + 2 / 32.0, 10.01, 10.04, 17.9, 30, -60, 2]
    let memory = TestMemory(256)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var buffer = try ReplayBuffer(
      ReplayPlan(1, values: values.count, classes: 2), seed: 1, in: &arena)
    try buffer.offer(values.span, label: 1, Standardisation(mean: 10, deviation: 2)!)
    let expected = values.map { value in
      Float(max(-127, min(127, (32 * (value - 10) / 2).rounded(.toNearestOrEven)))) / 32
    }
    #expect(Self.kept(buffer) == [expected] && buffer.label(of: 0) == 1)
    #expect(expected[0] == 0 && expected[5] == 127 / 32.0 && expected[6] == -127 / 32.0)
  }

  /// Algorithm R, in three lines.
  @Test(arguments: [1, 5, 32], [1, 2, 77] as [UInt64])
  func reservoirKeepsWhatTheAlgorithmKeeps(capacity: Int, seed: UInt64) throws {
    let memory = TestMemory(4096)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var buffer = try ReplayBuffer(
      ReplayPlan(capacity, values: 3, classes: 7), seed: seed, in: &arena)
    let generator = CounterGenerator(seed: seed, stream: 0x5245_5000_0000_0000)
    var expected: [Int] = []
    for number in 0..<300 {
      if expected.count < capacity {
        expected.append(number)
      } else {
        let place = Int(((generator[UInt64(number)] >> 32) * UInt64(number + 1)) >> 32)
        if place < capacity { expected[place] = number }
      }
      try buffer.offer(Self.sample(number).span, label: number % 7, .identity)
    }
    #expect(Self.kept(buffer) == expected.map { Self.sample($0) })
    #expect((0..<capacity).map { buffer.label(of: $0) } == expected.map { $0 % 7 })
    #expect(buffer.offered == 300 && expected.contains { $0 >= capacity })
  }

  @Test(arguments: policies)
  func everySampleIsKeptWithTheSameChance(policy: ReplayPlan.Replacement) throws {
    let (capacity, offered, runs) = (20, 100, 400)
    let memory = TestMemory(512)
    defer { #expect(memory.guardsAreIntact) }
    let plan = try ReplayPlan(capacity, values: 1, classes: 2, replacement: policy)
    var kept = [Int](repeating: 0, count: offered)
    for seed in 0..<UInt64(runs) {
      var arena = memory.arena()
      var buffer = try ReplayBuffer(plan, seed: seed, in: &arena)
      for number in 0..<offered {
        let value = [Float(number) / 32]
        try buffer.offer(value.span, label: number % 2, .identity)
      }
      for values in Self.kept(buffer) { kept[Int(values[0] * 32)] += 1 }
    }
    #expect(kept.reduce(0, +) == capacity * runs)
    // Five deviations of a binomial distribution with a chance of 1 in 5.
    #expect(kept.allSatisfy { abs($0 - 80) < 40 }, "\(kept)")
  }

  /// Classes that come one after the other, some with many samples and some with few.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func balancedBufferKeepsClassesAlike(seed: UInt64) throws {
    let memory = TestMemory(1024)
    defer { #expect(memory.guardsAreIntact) }
    let counts = [300, 9, 50, 200, 12]
    var arena = memory.arena()
    var buffer = try ReplayBuffer(
      ReplayPlan(40, values: 2, classes: 5, replacement: .balanced), seed: seed, in: &arena)
    var shown = 0
    for (label, count) in counts.enumerated() {
      for number in 0..<count {
        try buffer.offer(Self.sample(number, values: 2).span, label: label, .identity)
      }
      shown += 1
      let populations = (0..<shown).map { buffer.population(of: $0) }
      #expect(populations.reduce(0, +) == 40)
      #expect(populations.min()! >= min(40 / shown, counts[..<shown].min()!), "\(populations)")
      // Whoever has lost a sample has as many as any other.
      for label in 0..<shown where populations[label] < counts[label] {
        #expect(populations[label] >= populations.max()! - 1, "\(populations)")
      }
    }
  }

  @Test func drawsReachEverySampleAlike() throws {
    let memory = TestMemory(512)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var buffer = try ReplayBuffer(ReplayPlan(10, values: 2, classes: 2), seed: 3, in: &arena)
    for number in 0..<10 {
      try buffer.offer(Self.sample(number, values: 2).span, label: 0, .identity)
    }
    var drawn = [Int](repeating: 0, count: 10)
    for _ in 0..<1000 { drawn[buffer.draw()] += 1 }
    #expect(drawn.allSatisfy { abs($0 - 100) < 48 }, "\(drawn)")
    buffer.clear()
    #expect(buffer.count == 0 && buffer.offered == 0 && buffer.drawn == 0)
  }

  @Test(arguments: policies)
  func refusedSamplesChangeNothing(policy: ReplayPlan.Replacement) throws {
    let plan = try ReplayPlan(4, values: 3, classes: 2, replacement: policy)
    let memory = TestMemory(plan.bytes)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var buffer = try ReplayBuffer(plan, seed: 1, in: &arena)
    for number in 0..<6 {
      try buffer.offer(Self.sample(number).span, label: number % 2, .identity)
    }
    let before = Array(memory.bytes)
    let samples: [([Float], Int, NetworkError)] = [
      ([1, 2], 0, .valueCount(expected: 3, found: 2)),
      ([1, 2, 3], 2, .label(2, classes: 2)), ([1, 2, 3], -1, .label(-1, classes: 2)),
      ([1, .nan, 3], 0, .notFinite(index: 1)),
    ]
    for (values, label, expected) in samples {
      let error = thrown(ReplayError.self) {
        try buffer.offer(values.span, label: label, .identity)
      }
      #expect(error == .network(expected))
      #expect(Array(memory.bytes) == before && buffer.offered == 6 && buffer.count == 4)
    }
  }
}

@Suite struct RehearsalTests {
  static let rates = Rates(hidden: 0.01, output: 0.02)

  /// A step with old samples is a step on a batch of the same samples, each as it was kept.
  @Test(arguments: 0..<60 as Range<UInt64>)
  func rehearsalIsAStepOnABatch(seed: UInt64) throws {
    let sketch = Sketch(seed: seed &+ 900, trains: true, width: 40)
    guard !sketch.learnsValues, !sketch.layers[0].kind.readsSteps else { return }
    let count = 3
    let plan = try Plan(
      input: sketch.input, layers: sketch.layers.span, batch: count + 1, purpose: sketch.purpose)
    let memories = (TestMemory(plan.footprint.total), TestMemory(plan.footprint.total))
    defer { #expect(memories.0.guardsAreIntact && memories.1.guardsAreIntact) }
    var arena = memories.0.arena()
    var otherArena = memories.1.arena()
    var network = try Network(plan, seed: seed, in: &arena)
    var other = try Network(plan, seed: seed, in: &otherArena)
    let replay = try ReplayPlan(5, of: plan)
    let kept = (TestMemory(replay.bytes), TestMemory(replay.bytes))
    defer { #expect(kept.0.guardsAreIntact && kept.1.guardsAreIntact) }
    var keptArena = kept.0.arena()
    var copyArena = kept.1.arena()
    var buffer = try ReplayBuffer(replay, seed: seed, in: &keptArena)
    var copy = try ReplayBuffer(replay, seed: seed, in: &copyArena)
    var dice = Dice(seed: seed)
    for step in 0..<8 {
      let (values, label) = (dice.floats(sketch.inputs), dice.integer(0...plan.classes - 1))
      let outcome = try network.train(
        on: values.span, label: label, rehearsing: count, from: &buffer, sketch.rule,
        rates: Self.rates)
      try other.add(values, label: label)
      for _ in 0..<(step == 0 ? 0 : count) {
        let index = copy.draw()
        var old = [Float](repeating: 0, count: sketch.inputs)
        var span = old.mutableSpan
        copy.copy(index, into: &span)
        try other.add(old, label: copy.label(of: index))
      }
      let factor = Float(other.waiting)
      let expected = try other.train(
        sketch.rule, rates: Self.rates.multiplied(by: factor))
      try copy.offer(values.span, label: label, .identity)
      #expect(outcome.samples == expected.samples && outcome.correct == expected.correct)
      #expect(outcome.loss?.bitPattern == expected.loss?.bitPattern)
      #expect(network.storedParameters == other.storedParameters, "seed \(seed), step \(step)")
    }
    #expect(Array(kept.0.bytes) == Array(kept.1.bytes) && buffer.count == 5)
  }

  @Test func refusedStepsChangeNothing() throws {
    let layers: [LayerDescription] = [.dense(5, .tanh), .output(3)]
    let plan = try Plan(
      inputs: 4, layers: layers.span, batch: 3, purpose: .training(digest: 3))
    let replay = try ReplayPlan(4, of: plan, replacement: .balanced)
    let memory = TestMemory(plan.footprint.total + replay.bytes)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 1, in: &arena)
    var buffer = try ReplayBuffer(replay, seed: 1, in: &arena)
    #expect(arena.available == 0)
    func step(
      _ values: [Float], _ label: Int, _ count: Int, _ rates: Rates = Self.rates,
      layers: Range<Int>? = nil
    ) throws {
      _ = try network.train(
        on: values.span, label: label, rehearsing: count, from: &buffer, Readout(), rates: rates,
        layers: layers)
    }
    for label in [0, 1, 2, 0, 1] { try step([1, 2, 3, Float(label)], label, 2) }
    let (parameters, kept) = (network.storedParameters, Array(memory.bytes.suffix(replay.bytes)))
    let drawn = buffer.drawn
    let good: [Float] = [1, 2, 3, 4]
    let huge = Rates(hidden: 0.01, output: 2e38)
    let refused: [(ReplayError, () throws -> Void)] = [
      (.network(.valueCount(expected: 4, found: 3)), { try step([1, 2, 3], 0, 2) }),
      (.network(.label(3, classes: 3)), { try step(good, 3, 2) }),
      (.network(.notFinite(index: 0)), { try step([.infinity, 2, 3, 4], 0, 2) }),
      (.network(.batchFull(3)), { try step(good, 0, 3) }),
      (.network(.batchFull(3)), { try step(good, 0, -1) }),
      (.network(.rates), { try step(good, 0, 2, huge) }),
      (.network(.noLayer(2)), { try step(good, 0, 2, layers: 0..<3) }),
    ]
    for (expected, body) in refused {
      #expect(thrown(ReplayError.self, body) == expected)
      #expect(network.storedParameters == parameters && network.waiting == 0)
      #expect(Array(memory.bytes.suffix(replay.bytes)) == kept && buffer.drawn == drawn)
      #expect(buffer.offered == 5)
    }
    try network.add(good)
    #expect(thrown(ReplayError.self) { try step(good, 0, 2) } == .network(.samplesWait(1)))
    #expect(network.waiting == 1)
    network.discard()
    let others = try ReplayPlan(4, values: 5, classes: 3)
    let room = TestMemory(others.bytes)
    defer { #expect(room.guardsAreIntact) }
    var otherArena = room.arena()
    var other = try ReplayBuffer(others, seed: 1, in: &otherArena)
    let error = thrown(ReplayError.self) {
      _ = try network.train(
        on: good.span, label: 0, rehearsing: 1, from: &other, Readout(), rates: Self.rates)
    }
    #expect(error == .otherPlan && other.offered == 0)
    #expect(network.storedParameters == parameters)
  }
}

/// Training in which only the classes of the batch compete.
@Suite struct CompetitionTests {
  /// The softmax over some logits, in double precision.
  static func softmax(_ logits: [Double], among labels: Set<Int>) -> [Double] {
    let total = labels.reduce(0) { $0 + exponential(logits[$1]) }
    return logits.indices.map { labels.contains($0) ? exponential(logits[$0]) / total : 0 }
  }

  /// e^x by its series, for moderate x.
  static func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for n in 1..<60 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }

  @Test(arguments: [[2, 5], [5, 2, 5, 2], [3], [0, 1, 2, 3, 4, 5, 6]])
  func gradientIsThatOfTheClassesOfTheBatch(labels: [Int]) throws {
    let plan = try Plan(
      inputs: 4, layers: [LayerDescription.output(7)].span, batch: labels.count,
      purpose: .training(digest: 7))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 9, in: &arena)
    network.onlyBatchCompetes = true
    let before = network.parameters(ofLayer: 0)
    var dice = Dice(seed: 4)
    let samples = labels.map { _ in dice.floats(4) }
    for (sample, label) in zip(samples, labels) { try network.add(sample, label: label) }
    let outcome = try network.train(Readout(), rates: Rates(hidden: 0, output: 0.5))
    let after = network.parameters(ofLayer: 0)

    var loss = 0.0
    var weights = before.weights.map { Double($0) }
    for (x, label) in zip(samples, labels) {
      let logits = (0..<7).map { c in
        (0..<4).reduce(0.0) { $0 + Double(before.weights[c * 4 + $1]) * Double(x[$1]) }
      }
      let p = Self.softmax(logits, among: Set(labels))
      // ln by halving a bracket.
      var (low, high) = (0.0, 20.0)
      for _ in 0..<60 {
        let middle = (low + high) / 2
        if Self.exponential(-middle) > p[label] { low = middle } else { high = middle }
      }
      loss += low / Double(labels.count)
      for c in 0..<7 {
        for i in 0..<4 {
          weights[c * 4 + i] +=
            0.5 / Double(labels.count) * ((c == label ? 1 : 0) - p[c]) * Double(x[i])
        }
      }
    }
    for (found, expected) in zip(after.weights, weights) {
      #expect(abs(Double(found) - expected) < 1e-6)
    }
    #expect(abs(Double(outcome.loss!) - loss) < 1e-5)
    for c in 0..<7 where !labels.contains(c) {
      #expect(after.weights[c * 4..<c * 4 + 4] == before.weights[c * 4..<c * 4 + 4])
      #expect(after.biases[c] == before.biases[c])
    }
    #expect((after.weights != before.weights) == (Set(labels).count > 1))
  }

  /// In hidden layers too: what a class alone asks for is nothing.
  @Test(arguments: 0..<90 as Range<UInt64>)
  func aSingleClassTeachesNothing(seed: UInt64) throws {
    let sketch = Sketch(seed: seed &+ 7_000, trains: true, width: 40)
    guard !sketch.learnsValues, sketch.rule == .readout else { return }
    for masks in [true, false] {
      let plan = try Plan(sketch.terms(), layers: sketch.layers.span)
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: seed, in: &arena)
      network.onlyBatchCompetes = masks
      let before = network.storedParameters
      var dice = Dice(seed: seed)
      let count = min(sketch.batch, 2)
      if sketch.layers[0].kind.isRecurrent {
        let labels = [Int](repeating: 1, count: count)
        try network.begin(labels.span)
        let step = dice.floats(count * sketch.inputs)
        try network.learn(
          step.span, from: Rule.readout, rates: Rates(hidden: 0.5, output: 0.5, recurrent: 0.5))
      } else {
        for _ in 0..<count { try network.add(dice.floats(sketch.inputs), label: 1) }
      }
      let outcome = try network.train(Rule.readout, rates: Rates(hidden: 0.5, output: 0.5))
      if masks {
        #expect(outcome.loss == 0)
        // Scales count what was clipped, which is not learning.
        if !sketch.layers.contains(where: { $0.precision == .int8 }) {
          #expect(network.storedParameters == before, "seed \(seed)")
        }
      } else {
        #expect(outcome.loss! > 0)
      }
    }
  }

  @Test func allClassesCompeteWhereAllAreThere() throws {
    let layers: [LayerDescription] = [.dense(9, .tanh), .dense(7, .relu), .output(3)]
    let plan = try Plan(
      inputs: 4, layers: layers.span, batch: 3, purpose: .training(digest: 3))
    var results: [[UInt8]] = []
    for masks in [true, false] {
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: 1, in: &arena)
      network.onlyBatchCompetes = masks
      var dice = Dice(seed: 2)
      for _ in 0..<5 {
        for label in 0..<3 { try network.add(dice.floats(4), label: label) }
        _ = try network.train(Readout(), rates: RehearsalTests.rates)
      }
      results.append(network.storedParameters)
    }
    #expect(results[0] == results[1])
  }
}
