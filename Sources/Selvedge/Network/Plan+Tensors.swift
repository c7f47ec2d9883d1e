/// A layer with the tensors that its step uses.
public struct PlannedLayer: Sendable {
  /// From 0.
  public let index: Int
  /// The layer as it was described.
  public let description: LayerDescription
  /// Values that the layer reads from a sample.
  public let inputs: Int
  /// Weights [units, inputs].
  public let weight: Tensor
  /// Biases [units].
  public let bias: Tensor
  /// What int8 weights and inputs stand for; no bytes in other precisions.
  public let scale: Tensor
  /// What the layer reads, [samples, inputs]: the output of the layer before, or the samples.
  public let input: Tensor
  /// What the local loss keeps of each output, [samples, numbers]; no bytes where it keeps nothing.
  public let digest: Tensor
  /// The sums and deltas of one block of units, [samples, block]; in inference no bytes unless the output
  /// is int8.
  public let delta: Tensor
  /// One sample's output as floats, [units] at most; no bytes unless the output is int8.
  public let values: Tensor
  /// What an int8 update is rounded with, [inputs].
  public let noise: Tensor
  /// The deltas of one block of an int8 layer in 16 bits, [samples, block].
  public let roundedDelta: Tensor
  /// What the layer gives, [samples, units].
  public let output: Tensor
  /// The scale of the int8 layer that reads the output; no bytes if the output is floats.
  public let outputScale: Tensor

  /// How many numbers the layer gives for a sample.
  public var units: Int { Int(description.units) }

  /// Calls `body` with every tensor that has bytes and lives in this layer's step alone.
  func forEachScratch(_ body: (Tensor) -> Void) {
    if digest.bytes > 0 { body(digest) }
    if delta.bytes > 0 { body(delta) }
    if values.bytes > 0 { body(values) }
    if noise.bytes > 0 { body(noise) }
    if roundedDelta.bytes > 0 { body(roundedDelta) }
  }
}

extension Plan {
  /// A walk through the layers, from the input to the output.
  struct Walk {
    private(set) var index = 0
    private var parameters = 0
    private var width: Int
    /// Where the next layer's input lies, and where unshared memory ends.
    private var input: Tensor
    private var end: Int

    init(_ plan: borrowing Plan) {
      width = plan.inputs
      input = plan.input
      end = input.extent.upperBound
    }

    /// The next layer, or nil behind the last.
    mutating func next(_ plan: borrowing Plan) -> PlannedLayer? {
      guard index < plan.layers.count else { return nil }
      let k = index
      let description = plan.layers[k]
      let units = Int(description.units)
      let all = 0..<plan.layers.count
      // In front of an int8 layer's weights, so that the layer before knows where its scale is.
      let scale = Self.scale(k, at: parameters, plan)
      let weight = Tensor(
        layer: k, role: .weight, category: .weights, offset: scale.extent.upperBound,
        bytes: width * units * description.precision.bytes, lives: all)
      let bias = Tensor(
        layer: k, role: .bias, category: .weights, offset: weight.extent.upperBound,
        bytes: units * 4, lives: all)
      let outputBytes = Int(
        truncatingIfNeeded: Plan.activationBytes(
          plan.terms, plan.layers, ofLayer: k + 1, width: Int64(widening: units)))
      // Even layers read the bottom of the workspace and write its top, odd layers the reverse.
      let bottom = plan.footprint.weights + plan.footprint.tables
      let isEven = k % 2 == 0
      let shared = isEven ? input.extent.upperBound : bottom + Arena.rounded(outputBytes)
      let sizes = Scratch(plan.terms, plan.layers, layer: k, inputs: Int64(widening: width))
      var place = plan.terms.reusesMemory ? shared : end
      let digest = Self.scratch(k, .digest, sizes.digest, at: &place)
      let delta = Self.scratch(k, .delta, sizes.delta, at: &place)
      let values = Self.scratch(k, .values, sizes.values, at: &place)
      let noise = Self.scratch(k, .noise, sizes.noise, at: &place)
      let roundedDelta = Self.scratch(k, .roundedDelta, sizes.roundedDelta, at: &place)
      let top = plan.footprint.total - Arena.rounded(outputBytes)
      let output = Tensor(
        layer: k, role: .output, category: .activations,
        offset: plan.terms.reusesMemory ? (isEven ? top : bottom) : place,
        bytes: outputBytes, lives: k..<min(k + 2, all.upperBound))
      let layer = PlannedLayer(
        index: k, description: description, inputs: width, weight: weight, bias: bias,
        scale: scale, input: input, digest: digest, delta: delta, values: values, noise: noise,
        roundedDelta: roundedDelta, output: output,
        outputScale: Self.scale(k + 1, at: bias.extent.upperBound, plan))
      index += 1
      parameters = bias.extent.upperBound
      width = units
      input = output
      end = output.extent.upperBound
      return layer
    }

    private static func scale(
      _ k: Int, at offset: Int, _ plan: borrowing Plan
    ) -> Tensor {
      let isInt8 = k < plan.layers.count && plan.layers[k].precision == .int8
      return Tensor(
        layer: k, role: .scale, category: .weights, offset: offset,
        bytes: isInt8 ? Scale.bytes : 0, lives: 0..<plan.layers.count)
    }

    private static func scratch(
      _ k: Int, _ role: Tensor.Role, _ bytes: Int64, at place: inout Int
    ) -> Tensor {
      let tensor = Tensor(
        layer: k, role: role, category: .scratch, offset: place,
        bytes: Int(truncatingIfNeeded: bytes), lives: k..<k + 1)
      place = tensor.extent.upperBound
      return tensor
    }
  }

  /// The table of layer descriptions.
  var table: Tensor {
    Tensor(
      layer: 0, role: .layers, category: .scratch, offset: footprint.weights,
      bytes: layers.count * 8,
      lives: 0..<layers.count)
  }

  /// The labels of a batch.
  var labels: Tensor {
    Tensor(
      layer: 0, role: .labels, category: .scratch, offset: table.extent.upperBound,
      bytes: purpose == .inference ? 0 : batch * 4, lives: 0..<layers.count)
  }

  /// The samples of a batch.
  var input: Tensor {
    Tensor(
      layer: 0, role: .input, category: .activations, offset: footprint.weights + footprint.tables,
      bytes: inputs * batch * layers[0].precision.inputBytes, lives: 0..<1)
  }

  /// Calls `body` with every layer, from the input to the output.
  public func forEachLayer(_ body: (PlannedLayer) -> Void) {
    var walk = Walk(self)
    while let layer = walk.next(self) { body(layer) }
  }

  /// Calls `body` with every tensor that has bytes: parameters first, then table, labels, input, and
  /// the scratch and output of each layer.
  public func forEachTensor(_ body: (Tensor) -> Void) {
    forEachLayer { layer in
      if layer.scale.bytes > 0 { body(layer.scale) }
      body(layer.weight)
      body(layer.bias)
    }
    body(table)
    if labels.bytes > 0 { body(labels) }
    body(input)
    forEachLayer { layer in
      layer.forEachScratch(body)
      body(layer.output)
    }
  }
}
