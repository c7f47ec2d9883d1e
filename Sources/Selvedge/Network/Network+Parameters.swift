extension Network {
  /// The bytes of a layer's parameters as they lie in the arena, in flash and in a model file: the scale of an int8
  /// layer, the weights, of a recurrent layer those of its state with their scale, and the biases, each
  /// padded with zeros to a multiple of 16.
  @_lifetime(borrow self)
  borrowing func parameters(of layer: PlannedLayer) -> RawSpan {
    let bytes = UnsafeRawBufferPointer(start: start(layer.scale), count: layer.parameters.count)
    return unsafe _overrideLifetime(RawSpan(_unsafeBytes: bytes), borrowing: self)
  }

  /// Replaces all parameters by bytes in the order and padding of a model file; padding stays zero. Samples that
  /// wait are forgotten: in int8 they would mean something else by other scales.
  ///
  /// - Throws: `NetworkError`, if the count is another, a number is not finite or subnormal, or a layer in flash
  ///   would change; nothing has changed then.
  public mutating func setParameters(_ bytes: RawSpan) throws(NetworkError) {
    guard bytes.byteCount == footprint.stored else {
      throw .parameterBytes(expected: footprint.stored, found: bytes.byteCount)
    }
    var walk = Plan.Walk(plan)
    var first = 0
    while let layer = walk.next(plan) {
      let own = bytes.extracting(first..<first + layer.parameters.count)
      if layer.isInFlash {
        guard own.holdsSame(as: parameters(of: layer)) else { throw .inFlash(layer: layer.index) }
      } else if let place = layer.firstUnusable(own) {
        throw .parameter(offset: first + place)
      }
      first += own.byteCount
    }
    copyParameters(bytes)
    discard()
    predicted = 0
  }

  /// Copies what is not in flash of parameters that are those of the whole network, in the order and padding of
  /// a model file, and usable.
  func copyParameters(_ bytes: RawSpan) {
    var first = 0
    plan.forEachLayer { layer in
      let own = first..<first + layer.parameters.count
      first = own.upperBound
      copyParameters(bytes.extracting(own), of: layer)
    }
  }

  /// Copies the parameters of a layer, usable and padded as there, unless it is in flash.
  func copyParameters(_ bytes: RawSpan, of layer: PlannedLayer) {
    guard !layer.isInFlash else { return }
    copy(bytes, to: start(layer.scale))
    clearPadding(of: layer.weight)
    clearPadding(of: layer.stateWeight)
    clearPadding(of: layer.bias)
  }

  func copy(_ bytes: RawSpan, to place: UnsafeMutableRawPointer) {
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: place, count: bytes.byteCount)
        .copyMemory(from: $0)
    }
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
  /// - Throws: `NetworkError`, if there is no such layer or it lies in flash, the counts differ, or a number is
  ///   not finite in that precision; nothing has changed then.
  public mutating func setLayer(
    _ index: Int, weights: Span<Float>, biases: Span<Float>
  ) throws(NetworkError) {
    let layer = try planned(index, weights: weights.count, biases: biases.count)
    guard !layer.isInFlash else { throw .inFlash(layer: index) }
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
  /// - Throws: `NetworkError`, if there is no such layer or it lies in flash, the counts differ, or a number is
  ///   not finite in that precision; nothing has changed then.
  public mutating func setStateWeights(
    ofLayer index: Int, to weights: Span<Float>
  ) throws(NetworkError) {
    let layer = try planned(index)
    guard !layer.isInFlash else { throw .inFlash(layer: index) }
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
  public var isFinite: Bool {
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan) {
      guard isUsable(layer) else { return false }
    }
    return true
  }

  /// Whether all parameters of a layer are finite.
  func isUsable(_ layer: PlannedLayer) -> Bool {
    layer.firstUnusable(parameters(of: layer)) == nil
  }

  private func clearPadding(of tensor: Tensor) {
    UnsafeMutableRawBufferPointer(
      start: start(tensor) + tensor.bytes, count: tensor.reserved - tensor.bytes
    ).initializeMemory(as: UInt8.self, repeating: 0)
  }

  @_lifetime(borrow self)
  private borrowing func bytes(of tensor: Tensor) -> RawSpan {
    let bytes = UnsafeRawBufferPointer(start: start(tensor), count: tensor.bytes)
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

extension PlannedLayer {
  /// Where in the bytes of the layer's parameters the first number lies that no layer can have.
  func firstUnusable(_ bytes: RawSpan) -> Int? {
    let (first, precision) = (scale.offset, description.precision)
    if scale.bytes > 0 && !bytes.holdsScale(at: 0) { return 0 }
    if stateScale.bytes > 0 && !bytes.holdsScale(at: stateScale.offset - first) {
      return stateScale.offset - first
    }
    return bytes.firstUnusable(precision, from: weight.offset - first, count: weightCount)
      ?? bytes.firstUnusable(
        precision, from: stateWeight.offset - first, count: stateWeightCount)
      ?? bytes.firstUnusable(.float32, from: bias.offset - first, count: shape.biases)
  }
}

extension RawSpan {
  /// Whether all bytes are those of `other`, which has just as many.
  fileprivate func holdsSame(as other: RawSpan) -> Bool {
    for i in 0..<byteCount {
      let (own, their) = unsafe (
        unsafeLoad(fromByteOffset: i, as: UInt8.self),
        other.unsafeLoad(fromByteOffset: i, as: UInt8.self)
      )
      guard own == their else { return false }
    }
    return true
  }
}
