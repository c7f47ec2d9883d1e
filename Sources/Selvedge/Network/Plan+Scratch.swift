extension Plan {
  /// Bytes of the memory that a layer uses while it is its turn, tensor by tensor.
  struct Scratch {
    let digest: Int64
    let delta: Int64
    let values: Int64
    let noise: Int64
    let roundedDelta: Int64

    init(_ terms: Terms, _ layers: Span<LayerDescription>, layer k: Int, inputs: Int64) {
      let layer = layers[k]
      let units = Int(layer.units)
      let batch = Int64(widening: terms.batch)
      let block = Int64(widening: Dense.block(units: units))
      let givesInt8 = k + 1 < layers.count && layers[k + 1].precision == .int8
      guard case .training(let hidden) = terms.purpose else {
        delta = givesInt8 ? block * batch * 4 : 0
        (digest, values, noise, roundedDelta) = (0, 0, 0, 0)
        return
      }
      let numbers = layer.kind == .output ? CrossEntropy().digestCount(classes: units) : hidden
      let isInt8 = layer.precision == .int8
      digest = Int64(widening: numbers) * batch * 4
      delta = block * batch * 4
      // A digest needs the whole output, the errors a block of it at a time.
      values = givesInt8 ? (numbers > 0 ? Int64(widening: units) : block) * 4 : 0
      noise = isInt8 ? inputs * 4 : 0
      roundedDelta = isInt8 ? block * batch * 2 : 0
    }

    /// Bytes of all, each padded to a multiple of 16.
    var reserved: Int64 {
      rounded(digest) + rounded(delta) + rounded(values) + rounded(noise) + rounded(roundedDelta)
    }
  }
}
