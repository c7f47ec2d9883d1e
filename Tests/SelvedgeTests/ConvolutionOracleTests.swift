import Files
import Testing

@testable import Selvedge

/// Networks of maps against Tests/Vectors/convolution.json, which Tests/Oracles/convolution_steps.py makes.
@Suite struct ConvolutionOracleTests {
  static let vectors: JSON = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/convolution.json"))
  }()

  private static func layer(_ spec: JSON) -> LayerDescription {
    let sides = spec["window"]!.integers
    let window = Window(
      sides[0], sides[1], stride: spec["stride"]!.integer!,
      padding: spec["padding"]!.string! == "same" ? .same : .valid)
    let (pool, activation) = (spec["pool"]!.integer!, spec["activation"]!.activation)
    let looksAhead = spec["ahead"]!.bool!
    switch spec["kind"]!.string! {
    case "conv":
      let layer = LayerDescription.convolution(
        spec["channels"]!.integer!, window, pool: pool, activation)
      return looksAhead ? layer.lookingAhead() : layer
    case "depthwise":
      let layer = LayerDescription.depthwise(window, pool: pool, activation)
      return looksAhead ? layer.lookingAhead() : layer
    case "max": return .maxPool(2)
    case "average": return .averagePool(2)
    case "global": return .globalPool
    default: return .normalise
    }
  }

  private func withNetwork(
    _ entry: JSON, batch: Int, _ precision: Precision = .float32,
    _ body: (inout Network) throws -> Void
  ) throws {
    let sides = entry["input"]!.integers
    let classes = Self.vectors["classes"]!.integer!
    let dense = entry["dense"]!.array!.map { pair in
      let layer = LayerDescription.dense(pair.array![0].integer!)
      return pair.array![1].bool! ? layer.lookingAhead() : layer
    }
    let layers = (entry["layers"]!.array!.map(Self.layer) + dense + [.output(classes)])
      .map { $0.stored(as: precision) }
    let plan = try Plan(
      input: Shape(rows: sides[0], columns: sides[1], channels: sides[2]), layers: layers.span,
      batch: batch, purpose: .training(digest: classes))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: UInt64(entry["seed"]!.integer!), in: &arena)
    network.poisonsDeadMemory = true
    try body(&network)
  }

  private func train(_ network: inout Network, _ entry: JSON, part: Float = 1) throws {
    let (values, labels) = (entry["values"]!.array!, entry["labels"]!.integers)
    let rates = Rates(
      hidden: Self.vectors["hidden_rate"]!.float * part,
      output: Self.vectors["output_rate"]!.float * part,
      convolution: Self.vectors["map_rate"]!.float * part)
    let batch = network.batch
    for step in 0..<values.count / batch {
      for i in step * batch..<(step + 1) * batch {
        try network.add(values[i].floats, label: labels[i])
      }
      _ = try network.train(entry["rule"]!.rule, rates: rates)
    }
  }

  @Test(arguments: 0..<13)
  func threeStepsAreTheOracles(number: Int) throws {
    let entry = Self.vectors["networks"]!.array![number]
    try withNetwork(entry, batch: Self.vectors["samples"]!.integer!) { network in
      let (values, logits) = (entry["values"]!.array!, entry["logits"]!.array!)
      for s in 0..<4 { try network.add(values[s].floats) }
      try network.predict()
      for s in 0..<4 {
        #expect(agree(network.logitsArray(of: s), logits[0].array![s].floats), "sample \(s)")
      }
      try train(&network, entry)
      var compared = 0
      for (k, layer) in entry["after"]!.array!.enumerated() {
        let found = network.parameters(ofLayer: k)
        guard let weights = layer["w"] else {
          #expect(found.weights.isEmpty && found.biases.isEmpty)
          continue
        }
        compared += 1
        let name: Comment = "\(entry["name"]!.string!), layer \(k)"
        #expect(
          agree(found.weights, weights.array!.compactMap { $0.number.map { Float($0) } }), name)
        #expect(agree(found.biases, layer["b"]!.floats), name)
      }
      #expect(compared >= 2)
    }
  }

  /// Networks in fewer bytes learn nearly the same.
  @Test(arguments: 0..<13, [Precision.float16, .int8])
  func otherPrecisionsAreNear(number: Int, precision: Precision) throws {
    let entry = Self.vectors["networks"]!.array![number]
    var expected: [[Float]] = []
    try withNetwork(entry, batch: 4) { network in
      try train(&network, entry, part: 0.1)
      expected = (0..<network.layerCount).map { network.parameters(ofLayer: $0).weights }
    }
    try withNetwork(entry, batch: 4, precision) { network in
      let before = (0..<network.layerCount).map { network.parameters(ofLayer: $0).weights }
      try train(&network, entry, part: 0.1)
      for k in 0..<network.layerCount where !before[k].isEmpty {
        let found = network.parameters(ofLayer: k).weights
        // A step of rounding for each step of training, beside that of the initial weights.
        let step: Float =
          precision == .float16
          ? 0x1p-11 : Float.powerOfTwo(-Int(try network.scale(ofLayer: k)!.weightExponent))
        let far = zip(found, expected[k]).map { abs($0 - $1) }.max()!
        #expect(far < 6 * step + 0.01, "\(entry["name"]!.string!), layer \(k): \(far)")
        if try network.layer(k).kind == .convolution {
          #expect(found != before[k], "layer \(k) learned nothing")
        }
      }
    }
  }

  /// The order of units in which the numbers were made: channel by channel.
  private struct ChannelsFirst: LocalLoss {
    let rule: Rule
    let channels: Int

    private func sign(_ unit: Int, of count: Int, _ label: Int, _ projection: Projection) -> Float {
      let place = unit % channels * (count / channels) + unit / channels
      return projection.signs(class: label, from: place) & 1 == 1 ? 1 : -1
    }

    func digestCount(classes: Int) -> Int { classes }

    func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
      for c in digest.indices {
        var sum: Float = 0
        for u in y.indices { sum += sign(u, of: y.count, c, target.projection) * y[u] }
        digest[c] = sum / Float(y.count).squareRoot()
      }
      HeadLoss.errors(&digest, target)
    }

    func error(
      _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
      into error: inout MutableSpan<Float>
    ) {
      for u in y.indices {
        let signs = digest.indices.map { sign(firstUnit + u, of: 32, $0, target.projection) }
        error[u] =
          rule == .squared
          ? signs[target.label] - y[u] : zip(signs, 0...).reduce(0) { $0 + $1.0 * digest[$1.1] }
      }
    }
  }

  @Test(arguments: [0, 1])
  func theLossOnTheWholeMapIsTheOraclesInItsOwnOrder(number: Int) throws {
    let entry = Self.vectors["channels_first"]!.array![number]
    // A layer that hands on what it reads gives the convolution its number, 1.
    let layers: [LayerDescription] = [
      .depthwise(Window(1, 1), .linear), .convolution(2, Window(3, 3)), .output(3),
    ]
    let plan = try Plan(
      input: Shape(rows: 4, columns: 4), layers: layers.span, batch: 3,
      purpose: .training(digest: 3))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: UInt64(entry["seed"]!.integer!), in: &arena)
    let (one, zero): ([Float], [Float]) = ([1], [0])
    try network.setLayer(0, weights: one.span, biases: zero.span)
    for (values, label) in zip(entry["values"]!.array!, entry["labels"]!.integers) {
      try network.add(values.floats, label: label)
    }
    let rate = entry["rate"]!.float
    _ = try network.train(
      ChannelsFirst(rule: entry["rule"]!.rule, channels: 2),
      rates: Rates(hidden: 0, output: 0, convolution: rate), layers: 1..<2)
    let found = network.parameters(ofLayer: 1)
    #expect(agree(found.weights, entry["w"]!.floats))
    #expect(agree(found.biases, entry["b"]!.floats))
  }
}
