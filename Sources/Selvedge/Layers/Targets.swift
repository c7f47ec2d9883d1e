/// What the samples of a batch ask of the network where it lies in the arena: a class each, or for regression
/// values, [samples, outputs].
///
/// It owns nothing; its numbers are lent to it.
struct Targets {
  let samples: Int
  /// Values of a sample; 0 if it has a class.
  private let outputs: Int
  /// A label in 32 bits, or the values.
  private let base: UnsafeMutablePointer<UInt32>
  private let competitors: Competitors

  /// What stands for no target: no class, and as a float not a number.
  private static var none: UInt32 { .max }

  /// The targets at `base`.
  ///
  /// - Parameter outputs: Values of a sample; 0 for classes.
  init(
    samples: Int, outputs: Int, at base: UnsafeMutablePointer<UInt32>,
    competitors: Competitors = Competitors()
  ) {
    self.samples = samples
    self.outputs = outputs
    self.base = base
    self.competitors = competitors
  }

  private var width: Int { max(outputs, 1) }

  /// One sample of the batch.
  func sample(_ s: Int) -> Targets {
    Targets(samples: 1, outputs: outputs, at: base + s * width, competitors: competitors)
  }

  func isMissing(_ s: Int) -> Bool { base[s * width] == Self.none }

  /// Sets the class of a sample, or that it has no target.
  func set(_ s: Int, label: Int?) { base[s * width] = label.map { UInt32($0) } ?? Self.none }

  /// Sets the values of a sample, standardised.
  func set(_ s: Int, values: Span<Float>, _ standardisation: Standardisation) {
    var own = self.values(s).mutableSpan
    Kernels.standardise(
      values, mean: standardisation.mean, scale: standardisation.scale, into: &own)
  }

  /// What sample `s` asks of the layer with a projection.
  @_lifetime(borrow self)
  borrowing func target(_ s: Int, _ projection: Projection) -> Target {
    if outputs == 0 {
      return Target(
        label: Int(truncatingIfNeeded: base[s]), competitors: competitors, projection: projection)
    }
    let values = UnsafeBufferPointer(self.values(s))
    return unsafe Target(
      values: _overrideLifetime(values.span, borrowing: self), projection: projection)
  }

  private func values(_ s: Int) -> UnsafeMutableBufferPointer<Float> {
    let start = UnsafeMutableRawPointer(base + s * width)
    return UnsafeMutableBufferPointer(
      start: start.bindMemory(to: Float.self, capacity: outputs), count: outputs)
  }
}
