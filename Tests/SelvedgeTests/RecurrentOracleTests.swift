import Files
import Testing

@testable import Selvedge

/// Recurrent layers against Tests/Vectors/recurrent.json, which Tests/Oracles/recurrent_steps.py makes.
@Suite struct RecurrentOracleTests {
  static let vectors: JSON = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/recurrent.json"))
  }()

  /// Every group and case by its numbers.
  static let cases: [(Int, Int)] = vectors["groups"]!.array!.enumerated().flatMap { group, entry in
    entry["cases"]!.array!.indices.map { (group, $0) }
  }

  private struct Case {
    let group: JSON
    let entry: JSON

    init(_ number: (Int, Int)) {
      group = RecurrentOracleTests.vectors["groups"]!.array![number.0]
      entry = group["cases"]!.array![number.1]
    }

    var inputs: Int { group["inputs"]!.integer! }
    var every: Int { group["every"]!.integer! }
    var lengths: [Int] { entry["lengths"]!.integers }
    var labels: [Int] { group["labels"]!.integers }
    var layers: [LayerDescription] {
      let (units, span) = (group["units"]!.integer!, entry["span"]!.integer!)
      return entry["layers"]!.array!.map { layer in
        switch layer["kind"]!.string! {
        case "elman":
          .elman(units, steps: span, leak: layer["leak"]!.float, trace: layer["trace"]!.bool!)
        case "gru": .gru(units, steps: span, trace: layer["trace"]!.bool!)
        case "dense": .dense(layer["units"]!.integer!)
        default: .output(RecurrentOracleTests.vectors["classes"]!.integer!)
        }
      }
    }
    func values(_ sequence: Int) -> [Float] {
      Array(group["values"]!.array![sequence].floats.prefix(lengths[sequence] * inputs))
    }
    func chosen(_ values: [Float]) -> [Float] {
      stride(from: 0, to: values.count, by: every).map { values[$0] }
    }
  }

  private static let batch = vectors["batch"]!.integer!

  private func withNetwork(
    _ own: Case, _ precision: Precision = .float32, _ body: (inout Network) throws -> Void
  ) throws {
    let classes = Self.vectors["classes"]!.integer!
    let layers = own.layers.map { $0.stored(as: precision) }
    let plan = try Plan(
      inputs: own.inputs, layers: layers.span, batch: Self.batch,
      purpose: .training(digest: classes))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: UInt64(own.entry["seed"]!.integer!), in: &arena)
    network.poisonsDeadMemory = true
    for (k, initial) in own.entry["initial"]!.array!.enumerated() {
      let count = try network.shape(ofLayer: k).weightRows * network.shape(ofLayer: k).stateColumns
      let state =
        initial["wh"]?.floats ?? (0..<count).map { Float($0 * $0 % 101 - 50) / 512 }
      try network.setStateWeights(ofLayer: k, to: state.span)
      if own.every == 1, precision == .float32 {
        let found = network.parameters(ofLayer: k)
        #expect(found.weights == initial["wx"]!.floats && found.biases == initial["b"]!.floats)
      }
    }
    try body(&network)
  }

  /// The state of a sequence in the last recurrent layer.
  private func state(_ network: borrowing Network, of sequence: Int) -> [Float] {
    var state: [Float] = []
    network.plan.forEachLayer { layer in
      guard layer.description.kind.isRecurrent else { return }
      let units = layer.shape.output.count
      state = Array(network.floats(layer.memory)[sequence * units..<(sequence + 1) * units])
    }
    return state
  }

  private func learn(
    _ network: inout Network, _ own: Case, batch: Int, part: Float = 1,
    _ look: (Int, borrowing Network) -> Void = { _, _ in }
  ) throws {
    let sequences = Array(batch * Self.batch..<(batch + 1) * Self.batch)
    let rates = Rates(
      hidden: Self.vectors["hidden_rate"]!.float * part,
      output: Self.vectors["output_rate"]!.float * part,
      recurrent: Self.vectors["hidden_rate"]!.float * part)
    let (rule, labels) = (own.entry["rule"]!.rule, sequences.map { own.labels[$0] })
    try network.begin(labels.span)
    for t in 0..<own.lengths[sequences[0]] {
      let step = sequences.filter { own.lengths[$0] > t }.flatMap {
        own.values($0)[t * own.inputs..<(t + 1) * own.inputs]
      }
      try network.learn(step.span, from: rule, rates: rates)
      look(t, network)
    }
    _ = try network.train(rule, rates: rates)
  }

  @Test(arguments: 0..<27)
  func twoBatchesAreTheOracles(number: Int) throws {
    let own = Case(Self.cases[number])
    let name: Comment = "\(own.entry["name"]!.string!)"
    try withNetwork(own) { network in
      for s in 0..<Self.batch { try network.add(own.values(s).span) }
      try network.predict()
      for (s, expected) in own.entry["predicted"]!.array!.enumerated() {
        #expect(agree(network.logitsArray(of: s), expected.floats), name)
      }
      var compared = 0
      try learn(&network, own, batch: 0) { t, network in
        for (s, expected) in own.entry["h"]!.array![t].array!.enumerated() {
          let found = state(network, of: s)
          #expect(agree(found, expected.floats), "\(name), step \(t), sequence \(s)")
          compared += 1
        }
      }
      #expect(compared >= 5)
      try learn(&network, own, batch: 1)
      for (k, after) in own.entry["after"]!.array!.enumerated() {
        let found = network.parameters(ofLayer: k)
        let weights = (after["wx"] ?? after["w"])!.floats
        #expect(agree(own.chosen(found.weights), weights), "\(name), layer \(k)")
        #expect(agree(own.chosen(found.biases), after["b"]!.floats), "\(name), layer \(k)")
        guard let expected = after["wh"] else { continue }
        let state = try network.stateWeightsArray(ofLayer: k)
        #expect(agree(own.chosen(state), expected.floats), "\(name), layer \(k)")
      }
    }
  }

  /// Networks in fewer bytes learn nearly the same.
  @Test(arguments: 0..<27, [Precision.float16, .int8])
  func otherPrecisionsAreNear(number: Int, precision: Precision) throws {
    let own = Case(Self.cases[number])
    var expected: [([Float], [Float])] = []
    try withNetwork(own) { network in
      for batch in 0..<2 { try learn(&network, own, batch: batch, part: 0.1) }
      for k in 0..<network.layerCount {
        expected.append(
          (network.parameters(ofLayer: k).weights, try network.stateWeightsArray(ofLayer: k)))
      }
    }
    try withNetwork(own, precision) { network in
      let before = network.weightsChecksum
      for batch in 0..<2 { try learn(&network, own, batch: batch, part: 0.1) }
      #expect(network.weightsChecksum != before)
      for k in 0..<network.layerCount {
        let found = (
          network.parameters(ofLayer: k).weights, try network.stateWeightsArray(ofLayer: k)
        )
        let step: Float =
          precision == .float16
          ? 0x1p-11 : Float.powerOfTwo(-Int(try network.scale(ofLayer: k)!.weightExponent))
        for (a, b) in zip(found.0 + found.1, expected[k].0 + expected[k].1) {
          #expect(abs(a - b) < 12 * step + 0.01, "\(own.entry["name"]!.string!), layer \(k)")
        }
      }
    }
  }
}
