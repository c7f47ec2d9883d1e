extension Network {
  /// The network of a model with more classes than the model has: all that it knows is kept, bit for bit, and the
  /// new classes begin with weights and biases of zero, to be learned with old samples beside them.
  ///
  /// - Parameters:
  ///   - plan: The model's layers, the output with more units; it is in the arena, what is frozen may be in flash
  ///     (`init(_:of:in:)`).
  /// - Throws: `ModelNetworkError`, `layer` among them if the last layer is no output, has fewer classes, or would
  ///   be in flash; the arena is then as it was.
  public init(
    _ plan: Plan, extending model: ModelFile, in arena: inout Arena
  ) throws(ModelNetworkError) {
    guard plan.inputShape == model.inputShape else { throw .input }
    let last = plan.layers.count - 1
    for k in 0..<max(plan.layers.count, model.layerCount) {
      guard k <= last, k < model.layerCount else { throw .layer(k) }
      var layer = model.layer(k)
      layer.isFrozen = plan.layers[k].isFrozen
      if k == last {
        guard layer.kind == .output, layer.units <= plan.layers[k].units,
          !plan.terms.isInFlash(plan.layers[k])
        else { throw .layer(k) }
        layer = layer.resized(to: plan.classes)
      }
      guard layer == plan.layers[k] else { throw .layer(k) }
    }
    try self.init(plan, checked: model, in: &arena)
    let known = Int(truncatingIfNeeded: model.layer(last).units)
    var first = 0
    self.plan.forEachLayer { layer in
      let bytes = model.parameters.extracting(first..<model.parameters.byteCount)
      if layer.index < last {
        let count = layer.parameters.count
        copyParameters(bytes.extracting(0..<count), of: layer)
        first += count
      } else {
        copyKnown(known, bytes, of: layer)
      }
    }
  }

  /// Copies the scale, the rows and the biases of the first classes of an output, which has more.
  private func copyKnown(_ known: Int, _ bytes: RawSpan, of layer: PlannedLayer) {
    let scale = layer.scale.reserved
    let weights = known * layer.inputs * layer.description.precision.bytes
    let biases = scale + Arena.rounded(weights)
    copy(bytes.extracting(0..<scale), to: start(layer.scale))
    copy(bytes.extracting(scale..<scale + weights), to: start(layer.weight))
    copy(bytes.extracting(biases..<biases + known * 4), to: start(layer.bias))
  }
}
