extension Adaptation {
  /// The rung `prompt`: a search from each start, of which the one with the least loss on the samples that are
  /// fitted is kept.
  func searchPrompt<Samples: FieldSamples>(
    _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) {
    guard let adaptor = place.network.adaptor else { throw .notLinked }
    let (mean, deviation) = try momentsOfInput(&place, &samples)
    let own = place.network.standardisation
    // Values with these moments have those of training behind z -> gain * z + offset.
    let gain = deviation > 0x1p-10 * own.deviation ? own.deviation / deviation : 1
    let shift = (own.mean - mean) / own.deviation
    func start(_ k: Int) -> (gain: Float, offset: Float) {
      k % 3 == 0 ? (1, 0) : k % 3 == 1 ? (gain, gain * shift) : (-gain, -gain * shift)
    }
    _ = try PromptSearch.best(
      form, starts: max(1, settings.promptStarts), start, steps: settings.promptSteps,
      seed: settings.seed, in: adaptor.floats(adaptor.plan.tensor(.search)),
      numbers: adaptor.prompt
    ) { step throws(AdaptationError) in try loss(step, &place, &samples) }
  }

  /// The mean cross-entropy of some labelled samples to fit on: those of a step, or all.
  private func loss<Samples: FieldSamples>(
    _ step: Int?, _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) -> Float {
    let total = samples.fittingCount
    let count = step == nil ? total : min(settings.promptBatch, total)
    let generator = CounterGenerator(
      seed: settings.seed, stream: 7 &<< 32 &+ UInt64(widening: step ?? 0))
    func index(_ i: Int) -> Int {
      guard step != nil else { return samples.fitting(i) }
      return samples.fitting(
        Int(truncatingIfNeeded: generator[UInt64(widening: i)] &>> 34) % total)
    }
    var (sum, first) = (Float(0), 0)
    while first < count {
      let next = min(first + settings.batch, count)
      for i in first..<next { try add(index(i), label: nil, &place, &samples) }
      try predict(&place)
      for i in first..<next {
        sum += Kernels.crossEntropy(
          place.network.logits(of: i - first), label: samples.label(of: index(i)))
      }
      first = next
    }
    return sum / Float(number: max(count, 1))
  }

  /// The mean and deviation of all values of the samples to fit on.
  private func momentsOfInput<Samples: FieldSamples>(
    _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) -> (mean: Float, deviation: Float) {
    let own = place.network.standardisation
    var (mean, square) = (Float(0), Float(0))
    for i in 0..<samples.fittingCount {
      var values = place.values.mutableSpan
      let count = samples.copy(samples.fitting(i), into: &values)
      var (sum, squares) = (Float(0), Float(0))
      for v in 0..<count {
        let value = (values[v] - own.mean) / own.deviation
        sum += value
        squares += value * value
      }
      let number = Float(number: max(count, 1))
      mean += (sum / number - mean) / Float(number: i + 1)
      square += (squares / number - square) / Float(number: i + 1)
    }
    let variance = square - mean * mean
    guard variance > 0, variance.isFinite else { return (own.mean, own.deviation) }
    return (own.mean + mean * own.deviation, variance.squareRoot() * own.deviation)
  }
}
