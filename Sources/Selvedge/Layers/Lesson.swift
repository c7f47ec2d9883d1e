/// What one layer learns from in one step.
struct Lesson<Loss: LocalLoss> {
  let loss: Loss
  let projection: Projection
  /// The class of each sample.
  let labels: UnsafeBufferPointer<UInt32>
  let rate: Float
  /// What the loss keeps of each sample's output, [samples, loss.digestCount].
  let digest: UnsafeMutableBufferPointer<Float>

  var samples: Int { labels.count }
  private var digestCount: Int { digest.count / labels.count }

  private func target(_ s: Int) -> Target {
    Target(label: Int(labels[s]), projection: projection)
  }

  /// Reduces the outputs of all samples to what the loss keeps.
  ///
  /// - Parameter values: Room for the outputs of one sample as floats, if they are int8.
  func keepDigests(_ y: Activations, _ values: UnsafeMutableBufferPointer<Float>) {
    guard !digest.isEmpty else { return }
    var all = digest.mutableSpan
    for s in 0..<samples {
      var own = all.part(s * digestCount..<(s + 1) * digestCount)
      loss.digest(y.values(s, 0..<y.width, in: values).span, target(s), into: &own)
    }
  }

  /// The deltas of some outputs of a sample: rate * e * f'(y) / parts.
  ///
  /// - Parameters:
  ///   - y: The outputs of units `firstUnit` on.
  ///   - parts: Among how many the rate is divided, such as samples and places.
  func deltas(
    of y: Span<Float>, sample s: Int, firstUnit: Int, _ activation: Activation, parts: Int,
    into d: inout MutableSpan<Float>
  ) {
    let scale = rate / Float(parts)
    var first = 0
    while first < y.count {
      // A block of a projection at a time.
      let unit = firstUnit + first
      let last = min(y.count, first + Projection.block - unit % Projection.block)
      let own = y.extracting(first..<last)
      var error = d.part(first..<last)
      loss.error(
        own, firstUnit: unit, target(s),
        digest: digest.span.extracting(s * digestCount..<(s + 1) * digestCount), into: &error)
      for u in own.indices {
        error[u] = (error[u] * activation.slope(own[u]) * scale).quiet
      }
      first = last
    }
  }
}
