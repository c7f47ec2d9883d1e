/// A last layer that is not trained but counted: the mean of each class's features and one covariance that all
/// classes share, of which the best linear classifier follows (streaming linear discriminant analysis; Hayes and
/// Kanan, arXiv 1909.01520).
///
/// It keeps sums of integers alone. So the weights that it finds are the same, bit for bit, in whatever order samples
/// came; a class that has not been seen for long is not forgotten. The layers in front of the last must stay as
/// they are from the first sample on.
public struct GaussianHead: ~Copyable {
  /// Where its bytes go.
  public let plan: GaussianHeadPlan
  private let base: UnsafeMutableRawPointer

  /// A head that has seen nothing, in bytes reserved from `arena`, which must outlive it.
  ///
  /// - Throws: `ArenaError.exhausted`, with the bytes that are missing; the arena is then as it was.
  public init(_ plan: GaussianHeadPlan, in arena: inout Arena) throws(ArenaError) {
    base = try arena.reserve(plan.bytes, layer: 0, role: .products).baseAddress!
    self.plan = plan
    reset()
  }

  /// Forgets all samples.
  public mutating func reset() {
    UnsafeMutableRawBufferPointer(start: base, count: plan.bytes)
      .initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// How many samples of a class it has seen.
  ///
  /// - Precondition: There is such a class.
  public func sampleCount(ofClass label: Int) -> Int {
    precondition(label >= 0 && label < plan.classes, "sampleCount: no such class")
    return Int(elements(plan.counts, as: Int32.self)[label])
  }

  /// How many samples it has seen.
  public var sampleCount: Int {
    var count = 0
    for c in 0..<plan.classes { count += sampleCount(ofClass: c) }
    return count
  }

  /// Room for a sample's features as floats.
  var sampleValues: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      rebasing: elements(plan.weights, as: Float.self)[0..<plan.features])
  }

  /// Counts a sample.
  ///
  /// - Precondition: The class is one of the plan, there is a number for each feature, and the sums have room.
  mutating func add(_ features: Span<Float>, label: Int) {
    var integers = elements(plan.sample, as: Int8.self).mutableSpan
    _ = Kernels.quantise(features, exponent: plan.exponent, into: &integers)
    let own = label * plan.features..<(label + 1) * plan.features
    var sums = UnsafeMutableBufferPointer(rebasing: elements(plan.sums, as: Int32.self)[own])
      .mutableSpan
    var products = elements(plan.products, as: Int32.self).mutableSpan
    Kernels.addMoments(integers.span, sums: &sums, products: &products)
    elements(plan.counts, as: Int32.self)[label] += 1
  }

  /// Finds weights and biases of the last layer; where, say `foundWeights` and `foundBiases`.
  mutating func solve(shrinkage: Float) throws(GaussianHeadError) {
    guard (0...1).contains(shrinkage) else { throw .shrinkage }
    try makeCovariance(shrinkage)
    var factor = elements(plan.factor, as: Float.self).mutableSpan
    if let feature = Kernels.factor(&factor, side: plan.features) {
      throw .dependent(feature: feature)
    }
    let unit = Float.powerOfTwo(plan.exponent)
    for c in 0..<plan.classes {
      let weights = foundWeights(ofClass: c)
      let count = sampleCount(ofClass: c)
      guard count > 0 else {
        weights.update(repeating: 0)
        elements(plan.biases, as: Float.self)[c] = Self.never
        continue
      }
      // The inverse covariance times the mean, by which an input is multiplied.
      let sums = sums(ofClass: c)
      for i in weights.indices { weights[i] = Self.mean(sums[i], count) }
      var x = weights.mutableSpan
      Kernels.solve(factor.span, &x)
      var square: Float = 0
      for i in weights.indices { square += weights[i] * Self.mean(sums[i], count) }
      elements(plan.biases, as: Float.self)[c] = -square / 2
      // Inputs are no integers.
      for i in weights.indices { weights[i] *= unit }
    }
  }

  /// The logit of a class that no sample was of: none of the others is as low.
  static var never: Float { -1e30 }

  /// The covariance within classes, with a part of the mean variance on its diagonal.
  private func makeCovariance(_ shrinkage: Float) throws(GaussianHeadError) {
    let products = elements(plan.products, as: Int32.self)
    let covariance = elements(plan.factor, as: Float.self)
    let all = Float(number: sampleCount)
    guard all > 0 else { throw .noVariance }
    for i in products.indices { covariance[i] = Float(number: Int(products[i])) }
    for c in 0..<plan.classes {
      let (sums, count) = (sums(ofClass: c), sampleCount(ofClass: c))
      guard count > 0 else { continue }
      var place = 0
      for i in sums.indices {
        let mean = Self.mean(sums[i], count)
        for j in 0...i {
          covariance[place] -= mean * Float(number: Int(sums[j]))
          place += 1
        }
      }
    }
    var trace: Float = 0
    for i in covariance.indices { covariance[i] /= all }
    for i in 0..<plan.features { trace += covariance[Kernels.triangleCount(i) + i] }
    let mean = trace / Float(number: plan.features)
    guard mean > 0 else { throw .noVariance }
    for i in covariance.indices { covariance[i] *= 1 - shrinkage }
    for i in 0..<plan.features {
      covariance[Kernels.triangleCount(i) + i] += shrinkage * mean
    }
  }

  private static func mean(_ sum: Int32, _ count: Int) -> Float {
    Float(number: Int(sum)) / Float(number: count)
  }

  private func sums(ofClass c: Int) -> UnsafeMutableBufferPointer<Int32> {
    UnsafeMutableBufferPointer(
      rebasing: elements(plan.sums, as: Int32.self)[c * plan.features..<(c + 1) * plan.features])
  }

  private func foundWeights(ofClass c: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      rebasing: foundWeights[c * plan.features..<(c + 1) * plan.features])
  }

  /// The weights that were found, [classes, features].
  var foundWeights: UnsafeMutableBufferPointer<Float> {
    elements(plan.weights, as: Float.self)
  }

  /// The biases that were found, [classes].
  var foundBiases: UnsafeMutableBufferPointer<Float> { elements(plan.biases, as: Float.self) }

  private func elements<Element: BitwiseCopyable>(
    _ tensor: Tensor, as type: Element.Type
  ) -> UnsafeMutableBufferPointer<Element> {
    tensor.elements(as: type, in: base)
  }
}
