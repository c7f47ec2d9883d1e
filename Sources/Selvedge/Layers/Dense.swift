/// A fully connected layer, y = f(W x + b): weights [units, inputs] row-major, biases [units].
///
/// It owns nothing; its tensors are lent to it.
struct Dense {
  let weights: Weights
  let bias: UnsafeMutableBufferPointer<Float>
  let activation: Activation

  var units: Int { weights.units }

  /// The units whose deltas are held at once.
  static func block(units: Int) -> Int { min(units, Projection.block) }

  /// The outputs `y` [samples, units] of the inputs `x` [samples, inputs].
  func forward(
    _ x: Span<Float>, samples: Int, into y: inout MutableSpan<Float>
  ) {
    weights.multiply(x, bias: bias.span, samples: samples, into: &y)
    Kernels.activate(activation, &y)
  }

  /// One update from the layer's own output: d = rate / samples * e * f'(y), W += dT x, b += sum of d.
  ///
  /// - Parameters:
  ///   - x: What the layer read, [samples, inputs].
  ///   - y: What it gave, [samples, units]; it is not changed.
  ///   - digest: Scratch, [samples, loss.digestCount].
  ///   - delta: Scratch, [samples, block].
  func learn<Loss: LocalLoss>(
    _ loss: Loss, _ projection: Projection, labels: Span<UInt32>, rate: Float,
    _ x: Span<Float>, _ y: Span<Float>,
    digest: inout MutableSpan<Float>, delta: inout MutableSpan<Float>
  ) {
    var biases = bias.mutableSpan
    let samples = labels.count
    let digestCount = samples == 0 ? 0 : digest.count / samples
    for s in 0..<samples {
      var own = digest.part(s * digestCount..<(s + 1) * digestCount)
      let target = Target(label: Int(labels[s]), projection: projection)
      loss.digest(y.extracting(s * units..<(s + 1) * units), target, into: &own)
    }
    let scale = rate / Float(samples)
    var first = 0
    while first < units {
      let count = min(Projection.block, units - first)
      for s in 0..<samples {
        let target = Target(label: Int(labels[s]), projection: projection)
        let outputs = y.extracting(s * units + first..<s * units + first + count)
        var d = delta.part(s * count..<(s + 1) * count)
        loss.error(
          outputs, block: first / Projection.block, target,
          digest: digest.span.extracting(s * digestCount..<(s + 1) * digestCount), into: &d)
        for u in outputs.indices {
          d[u] = (d[u] * activation.slope(outputs[u]) * scale).quiet
        }
      }
      weights.addOuterProducts(
        delta.span.extracting(0..<samples * count), x, samples: samples,
        toUnits: first..<first + count, bias: &biases)
      first += count
    }
  }
}
