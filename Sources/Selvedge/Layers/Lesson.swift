/// What one layer learns from in one step.
struct Lesson<Loss: LocalLoss> {
  let loss: Loss
  let projection: Projection
  /// What each sample asks for.
  let targets: Targets
  let rate: Float
  /// What the loss keeps of each sample's output, [samples, loss.digestCount].
  let digest: UnsafeMutableBufferPointer<Float>

  var samples: Int { targets.samples }
  private var digestCount: Int { digest.count / samples }

  /// Reduces the outputs of all samples to what the loss keeps.
  func keepDigests(_ y: Activations) {
    guard !digest.isEmpty else { return }
    var all = digest.mutableSpan
    for s in 0..<samples {
      var own = all.part(s * digestCount..<(s + 1) * digestCount)
      loss.digest(y.output(s), targets.target(s, projection), into: &own)
    }
  }

  /// The deltas of some outputs of a sample: rate * e * f'(y) / parts.
  ///
  /// - Parameters:
  ///   - y: The outputs of units `firstUnit` on.
  ///   - ahead: Errors of the same units that the next layer sent back; empty if it does not.
  ///   - isOwn: Whether the layer's own error counts.
  ///   - parts: Among how many the rate is divided, such as samples and places.
  func deltas(
    of y: Span<Float>, sample s: Int, firstUnit: Int, _ activation: Activation, parts: Int,
    ahead: UnsafeBufferPointer<Float> = .init(start: nil, count: 0), isOwn: Bool = true,
    into d: inout MutableSpan<Float>
  ) {
    let scale = rate / Float(number: parts)
    var first = 0
    while first < y.count {
      // A block of a projection at a time.
      let unit = firstUnit + first
      let last = min(y.count, first + Projection.block - unit % Projection.block)
      let own = y.extracting(first..<last)
      var error = d.part(first..<last)
      if isOwn {
        loss.error(
          own, firstUnit: unit, targets.target(s, projection),
          digest: digest.span.extracting(s * digestCount..<(s + 1) * digestCount), into: &error)
        for u in own.indices where !ahead.isEmpty { error[u] += ahead[first + u] }
      } else {
        for u in own.indices { error[u] = ahead[first + u] }
      }
      for u in own.indices {
        error[u] = (error[u] * activation.slope(own[u]) * scale).quiet
      }
      first = last
    }
  }
}

extension Rates {
  /// The rate of a kind of layer.
  func rate(of kind: LayerDescription.Kind) -> Float {
    switch kind {
    case .output, .readout, .regression: output
    case .convolution, .depthwise: convolution
    case .elman, .gru: recurrent
    default: hidden
    }
  }
}
