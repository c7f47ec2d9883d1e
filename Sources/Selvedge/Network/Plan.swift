/// How many bytes a network takes, and for what.
public struct Footprint: Equatable, Sendable {
  /// Bytes of the weights and biases in the arena, each padded to a multiple of 16.
  public fileprivate(set) var weights = 0
  /// Bytes of those that stay in a model in flash, padded alike; none of the arena.
  public fileprivate(set) var flash = 0
  /// Bytes of the layer table, the labels or targets and what memories and recurrent layers keep.
  var tables = 0
  /// Bytes of the activations and the scratch that live at once at the fullest step.
  public fileprivate(set) var workspace = 0
  /// The scratch among `workspace`.
  fileprivate var workspaceScratch = 0
  /// How many weights and biases there are, in the arena and in flash.
  public fileprivate(set) var parameterCount = 0
  /// Bytes of the parameters without padding.
  public fileprivate(set) var parameterBytes = 0

  /// Bytes of all parameters as a model file has them.
  var stored: Int { weights + flash }
  /// Bytes that the network takes from an arena: exactly these, no more.
  public var total: Int { weights + tables + workspace }
  /// Bytes of the activations at the fullest step.
  public var activations: Int { workspace - workspaceScratch }
  /// Bytes of the layer table, the labels and the fullest step's scratch.
  public var scratch: Int { tables + workspaceScratch }
}

/// Where every byte of a network goes, computed from its description before a byte is touched.
///
/// From the bottom: the weights and biases of all layers that are not in flash, the layer table, the labels,
/// and a workspace in which the activations of neighbouring layers share the two ends and scratch lies between.
/// The network, the profiler and the model file all read this one list.
public struct Plan: ~Escapable {
  /// What the memory is for.
  public enum Purpose: Equatable, Sendable {
    case inference
    /// Training, with room for the digests of a local loss (``LocalLoss/digestCount(classes:)``).
    case training(digest: Int)
  }

  /// Where parameters lie that nothing changes: those of frozen layers, and for inference of all layers.
  public enum Constants: UInt8, Sendable {
    /// In the arena, like all others.
    case inArena
    /// In the model that the network is made of, which stays where it is: in read-only memory.
    case inFlash
  }

  /// What a plan is made for, apart from the layers.
  struct Terms: Equatable, Sendable {
    let input: Shape
    let batch: Int
    let purpose: Purpose
    /// Whether activations that no longer live make room for others.
    let reusesMemory: Bool
    var constants = Constants.inArena
    /// How gradients become changes.
    var step = StepRule.plain

    func isInFlash(_ layer: LayerDescription) -> Bool {
      constants == .inFlash && (layer.isFrozen || purpose == .inference)
    }

    /// What the memory of one layer is for: a layer in flash never learns.
    func purpose(of layer: LayerDescription) -> Purpose {
      isInFlash(layer) ? .inference : purpose
    }
  }

  /// The layers from input to output.
  public let layers: Span<LayerDescription>
  /// How many bytes it takes, and for what.
  public let footprint: Footprint
  let terms: Terms

  /// What a sample looks like.
  public var inputShape: Shape { terms.input }
  /// Values of one sample.
  public var inputs: Int { terms.input.count }
  /// Samples of a batch at most.
  public var batch: Int { terms.batch }
  /// What the memory is for.
  public var purpose: Purpose { terms.purpose }
  /// Outputs of the last layer.
  public var classes: Int { Int(truncatingIfNeeded: layers[layers.count - 1].units) }

  /// The plan of a network for samples of `inputs` values in batches of at most `batch`, which learns by `step`.
  ///
  /// - Throws: `PlanError` naming what is out of range.
  @_lifetime(copy layers)
  public init(
    inputs: Int, layers: Span<LayerDescription>, batch: Int, purpose: Purpose,
    constants: Constants = .inArena, step: StepRule = .plain
  ) throws(PlanError) {
    try self.init(
      input: Shape(inputs), layers: layers, batch: batch, purpose: purpose, constants: constants,
      step: step)
  }

  /// The plan of a network for samples that are maps, such as images.
  ///
  /// - Throws: `PlanError` naming what is out of range.
  @_lifetime(copy layers)
  public init(
    input: Shape, layers: Span<LayerDescription>, batch: Int, purpose: Purpose,
    constants: Constants = .inArena, step: StepRule = .plain
  ) throws(PlanError) {
    try self.init(
      Terms(
        input: input, batch: batch, purpose: purpose, reusesMemory: true, constants: constants,
        step: step),
      layers: layers)
  }

  /// Without reuse every activation has bytes of its own: the control of a test for aliasing.
  @_lifetime(copy layers)
  init(_ terms: Terms, layers: Span<LayerDescription>) throws(PlanError) {
    try Self.check(terms, layers)
    self.terms = terms
    self.layers = layers
    footprint = try Self.footprint(terms, layers)
  }

  /// The plan of a network that has been planned already.
  @_lifetime(copy layers)
  init(_ terms: Terms, layers: Span<LayerDescription>, _ footprint: Footprint) {
    self.terms = terms
    self.layers = layers
    self.footprint = footprint
  }

  private static func footprint(
    _ terms: Terms, _ layers: Span<LayerDescription>
  ) throws(PlanError) -> Footprint {
    let targets = targetBytes(terms, layers)
    let table = Int64(widening: layers.count) * Int64(widening: LayerDescription.bytes)
    var (weights, flash, parameters, parameterBytes) = (Int64(0), Int64(0), Int64(0), Int64(0))
    var (fullest, fullestScratch, memories) = (Int64(0), Int64(0), Int64(0))
    var shape = terms.input
    var input = rounded(inputBytes(terms, layers))
    var (sum, sumScratch) = (input, Int64(0))
    for k in layers.indices {
      let layer = try LayerShape(layers[k], at: k, reading: shape)
      let numbers = Recurrent.mostNumbers(
        layers[k], layer, batch: terms.batch, learns: terms.purpose(of: layers[k]) != .inference)
      // What follows counts them in the machine's own width.
      guard numbers <= Int64(widening: .max / 4) else { throw .tooLarge(bytes: numbers * 4) }
      let precision = layers[k].precision
      let weightBytes = layer.weights * Int64(widening: precision.bytes)
      let stateBytes = layer.stateWeights * Int64(widening: precision.bytes)
      let biasBytes = Int64(widening: layer.biases) * 4
      let scales = precision != .int8 ? 0 : layers[k].kind.isRecurrent ? 2 : 1
      let scaleBytes = Int64(widening: scales * Scale.bytes)
      let own = rounded(weightBytes) + rounded(stateBytes) + rounded(biasBytes) + scaleBytes
      if terms.isInFlash(layers[k]) { flash += own } else { weights += own }
      parameterBytes += weightBytes + stateBytes + biasBytes + scaleBytes
      parameters += layer.weights + layer.stateWeights + Int64(widening: layer.biases)
      memories += rounded(memoryBytes(terms, layers, k, layer))
      let scratch = try Scratch(terms, layers, layer: k, layer).reserved
      let output = rounded(
        activationBytes(terms, layers, ofLayer: k + 1, width: layer.output.count))
      let step = input + scratch + output
      if step > fullest { (fullest, fullestScratch) = (step, scratch) }
      sum += scratch + output
      sumScratch += scratch
      (shape, input) = (layer.output, output)
    }
    if !terms.reusesMemory { (fullest, fullestScratch) = (sum, sumScratch) }
    // Now that all layers are known to be possible.
    let tables =
      rounded(table) + rounded(targets) + memories + stepBytes(terms, layers)
    let total = weights + flash + tables + fullest
    guard total <= Int64(widening: .max) else { throw .tooLarge(bytes: total) }
    return Footprint(
      weights: Int(truncatingIfNeeded: weights), flash: Int(truncatingIfNeeded: flash),
      tables: Int(truncatingIfNeeded: tables),
      workspace: Int(truncatingIfNeeded: fullest),
      workspaceScratch: Int(truncatingIfNeeded: fullestScratch),
      parameterCount: Int(truncatingIfNeeded: parameters),
      parameterBytes: Int(truncatingIfNeeded: parameterBytes))
  }

  /// Layers that a network may have.
  static var layerLimit: Int { 1 << 16 }

  /// With these bounds no sum above can overflow 64 bits.
  private static func check(
    _ terms: Terms, _ layers: Span<LayerDescription>
  ) throws(PlanError) {
    guard !layers.isEmpty else { throw .noLayers }
    guard Linked.steps || terms.step == .plain else { throw .notLinked(layer: 0) }
    guard layers.count <= layerLimit else { throw .layers(layers.count) }
    guard terms.input.isPossible else { throw .inputs(terms.input.count) }
    guard (1...256).contains(terms.batch) else { throw .batch(terms.batch) }
    if case .training(let digest) = terms.purpose {
      guard (0...1 << 20).contains(digest) else { throw .digest(digest) }
    }
    for k in layers.indices {
      guard layers[k].isLinked else { throw .notLinked(layer: k) }
      let isLast = k == layers.count - 1
      guard layers[k].kind.isHead == isLast else { throw .outputLayer(at: k) }
      let canFollow = layers[k].canFollow(k > 0 ? layers[k - 1] : nil)
      guard canFollow else { throw .readout(layer: k) }
      guard canLookAhead(layers, k) else { throw .lookahead(layer: k) }
      guard canStep(terms, layers[k]) else { throw .step(terms.step, layer: k) }
      if layers[k].kind.isRecurrent && k > 0 {
        guard layers[k - 1].kind.isRecurrent else { throw .recurrent(layer: k) }
      }
    }
  }

  /// Whether layer `k` looks ahead no further than it can.
  private static func canLookAhead(_ layers: Span<LayerDescription>, _ k: Int) -> Bool {
    guard layers[k].looksAhead else { return true }
    guard k + 1 < layers.count else { return false }
    return layers[k].canLookAhead(to: layers[k + 1])
  }

  /// Whether a layer can learn by the step rule.
  private static func canStep(_ terms: Terms, _ layer: LayerDescription) -> Bool {
    guard terms.purpose(of: layer) != .inference else { return true }
    if terms.step.dividesByInput {
      return terms.batch == 1 && !layer.kind.isConvolution && !layer.kind.isRecurrent
    }
    return !terms.step.remembers || !layer.keepsTrace
  }

  /// Bytes of what the step rule remembers of all layers.
  static func stepBytes(_ terms: Terms, _ layers: Span<LayerDescription>) -> Int64 {
    guard terms.purpose != .inference else { return 0 }
    return Int64(widening: terms.step.memoryBytes(layers: layers.count))
  }

  /// Bytes of the labels of a batch, or for regression of its values.
  static func targetBytes(_ terms: Terms, _ layers: Span<LayerDescription>) -> Int64 {
    guard terms.purpose != .inference else { return 0 }
    let last = layers[layers.count - 1]
    let numbers = last.kind == .regression ? Int(truncatingIfNeeded: last.units) : 1
    return Int64(widening: terms.batch) * Int64(widening: numbers) * 4
  }

  /// Bytes of the samples of a batch; a memory reads them as they come.
  static func inputBytes(_ terms: Terms, _ layers: Span<LayerDescription>) -> Int64 {
    layers[0].kind.isMemory
      ? 0 : activationBytes(terms, layers, ofLayer: 0, width: terms.input.count)
  }

  /// Bytes of what a memory or a recurrent layer keeps from step to step.
  static func memoryBytes(
    _ terms: Terms, _ layers: Span<LayerDescription>, _ k: Int, _ shape: LayerShape
  ) -> Int64 {
    let layer = layers[k]
    if layer.kind.isRecurrent {
      let storage = Recurrent.Storage(
        layer, shape, batch: terms.batch, learns: terms.purpose(of: layer) != .inference)
      return Int64(widening: storage.count) * 4
    }
    guard layer.kind.isMemory, layers.count > 1 else { return 0 }
    let storage = SequenceMemory.Storage(
      layer, channels: terms.input.count, givesInt8: layers[1].precision == .int8)
    return Int64(widening: storage.count) * 4
  }

  static func rounded(_ bytes: Int64) -> Int64 { (bytes + 15) & ~15 }

  /// Bytes of a batch of what layer `k` reads, or of the last layer's output.
  static func activationBytes(
    _ terms: Terms, _ layers: Span<LayerDescription>, ofLayer k: Int, width: Int
  ) -> Int64 {
    let bytes = k < layers.count ? layers[k].precision.inputBytes : 4
    return Int64(widening: width) * Int64(widening: terms.batch * bytes)
  }
}
