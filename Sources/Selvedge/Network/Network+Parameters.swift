extension Network {
  /// The bytes of all parameters as they lie in the arena: layer by layer the scale of an int8 layer, the
  /// weights and the biases, each padded with zeros to a multiple of 16.
  public var parameters: RawSpan {
    @_lifetime(borrow self) borrowing get {
      let bytes = UnsafeRawBufferPointer(start: base, count: footprint.weights)
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), borrowing: self)
    }
  }

  /// Replaces all parameters by bytes in the order and padding of `parameters`; padding stays zero.
  ///
  /// - Throws: `NetworkError`, if the count is another, or a number is not finite or subnormal; nothing has
  ///   changed then.
  public mutating func setParameters(_ bytes: RawSpan) throws(NetworkError) {
    guard bytes.byteCount == footprint.weights else {
      throw .parameterBytes(expected: footprint.weights, found: bytes.byteCount)
    }
    if let place = firstUnusable(bytes) { throw .parameter(offset: place) }
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: base, count: footprint.weights)
        .copyMemory(from: $0)
    }
    plan.forEachLayer { layer in
      clearPadding(of: layer.weight)
      clearPadding(of: layer.bias)
    }
  }

  /// Copies the parameters of a layer: weights [units, inputs] row-major, biases [units].
  ///
  /// - Throws: `NetworkError`, if there is no such layer or the counts differ; nothing is copied then.
  public borrowing func copyLayer(
    _ index: Int, weights: inout MutableSpan<Float>, biases: inout MutableSpan<Float>
  ) throws(NetworkError) {
    let layer = try planned(index, weights: weights.count, biases: biases.count)
    let dense = dense(layer)
    for u in 0..<layer.units {
      for i in 0..<layer.inputs { weights[u * layer.inputs + i] = dense.weights[unit: u, input: i] }
      biases[u] = dense.bias[u]
    }
  }

  /// Replaces the parameters of a layer; weights are rounded to the layer's precision, and int8 weights get
  /// the finest scale that holds them all. Subnormal numbers, which not every target can keep, become zero.
  ///
  /// - Throws: `NetworkError`, if there is no such layer, the counts differ, or a number is not finite in
  ///   that precision; nothing has changed then.
  public mutating func setLayer(
    _ index: Int, weights: Span<Float>, biases: Span<Float>
  ) throws(NetworkError) {
    let layer = try planned(index, weights: weights.count, biases: biases.count)
    let precision = layer.description.precision
    for i in weights.indices where !precision.holds(weights[i]) {
      throw .parameter(offset: i * precision.bytes)
    }
    for i in biases.indices where !biases[i].isFinite {
      throw .parameter(offset: weights.count * precision.bytes + i * 4)
    }
    let dense = dense(layer)
    if let scale = scale(layer.scale) {
      var largest: Float = 0
      for i in weights.indices { largest = max(largest, weights[i].magnitude) }
      if largest > 0 { scale.pointee.weightExponent = Scale.weightExponent(largest: largest) }
    }
    for u in 0..<layer.units {
      for i in 0..<layer.inputs {
        let weight = weights[u * layer.inputs + i]
        dense.weights[unit: u, input: i] = weight.isSubnormal ? 0 : weight
      }
      dense.bias[u] = biases[u].isSubnormal ? 0 : biases[u]
    }
  }

  /// The CRC-32 of all parameters without padding: layer by layer the scale of an int8 layer, the weights
  /// and the biases.
  public var weightsChecksum: UInt32 {
    var crc = CRC32()
    plan.forEachLayer { layer in
      crc.update(bytes(of: layer.scale))
      crc.update(bytes(of: layer.weight))
      crc.update(bytes(of: layer.bias))
    }
    return crc.value
  }

  /// Whether all parameters are finite, as they are until training diverges; only then can the network be
  /// written as a model file.
  public var isFinite: Bool { firstUnusable(parameters) == nil }

  private func firstUnusable(_ bytes: RawSpan) -> Int? {
    var place: Int?
    plan.forEachLayer { layer in
      let (weight, bias) = (layer.weight, layer.bias)
      let count = layer.units * layer.inputs
      if layer.scale.bytes > 0 && !bytes.holdsScale(at: layer.scale.offset) {
        place = place ?? layer.scale.offset
      }
      place =
        place
        ?? bytes.firstUnusable(layer.description.precision, from: weight.offset, count: count)
        ?? bytes.firstUnusable(.float32, from: bias.offset, count: layer.units)
    }
    return place
  }

  private func clearPadding(of tensor: Tensor) {
    UnsafeMutableRawBufferPointer(
      start: base + tensor.offset + tensor.bytes, count: tensor.reserved - tensor.bytes
    ).initializeMemory(as: UInt8.self, repeating: 0)
  }

  @_lifetime(borrow self)
  private borrowing func bytes(of tensor: Tensor) -> RawSpan {
    let bytes = UnsafeRawBufferPointer(start: base + tensor.offset, count: tensor.bytes)
    return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), borrowing: self)
  }

  func planned(_ index: Int) throws(NetworkError) -> PlannedLayer {
    guard index >= 0 && index < layerCount else { throw .noLayer(index) }
    var walk = Plan.Walk(plan)
    var layer = walk.next(plan)
    while let current = layer, current.index < index { layer = walk.next(plan) }
    guard let layer else { throw .noLayer(index) }
    return layer
  }

  private func planned(
    _ index: Int, weights: Int, biases: Int
  ) throws(NetworkError) -> PlannedLayer {
    let layer = try planned(index)
    guard weights == layer.units * layer.inputs, biases == layer.units else {
      throw .parameterCount(
        expected: layer.units * layer.inputs + layer.units, found: weights + biases)
    }
    return layer
  }
}
