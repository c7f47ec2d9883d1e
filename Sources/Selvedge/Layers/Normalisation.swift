/// A layer without weights or memory: every sample by itself to mean 0 and deviation 1
/// (Ba, Kiros and Hinton, arXiv 1607.06450, without gain and bias).
struct Normalisation {
  /// What is added to the variance, so that a constant sample becomes zeros.
  static let floor: Float = 1e-5

  /// The outputs `y` of the inputs `x`, which are floats.
  ///
  /// - Parameter block: Room for some outputs.
  func forward(
    _ x: Activations, into y: Activations, _ block: UnsafeMutableBufferPointer<Float>,
    isTraining: Bool
  ) {
    let width = x.width
    for s in 0..<x.samples {
      let own = UnsafeBufferPointer(rebasing: x.floats[s * width..<(s + 1) * width])
      var mean: Float = 0
      for value in own { mean += value }
      mean /= Float(number: width)
      var variance: Float = 0
      for value in own { variance += (value - mean) * (value - mean) }
      let factor = 1 / (variance / Float(number: width) + Self.floor).squareRoot()
      var first = 0
      while first < width {
        let part = first..<min(first + block.count, width)
        for i in part { block[i - first] = ((own[i] - mean) * factor).quiet }
        let values = UnsafeBufferPointer(rebasing: block[0..<part.count])
        y.store(values.span, s, part, isTraining: isTraining)
        first = part.upperBound
      }
    }
  }
}
