extension Network {
  /// The bytes of all parameters as they lie in the arena: layer by layer the scale of an int8 layer, the
  /// weights, of a recurrent layer those of its state with their scale, and the biases, each padded with
  /// zeros to a multiple of 16.
  public var parameters: RawSpan {
    @_lifetime(borrow self) borrowing get {
      let bytes = UnsafeRawBufferPointer(start: base, count: footprint.weights)
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), borrowing: self)
    }
  }

  /// Replaces all parameters by bytes in the order and padding of `parameters`; padding stays zero. Samples that
  /// wait are forgotten: in int8 they would mean something else by other scales.
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
      clearPadding(of: layer.stateWeight)
      clearPadding(of: layer.bias)
    }
    discard()
    predicted = 0
  }

  /// Copies the parameters of a layer: weights row-major, [units, inputs] of a dense layer, [channels, window
  /// rows, window columns, input channels] of a convolution, [window rows, window columns, channels] of a
  /// depthwise one, [gates * units, inputs] of a recurrent one; biases [units] or [gates * units].
  ///
  /// - Throws: `NetworkError`, if there is no such layer or the counts differ; nothing is copied then.
  public borrowing func copyLayer(
    _ index: Int, weights: inout MutableSpan<Float>, biases: inout MutableSpan<Float>
  ) throws(NetworkError) {
    let layer = try planned(index, weights: weights.count, biases: biases.count)
    self.weights(layer).copy(to: &weights)
    let bias = floats(layer.bias)
    for i in bias.indices { biases[i] = bias[i] }
  }

  /// Copies the weights by which a recurrent layer reads itself, [gates * units, units] row-major, gates in the
  /// order reset, update, new.
  ///
  /// - Throws: `NetworkError`, if there is no such layer or the counts differ; nothing is copied then.
  public borrowing func copyStateWeights(
    ofLayer index: Int, into weights: inout MutableSpan<Float>
  ) throws(NetworkError) {
    let layer = try planned(index)
    guard weights.count == layer.stateWeightCount else {
      throw .parameterCount(expected: layer.stateWeightCount, found: weights.count)
    }
    stateWeights(layer).copy(to: &weights)
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
    try Self.check(weights, precision)
    for i in biases.indices where !biases[i].isFinite {
      throw .parameter(offset: weights.count * precision.bytes + i * 4)
    }
    self.weights(layer).set(weights)
    let bias = floats(layer.bias)
    for i in bias.indices { bias[i] = biases[i].isSubnormal ? 0 : biases[i] }
  }

  /// Replaces the weights by which a recurrent layer reads itself, as `setLayer` does the others.
  ///
  /// - Throws: `NetworkError`, if there is no such layer, the counts differ, or a number is not finite in
  ///   that precision; nothing has changed then.
  public mutating func setStateWeights(
    ofLayer index: Int, to weights: Span<Float>
  ) throws(NetworkError) {
    let layer = try planned(index)
    guard weights.count == layer.stateWeightCount else {
      throw .parameterCount(expected: layer.stateWeightCount, found: weights.count)
    }
    try Self.check(weights, layer.description.precision)
    stateWeights(layer).set(weights)
  }

  private static func check(_ weights: Span<Float>, _ precision: Precision) throws(NetworkError) {
    for i in weights.indices where !precision.holds(weights[i]) {
      throw .parameter(offset: i * precision.bytes)
    }
  }

  /// The CRC-32 of all parameters without padding: layer by layer the scale of an int8 layer, the weights
  /// and the biases.
  public var weightsChecksum: UInt32 {
    var crc = CRC32()
    plan.forEachLayer { layer in
      crc.update(bytes(of: layer.scale))
      crc.update(bytes(of: layer.weight))
      crc.update(bytes(of: layer.stateScale))
      crc.update(bytes(of: layer.stateWeight))
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
      let count = layer.weightCount
      if layer.scale.bytes > 0 && !bytes.holdsScale(at: layer.scale.offset) {
        place = place ?? layer.scale.offset
      }
      if layer.stateScale.bytes > 0 && !bytes.holdsScale(at: layer.stateScale.offset) {
        place = place ?? layer.stateScale.offset
      }
      place =
        place
        ?? bytes.firstUnusable(layer.description.precision, from: weight.offset, count: count)
        ?? bytes.firstUnusable(
          layer.description.precision, from: layer.stateWeight.offset,
          count: layer.stateWeightCount)
        ?? bytes.firstUnusable(.float32, from: bias.offset, count: layer.shape.biases)
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
    guard weights == layer.weightCount, biases == layer.shape.biases else {
      throw .parameterCount(
        expected: layer.weightCount + layer.shape.biases, found: weights + biases)
    }
    return layer
  }
}
