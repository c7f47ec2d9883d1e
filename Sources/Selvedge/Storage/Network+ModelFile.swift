/// Why no network can be made of a model; nothing has changed then.
public enum ModelNetworkError: Error, Equatable, Sendable {
  /// The arena is too small; or it is `misaligned`: the model, which the plan has in flash, does not begin at a
  /// multiple of 16.
  case memory(ArenaError)
  /// The plan is for other samples than the model reads.
  case input
  /// Layer `layer` of the plan is not the model's, or one of them has no such layer. Only whether it is frozen
  /// may differ.
  case layer(Int)
}

extension Network {
  /// The network of a model: its parameters where they lie in the model, if the plan has them in flash, and
  /// copies of all others in bytes reserved from `arena`.
  ///
  /// Then the bytes of the model must begin at a multiple of 16, stay where and as they are for as long as the
  /// network is in use, and be mapped memory of the machine; nothing ever writes to them. To let a frozen layer
  /// learn, plan it so, and make another network of the same model.
  ///
  /// - Throws: `ModelNetworkError`; the arena is then as it was.
  public init(
    _ plan: Plan, of model: ModelFile, in arena: inout Arena
  ) throws(ModelNetworkError) {
    guard plan.inputShape == model.inputShape else { throw .input }
    for k in 0..<max(plan.layers.count, model.layerCount) {
      guard k < plan.layers.count, k < model.layerCount else { throw .layer(k) }
      var layer = model.layer(k)
      layer.isFrozen = plan.layers[k].isFrozen
      guard layer == plan.layers[k] else { throw .layer(k) }
    }
    try self.init(plan, checked: model, in: &arena)
    copyParameters(model.parameters)
  }

  /// The network of a model that fits the plan, without those of its parameters that are not in flash.
  init(
    _ plan: Plan, checked model: ModelFile, in arena: inout Arena
  ) throws(ModelNetworkError) {
    let flash = model.parameters.withUnsafeBytes { $0.baseAddress }
    let excess = Int(bitPattern: flash) & (Arena.alignment - 1)
    guard plan.footprint.flash == 0 || excess == 0 else {
      throw .memory(.misaligned(excess: excess))
    }
    do throws(ArenaError) {
      try self.init(plan, seed: model.seed, flash: flash, in: &arena)
    } catch {
      throw .memory(error)
    }
    standardisation = model.standardisation
    targetStandardisation = model.targetStandardisation
    steps = model.steps
    takeStepMemory(of: model)
  }

  /// Takes what a model's step rule remembers, if it is the network's own; otherwise nothing is remembered then.
  ///
  /// - Precondition: The model has as many layers as the network.
  public mutating func takeStepMemory(of model: borrowing ModelFile) {
    forgetSteps()
    guard terms.step.remembers, model.stepRule == terms.step else { return }
    copyStepMemory(model.stepMemory)
  }
}

extension StepRule {
  /// The rule whose memory is in a section that lies at `offset` of its file, the memory checked.
  init(_ bytes: RawSpan, offset: Int, layers: Int) throws(ModelFileError) {
    guard bytes.byteCount >= 16 else { throw .section(offset: offset) }
    guard let rule = StepRule(rawValue: bytes.byte(at: 0)), rule.remembers else {
      throw .value(offset: offset)
    }
    for i in 1..<16 where bytes.byte(at: i) != 0 { throw .value(offset: offset + i) }
    guard bytes.byteCount == 16 + rule.memoryBytes(layers: layers) else {
      throw .section(offset: offset)
    }
    for place in stride(from: 16, to: bytes.byteCount, by: MeanSquares.bytes) {
      guard bytes.holdsMeanSquares(at: place) else { throw .value(offset: offset + place) }
    }
    self = rule
  }
}

extension RawSpan {
  /// Whether the 16 bytes from `offset` on are what a clipped step can remember.
  ///
  /// - Precondition: The bytes are there.
  func holdsMeanSquares(at offset: Int) -> Bool {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: MeanSquares.self).isPossible
  }
}
