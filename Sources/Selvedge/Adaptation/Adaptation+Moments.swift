extension Adaptation {
  /// How many numbers the moments of training are: a mean and a deviation for each channel of each corrected layer.
  public func momentCount(_ network: borrowing Network) -> Int {
    var sum = 0
    for k in 0..<network.layerCount { sum += 2 * network.correctedChannels(ofLayer: k) }
    return sum
  }

  /// Measures what the sums of every corrected layer are over samples like those of training.
  ///
  /// - Parameter body: Called with the numbers, layer after layer: of each channel its mean, then of each its
  ///   deviation.
  public func measureMoments<Samples: FieldSamples>(
    _ samples: inout Samples, in arena: inout Arena, into moments: inout MutableSpan<Float>
  ) throws(AdaptationError) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    var place = try begin(.moments, longest: samples.longest, in: &arena)
    let count = momentCount(place.network)
    guard moments.count == count else { throw .moments(expected: count, found: moments.count) }
    var first = 0
    for k in 0..<model.layerCount {
      let channels = place.network.correctedChannels(ofLayer: k)
      guard channels > 0 else { continue }
      var own = moments.part(first..<first + 2 * channels)
      try measure(layer: k, &place, &samples, into: &own)
      first += 2 * channels
    }
  }

  /// The rung `moments`: layer after layer, what it finds is made what it was in training.
  func matchMoments<Samples: FieldSamples>(
    _ place: inout Workplace, _ samples: inout Samples, _ moments: Span<Float>
  ) throws(AdaptationError) {
    let count = momentCount(place.network)
    guard moments.count == count else { throw .moments(expected: count, found: moments.count) }
    try checkClasses(&place, &samples)
    let weight = min(
      Float(number: samples.count) / Float(number: max(settings.enoughSamples, 1)), 1)
    var first = 0
    for k in 0..<model.layerCount {
      let channels = place.network.correctedChannels(ofLayer: k)
      guard channels > 0 else { continue }
      // What was found takes the place of numbers that are not in use yet: those of the record.
      guard let adaptor = place.network.adaptor else { throw .notLinked }
      let found = adaptor.floats(adaptor.plan.tensor(.found), count: 2 * channels)
      var own = found.mutableSpan
      try measure(layer: k, &place, &samples, into: &own)
      do throws(AdaptorError) {
        try place.network.match(
          found.span, to: moments.extracting(first..<first + 2 * channels), weight: weight,
          layer: k)
      } catch {
        throw .nothingToFit(.moments)
      }
      first += 2 * channels
    }
  }

  private func measure<Samples: FieldSamples>(
    layer k: Int, _ place: inout Workplace, _ samples: inout Samples,
    into moments: inout MutableSpan<Float>
  ) throws(AdaptationError) {
    do throws(AdaptorError) { try place.network.beginMeasuring(layer: k) } catch {
      throw .nothingToFit(.moments)
    }
    var first = 0
    while first < samples.count {
      let next = min(first + settings.batch, samples.count)
      for index in first..<next { try add(index, label: nil, &place, &samples) }
      try predict(&place)
      first = next
    }
    do throws(AdaptorError) { try place.network.endMeasuring(into: &moments) } catch {
      throw .nothingToFit(.moments)
    }
  }

  /// Refuses samples that are too much of one class: by their labels, or if there are none by what the model takes
  /// them for.
  private func checkClasses<Samples: FieldSamples>(
    _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) {
    let classes = place.network.classes
    // One class after the other, so that no counts are to be kept.
    let total = samples.labelledCount > 0 ? samples.labelledCount : samples.count
    var entropy: Float = 0
    for c in 0..<classes {
      let count = try self.count(of: c, &place, &samples)
      let part = Float(number: count) / Float(number: max(total, 1))
      if count > 0 { entropy -= part * naturalLogarithm(part) }
    }
    let relative = entropy / naturalLogarithm(Float(number: classes))
    guard relative >= 0.7 else { throw .oneSided(entropy: relative) }
  }

  private func count<Samples: FieldSamples>(
    of label: Int, _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) -> Int {
    var count = 0
    guard samples.labelledCount == 0 else {
      for i in 0..<samples.labelledCount where samples.label(of: i) == label { count += 1 }
      return count
    }
    var first = 0
    while first < samples.count {
      let next = min(first + settings.batch, samples.count)
      for index in first..<next { try add(index, label: nil, &place, &samples) }
      try predict(&place)
      for i in 0..<next - first where place.network.predictedClass(of: i) == label { count += 1 }
      first = next
    }
    return count
  }
}
