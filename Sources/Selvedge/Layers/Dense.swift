/// A fully connected layer, y = f(W x + b): weights [units, inputs] row-major, biases [units].
///
/// It owns nothing; its tensors are lent to it.
struct Dense {
  let weights: Weights
  let bias: UnsafeMutableBufferPointer<Float>
  let activation: Activation

  /// Memory that a layer uses while it is its turn.
  struct Scratch {
    /// What the loss keeps of each sample, [samples, loss.digestCount].
    let digest: UnsafeMutableBufferPointer<Float>
    /// The sums, then the deltas, of a block of units, [samples, block].
    let block: UnsafeMutableBufferPointer<Float>
    /// Outputs of one sample as floats, where they are int8 in memory.
    let values: UnsafeMutableBufferPointer<Float>
    let rounding: UpdateRounding
  }

  var units: Int { weights.units }

  /// The units whose deltas are held at once.
  static func block(units: Int) -> Int { min(units, Projection.block) }

  /// The outputs `y` of the inputs `x`.
  ///
  /// - Parameters:
  ///   - scratch: Sums of a block of units, where the outputs are int8.
  ///   - isTraining: Whether to note what does not fit int8.
  func forward(
    _ x: Activations, into y: Activations, _ scratch: UnsafeMutableBufferPointer<Float>,
    isTraining: Bool
  ) {
    guard y.isInt8 else {
      var sums = y.floats.mutableSpan
      weights.multiply(x, bias: bias.span, units: 0..<units, into: &sums)
      Kernels.activate(activation, &sums)
      return
    }
    var first = 0
    while first < units {
      let count = min(Projection.block, units - first)
      let sums = UnsafeMutableBufferPointer(rebasing: scratch[0..<x.samples * count])
      var all = sums.mutableSpan
      weights.multiply(x, bias: bias.span, units: first..<first + count, into: &all)
      Kernels.activate(activation, &all)
      for s in 0..<x.samples {
        let own = UnsafeBufferPointer(rebasing: sums[s * count..<(s + 1) * count])
        y.store(own.span, s, first..<first + count, isTraining: isTraining)
      }
      first += count
    }
  }

  /// One update from the layer's own output: d = rate / samples * e * f'(y), W += dT x, b += sum of d.
  ///
  /// - Parameters:
  ///   - x: What the layer read.
  ///   - y: What it gave; it is not changed.
  func learn<Loss: LocalLoss>(
    _ loss: Loss, _ projection: Projection, labels: Span<UInt32>, rate: Float,
    _ x: Activations, _ y: Activations, _ scratch: Scratch
  ) {
    let samples = labels.count
    let digestCount = samples == 0 ? 0 : scratch.digest.count / samples
    var digest = scratch.digest.mutableSpan
    if digestCount > 0 {
      for s in 0..<samples {
        var own = digest.part(s * digestCount..<(s + 1) * digestCount)
        let target = Target(label: Int(labels[s]), projection: projection)
        loss.digest(y.values(s, 0..<units, in: scratch.values).span, target, into: &own)
      }
    }
    if weights.precision == .int8 {
      var noise = scratch.rounding.noise.mutableSpan
      Kernels.drawNoise(
        scratch.rounding.generator, x.bytes.span.extracting(0..<x.width), into: &noise)
    }
    var biases = bias.mutableSpan
    var delta = scratch.block.mutableSpan
    let scale = rate / Float(samples)
    var first = 0
    while first < units {
      let count = min(Projection.block, units - first)
      for s in 0..<samples {
        let target = Target(label: Int(labels[s]), projection: projection)
        let outputs = y.values(s, first..<first + count, in: scratch.values).span
        var d = delta.part(s * count..<(s + 1) * count)
        loss.error(
          outputs, block: first / Projection.block, target,
          digest: digest.span.extracting(s * digestCount..<(s + 1) * digestCount), into: &d)
        for u in outputs.indices {
          d[u] = (d[u] * activation.slope(outputs[u]) * scale).quiet
        }
      }
      weights.addOuterProducts(
        delta.span.extracting(0..<samples * count), x, toUnits: first..<first + count,
        bias: &biases, scratch.rounding)
      first += count
    }
  }
}
