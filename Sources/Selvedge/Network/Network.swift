/// A network that lives in an arena: its parameters, and room for one batch.
///
/// Add samples, then predict or train; either uses up the samples that wait. The bytes must outlive
/// the network, and nothing else may use them meanwhile. A refused call changes nothing.
public struct Network: ~Copyable {
  let base: UnsafeMutableRawPointer
  /// The parameters of the model that the network was made of, if the plan has some in flash.
  private let flash: UnsafeRawPointer?
  let table: UnsafeMutableBufferPointer<LayerDescription>
  let terms: Plan.Terms

  /// The seed of the initial weights and of every projection.
  public let seed: UInt64
  /// What the network takes of its arena.
  public let footprint: Footprint
  /// Outputs of the last layer: classes, or the values of a regression.
  public let classes: Int
  /// How raw values become what the first layer reads.
  public var standardisation = Standardisation.identity
  /// How the values of a regression become what its last layer learns, all of them alike: what it gives has
  /// mean 0 and deviation 1 if they have.
  public var targetStandardisation = Standardisation.identity
  /// Training steps that the network has made: updates of each are rounded with other random numbers.
  public var steps: UInt64 = 0
  /// Samples that wait for the next sweep.
  public internal(set) var waiting = 0
  /// Samples of the last prediction, whose logits can be read until the next sample is added.
  public internal(set) var predicted = 0
  /// What fits it to another sensor than it was trained for, if something does.
  var adaptor: Adaptor? {
    get { Linked.adaptors ? storedAdaptor : nil }
    set { if Linked.adaptors { storedAdaptor = newValue } }
  }
  private var storedAdaptor: Adaptor?
  /// Whether in training only those classes compete that a sample of the batch has: in the softmax of the last layer,
  /// and in what hidden layers learn from by ``Readout``. So a stream that shows one class for a while does not teach
  /// the network that there are no others.
  public var onlyBatchCompetes: Bool {
    get { Linked.rehearsal && storedOnlyBatchCompetes }
    set { if Linked.rehearsal { storedOnlyBatchCompetes = newValue } }
  }
  private var storedOnlyBatchCompetes = false
  /// Steps of the sequences that are being read.
  public internal(set) var stepsRead = 0
  /// Sequences that were begun together, to be learned from step by step.
  public internal(set) var begun = 0
  /// How many of those had the latest step.
  var going = 0
  /// Whether memory is poisoned when it dies: for tests of the plan, which do not run on boards.
  #if hasFeature(Embedded)
    var poisonsDeadMemory: Bool { false }
  #else
    var poisonsDeadMemory = false
  #endif

  /// A network with initial weights, in bytes reserved from `arena`.
  ///
  /// - Throws: `ArenaError.exhausted`, naming the first tensor that does not fit and the bytes that the
  ///   whole network lacks, or `flash`; the arena is then as it was.
  public init(_ plan: Plan, seed: UInt64, in arena: inout Arena) throws(ArenaError) {
    guard plan.footprint.flash == 0 else { throw .flash(bytes: plan.footprint.flash) }
    try self.init(plan, seed: seed, flash: nil, in: &arena)
    setInitialParameters()
  }

  /// A network whose parameters in the arena are all zero.
  ///
  /// - Parameter flash: The parameters of a model for this plan, at a multiple of 16, if it has some in flash.
  init(
    _ plan: Plan, seed: UInt64, flash: UnsafeRawPointer?, in arena: inout Arena
  ) throws(ArenaError) {
    guard plan.footprint.total <= arena.available else { throw plan.shortage(in: arena) }
    base = try arena.reserve(plan.footprint.total, layer: 0, role: .weight).baseAddress!
    self.flash = flash
    terms = plan.terms
    footprint = plan.footprint
    classes = plan.classes
    self.seed = seed
    let rows = base + plan.table.offset
    table = UnsafeMutableBufferPointer(
      start: rows.bindMemory(to: LayerDescription.self, capacity: plan.layers.count),
      count: plan.layers.count)
    for k in plan.layers.indices { table[k] = plan.layers[k] }
    clear()
  }

  /// Makes all parameters in the arena zero, and lets memories and recurrent layers forget all.
  private func clear() {
    // Padding is part of a model file, and so is zero.
    UnsafeMutableRawBufferPointer(start: base, count: footprint.weights)
      .initializeMemory(as: UInt8.self, repeating: 0)
    clearStepMemory()
    sequenceMemory?.prepare()
    plan.forEachLayer { layer in
      if layer.description.kind.isRecurrent { recurrent(layer).prepare() }
    }
  }

  /// Forgets what the step rule remembers of earlier steps.
  public mutating func forgetSteps() {
    clearStepMemory()
  }

  private func clearStepMemory() {
    guard terms.step.remembers else { return }
    elements(plan.stepMemory, as: UInt8.self).update(repeating: 0)
  }

  /// What the step rule remembers.
  var stepMemory: RawSpan {
    @_lifetime(borrow self) borrowing get {
      let bytes = UnsafeRawBufferPointer(elements(plan.stepMemory, as: UInt8.self))
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), borrowing: self)
    }
  }

  /// The same, to be replaced by bytes that were checked.
  var mutableStepMemory: MutableRawSpan {
    @_lifetime(&self) mutating get {
      let bytes = UnsafeMutableRawBufferPointer(elements(plan.stepMemory, as: UInt8.self))
      return unsafe _overrideLifetime(MutableRawSpan(_unsafeBytes: bytes), mutating: &self)
    }
  }

  /// Replaces what the step rule remembers by as many bytes that were checked.
  func copyStepMemory(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(elements(plan.stepMemory, as: UInt8.self))
        .copyMemory(from: $0)
    }
  }

  /// Gives all parameters in the arena, scales and states the values that they have in a new network.
  func setInitialParameters() {
    clear()
    if !firstLayer.isInFlash { sequenceMemory?.resetStatistics() }
    plan.forEachLayer { layer in
      guard !layer.isInFlash else { return }
      if layer.scale.bytes > 0 {
        scale(layer.scale)?.pointee = Scale(
          inputs: layer.fanIn, after: activation(before: layer.index))
      }
      if layer.stateScale.bytes > 0 {
        scale(layer.stateScale)?.pointee = Scale(inputs: layer.shape.stateColumns, after: .tanh)
      }
      drawWeights(of: layer)
      if layer.description.kind.isRecurrent { drawStateWeights(of: layer) }
    }
  }

  /// What bounds the input of a layer: nil for standardised numbers.
  private func activation(before index: Int) -> Activation? {
    var k = index
    while k > 0 {
      k -= 1
      switch table[k].kind {
      case .normalise, .oscillators, .legendre: return nil
      case .elman, .gru: return .tanh
      case .maxPool, .averagePool: continue
      default: return table[k].activation
      }
    }
    return nil
  }

  /// Where the network's bytes go.
  public var plan: Plan {
    @_lifetime(borrow self) borrowing get { Plan(terms, layers: table.span, footprint) }
  }

  /// What a sample looks like, or a step of a sequence.
  public var inputShape: Shape { terms.input }
  /// Values of one sample, or of one step of a sequence for a network that begins with a memory.
  public var inputs: Int { terms.input.count }
  /// Samples of a batch at most.
  public var batch: Int { terms.batch }
  /// Layers, the last included.
  public var layerCount: Int { table.count }

  /// Layer `index` as it was described.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public func layer(_ index: Int) throws(NetworkError) -> LayerDescription {
    guard table.indices.contains(index) else { throw .noLayer(index) }
    return table[index]
  }

  /// What layer `index` makes of its input's shape.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public func shape(ofLayer index: Int) throws(NetworkError) -> LayerShape {
    try planned(index).shape
  }

  /// Lets training change a layer, or not.
  ///
  /// - Throws: `NetworkError.noLayer`; `inFlash`, if the plan has what is frozen in flash: then a layer is
  ///   frozen, or not, by another plan.
  public mutating func setFrozen(_ isFrozen: Bool, layer index: Int) throws(NetworkError) {
    guard table.indices.contains(index) else { throw .noLayer(index) }
    guard terms.constants == .inArena || table[index].isFrozen == isFrozen else {
      throw .inFlash(layer: index)
    }
    table[index].isFrozen = isFrozen
  }

  // MARK: Memory

  /// Where a tensor begins. What lies in flash is only read: no training reaches it, and no setter.
  func start(_ tensor: Tensor) -> UnsafeMutableRawPointer {
    guard let flash, tensor.category == .flash else { return base + tensor.offset }
    return UnsafeMutableRawPointer(mutating: flash) + tensor.offset
  }

  /// A tensor's elements. Tensors of different types share memory one after the other, so each use
  /// binds it anew, which costs nothing.
  func elements<Element: BitwiseCopyable>(
    _ tensor: Tensor, as type: Element.Type
  ) -> UnsafeMutableBufferPointer<Element> {
    let count = tensor.bytes / MemoryLayout<Element>.size
    return UnsafeMutableBufferPointer(
      start: start(tensor).bindMemory(to: type, capacity: count), count: count)
  }

  func floats(_ tensor: Tensor, count: Int? = nil) -> UnsafeMutableBufferPointer<Float> {
    let all = elements(tensor, as: Float.self)
    return UnsafeMutableBufferPointer(start: all.baseAddress, count: count ?? all.count)
  }

  /// The scale of an int8 layer, or nil if the tensor has no bytes.
  func scale(_ tensor: Tensor) -> ScalePointer? {
    guard tensor.bytes > 0 else { return nil }
    return ScalePointer(
      address: start(tensor).assumingMemoryBound(to: Scale.self),
      isConstant: tensor.category == .flash)
  }

  /// A layer's weights.
  func weights(_ layer: PlannedLayer) -> Weights {
    Weights(
      layer.description.precision, units: layer.shape.weightRows,
      inputs: layer.shape.weightColumns, scale: scale(layer.scale), at: start(layer.weight))
  }

  /// The weights by which a recurrent layer reads itself.
  func stateWeights(_ layer: PlannedLayer) -> Weights {
    Weights(
      layer.description.precision, units: layer.shape.weightRows,
      inputs: layer.shape.stateColumns, scale: scale(layer.stateScale),
      at: start(layer.stateWeight))
  }

  /// A recurrent layer over its parameters and states.
  func recurrent(_ layer: PlannedLayer) -> Recurrent {
    Recurrent(
      description: layer.description, shape: layer.shape, weights: weights(layer),
      stateWeights: stateWeights(layer), bias: floats(layer.bias), memory: floats(layer.memory),
      places: Recurrent.Storage(
        layer.description, layer.shape, batch: batch,
        learns: terms.purpose(of: layer.description) != .inference))
  }

  /// A fully connected layer over its parameters.
  func dense(_ layer: PlannedLayer) -> Dense {
    Dense(
      weights: weights(layer), bias: floats(layer.bias),
      activation: layer.description.activation, correction: correction(of: layer))
  }

  /// A convolution over its parameters.
  func convolution(_ layer: PlannedLayer) -> Convolution {
    Convolution(
      shape: layer.shape, description: layer.description, weights: weights(layer),
      bias: floats(layer.bias), correction: correction(of: layer))
  }

  func convolutionScratch(_ layer: PlannedLayer) -> Convolution.Scratch {
    Convolution.Scratch(
      block: floats(layer.delta), patches: base + layer.patches.offset,
      values: floats(layer.values), winners: elements(layer.winners, as: Int8.self),
      gradient: floats(layer.gradient))
  }

  /// The memory that the network begins with, if it does.
  var sequenceMemory: SequenceMemory? {
    let layer = firstLayer
    guard layer.description.kind.isMemory else { return nil }
    return SequenceMemory(
      description: layer.description, shape: layer.shape, statistics: floats(layer.bias),
      storage: floats(layer.memory))
  }

  /// What a layer reads.
  func input(of layer: PlannedLayer, samples: Int) -> Activations {
    Activations(
      samples: samples, width: layer.inputs, scale: scale(layer.scale),
      at: base + layer.input.offset)
  }

  /// What a layer gives.
  func output(of layer: PlannedLayer, samples: Int) -> Activations {
    Activations(
      samples: samples, width: layer.outputs, scale: scale(layer.outputScale),
      at: base + layer.output.offset)
  }

  /// What the first samples of the batch are to give.
  ///
  /// - Precondition: The plan is for training.
  func targets(_ samples: Int) -> Targets {
    let all = elements(plan.targets, as: UInt32.self)
    let competing = onlyBatchCompetes && !learnsValues ? max(waiting, begun) : 0
    return Targets(
      samples: samples, outputs: learnsValues ? classes : 0, at: all.baseAddress!,
      competitors: Competitors(UnsafeBufferPointer(start: all.baseAddress!, count: competing)))
  }

  /// Whether the network learns values and not classes.
  public var learnsValues: Bool { table[table.count - 1].kind == .regression }

  /// Fills dead memory with ones, which is NaN in every float: a test sees whoever still reads it.
  func poison(_ tensor: Tensor) {
    UnsafeMutableRawBufferPointer(start: base + tensor.offset, count: tensor.reserved)
      .initializeMemory(as: UInt8.self, repeating: 0xFF)
  }

  /// The first layer, which says how samples are kept.
  var firstLayer: PlannedLayer {
    var walk = Plan.Walk(plan)
    guard let layer = walk.next(plan) else { preconditionFailure("a plan has a layer") }
    return layer
  }

  /// Initial weights U(-1/sqrt(n), 1/sqrt(n)) for sums over n numbers, from the counter generator, rounded to
  /// the precision; biases zero.
  ///
  /// Their order is that of the oracles: [inputs, units] of a dense layer, [channels, input channels, window]
  /// of a convolution, [channels, window] of a depthwise one.
  private func drawWeights(of layer: PlannedLayer) {
    guard layer.description.kind.hasWeights else { return }
    let generator = CounterGenerator(seed: ~seed, stream: UInt64(widening: layer.index))
    let uniform = UniformWeights(count: layer.fanIn)
    let (weights, shape) = (weights(layer), layer.shape)
    let channels = shape.input.channels
    let places = shape.weightColumns / channels
    for r in 0..<shape.weightRows {
      for c in 0..<shape.weightColumns {
        let element =
          switch layer.description.kind {
          case .convolution:
            r * shape.weightColumns + c % channels * places + c / channels
          default: c * shape.weightRows + r
          }
        weights[unit: r, input: c] = uniform.weight(
          Int(truncatingIfNeeded: generator[UInt64(widening: element)] &>> 40))
      }
    }
    floats(layer.bias).update(repeating: 0)
  }

  /// The initial weights by which a recurrent layer reads itself: for each gate a random orthogonal matrix, so
  /// that states neither die nor grow; and biases of 1 for a gate that keeps the state.
  ///
  /// It is the product of as many reflections as there are units, each at a vector of signs, which costs the
  /// memory of one row.
  private func drawStateWeights(of layer: PlannedLayer) {
    let (weights, units) = (stateWeights(layer), layer.shape.stateColumns)
    let row = UnsafeMutableBufferPointer(rebasing: floats(layer.delta)[0..<units])
    let generator = CounterGenerator(
      seed: ~seed, stream: UInt64(widening: layer.index + Plan.layerLimit))
    let words = (units + 63) / 64
    let factor = 2 / Float(number: units)
    for r in 0..<layer.shape.weightRows {
      row.update(repeating: 0)
      row[r % units] = 1
      let first = r / units * units * words
      for reflection in 0..<units {
        let place = first + reflection * words
        let sum =
          factor
          * Kernels.signedSum(UnsafeBufferPointer(row).span) {
            generator[UInt64(widening: place + $0 / 64)]
          }
        var i = 0
        while i < units {
          var signs = generator[UInt64(widening: place + i / 64)]
          for u in i..<min(i + 64, units) {
            row[u] -= signs & 1 == 1 ? sum : -sum
            signs &>>= 1
          }
          i += 64
        }
      }
      for c in 0..<units { weights[unit: r, input: c] = row[c].quiet }
    }
    guard layer.description.kind == .gru else { return }
    let bias = floats(layer.bias)
    for u in units..<2 * units { bias[u] = 1 }
  }
}

extension Plan {
  /// The error of an arena that is too small: the first tensor that does not fit.
  func shortage(in arena: borrowing Arena) -> ArenaError {
    let (available, missing) = (arena.available, arena.missing(footprint.total))
    var error: ArenaError?
    forEachTensor { error = error ?? Self.shortage($0, available, missing: missing) }
    return error ?? .exhausted(layer: 0, role: .input, asked: footprint.total, missing: missing)
  }

  /// The error of a tensor that does not fit. (Called in as many places as there are tensors of a layer.)
  @inline(never)
  private static func shortage(_ tensor: Tensor, _ available: Int, missing: Int) -> ArenaError? {
    let needed = tensor.category == .flash ? 0 : tensor.extent.upperBound
    guard needed > available else { return nil }
    return .exhausted(
      layer: tensor.layer, role: tensor.role, asked: tensor.bytes, missing: missing)
  }
}
