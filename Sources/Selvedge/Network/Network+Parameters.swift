extension Network {
  /// The bytes of all parameters as they lie in the arena: layer by layer the weights and the biases,
  /// each padded with zeros to a multiple of 16.
  public var parameters: RawSpan {
    @_lifetime(borrow self) borrowing get {
      let bytes = UnsafeRawBufferPointer(start: base, count: footprint.weights)
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), borrowing: self)
    }
  }

  /// Replaces all parameters by bytes in the order and padding of `parameters`; padding stays zero.
  ///
  /// - Throws: `NetworkError.parameterBytes`; nothing has changed then.
  public mutating func setParameters(_ bytes: RawSpan) throws(NetworkError) {
    guard bytes.byteCount == footprint.weights else {
      throw .parameterBytes(expected: footprint.weights, found: bytes.byteCount)
    }
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: base, count: footprint.weights)
        .copyMemory(from: $0)
    }
    plan.forEachLayer { layer in
      clearPadding(of: layer.weight)
      clearPadding(of: layer.bias)
    }
  }

  /// The weights of a layer, [units, inputs] row-major.
  ///
  /// - Throws: `NetworkError.noLayer`.
  @_lifetime(borrow self)
  public borrowing func weights(ofLayer index: Int) throws(NetworkError) -> Span<Float> {
    unsafe _overrideLifetime(floats(try planned(index).weight).span, borrowing: self)
  }

  /// The biases of a layer, [units].
  ///
  /// - Throws: `NetworkError.noLayer`.
  @_lifetime(borrow self)
  public borrowing func biases(ofLayer index: Int) throws(NetworkError) -> Span<Float> {
    unsafe _overrideLifetime(floats(try planned(index).bias).span, borrowing: self)
  }

  /// Replaces the parameters of a layer. Subnormal numbers, which not every target can keep, become zero.
  ///
  /// - Throws: `NetworkError`, if there is no such layer or the counts differ; nothing has changed then.
  public mutating func setLayer(
    _ index: Int, weights: Span<Float>, biases: Span<Float>
  ) throws(NetworkError) {
    let layer = try planned(index)
    guard weights.count == layer.weight.bytes / 4, biases.count == layer.units else {
      throw .parameterBytes(
        expected: layer.weight.bytes + layer.bias.bytes,
        found: (weights.count + biases.count) * 4)
    }
    let (w, b) = (floats(layer.weight), floats(layer.bias))
    for i in weights.indices { w[i] = weights[i].isSubnormal ? 0 : weights[i] }
    for i in biases.indices { b[i] = biases[i].isSubnormal ? 0 : biases[i] }
  }

  /// The CRC-32 of all parameters without padding: layer by layer the weights, then the biases.
  public var weightsChecksum: UInt32 {
    var crc = CRC32()
    plan.forEachLayer { layer in
      crc.update(floats(layer.weight).span.bytes)
      crc.update(floats(layer.bias).span.bytes)
    }
    return crc.value
  }

  private func clearPadding(of tensor: Tensor) {
    UnsafeMutableRawBufferPointer(
      start: base + tensor.offset + tensor.bytes, count: tensor.reserved - tensor.bytes
    ).initializeMemory(as: UInt8.self, repeating: 0)
  }

  private func planned(_ index: Int) throws(NetworkError) -> PlannedLayer {
    guard index >= 0 && index < layerCount else { throw .noLayer(index) }
    var walk = Plan.Walk(plan)
    var layer = walk.next(plan)
    while let current = layer, current.index < index { layer = walk.next(plan) }
    guard let layer else { throw .noLayer(index) }
    return layer
  }
}
