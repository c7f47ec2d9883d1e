/// What one training step saw before it changed anything.
public struct StepOutcome: Equatable, Sendable {
  /// Samples of the batch.
  public let samples: Int
  /// The mean loss of the last layer, or nil if the step did not reach it: the cross-entropy in nats; for
  /// regression half the sum of squared errors, of standardised values.
  public let loss: Float?
  /// Samples whose largest logit was that of their label; 0 for regression.
  public let correct: Int
}

extension Network {
  /// One training step on the samples that wait: layer by layer, forward, local error, update.
  ///
  /// Sequences that were begun have ended then; their recurrent layers have learned in `learn`.
  /// How gradients become changes is what the plan is for (`StepRule`). Every layer reads what the layer before gave
  /// *before* its own update. The last layer learns from
  /// the label by softmax cross-entropy, or from values by squared error, the others from `loss`. Afterwards no
  /// sample waits.
  ///
  /// - Parameters:
  ///   - rates: The step sizes, decay applied; the update is the mean over the samples times the rate.
  ///   - layers: The layers that may change, all if nil; the sweep ends behind the last of them.
  ///   - rounding: How updates of int8 and float16 weights are rounded.
  /// - Throws: `NetworkError`; nothing has changed then.
  public mutating func train<Loss: LocalLoss>(
    _ loss: Loss, rates: Rates, layers: Range<Int>? = nil, rounding: Rounding = .automatic
  ) throws(NetworkError) -> StepOutcome {
    try checkTraining(loss)
    guard rates.areFinite else { throw .rates }
    let learning = try checkLayers(layers)
    let samples = max(waiting, begun)
    var walk = Plan.Walk(plan)
    var outcome = StepOutcome(samples: samples, loss: nil, correct: 0)
    while walk.index < learning.upperBound, let layer = walk.next(plan) {
      let isLast = layer.description.kind.isHead
      if !learning.contains(layer.index) || layer.description.isFrozen
        || !layer.description.kind.hasWeights || layer.description.kind.isRecurrent
      {
        if Linked.adaptors, loss.learns, learnsCorrection(layer) {
          learnCorrection(loss, layer, samples, rates)
        } else {
          forward(layer, samples: samples, isTraining: true)
        }
      } else if layer.description.looksAhead && loss.learns {
        learnAhead(loss, layer, samples, rates, rounding)
      } else if isLast || loss.learns {
        learn(HiddenOrHeadLoss(loss, isHead: isLast), layer, samples, rates, rounding)
      } else {
        forward(layer, samples: samples, isTraining: true)
      }
      // An update leaves the outputs as they were before it.
      if isLast { outcome = measure(layer, samples) }
      if poisonsDeadMemory {
        poison(layer.input)
        layer.forEachScratch { poison($0) }
      }
    }
    (waiting, predicted) = (0, 0)
    if begun > 0 { (begun, stepsRead) = (0, 0) }
    forgetStates(0..<samples)
    steps &+= 1
    return outcome
  }

  func checkLayers(_ layers: Range<Int>?) throws(NetworkError) -> Range<Int> {
    let learning = layers ?? 0..<layerCount
    guard learning.lowerBound >= 0 else { throw .noLayer(learning.lowerBound) }
    guard learning.upperBound <= layerCount else { throw .noLayer(learning.upperBound - 1) }
    return learning
  }

  func checkDigest<Loss: LocalLoss>(_ loss: Loss) throws(NetworkError) {
    let needed = loss.digestCount(classes: classes)
    var planned = -1
    if case .training(let digest) = plan.purpose { planned = digest }
    // A network of one layer has no hidden layer that would need a digest.
    guard planned >= 0, (0...planned).contains(needed) || layerCount == 1 else {
      throw .notPlannedForTraining(digest: needed, planned: max(planned, 0))
    }
  }

  private func checkTraining<Loss: LocalLoss>(_ loss: Loss) throws(NetworkError) {
    try checkDigest(loss)
    guard begun == 0 || stepsRead > 0 else { throw .noSteps }
    guard waiting + begun > 0 else { throw .noSamples }
    try checkNoSequenceIsOpen()
    let targets = targets(waiting)
    for s in 0..<waiting where targets.isMissing(s) { throw .unlabelled(sample: s) }
  }

  private func learn<Loss: LocalLoss>(
    _ loss: Loss, _ layer: PlannedLayer, _ samples: Int, _ rates: Rates, _ rounding: Rounding
  ) {
    let lesson = lesson(loss, layer, samples, rates)
    let generator = generator(layer, rounding)
    let x = input(of: layer, samples: samples)
    let y = output(of: layer, samples: samples)
    if Linked.steps,
      let step = gradientStep(layer, rate: rates.rate(of: layer.description.kind))
    {
      learn(lesson, layer, generator, x, y, by: step)
      return
    }
    if layer.description.kind.isConvolution {
      convolution(layer).forwardAndLearn(
        lesson, generator, x, into: y, convolutionScratch(layer))
      return
    }
    dense(layer).forwardAndLearn(lesson, x, into: y, denseScratch(layer, generator))
  }

  /// The same by what a step rule makes of the gradient.
  @inline(never)
  private func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ layer: PlannedLayer, _ generator: CounterGenerator?,
    _ x: Activations, _ y: Activations, by step: GradientStep
  ) {
    guard layer.description.kind.isConvolution else {
      dense(layer).forwardAndLearn(lesson, x, into: y, denseScratch(layer, generator), by: step)
      return
    }
    let (convolution, scratch) = (convolution(layer), convolutionScratch(layer))
    convolution.forward(x, into: y, scratch, isTraining: true)
    convolution.learn(lesson, generator, x, y, scratch, by: step) { _ in
      UnsafeBufferPointer(start: nil, count: 0)
    }
  }

  private func lesson<Loss: LocalLoss>(
    _ loss: Loss, _ layer: PlannedLayer, _ samples: Int, _ rates: Rates
  ) -> Lesson<Loss> {
    // A layer that learns from the next one alone keeps nothing.
    let numbers = layer.digest.bytes == 0 ? 0 : loss.digestCount(classes: classes)
    return Lesson(
      loss: loss, projection: Projection(seed: seed, layer: layer.index),
      targets: targets(samples),
      rate: rate(of: layer, samples, rates),
      digest: floats(layer.digest, count: samples * numbers))
  }

  /// What deltas are multiplied by.
  private func rate(of layer: PlannedLayer, _ samples: Int, _ rates: Rates) -> Float {
    // What turns a gradient into a change has the rate.
    if terms.step.remembers { return 1 }
    let rate = rates.rate(of: layer.description.kind)
    guard terms.step.dividesByInput else { return rate }
    return rate / (input(of: layer, samples: samples).sumOfSquares + 1)
  }

  private func generator(_ layer: PlannedLayer, _ rounding: Rounding) -> CounterGenerator? {
    guard rounding.isStochastic(layer.description.precision) else { return nil }
    return UpdateRounding.generator(seed: seed, layer: layer.index, step: steps)
  }

  private func denseScratch(
    _ layer: PlannedLayer, _ generator: CounterGenerator?
  ) -> Dense.Scratch {
    let rounding = UpdateRounding(
      generator: generator, noise: elements(layer.noise, as: UInt32.self),
      deltas: elements(layer.roundedDelta, as: Int16.self))
    return Dense.Scratch(
      block: floats(layer.delta), values: floats(layer.values), rounding: rounding)
  }

  /// What turns the gradient of a layer into changes, unless they are plain.
  func gradientStep(_ layer: PlannedLayer, rate: Float) -> GradientStep? {
    guard terms.step.remembers else { return nil }
    let memory = elements(plan.stepMemory, as: MeanSquares.self)
    return GradientStep(
      rate: rate, memory.baseAddress! + layer.index,
      GradientStep.Storage(layer.description, layer.shape, batch: batch, rule: terms.step),
      in: floats(layer.gradient))
  }

  // MARK: Lookahead

  /// The step of a layer that learns from what the next one sends back.
  @inline(never)
  private func learnAhead<Loss: LocalLoss>(
    _ loss: Loss, _ layer: PlannedLayer, _ samples: Int, _ rates: Rates, _ rounding: Rounding
  ) {
    var walk = Plan.Walk(plan)
    while walk.index <= layer.index { _ = walk.next(plan) }
    guard let next = walk.next(plan) else { return }
    if next.description.kind.isHead {
      learnAhead(loss, HeadLoss(), layer, next, samples, rates, rounding)
    } else {
      learnAhead(loss, loss, layer, next, samples, rates, rounding)
    }
  }

  private func learnAhead<Loss: LocalLoss, NextLoss: LocalLoss>(
    _ loss: Loss, _ nextLoss: NextLoss, _ layer: PlannedLayer, _ next: PlannedLayer,
    _ samples: Int, _ rates: Rates, _ rounding: Rounding
  ) {
    let x = input(of: layer, samples: samples)
    let y = output(of: layer, samples: samples)
    let lesson = lesson(loss, layer, samples, rates)
    let generator = generator(layer, rounding)
    let numbers = nextLoss.digestCount(classes: classes)
    let places = Lookahead.Storage(
      layer.description, layer.shape, next.description, next.shape, batch: batch,
      digest: numbers)
    let ahead = lookahead(layer, next, places)
    forward(layer, samples: samples, isTraining: true)

    if layer.description.kind == .dense {
      let outputs = Activations(
        samples: samples, width: next.outputs, scale: nil, at: base + layer.ahead.offset)
      dense(next).forward(y, into: outputs, ahead.errors, isTraining: false)
      let nextLesson = Lesson(
        loss: nextLoss, projection: Projection(seed: seed, layer: next.index),
        targets: lesson.targets, rate: Self.weight(of: next, for: layer),
        digest: part(layer.ahead, places.digest, samples * numbers))
      nextLesson.keepDigests(outputs)
      for s in 0..<samples { ahead.keepDeltas(nextLesson, sample: s, at: s) }
      let scratch = denseScratch(layer, generator)
      if Linked.steps, let step = gradientStep(layer, rate: rates.hidden) {
        dense(layer).learn(lesson, ahead: ahead, x, y, scratch, by: step)
      } else {
        dense(layer).learn(lesson, ahead: ahead, x, y, scratch)
      }
      return
    }

    let (convolution, scratch) = (convolution(layer), convolutionScratch(layer))
    if Linked.steps, let step = gradientStep(layer, rate: rates.convolution) {
      convolution.learn(lesson, generator, x, y, scratch, by: step) { s in
        errors(nextLoss, ahead, next, y.sample(s), lesson.targets.sample(s), layer, places)
      }
    } else {
      convolution.learn(lesson, generator, x, y, scratch) { s in
        errors(nextLoss, ahead, next, y.sample(s), lesson.targets.sample(s), layer, places)
      }
    }
  }

  /// What the next layer sends back to a map of one sample.
  private func errors<NextLoss: LocalLoss>(
    _ loss: NextLoss, _ ahead: Lookahead, _ next: PlannedLayer, _ map: Activations,
    _ target: Targets, _ layer: PlannedLayer, _ places: Lookahead.Storage
  ) -> UnsafeBufferPointer<Float> {
    let outputs = Activations(
      samples: 1, width: next.outputs, scale: nil, at: base + layer.ahead.offset)
    let lesson = Lesson(
      loss: loss, projection: Projection(seed: seed, layer: next.index), targets: target,
      rate: Self.weight(of: next, for: layer),
      digest: part(layer.ahead, places.digest, places.digest.count))
    if let scratch = ahead.scratch {
      let nextLayer = self.convolution(next)
      nextLayer.forward(map, into: outputs, scratch, isTraining: false)
      lesson.keepDigests(outputs)
      ahead.keepDeltas(lesson, sample: 0, at: 0)
      nextLayer.sendBack(UnsafeBufferPointer(ahead.deltas), to: ahead.errors, scratch)
      return UnsafeBufferPointer(ahead.errors)
    }
    dense(next).forward(map, into: outputs, ahead.errors, isTraining: false)
    lesson.keepDigests(outputs)
    ahead.keepDeltas(lesson, sample: 0, at: 0)
    return ahead.errors(sample: 0, units: 0..<layer.outputs)
  }

  /// What the errors of the next layer are multiplied by, so that a rate fits both: the last layer's weights are
  /// smaller than the signs of a projection by about the root of the units that they read.
  private static func weight(of next: PlannedLayer, for layer: PlannedLayer) -> Float {
    next.description.kind.isHead ? Float(number: layer.outputs).squareRoot() : 1
  }

  private func lookahead(
    _ layer: PlannedLayer, _ next: PlannedLayer, _ places: Lookahead.Storage
  ) -> Lookahead {
    var scratch: Convolution.Scratch?
    if next.description.kind == .convolution {
      let start = base + layer.ahead.offset
      let winners = places.bytes - places.winners
      scratch = Convolution.Scratch(
        block: part(layer.ahead, places.block, places.block.count),
        patches: start + places.patches.lowerBound * 4,
        values: UnsafeMutableBufferPointer(start: nil, count: 0),
        winners: UnsafeMutableBufferPointer(
          start: (start + places.winners).bindMemory(to: Int8.self, capacity: winners),
          count: winners),
        gradient: UnsafeMutableBufferPointer(start: nil, count: 0))
    }
    return Lookahead(
      next: next.description, nextShape: next.shape, weights: weights(next),
      deltas: part(layer.ahead, places.deltas, places.deltas.count),
      errors: part(layer.ahead, places.errors, places.errors.count), scratch: scratch)
  }

  /// The first `count` numbers of a part of a tensor of floats.
  private func part(
    _ tensor: Tensor, _ range: Range<Int>, _ count: Int
  ) -> UnsafeMutableBufferPointer<Float> {
    let all = floats(tensor)
    return UnsafeMutableBufferPointer(
      rebasing: all[range.lowerBound..<range.lowerBound + count])
  }

  private func measure(_ last: PlannedLayer, _ samples: Int) -> StepOutcome {
    let numbers = floats(last.output, count: samples * classes)
    var outputs = numbers.mutableSpan
    let (targets, projection) = (targets(samples), Projection(seed: seed, layer: last.index))
    var (loss, correct) = (Float(0), 0)
    for s in 0..<samples {
      var own = outputs.part(s * classes..<(s + 1) * classes)
      let target = targets.target(s, projection)
      if target.isLabel && Self.largest(own.span) == target.label { correct += 1 }
      loss += HeadLoss.loss(of: &own, target)
    }
    return StepOutcome(samples: samples, loss: loss / Float(number: samples), correct: correct)
  }
}
