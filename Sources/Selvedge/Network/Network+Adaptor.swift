extension Network {
  /// Lets an adaptor fit the network to what it sees: from now on it computes with it, and where the adaptor was
  /// planned for fitting, training fits the adaptor's numbers in every frozen layer that has some.
  ///
  /// - Throws: `AdaptorError.otherPlan` if the adaptor was planned for other layers; nothing has changed then.
  public mutating func attach(_ adaptor: Adaptor) throws(AdaptorError) {
    guard Linked.adaptors else { throw .notLinked }
    let needed = AdaptorPlan(
      adaptor.plan.rung, of: plan, rank: adaptor.plan.rank, form: adaptor.plan.form,
      purpose: adaptor.plan.purpose)
    guard needed == adaptor.plan else { throw .otherPlan }
    self.adaptor = adaptor
    discard()
    predicted = 0
  }

  /// Takes the adaptor off: the network computes as it did before, bit for bit.
  public mutating func detach() {
    adaptor = nil
    discard()
    predicted = 0
  }

  /// What an adaptor does to the sums of a layer.
  func correction(of layer: PlannedLayer) -> Correction? {
    guard Linked.adaptors, let adaptor else { return nil }
    return adaptor.correction(of: layer)
  }

  // MARK: One sample after the other

  /// Whether a layer's samples are computed one after the other.
  func computesOneByOne(_ layer: PlannedLayer) -> Bool {
    guard let adaptor, layer.description.kind.isCorrectable else { return false }
    return adaptor.measured == layer.index || adaptor.reduction(of: layer) != nil
  }

  func forwardOneByOne(_ layer: PlannedLayer, samples: Int, isTraining: Bool) {
    guard let adaptor, var correction = adaptor.correction(of: layer) else { return }
    let isMeasured = adaptor.measured == layer.index
    if isMeasured {
      correction.record = adaptor.floats(adaptor.plan.tensor(.record), count: layer.outputs)
    }
    let (x, y) = (input(of: layer, samples: samples), output(of: layer, samples: samples))
    for s in 0..<samples {
      forward(
        layer, correction, adaptor, x.sample(s), into: y.sample(s), isTraining: isTraining)
      if isMeasured { adaptor.measure(correction.record, channels: layer.shape.biases) }
    }
  }

  /// One sample through a corrected layer.
  private func forward(
    _ layer: PlannedLayer, _ correction: Correction, _ adaptor: Adaptor, _ x: Activations,
    into y: Activations, isTraining: Bool, isReduced: Bool = false
  ) {
    if !isReduced, let reduction = adaptor.reduction(of: layer) {
      reduction.forward(
        adaptor.reducedInput(x), into: adaptor.reducedOutput,
        UnsafeMutableBufferPointer(start: nil, count: 0), isTraining: false)
    }
    if layer.description.kind.isConvolution {
      var own = convolution(layer)
      own.correction = correction
      own.forward(x, into: y, convolutionScratch(layer), isTraining: isTraining)
    } else {
      var own = dense(layer)
      own.correction = correction
      own.forward(x, into: y, floats(layer.delta), isTraining: isTraining)
    }
  }

  // MARK: Learning

  /// Whether training fits the correction of a frozen layer.
  func learnsCorrection(_ layer: PlannedLayer) -> Bool {
    guard let adaptor, adaptor.plan.tensor(.record).bytes > 0, adaptor.measured == nil else {
      return false
    }
    return layer.description.kind.isCorrectable
  }

  /// Forward, and one update of a layer's correction by the layer's own loss, a sample after the other: its job is
  /// to make the old readout of the frozen layer right again.
  func learnCorrection<Loss: LocalLoss>(
    _ loss: Loss, _ layer: PlannedLayer, _ samples: Int, _ rates: Rates
  ) {
    guard let adaptor, var correction = adaptor.correction(of: layer) else { return }
    correction.record = adaptor.floats(adaptor.plan.tensor(.record), count: layer.outputs)
    let (x, y) = (input(of: layer, samples: samples), output(of: layer, samples: samples))
    let projection = Projection(seed: seed, layer: layer.index)
    let numbers = loss.digestCount(classes: classes)
    let digest = adaptor.floats(adaptor.plan.tensor(.digest), count: numbers)
    let values = adaptor.floats(adaptor.plan.tensor(.values))
    let delta = adaptor.floats(adaptor.plan.tensor(.delta))
    // The sums of a map share its numbers: those of all places are one step.
    let parts = samples * layer.shape.output.places
    for s in 0..<samples {
      let (own, result) = (x.sample(s), y.sample(s))
      let target = targets(samples).sample(s)
      if let reduction = adaptor.reduction(of: layer) {
        let lesson = Lesson(
          loss: loss, projection: Projection(seed: seed, layer: 2 * Plan.layerLimit + layer.index),
          targets: target, rate: rates.hidden / Float(number: samples), digest: digest)
        reduction.forwardAndLearn(
          lesson, adaptor.reducedInput(own), into: adaptor.reducedOutput,
          Dense.Scratch(
            block: delta, values: values,
            rounding: UpdateRounding(
              generator: nil, noise: UnsafeMutableBufferPointer(start: nil, count: 0),
              deltas: UnsafeMutableBufferPointer(start: nil, count: 0))))
      }
      forward(
        layer, correction, adaptor, own, into: result, isTraining: true, isReduced: true)
      let lesson = Lesson(
        loss: loss, projection: projection, targets: target, rate: rates.hidden, digest: digest)
      lesson.keepDigests(result)
      var first = 0
      while first < layer.outputs {
        let units = first..<min(first + Projection.block, layer.outputs)
        var all = delta.mutableSpan
        var d = all.part(0..<units.count)
        lesson.deltas(
          of: result.values(0, units, in: values).span, sample: 0, firstUnit: first,
          layer.description.activation, parts: parts, into: &d)
        correction.learn(d.span, first: first)
        first = units.upperBound
      }
    }
  }

  // MARK: Moments

  /// Begins to measure the sums of a layer as they come, in predictions: each channel's mean and deviation.
  ///
  /// - Throws: `AdaptorError`, if the adaptor was not planned for that or the layer has no correction.
  public mutating func beginMeasuring(layer index: Int) throws(AdaptorError) {
    guard var adaptor, adaptor.plan.tensor(.statistics).bytes > 0 else { throw .noRoom }
    guard let layer = try? planned(index), layer.description.kind.isCorrectable else {
      throw .notCorrected(layer: index)
    }
    adaptor.floats(adaptor.plan.tensor(.statistics)).update(repeating: 0)
    adaptor.measured = index
    adaptor.measuredCount = 0
    self.adaptor = adaptor
  }

  /// Ends it, and copies what was measured: of each channel its mean, then of each its deviation.
  ///
  /// - Precondition: `moments` has room for both.
  public mutating func endMeasuring(into moments: inout MutableSpan<Float>) throws(AdaptorError) {
    guard var adaptor, let index = adaptor.measured, let layer = try? planned(index) else {
      throw .noRoom
    }
    let channels = layer.shape.biases
    let statistics = adaptor.floats(adaptor.plan.tensor(.statistics))
    let count = Float(number: max(adaptor.measuredCount, 1))
    for c in 0..<channels {
      moments[c] = statistics[c]
      moments[channels + c] = max(statistics[channels + c] / count, 0).squareRoot()
    }
    adaptor.measured = nil
    self.adaptor = adaptor
  }

  /// Shifts and scales the sums of a layer, so that those with the moments `found` have the moments `wanted`.
  ///
  /// - Parameters:
  ///   - weight: How far to believe what was found, 0 to 1: the rest is believed to be as wanted.
  /// - Precondition: Both have a mean and a deviation for each channel.
  public mutating func match(
    _ found: Span<Float>, to wanted: Span<Float>, weight: Float, layer index: Int
  ) throws(AdaptorError) {
    guard let adaptor, let layer = try? planned(index), let own = adaptor.correction(of: layer)
    else {
      throw .notCorrected(layer: index)
    }
    let channels = own.gain.count
    for c in 0..<channels {
      let mean = weight * found[c] + (1 - weight) * wanted[c]
      let (there, here) = (wanted[channels + c], found[channels + c])
      let deviation = (weight * here * here + (1 - weight) * there * there).squareRoot()
      // A unit that never changes says nothing.
      let gain = deviation > 0x1p-10 && there > 0x1p-10 ? min(there / deviation, 1024) : 1
      own.gain[c] = gain.quiet
      own.offset[c] = (wanted[c] - gain * mean).quiet
    }
  }

  /// How many channels the correction of a layer has; 0 if it has none.
  public func correctedChannels(ofLayer index: Int) -> Int {
    guard let layer = try? planned(index), layer.description.kind.isCorrectable else { return 0 }
    return layer.shape.biases
  }

  // MARK: Prompts

  /// Reads a whole sequence as a prompt changes it, a step after the other.
  mutating func readPrompted(_ values: Span<Float>, _ adaptor: Adaptor) throws(NetworkError) {
    guard values.count % inputs == 0 else {
      throw .valueCount(expected: inputs, found: values.count)
    }
    for step in 0..<values.count / inputs {
      let image = adaptor.floats(adaptor.plan.tensor(.image))
      var own = image.mutableSpan
      Kernels.warpStep(
        step, values, channels: inputs, UnsafeBufferPointer(adaptor.prompt).span,
        mean: standardisation.mean, deviation: standardisation.deviation, into: &own)
      do throws(NetworkError) { try read(image.span) } catch {
        forgetSequence()
        throw error
      }
    }
  }
}

extension Adaptor {
  /// The numbers of its prompt; none of other rungs.
  var prompt: UnsafeMutableBufferPointer<Float> {
    plan.rung == .prompt
      ? floats(plan.tensor(.numbers), count: plan.form.count)
      : UnsafeMutableBufferPointer(start: nil, count: 0)
  }

  /// A sample as the prompt changes it, or nil if the sample is not changed as a whole.
  func promptedSample(
    _ values: Span<Float>, _ standardisation: Standardisation
  ) -> UnsafeMutableBufferPointer<Float>? {
    guard plan.rung == .prompt else { return nil }
    let image = floats(plan.tensor(.image))
    var changed = image.mutableSpan
    Prompt.apply(
      UnsafeBufferPointer(prompt).span, plan.form, standardisation, to: values, into: &changed)
    return image
  }

  /// Takes note of the sums of a sample, [places, channels] (Welford's recurrence).
  func measure(_ sums: UnsafeMutableBufferPointer<Float>, channels: Int) {
    let statistics = floats(plan.tensor(.statistics))
    var (first, seen) = (0, measuredCount)
    while first < sums.count {
      seen += 1
      let count = Float(number: seen)
      for c in 0..<channels {
        let distance = sums[first + c] - statistics[c]
        statistics[c] += distance / count
        statistics[channels + c] += distance * (sums[first + c] - statistics[c])
      }
      first += channels
    }
    measuredCount = seen
  }
}

/// Why an adaptor was refused; the network is as it was.
public enum AdaptorError: Error, Equatable, Sendable {
  /// This build has no adaptors (`Adaptors` among the traits of the package).
  case notLinked
  /// The adaptor was planned for other layers.
  case otherPlan
  /// The adaptor was not planned for this.
  case noRoom
  /// The layer has no numbers of the adaptor.
  case notCorrected(layer: Int)
}
