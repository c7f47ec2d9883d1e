import Testing

@testable import Selvedge

/// All that a caller can see of a network.
struct Snapshot: Equatable {
  let checksum: UInt32
  let parameters: [UInt8]
  let waiting: Int
  let predicted: Int
  let logits: [UInt32]
  let layers: [LayerDescription]
  let standardisation: Standardisation

  init(_ network: borrowing Network) {
    checksum = network.weightsChecksum
    parameters = network.storedParameters
    waiting = network.waiting
    predicted = network.predicted
    var logits: [UInt32] = []
    for s in 0..<network.predicted { logits += network.logitsArray(of: s).bits }
    self.logits = logits
    var layers: [LayerDescription] = []
    for k in 0..<network.layerCount { layers.append(try! network.layer(k)) }
    self.layers = layers
    standardisation = network.standardisation
  }
}

@Suite struct NetworkErrorTests {
  private static let rates = Rates(hidden: 0.1, output: 0.1)
  private let layers: [LayerDescription] = [.dense(5), .dense(3, .relu), .output(4)]
  private let samples: [[Float]] = (0..<6).map { s in (0..<3).map { Float(s * 3 + $0) / 9 - 1 } }

  /// Every call that must be refused in some state, with its error in any state.
  private func refusedCalls(
    _ network: inout Network
  ) -> [(found: NetworkError?, expected: NetworkError)] {
    let (count, sample) = (network.footprint.weights, samples[0])
    var calls: [(NetworkError?, NetworkError)] = []
    for values in [[], [1, 2], [1, 2, 3, 4]] as [[Float]] {
      let error = thrown(NetworkError.self) { try network.add(values, label: 0) }
      calls.append((error, .valueCount(expected: 3, found: values.count)))
    }
    for label in [-1, 4, .min, .max, Int(UInt32.max)] {
      let error = thrown(NetworkError.self) { try network.add(samples[0], label: label) }
      calls.append((error, .label(label, classes: 4)))
    }
    for (k, bad) in [Float.nan, .infinity, -.infinity].enumerated() where network.waiting < 3 {
      var values: [Float] = [1, 2, 3]
      values[k] = bad
      let error = thrown(NetworkError.self) { try network.add(values, label: 1) }
      calls.append((error, .notFinite(index: k)))
    }
    for range in [-1..<1, 2..<4, 3..<5, 7..<9] {
      let error = thrown(NetworkError.self) {
        _ = try network.train(Squared(), rates: Rates(hidden: 1, output: 1), layers: range)
      }
      let layer = range.lowerBound < 0 ? range.lowerBound : range.upperBound - 1
      if network.waiting > 0 { calls.append((error, .noLayer(layer))) }
    }
    for rate in [Float.nan, .infinity, -.infinity] {
      for rates in [Rates(hidden: rate, output: 1), Rates(hidden: 1, output: rate)] {
        let error = thrown(NetworkError.self) { _ = try network.train(Squared(), rates: rates) }
        if network.waiting > 0 { calls.append((error, .rates)) }
      }
    }
    for k in [-1, 3, .min, .max] {
      calls.append((thrown(NetworkError.self) { _ = try network.layer(k) }, .noLayer(k)))
      let freeze = thrown(NetworkError.self) { try network.setFrozen(true, layer: k) }
      calls.append((freeze, .noLayer(k)))
      var (w, b): ([Float], [Float]) = ([1, 2], [3])
      let copy = thrown(NetworkError.self) {
        var weightSpan = w.mutableSpan
        var biasSpan = b.mutableSpan
        try network.copyLayer(k, weights: &weightSpan, biases: &biasSpan)
      }
      #expect(w == [1, 2] && b == [3])
      calls.append((copy, .noLayer(k)))
      let set = thrown(NetworkError.self) {
        try network.setLayer(k, weights: sample.span, biases: sample.span)
      }
      calls.append((set, .noLayer(k)))
    }
    for value in [Float.nan, .infinity, -.infinity] {
      var (w, b) = ([Float](repeating: 9, count: 15), [Float](repeating: 9, count: 5))
      w[7] = value
      var error = thrown(NetworkError.self) {
        try network.setLayer(0, weights: w.span, biases: b.span)
      }
      calls.append((error, .parameter(offset: 28)))
      (w[7], b[4]) = (9, value)
      error = thrown(NetworkError.self) {
        try network.setLayer(0, weights: w.span, biases: b.span)
      }
      calls.append((error, .parameter(offset: 76)))
    }
    for value in [Float.nan, .infinity, 0x1p-130] {
      var numbers = [Float](repeating: 9, count: count / 4)
      numbers[3] = value
      let error = thrown(NetworkError.self) { try network.setParameters(numbers.span.bytes) }
      calls.append((error, .parameter(offset: 12)))
    }
    for size in [0, count - 16, count - 1, count + 1, count + 16] {
      let bytes = [UInt8](repeating: 0xEE, count: size)
      let error = thrown(NetworkError.self) { try network.setParameters(bytes.span.bytes) }
      calls.append((error, .parameterBytes(expected: count, found: size)))
    }
    for (weights, biases) in [(14, 5), (15, 4), (16, 5), (14, 6), (0, 0)] {
      let (w, b) = ([Float](repeating: 9, count: weights), [Float](repeating: 9, count: biases))
      let error = thrown(NetworkError.self) {
        try network.setLayer(0, weights: w.span, biases: b.span)
      }
      calls.append((error, .parameterCount(expected: 20, found: weights + biases)))
    }
    return calls
  }

  private func check(_ network: inout Network, _ state: Comment) {
    let before = Snapshot(network)
    let calls = refusedCalls(&network)
    #expect(calls.count > 30)
    for (found, expected) in calls { #expect(found == expected, state) }
    #expect(Snapshot(network) == before, state)
  }

  @Test func discardedSamplesAreForgotten() throws {
    let plan = try Plan(
      inputs: 3, layers: layers.span, batch: 3, purpose: .training(digest: 4))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 7, in: &arena)
    try network.add(samples[0])
    network.discard()
    #expect(network.waiting == 0)
    try network.add(samples[1], label: 2)
    #expect(try network.train(Rule.readout, rates: Self.rates).samples == 1)
  }

  @Test func aRefusedCallChangesNothingNowOrLater() throws {
    let plan = try Plan(
      inputs: 3, layers: layers.span, batch: 3, purpose: .training(digest: 4))
    let memories = (TestMemory(plan.footprint.total), TestMemory(plan.footprint.total))
    defer { #expect(memories.0.guardsAreIntact && memories.1.guardsAreIntact) }
    var arena = memories.0.arena()
    var calm = memories.1.arena()
    var network = try Network(plan, seed: 7, in: &arena)
    var twin = try Network(plan, seed: 7, in: &calm)
    check(&network, "new")
    var before = Snapshot(network)
    #expect(thrown(NetworkError.self) { try network.predict() } == .noSamples)
    var error = thrown(NetworkError.self) {
      _ = try network.train(Rule.readout, rates: Self.rates)
    }
    #expect(error == .noSamples && Snapshot(network) == before)
    for s in 0..<3 {
      try network.add(samples[s], label: s)
      try twin.add(samples[s], label: s)
      #expect(network.waiting == s + 1 && network.predicted == 0)
      check(&network, "waiting")
    }
    before = Snapshot(network)
    error = thrown(NetworkError.self) { try network.add(samples[4], label: 0) }
    #expect(error == .batchFull(3) && Snapshot(network) == before)
    let outcome = try network.train(Rule.readout, rates: Self.rates)
    let calmOutcome = try twin.train(Rule.readout, rates: Self.rates)
    #expect(outcome == calmOutcome && outcome.samples == 3 && outcome.loss != nil)
    check(&network, "trained")
    for s in 3..<5 {
      try network.add(samples[s], label: s == 3 ? 1 : nil)
      try twin.add(samples[s])
    }
    before = Snapshot(network)
    error = thrown(NetworkError.self) { _ = try network.train(Rule.readout, rates: Self.rates) }
    #expect(error == .unlabelled(sample: 1) && Snapshot(network) == before)
    try network.predict()
    try twin.predict()
    #expect(network.predicted == 2 && network.waiting == 0)
    check(&network, "predicted")
    #expect(Snapshot(network) == Snapshot(twin))
    for waiting in 1...2 {
      try network.add(samples[0])
      #expect(network.waiting == waiting && network.predicted == 0, "logits are gone")
    }
  }

  @Test func valuesThatOverflowOnceStandardisedAreRefused() throws {
    let plan = try Plan(inputs: 3, layers: layers.span, batch: 2, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 7, in: &arena)
    network.standardisation = Standardisation(mean: -1e38, deviation: 0.5)!
    let (large, fine): ([Float], [Float]) = ([0, 0, 3e38], [1, 2, 3])
    let error = thrown(NetworkError.self) { try network.add(large) }
    #expect(error == .notFinite(index: 2) && network.waiting == 0)
    try network.add(fine)
    #expect(network.waiting == 1)
  }

  @Test func trainingBeyondThePlanIsRefused() throws {
    /// Asks for one number more than it is planned for.
    struct Greedy: LocalLoss {
      let count: Int
      func digestCount(classes: Int) -> Int { count }
      func error(
        _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
        into error: inout MutableSpan<Float>
      ) {
        for u in error.indices { error[u] = 1 }
      }
    }
    for (purpose, digest, planned) in [
      (.inference, 0, 0), (.inference, 4, 0), (.training(digest: 3), 4, 3),
      (.training(digest: 0), 1, 0), (.training(digest: 4), .max, 4),
    ] as [(Plan.Purpose, Int, Int)] {
      let plan = try Plan(inputs: 3, layers: layers.span, batch: 2, purpose: purpose)
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: 7, in: &arena)
      try network.add(samples[0], label: 1)
      let before = Snapshot(network)
      let error = thrown(NetworkError.self) {
        _ = try network.train(Greedy(count: digest), rates: Self.rates)
      }
      #expect(error == .notPlannedForTraining(digest: digest, planned: planned))
      #expect(Snapshot(network) == before)
      try network.predict()
      #expect(network.predicted == 1)
    }
  }
}
