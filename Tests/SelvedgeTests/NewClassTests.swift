import Testing

@testable import Selvedge

/// A model that gets another class.
@Suite struct NewClassTests {
  static func layers(_ classes: Int, _ precision: Precision) -> [LayerDescription] {
    [LayerDescription.dense(9).stored(as: precision), .output(classes).stored(as: precision)]
  }

  /// A trained model of three classes, its logits of some samples, and its parameters.
  static func model(
    _ precision: Precision
  ) throws -> (bytes: [UInt8], logits: [[Float]], weights: [Float], biases: [Float]) {
    let layers = layers(3, precision)
    let plan = try Plan(inputs: 5, layers: layers.span, batch: 1, purpose: .training(digest: 3))
    let memory = TestMemory(plan.footprint.total)
    var arena = memory.arena()
    var network = try Network(plan, seed: 8, in: &arena)
    for sample in samples {
      try network.add(sample.values, label: sample.label)
      _ = try network.train(Readout(), rates: Rates(hidden: 0.02, output: 0.05))
    }
    let logits = try logits(of: &network)
    let (weights, biases) = network.parameters(ofLayer: 1)
    return (ModelBytes.bytes(of: network, record: nil), logits, weights, biases)
  }

  static let samples = GaussianHeadTests.samples(60, inputs: 5, seed: 7)

  static func logits(of network: inout Network) throws -> [[Float]] {
    var all: [[Float]] = []
    for sample in samples.prefix(8) {
      try network.add(sample.values)
      try network.predict()
      let logits = network.logits(of: 0)
      all.append(logits.indices.map { logits[$0] })
    }
    return all
  }

  @Test(arguments: [Precision.float32, .float16, .int8], [3, 4, 9])
  func whatItKnowsIsKeptToTheBit(precision: Precision, classes: Int) throws {
    let (bytes, logits, weights, biases) = try Self.model(precision)
    let layers = Self.layers(classes, precision)
    let plan = try Plan(
      inputs: 5, layers: layers.span, batch: 1, purpose: .training(digest: classes))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, extending: ModelFile(bytes.span.bytes), in: &arena)
    let new = [Float](repeating: 0, count: classes - 3)
    #expect(try Self.logits(of: &network) == logits.map { $0 + new })
    let (found, foundBiases) = network.parameters(ofLayer: 1)
    #expect(found == weights + [Float](repeating: 0, count: (classes - 3) * 9))
    #expect(foundBiases == biases + new)
    let (seed, isFinite) = (network.seed, network.isFinite)
    #expect(seed == 8 && isFinite)
    // The new class is learned, and nothing but the last layer changes.
    guard classes > 3 else { return }
    let hidden = network.parameters(ofLayer: 0).weights
    let values: [Float] = [2, -2, 2, -2, 2]
    for _ in 0..<40 {
      try network.add(values, label: 3)
      _ = try network.train(Readout(), rates: Rates(hidden: 0.02, output: 0.05), layers: 1..<2)
    }
    try network.add(values)
    try network.predict()
    let (predicted, same) = (
      network.predictedClass(of: 0), network.parameters(ofLayer: 0).weights == hidden
    )
    #expect(predicted == 3 && same)
  }

  /// Frozen layers stay in flash; the output grows in the arena.
  @Test func theHiddenLayerMayStayInFlash() throws {
    let (bytes, logits, _, _) = try Self.model(.float32)
    let flash = TestMemory(bytes.count)
    flash.bytes.copyBytes(from: bytes)
    defer { #expect(flash.guardsAreIntact) }
    var layers = Self.layers(4, .float32)
    layers[0].isFrozen = true
    let plan = try Plan(
      inputs: 5, layers: layers.span, batch: 1, purpose: .training(digest: 4), constants: .inFlash)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    let file = UnsafeRawBufferPointer(flash.bytes)
    var network = try Network(plan, extending: ModelFile(file.bytes), in: &arena)
    #expect(try Self.logits(of: &network) == logits.map { $0 + [0] })
    #expect(plan.footprint.flash > 0)
  }

  @Test func otherNetworksAreRefused() throws {
    let (bytes, _, _, _) = try Self.model(.float32)
    var cases = 0
    func refuses(
      _ layers: [LayerDescription], inputs: Int = 5, constants: Plan.Constants = .inArena,
      _ expected: ModelNetworkError
    ) throws {
      let plan = try Plan(
        inputs: inputs, layers: layers.span, batch: 1, purpose: .inference, constants: constants)
      let memory = TestMemory(plan.footprint.total)
      var arena = memory.arena()
      let error = thrown(ModelNetworkError.self) {
        _ = try Network(plan, extending: ModelFile(bytes.span.bytes), in: &arena)
      }
      #expect(error == expected)
      #expect(arena.used == 0 && memory.bytes.allSatisfy { $0 == TestMemory.pattern })
      cases += 1
    }
    try refuses(Self.layers(4, .float32), inputs: 6, .input)
    try refuses(Self.layers(2, .float32), .layer(1))
    try refuses(Self.layers(4, .int8), .layer(0))
    try refuses([.dense(9), .output(4).stored(as: .int8)], .layer(1))
    try refuses([.dense(8), .output(4)], .layer(0))
    try refuses([.dense(9), .readout(4)], .layer(1))
    try refuses([.dense(9), .dense(4), .output(4)], .layer(1))
    try refuses([.output(4)], .layer(0))
    try refuses(Self.layers(4, .float32), constants: .inFlash, .layer(1))
    #expect(cases == 9)
  }
}
