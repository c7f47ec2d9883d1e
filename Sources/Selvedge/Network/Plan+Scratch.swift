extension Plan {
  /// Bytes of the memory that a layer uses while it is its turn, tensor by tensor.
  struct Scratch {
    private(set) var digest: Int64 = 0
    private(set) var delta: Int64 = 0
    private(set) var values: Int64 = 0
    private(set) var noise: Int64 = 0
    private(set) var roundedDelta: Int64 = 0
    private(set) var patches: Int64 = 0
    private(set) var winners: Int64 = 0
    private(set) var gradient: Int64 = 0
    private(set) var ahead: Int64 = 0

    init(
      _ terms: Terms, _ layers: Span<LayerDescription>, layer k: Int, _ shape: LayerShape
    ) throws(PlanError) {
      let layer = layers[k]
      let givesInt8 = k + 1 < layers.count && layers[k + 1].precision == .int8
      switch layer.kind {
      case .dense, .output, .regression: planDense(terms, layer, shape, givesInt8)
      case .convolution, .depthwise: planConvolution(terms, layer, shape, givesInt8)
      case .elman, .gru: planRecurrent(terms, layer, shape)
      case .oscillators, .legendre, .readout: break
      case .maxPool, .averagePool, .normalise:
        delta = Int64(widening: Pooling.block(channels: shape.output.channels)) * 4
      }
      if layer.looksAhead, case .training(let hidden) = terms.purpose(of: layer) {
        let next = layers[k + 1]
        let storage = Lookahead.Storage(
          layer, shape, next, try LayerShape(next, at: k + 1, reading: shape.output),
          batch: terms.batch,
          digest: next.kind.isHead ? Int(truncatingIfNeeded: next.units) : hidden)
        ahead = Int64(widening: storage.bytes)
      }
    }

    private mutating func planDense(
      _ terms: Terms, _ layer: LayerDescription, _ shape: LayerShape, _ givesInt8: Bool
    ) {
      let units = Int(truncatingIfNeeded: layer.units)
      let batch = Int64(widening: terms.batch)
      let block = Int64(widening: Dense.block(units: units))
      guard case .training(let hidden) = terms.purpose(of: layer) else {
        delta = givesInt8 ? block * batch * 4 : 0
        return
      }
      // What looks ahead has no error of its own.
      let numbers =
        layer.kind.isHead
        ? HeadLoss().digestCount(classes: units) : layer.looksAhead ? 0 : hidden
      let isInt8 = layer.precision == .int8
      digest = Int64(widening: numbers) * batch * 4
      delta = block * batch * 4
      values = givesInt8 ? block * 4 : 0
      guard !terms.step.remembers else { return planGradient(terms, layer, shape) }
      noise = isInt8 ? Int64(widening: shape.input.count) * 4 : 0
      roundedDelta = isInt8 ? block * batch * 2 : 0
    }

    private mutating func planRecurrent(
      _ terms: Terms, _ layer: LayerDescription, _ shape: LayerShape
    ) {
      let places = Recurrent.ScratchPlaces(layer, shape, terms)
      delta = Int64(widening: places.count) * 4
      guard case .training(let hidden) = terms.purpose(of: layer) else { return }
      digest = Int64(widening: hidden * terms.batch) * 4
      guard !terms.step.remembers else { return planGradient(terms, layer, shape) }
      guard layer.precision == .int8 && places.row.isEmpty else { return }
      noise = Int64(widening: max(shape.weightColumns, shape.stateColumns)) * 4
      roundedDelta = Int64(widening: terms.batch * shape.weightRows) * 2
    }

    private mutating func planConvolution(
      _ terms: Terms, _ layer: LayerDescription, _ shape: LayerShape, _ givesInt8: Bool
    ) {
      let channels = Int64(widening: shape.output.channels)
      let kept = Int64(widening: Convolution.block(columns: shape.output.columns, layer.pool))
      let side = Int64(widening: Int(truncatingIfNeeded: layer.pool))
      let places = kept * side * side
      let isDepthwise = layer.kind == .depthwise
      let patch = isDepthwise ? shape.weights : Int64(widening: shape.weightColumns)
      guard case .training(let hidden) = terms.purpose(of: layer) else {
        delta = places * channels * 4
        patches = places * patch * Int64(widening: isDepthwise ? 4 : layer.precision.inputBytes)
        return
      }
      let outputs = Int64(widening: shape.output.count)
      digest = Int64(widening: hidden * terms.batch) * 4
      delta = places * channels * 4
      let parts = Int64(
        widening: Convolution.parts(layer, shape, batch: terms.batch, terms.step))
      let read = isDepthwise ? 4 : Int64(widening: layer.precision.inputBytes)
      patches = max(places * patch * read, places * (patch / parts) * 4)
      values = givesInt8 ? kept * channels * 4 : 0
      winners = side > 1 ? outputs * Int64(widening: terms.batch) : 0
      guard !terms.step.remembers else { return planGradient(terms, layer, shape) }
      // Many places add to one weight: only their sum is rounded.
      gradient = layer.precision == .float32 ? 0 : shape.weights / parts * 4
    }

    private mutating func planGradient(
      _ terms: Terms, _ layer: LayerDescription, _ shape: LayerShape
    ) {
      let places = GradientStep.Storage(layer, shape, batch: terms.batch, rule: terms.step)
      gradient = Int64(widening: places.count) * 4
    }

    /// Bytes of all, each padded to a multiple of 16.
    var reserved: Int64 {
      rounded(digest) + rounded(delta) + rounded(values) + rounded(noise) + rounded(roundedDelta)
        + rounded(patches) + rounded(winners) + rounded(gradient) + rounded(ahead)
    }
  }
}

extension Recurrent.ScratchPlaces {
  /// Whoever only predicts reads one sequence after the other, whoever trains all of a batch.
  init(_ layer: LayerDescription, _ shape: LayerShape, _ terms: Plan.Terms) {
    self.init(
      layer, shape, samples: terms.purpose == .inference ? 1 : terms.batch,
      learns: terms.purpose(of: layer) != .inference, rule: terms.step)
  }
}
