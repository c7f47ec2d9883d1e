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
  /// What the layer reads, [samples, inputs]: the output of the layer before, or the samples.
  public let input: Tensor
  /// What the local loss keeps of each output, [samples, numbers]; no bytes where it keeps nothing.
  public let digest: Tensor
  /// The deltas of one block of units, [samples, block]; no bytes in inference.
  public let delta: Tensor
  /// What the layer gives, [samples, units].
  public let output: Tensor

  /// How many numbers the layer gives for a sample.
  public var units: Int { Int(description.units) }
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
      let weight = Tensor(
        layer: k, role: .weight, category: .weights, offset: parameters,
        bytes: width * units * description.precision.bytes, lives: all)
      let bias = Tensor(
        layer: k, role: .bias, category: .weights, offset: weight.extent.upperBound,
        bytes: units * 4, lives: all)
      let numbers = Plan.scratchNumbers(description, plan.purpose)
      let outputBytes = units * plan.batch * 4
      // Even layers read the bottom of the workspace and write its top, odd layers the reverse.
      let bottom = plan.footprint.weights + plan.footprint.tables
      let isEven = k % 2 == 0
      let shared = isEven ? input.extent.upperBound : bottom + Arena.rounded(outputBytes)
      let digest = Tensor(
        layer: k, role: .digest, category: .scratch, offset: plan.terms.reusesMemory ? shared : end,
        bytes: numbers.digest * plan.batch * 4, lives: k..<k + 1)
      let delta = Tensor(
        layer: k, role: .delta, category: .scratch, offset: digest.extent.upperBound,
        bytes: numbers.delta * plan.batch * 4, lives: k..<k + 1)
      let top = plan.footprint.total - Arena.rounded(outputBytes)
      let output = Tensor(
        layer: k, role: .output, category: .activations,
        offset: plan.terms.reusesMemory ? (isEven ? top : bottom) : delta.extent.upperBound,
        bytes: outputBytes, lives: k..<min(k + 2, all.upperBound))
      let layer = PlannedLayer(
        index: k, description: description, inputs: width, weight: weight, bias: bias,
        input: input, digest: digest, delta: delta, output: output)
      index += 1
      parameters = bias.extent.upperBound
      width = units
      input = output
      end = output.extent.upperBound
      return layer
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
      bytes: inputs * batch * 4, lives: 0..<1)
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
      body(layer.weight)
      body(layer.bias)
    }
    body(table)
    if labels.bytes > 0 { body(labels) }
    body(input)
    forEachLayer { layer in
      if layer.digest.bytes > 0 { body(layer.digest) }
      if layer.delta.bytes > 0 { body(layer.delta) }
      body(layer.output)
    }
  }
}
