import Files
import Testing

@testable import Selvedge

/// Networks by what they end in, against Tests/Vectors/heads.json, which Tests/Oracles/head_steps.py makes.
@Suite struct HeadTests {
  static let vectors: JSON = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/heads.json"))
  }()
  static let networks = vectors["networks"]!.array!

  private static func layers(_ entry: JSON) -> [LayerDescription] {
    let (head, outputs) = (entry["head"]!.string!, entry["outputs"]!.integer!)
    var layers = entry["layers"]!.array!.map { spec in
      let sides = spec["window"]!.integers
      return LayerDescription.convolution(
        spec["channels"]!.integer!, Window(sides[0], sides[1]), pool: spec["pool"]!.integer!)
    }
    layers += entry["dense"]!.integers.map { .dense($0) }
    if head.hasSuffix("joint") { layers.append(layers.removeLast().lookingAhead()) }
    switch head {
    case "readout": layers.append(.readout(outputs))
    case "joint": layers.append(.output(outputs))
    default: layers.append(.regression(outputs))
    }
    return layers
  }

  private static func withNetwork(
    _ entry: JSON, _ precision: Precision = .float32,
    target: Standardisation = .identity, _ body: (inout Network) throws -> Void
  ) throws {
    let layers = layers(entry).map { $0.stored(as: precision) }
    let sides = entry["input"]!.integers
    let digest = entry["rule"]!.rule.digestCount(classes: entry["outputs"]!.integer!)
    let plan = try Plan(
      input: Shape(rows: sides[0], columns: sides[1], channels: sides[2]), layers: layers.span,
      batch: 3, purpose: .training(digest: digest))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: UInt64(vectors["seed"]!.integer!), in: &arena)
    network.poisonsDeadMemory = true
    network.targetStandardisation = target
    try body(&network)
  }

  /// Adds the samples of a step with what they ask for; values are given as target.mean + deviation * value.
  private static func add(
    _ entry: JSON, step: Int, to network: inout Network
  ) throws {
    for i in step * 3..<step * 3 + 3 {
      let (values, goal) = (entry["values"]!.array![i].floats, entry["goals"]!.array![i])
      if network.learnsValues {
        let target = network.targetStandardisation
        let raw = goal.floats.map { $0 * target.deviation + target.mean }
        try network.add(values.span, targets: raw.span)
      } else {
        try network.add(values, label: goal.integer!)
      }
    }
  }

  private static var rates: Rates {
    Rates(
      hidden: vectors["hidden_rate"]!.float, output: vectors["output_rate"]!.float,
      convolution: vectors["map_rate"]!.float)
  }

  @Test(arguments: networks.indices)
  func threeStepsAreTheOracles(number: Int) throws {
    let entry = Self.networks[number]
    let name: Comment = "\(entry["head"]!.string!), \(entry["rule"]!.string!), number \(number)"
    try Self.withNetwork(entry) { network in
      for step in 0..<3 {
        // What the step sees, before it changes anything.
        for i in 0..<3 { try network.add(entry["values"]!.array![step * 3 + i].floats) }
        try network.predict()
        for (i, given) in entry["given"]!.array![step].array!.enumerated() {
          #expect(agree(network.logitsArray(of: i), given.floats), name)
        }
        try Self.add(entry, step: step, to: &network)
        let outcome = try network.train(entry["rule"]!.rule, rates: Self.rates)
        #expect(agree([try #require(outcome.loss)], [entry["losses"]!.array![step].float]), name)
        if network.learnsValues { #expect(outcome.correct == 0) }
      }
      let after = entry["after"]!.array!
      #expect(network.layerCount == after.count + (entry["head"]!.string! == "readout" ? 1 : 0))
      for (k, layer) in after.enumerated() {
        let found = network.parameters(ofLayer: k)
        #expect(agree(found.weights, layer["w"]!.floats), name)
        #expect(agree(found.biases, layer["b"]!.floats), name)
      }
    }
  }

  /// Whatever units the values are in, their standardised form is what is learned.
  @Test func valuesAreLearnedInTheirStandardisedForm() throws {
    let number = try #require(Self.networks.firstIndex { $0["head"]!.string! == "regression" })
    let entry = Self.networks[number]
    let target = try #require(Standardisation(mean: 1024, deviation: 16))
    try Self.withNetwork(entry, target: target) { network in
      for step in 0..<3 {
        try Self.add(entry, step: step, to: &network)
        _ = try network.train(entry["rule"]!.rule, rates: Self.rates)
      }
      let found = network.parameters(ofLayer: 1)
      // The values have been rounded to 2^-14 on their way.
      for (a, b) in zip(found.weights, entry["after"]!.array![1]["w"]!.floats) {
        #expect(abs(a - b) < 1e-4)
      }
      try network.add(entry["values"]!.array![0].floats)
      try network.predict()
      var values = [Float](repeating: 0, count: 1)
      var span = values.mutableSpan
      network.copyOutputs(of: 0, into: &span)
      #expect(values == [network.logitsArray(of: 0)[0] * 16 + 1024])
    }
  }

  @Test(arguments: networks.indices, [Precision.float16, .int8])
  func otherPrecisionsAreNear(number: Int, precision: Precision) throws {
    let entry = Self.networks[number]
    try Self.withNetwork(entry, precision) { network in
      for i in 0..<3 { try network.add(entry["values"]!.array![i].floats) }
      try network.predict()
      var compared = 0
      for (i, given) in entry["given"]!.array![0].array!.enumerated() {
        for (a, b) in zip(network.logitsArray(of: i), given.floats) {
          #expect(abs(a - b) < (precision == .int8 ? 0.15 : 0.01), "\(number): \(a), \(b)")
          compared += 1
        }
      }
      #expect(compared >= 3)
      for step in 0..<3 {
        try Self.add(entry, step: step, to: &network)
        let loss = try #require(
          try network.train(entry["rule"]!.rule, rates: Self.rates).loss)
        #expect(abs(loss - entry["losses"]!.array![step].float) < 0.3, "\(number)")
      }
    }
  }

  @Test func aReadoutTakesNoMemoryButItsLogits() throws {
    let layers: [LayerDescription] = [.dense(20), .readout(3)]
    let plan = try Plan(
      inputs: 5, layers: layers.span, batch: 2, purpose: .training(digest: 3))
    let own = plan.tensors.filter { $0.layer == 1 }
    #expect(own.map(\.role) == [.output] && own[0].bytes == 2 * 3 * 4)
    #expect(plan.footprint.parameterCount == 5 * 20 + 20)
  }

  @Test func regressionsKeepValuesInPlaceOfLabels() throws {
    let layers: [LayerDescription] = [.dense(20), .regression(5)]
    let plan = try Plan(
      inputs: 5, layers: layers.span, batch: 7, purpose: .training(digest: 0))
    #expect(plan.tensors.filter { $0.role == .targets }.map(\.bytes) == [7 * 5 * 4])
    #expect(!plan.tensors.contains { $0.role == .labels })
  }

  @Test func headsOutOfPlaceAreRefused() {
    func error(_ layers: LayerDescription...) -> PlanError? {
      thrown(PlanError.self) {
        _ = try Plan(
          input: Shape(rows: 4, columns: 4), layers: layers.span, batch: 1,
          purpose: .training(digest: 3))
      }
    }
    #expect(error(.readout(3)) == .readout(layer: 0))
    let conv = LayerDescription.convolution(3, Window(3, 3))
    #expect(error(conv, .globalPool, .readout(3)) == .readout(layer: 2))
    #expect(error(.legendre(3, steps: 2), .readout(3)) == .readout(layer: 1))
    #expect(error(.normalise, .readout(3)) == .readout(layer: 1))
    #expect(error(conv.pooled(2), .readout(3)) == nil)
    #expect(error(.dense(3), .readout(1)) == .units(layer: 1, 1))
    #expect(error(.dense(3), .regression(1)) == nil)
    #expect(error(.regression(1)) == nil)
    #expect(error(.dense(3), .regression(0)) == .units(layer: 1, 0))
    #expect(error(.readout(3), .output(3)) == .outputLayer(at: 0))
    #expect(error(.regression(3), .output(3)) == .outputLayer(at: 0))
    // A readout sends back what the layer's own readout says: nothing to look ahead to.
    #expect(error(.dense(3).lookingAhead(), .readout(3)) == .lookahead(layer: 0))
    #expect(error(.dense(3).lookingAhead(), .regression(1)) == nil)
    #expect(error(conv.lookingAhead(), .regression(1)) == nil)
  }

  @Test func whatANetworkDoesNotLearnIsRefused() throws {
    let entry = try #require(
      Self.networks.first { $0["head"]!.string! == "regression" && $0["outputs"]!.integer! == 2 })
    let (sample, pair, three): ([Float], [Float], [Float]) = (
      entry["values"]!.array![0].floats, [1, 2], [1, 2, 3]
    )
    try Self.withNetwork(entry) { network in
      #expect(
        thrown(NetworkError.self) { try network.add(sample, label: 0) } == .label(0, classes: 0))
      #expect(
        thrown(NetworkError.self) { try network.add(sample.span, targets: three.span) }
          == .targetCount(expected: 2, found: 3))
      for value in [Float.nan, .infinity, -.infinity] {
        let bad = [1, value]
        #expect(
          thrown(NetworkError.self) { try network.add(sample.span, targets: bad.span) }
            == .target(index: 1))
      }
      let short: [Float] = [1]
      #expect(
        thrown(NetworkError.self) { try network.add(short.span, targets: pair.span) }
          == .valueCount(expected: sample.count, found: 1))
      #expect(network.waiting == 0)
      try network.add(sample.span, targets: pair.span)
      try network.add(sample)
      #expect(
        thrown(NetworkError.self) { _ = try network.train(Rule.squared, rates: Self.rates) }
          == .unlabelled(sample: 1))
    }
    try Self.withNetwork(Self.networks[0]) { network in
      let sample = Self.networks[0]["values"]!.array![0].floats
      #expect(
        thrown(NetworkError.self) { try network.add(sample.span, targets: pair.span) }
          == .targetCount(expected: 0, found: 2))
      let none: [Float] = []
      #expect(
        thrown(NetworkError.self) { try network.add(sample.span, targets: none.span) }
          == .targetCount(expected: 0, found: 0))
    }
  }

  /// A memory in front: sequences have values to learn too.
  @Test func sequencesLearnValues() throws {
    let layers: [LayerDescription] = [
      .oscillators(3, steps: 9), .dense(16), .regression(1),
    ]
    let plan = try Plan(inputs: 1, layers: layers.span, batch: 1, purpose: .training(digest: 1))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 3, in: &arena)
    var dice = Dice(seed: 4)
    var losses: [Float] = []
    for step in 0..<1500 {
      let steps = dice.floats(9)
      let target = [steps.reduce(0, +) / 2]
      if step % 2 == 0 {
        try network.add(steps.span, targets: target.span)
      } else {
        try network.read(steps.span)
        try network.add(targets: target.span)
      }
      losses.append(
        try #require(
          try network.train(Readout(), rates: Rates(hidden: 0.01, output: 0.02)).loss))
    }
    let (first, last) = (losses[..<100].reduce(0, +), losses[1400...].reduce(0, +))
    #expect(last < first / 3, "\(first) to \(last)")
  }

  /// Recurrent layers learn values at every step, and what they hold can be read without a last layer.
  @Test(arguments: [LayerDescription.regression(1), .readout(2)])
  func recurrentLayersHaveEveryHead(head: LayerDescription) throws {
    let layers: [LayerDescription] = [.gru(16, steps: 6), head]
    let plan = try Plan(inputs: 1, layers: layers.span, batch: 2, purpose: .training(digest: 2))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 3, in: &arena)
    var dice = Dice(seed: 4)
    var losses: [Float] = []
    let rates = Rates(hidden: 0, output: 0.05, recurrent: 0.3)
    for _ in 0..<600 {
      let steps = dice.floats(12)
      let sums = [0, 1].map { s in (0..<6).reduce(Float(0)) { $0 + steps[2 * $1 + s] } }
      if network.learnsValues {
        try network.begin(targets: sums.span)
      } else {
        let labels = sums.map { $0 > 0 ? 1 : 0 }
        try network.begin(labels.span)
      }
      for t in 0..<6 {
        try network.learn(
          steps.span.extracting(2 * t..<2 * t + 2), from: Readout(), rates: rates)
      }
      losses.append(try #require(try network.train(Readout(), rates: rates).loss))
    }
    let (first, last) = (losses[..<60].reduce(0, +), losses[540...].reduce(0, +))
    #expect(last < first * 2 / 3, "\(head.kind): \(first) to \(last)")
  }

  @Test func sequencesThatDoNotFitAreNotBegun() throws {
    func errors(_ head: LayerDescription, _ targets: [Float]) throws -> NetworkError? {
      let layers: [LayerDescription] = [.elman(4, steps: 6), head]
      let plan = try Plan(inputs: 1, layers: layers.span, batch: 2, purpose: .training(digest: 2))
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: 3, in: &arena)
      let error = thrown(NetworkError.self) { try network.begin(targets: targets.span) }
      #expect((network.begun == 0) == (error != nil))
      return error
    }
    #expect(try errors(.regression(2), [1, 2, 3, 4]) == nil)
    #expect(try errors(.regression(2), []) == .noSamples)
    #expect(
      try errors(.regression(2), [1, 2, 3]) == .targetCount(expected: 2, found: 3))
    #expect(try errors(.regression(2), [1, 2, 3, 4, 5, 6]) == .batchFull(2))
    #expect(try errors(.regression(2), [1, 2, 3, .nan]) == .target(index: 1))
    #expect(try errors(.output(2), [1, 2]) == .targetCount(expected: 0, found: 2))
  }
}
