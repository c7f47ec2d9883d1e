// Recurrent layers learn while sequences are read: at every step, from the state behind it.

extension Network {
  /// Begins sequences that are read in step with each other and learned from, one for each label.
  ///
  /// `learn` reads them step by step, and `train` then lets the layers behind learn from what is left of them.
  /// - Throws: `NetworkError`; nothing has changed then.
  public mutating func begin(_ labels: Span<Int>) throws(NetworkError) {
    try begin(labels.count) { labels[$0] }
  }

  /// The same of labels that are asked for: `label` gives that of each sequence, twice.
  ///
  /// - Throws: `NetworkError`; nothing has changed then.
  public mutating func begin(_ sequences: Int, label: (Int) -> Int) throws(NetworkError) {
    try checkBeginning(sequences)
    for s in 0..<sequences { try checkNext(label(s)) }
    let own = targets(batch)
    for s in 0..<sequences { own.set(s, label: label(s)) }
    begin(sequences: sequences)
  }

  /// The same of sequences with values to learn, for a network that ends in a regression: [sequences, outputs].
  ///
  /// - Throws: `NetworkError`; nothing has changed then.
  public mutating func begin(targets: Span<Float>) throws(NetworkError) {
    guard targets.count % classes == 0 else {
      throw .targetCount(expected: classes, found: targets.count)
    }
    let count = targets.count / classes
    try checkBeginning(count)
    for s in 0..<count { try check(targets.extracting(s * classes..<(s + 1) * classes)) }
    let own = self.targets(batch)
    for s in 0..<count {
      own.set(
        s, values: targets.extracting(s * classes..<(s + 1) * classes), targetStandardisation)
    }
    begin(sequences: count)
  }

  private func checkBeginning(_ sequences: Int) throws(NetworkError) {
    guard table[0].kind.isRecurrent else { throw .notRecurrent }
    guard stepsRead == 0 else { throw .sequenceIsOpen(steps: stepsRead) }
    guard waiting == 0 else { throw .batchFull(waiting) }
    guard sequences <= batch else { throw .batchFull(batch) }
    guard sequences > 0 else { throw .noSamples }
    guard plan.purpose != .inference else { throw .notPlannedForTraining(digest: 0, planned: 0) }
  }

  private mutating func begin(sequences: Int) {
    (begun, going, predicted) = (sequences, sequences, 0)
    forgetStates(0..<begun)
  }

  /// Reads one step of the sequences that were begun, and lets the recurrent layers learn from it.
  ///
  /// - Parameters:
  ///   - values: Raw values of the step, sequence by sequence: of the first ones alone where others have ended.
  ///   - loss: What the layers learn from.
  ///   - rates: The step sizes, decay applied: of recurrent layers over a whole sequence, of which step t of S
  ///     has the part 2 (t + 1) / S^2, and of the mean over the sequences.
  ///   - layers: The layers that may change, all if nil.
  ///   - rounding: How updates of int8 and float16 weights are rounded.
  /// - Throws: `NetworkError`; nothing has been read then.
  public mutating func learn<Loss: LocalLoss>(
    _ values: Span<Float>, from loss: Loss, rates: Rates, layers: Range<Int>? = nil,
    rounding: Rounding = .automatic
  ) throws(NetworkError) {
    guard begun > 0 else { throw .nothingBegun }
    guard values.count > 0, values.count % inputs == 0 else {
      throw .valueCount(expected: inputs, found: values.count)
    }
    let count = values.count / inputs
    guard count <= going else { throw .sequenceCount(going: going, found: count) }
    try checkDigest(loss)
    guard rates.areFinite else { throw .rates }
    let learning = try checkLayers(layers)
    try checkValues(values)
    let samples = firstInputs
    for s in 0..<count {
      store(
        values.extracting(s * inputs..<(s + 1) * inputs), in: samples, at: s, isTraining: true)
    }
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan), layer.description.kind.isRecurrent {
      let x = input(of: layer, samples: count)
      let y = output(of: layer, samples: count)
      let recurrent = recurrent(layer)
      if loss.learns && learning.contains(layer.index) && !layer.description.isFrozen {
        let rate = rates.recurrent * share(of: layer.description)
        let lesson = Lesson(
          loss: loss, projection: Projection(seed: seed, layer: layer.index),
          targets: targets(count),
          rate: terms.step.remembers ? 1 : rate,
          digest: floats(layer.digest, count: count * loss.digestCount(classes: classes)))
        recurrent.forwardAndLearn(
          lesson, parts: begun, x, into: y, recurrentScratch(layer, rounding),
          by: Linked.steps ? gradientStep(layer, rate: rate) : nil)
      } else {
        recurrent.forward(
          0..<count, x, into: y, recurrentScratch(layer, .nearest), isTraining: true)
      }
      if poisonsDeadMemory {
        poison(layer.input)
        layer.forEachScratch { poison($0) }
      }
    }
    going = count
    countSteps(1)
    steps &+= 1
  }

  /// What of a sequence's rate the present step has: the last ones most, as they have seen most.
  private func share(of layer: LayerDescription) -> Float {
    let span = Int(truncatingIfNeeded: layer.steps)
    let time = Float(number: min(stepsRead, span - 1) + 1)
    return 2 * time / (Float(number: span) * Float(number: span))
  }

  /// A step of some samples through the recurrent layers, which learn nothing.
  func forwardRecurrent(_ samples: Range<Int>) {
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan), layer.description.kind.isRecurrent {
      recurrent(layer).forward(
        samples, input(of: layer, samples: samples.upperBound).samples(samples),
        into: output(of: layer, samples: samples.upperBound).samples(samples),
        recurrentScratch(layer, .nearest), isTraining: false)
    }
  }

  /// Lets the recurrent layers forget the sequences of some samples.
  func forgetStates(_ samples: Range<Int>) {
    guard table[0].kind.isRecurrent else { return }
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan), layer.description.kind.isRecurrent {
      recurrent(layer).forget(samples)
    }
  }

  private func recurrentScratch(_ layer: PlannedLayer, _ rounding: Rounding) -> Recurrent.Scratch {
    let isStochastic = rounding.isStochastic(layer.description.precision)
    let noise = elements(layer.noise, as: UInt32.self)
    let deltas = elements(layer.roundedDelta, as: Int16.self)
    func updates(_ stream: Int, _ columns: Int) -> UpdateRounding {
      UpdateRounding(
        generator: isStochastic
          ? UpdateRounding.generator(seed: seed, layer: stream, step: steps) : nil,
        noise: UnsafeMutableBufferPointer(rebasing: noise[0..<min(columns, noise.count)]),
        deltas: deltas)
    }
    return Recurrent.Scratch(
      numbers: floats(layer.delta),
      places: Recurrent.ScratchPlaces(layer.description, layer.shape, terms),
      rounding: updates(layer.index, layer.shape.weightColumns),
      stateRounding: updates(layer.index + Plan.layerLimit, layer.shape.stateColumns))
  }
}
