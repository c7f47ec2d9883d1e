/// A layer with the tensors that its step uses.
public struct PlannedLayer: Sendable {
  /// From 0.
  public let index: Int
  /// The layer as it was described.
  public let description: LayerDescription
  /// What the layer makes of its input's shape.
  public let shape: LayerShape
  /// Weights, [units, inputs] of a dense layer, [channels, window rows, window columns, input channels] of a
  /// convolution, [window rows, window columns, channels] of a depthwise one; no bytes of a layer that has
  /// none.
  public let weight: Tensor
  /// Biases [units].
  public let bias: Tensor
  /// What int8 weights and inputs stand for; no bytes in other precisions.
  public let scale: Tensor
  /// What a recurrent layer makes of its state, [gates * units, units]; no bytes of other layers.
  public let stateWeight: Tensor
  /// What those weights and the state stand for in int8; no bytes otherwise.
  public let stateScale: Tensor
  /// What a memory or a recurrent layer keeps from step to step; no bytes of other layers.
  public let memory: Tensor
  /// What the layer reads, [samples, inputs]: the output of the layer before, or the samples.
  public let input: Tensor
  /// What the local loss keeps of each output, [samples, numbers]; no bytes where it keeps nothing.
  public let digest: Tensor
  /// The sums and deltas of one block of units, [samples, block], or of places of a map; in inference of a
  /// dense layer no bytes unless the output is int8.
  public let delta: Tensor
  /// One sample's outputs of a block as floats; no bytes unless the output is int8.
  public let values: Tensor
  /// What an int8 update is rounded with, [inputs].
  public let noise: Tensor
  /// The deltas of one block of an int8 layer in 16 bits, [samples, block].
  public let roundedDelta: Tensor
  /// What a block of places of a map is computed from, [places, window].
  public let patches: Tensor
  /// Which place of its window was kept for each output of a pooled convolution, [samples, outputs] bytes.
  public let winners: Tensor
  /// What is to be added to weights that are not float32 and that many places share, as floats; or the rows of a
  /// gradient that a step rule turns into changes.
  public let gradient: Tensor
  /// What a layer that looks ahead computes of the next one; no bytes otherwise.
  public let ahead: Tensor
  /// What the layer gives, [samples, outputs].
  public let output: Tensor
  /// The scale of the int8 layer that reads the output; no bytes if the output is floats.
  public let outputScale: Tensor

  /// Values that the layer reads from a sample.
  public var inputs: Int { shape.input.count }
  /// How many numbers the layer gives for a sample.
  public var outputs: Int { shape.output.count }

  /// Whether the parameters stay in the model, in read-only memory.
  public var isInFlash: Bool { bias.category == .flash }
  /// Where the parameters lie, padding included.
  var parameters: Range<Int> { scale.offset..<bias.extent.upperBound }
  /// How many weights there are, those of the state not counted.
  public var weightCount: Int { shape.weightRows * shape.weightColumns }
  /// How many weights read the layer's own state.
  public var stateWeightCount: Int { shape.weightRows * shape.stateColumns }
  /// How many numbers each sum is over.
  var fanIn: Int {
    description.kind == .depthwise ? shape.weightRows : shape.weightColumns
  }

  /// Calls `body` with every tensor that has bytes and lives in this layer's step alone.
  func forEachScratch(_ body: (Tensor) -> Void) {
    if digest.bytes > 0 { body(digest) }
    if delta.bytes > 0 { body(delta) }
    if values.bytes > 0 { body(values) }
    if noise.bytes > 0 { body(noise) }
    if roundedDelta.bytes > 0 { body(roundedDelta) }
    if patches.bytes > 0 { body(patches) }
    if winners.bytes > 0 { body(winners) }
    if gradient.bytes > 0 { body(gradient) }
    if ahead.bytes > 0 { body(ahead) }
  }
}

extension Plan {
  /// A walk through the layers, from the input to the output.
  struct Walk {
    private(set) var index = 0
    /// Where the next layer's parameters begin in the arena, and where in a model.
    private var parameters = 0
    private var stored = 0
    private var memories: Int
    private var shape: Shape
    /// Where the next layer's input lies, and where unshared memory ends.
    private var input: Tensor
    private var end: Int

    init(_ plan: borrowing Plan) {
      shape = plan.inputShape
      input = plan.input
      memories = plan.stepMemory.extent.upperBound
      end = input.extent.upperBound
    }

    /// The next layer, or nil behind the last.
    mutating func next(_ plan: borrowing Plan) -> PlannedLayer? {
      guard index < plan.layers.count else { return nil }
      let k = index
      let description = plan.layers[k]
      let layer = Self.shape(description, at: k, reading: shape)
      let all = 0..<plan.layers.count
      // In front of an int8 layer's weights, so that the layer before knows where its scale is.
      let scale = self.scale(plan)
      let category = scale.category
      let weight = Tensor(
        layer: k, role: .weight, category: category, offset: scale.extent.upperBound,
        bytes: layer.weightRows * layer.weightColumns * description.precision.bytes, lives: all)
      let stateScale = Tensor(
        layer: k, role: .stateScale, category: category, offset: weight.extent.upperBound,
        bytes: description.kind.isRecurrent ? scale.bytes : 0, lives: all)
      let stateWeight = Tensor(
        layer: k, role: .stateWeight, category: category, offset: stateScale.extent.upperBound,
        bytes: layer.weightRows * layer.stateColumns * description.precision.bytes, lives: all)
      let memory = Tensor(
        layer: k, role: .memory, category: .scratch, offset: memories,
        bytes: Int(truncatingIfNeeded: Plan.memoryBytes(plan.terms, plan.layers, k, layer)),
        lives: all)
      let bias = Tensor(
        layer: k, role: .bias, category: category, offset: stateWeight.extent.upperBound,
        bytes: layer.biases * 4, lives: all)
      index += 1
      stored += bias.extent.upperBound - scale.offset
      if category == .weights { parameters = bias.extent.upperBound }
      let outputBytes = Int(
        truncatingIfNeeded: Plan.activationBytes(
          plan.terms, plan.layers, ofLayer: k + 1, width: layer.output.count))
      // Even layers read the bottom of the workspace and write its top, odd layers the reverse.
      let bottom = plan.footprint.weights + plan.footprint.tables
      let isEven = k % 2 == 0
      let shared = isEven ? input.extent.upperBound : bottom + Arena.rounded(outputBytes)
      let sizes = Self.scratch(k, layer, plan)
      var place = plan.terms.reusesMemory ? shared : end
      let digest = Self.scratch(k, .digest, sizes.digest, at: &place)
      let delta = Self.scratch(k, .delta, sizes.delta, at: &place)
      let values = Self.scratch(k, .values, sizes.values, at: &place)
      let noise = Self.scratch(k, .noise, sizes.noise, at: &place)
      let roundedDelta = Self.scratch(k, .roundedDelta, sizes.roundedDelta, at: &place)
      let patches = Self.scratch(k, .patches, sizes.patches, at: &place)
      let winners = Self.scratch(k, .winners, sizes.winners, at: &place)
      let gradient = Self.scratch(k, .gradient, sizes.gradient, at: &place)
      let ahead = Self.scratch(k, .ahead, sizes.ahead, at: &place)
      let top = plan.footprint.total - Arena.rounded(outputBytes)
      let output = Tensor(
        layer: k, role: .output, category: .activations,
        offset: plan.terms.reusesMemory ? (isEven ? top : bottom) : place,
        bytes: outputBytes, lives: k..<min(k + 2, all.upperBound))
      let planned = PlannedLayer(
        index: k, description: description, shape: layer, weight: weight, bias: bias,
        scale: scale, stateWeight: stateWeight, stateScale: stateScale, memory: memory,
        input: input, digest: digest, delta: delta, values: values, noise: noise,
        roundedDelta: roundedDelta, patches: patches, winners: winners, gradient: gradient,
        ahead: ahead, output: output,
        outputScale: self.scale(plan))
      memories = memory.extent.upperBound
      shape = layer.output
      input = output
      end = output.extent.upperBound
      return planned
    }

    private static func shape(
      _ layer: LayerDescription, at k: Int, reading input: Shape
    ) -> LayerShape {
      do throws(PlanError) { return try LayerShape(layer, at: k, reading: input) } catch {
        preconditionFailure("checked when the plan was made")
      }
    }

    private static func scratch(_ k: Int, _ shape: LayerShape, _ plan: borrowing Plan) -> Scratch {
      do throws(PlanError) {
        return try Scratch(plan.terms, plan.layers, layer: k, shape)
      } catch {
        preconditionFailure("checked when the plan was made")
      }
    }

    /// The scale of the next layer, with which its parameters begin.
    private func scale(_ plan: borrowing Plan) -> Tensor {
      let exists = index < plan.layers.count
      let isInFlash = exists && plan.terms.isInFlash(plan.layers[index])
      let isInt8 = exists && plan.layers[index].precision == .int8
      return Tensor(
        layer: index, role: .scale, category: isInFlash ? .flash : .weights,
        offset: isInFlash ? stored : parameters, bytes: isInt8 ? Scale.bytes : 0,
        lives: 0..<plan.layers.count)
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
      bytes: layers.count * LayerDescription.bytes,
      lives: 0..<layers.count)
  }

  /// The labels of a batch, or for regression the values that it is to give.
  var targets: Tensor {
    let isRegression = layers[layers.count - 1].kind == .regression
    return Tensor(
      layer: 0, role: isRegression ? .targets : .labels, category: .scratch,
      offset: table.extent.upperBound,
      bytes: Int(truncatingIfNeeded: Self.targetBytes(terms, layers)), lives: 0..<layers.count)
  }

  /// What the step rule remembers of every layer.
  var stepMemory: Tensor {
    Tensor(
      layer: 0, role: .steps, category: .scratch, offset: targets.extent.upperBound,
      bytes: Int(truncatingIfNeeded: Self.stepBytes(terms, layers)), lives: 0..<layers.count)
  }

  /// The samples of a batch.
  var input: Tensor {
    Tensor(
      layer: 0, role: .input, category: .activations, offset: footprint.weights + footprint.tables,
      bytes: Int(truncatingIfNeeded: Self.inputBytes(terms, layers)), lives: 0..<1)
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
      if layer.weight.bytes > 0 { body(layer.weight) }
      if layer.stateScale.bytes > 0 { body(layer.stateScale) }
      if layer.stateWeight.bytes > 0 { body(layer.stateWeight) }
      if layer.bias.bytes > 0 { body(layer.bias) }
    }
    body(table)
    if targets.bytes > 0 { body(targets) }
    if stepMemory.bytes > 0 { body(stepMemory) }
    forEachLayer { layer in if layer.memory.bytes > 0 { body(layer.memory) } }
    if input.bytes > 0 { body(input) }
    forEachLayer { layer in
      layer.forEachScratch(body)
      body(layer.output)
    }
  }
}
