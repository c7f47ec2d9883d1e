extension Network {
  /// Adds a sample to the batch that waits.
  ///
  /// - Parameters:
  ///   - values: Raw values, as many as the network has inputs; they are standardised here. For a network that
  ///     begins with a memory a sequence, of any number of steps, one after the other.
  ///   - label: The sample's class, if the batch is to be trained on.
  /// - Throws: `NetworkError`; the batch is then as it was.
  public mutating func add(_ values: Span<Float>, label: Int? = nil) throws(NetworkError) {
    try add(values, label: label, isTraining: label != nil)
  }

  /// Adds a sample to the batch that is to be trained on, with values to learn: for a network that ends in a
  /// regression.
  ///
  /// - Parameters:
  ///   - values: As for classes.
  ///   - targets: Raw values, as many as the network has outputs; they are standardised here.
  /// - Throws: `NetworkError`; the batch is then as it was.
  public mutating func add(
    _ values: Span<Float>, targets: Span<Float>
  ) throws(NetworkError) {
    try check(targets)
    try add(values, label: nil, isTraining: true)
    keep(targets)
  }

  private mutating func add(
    _ values: Span<Float>, label: Int?, isTraining: Bool
  ) throws(NetworkError) {
    if readsSequences {
      guard stepsRead == 0 && begun == 0 else { throw .sequenceIsOpen(steps: stepsRead) }
      try checkNext(label)
      if Linked.adaptors, let adaptor, adaptor.plan.rung == .prompt {
        try readPrompted(values, adaptor)
      } else {
        try read(values)
      }
      try addSequence(label: label, isTraining: isTraining)
      return
    }
    guard values.count == inputs else {
      throw .valueCount(expected: inputs, found: values.count)
    }
    try checkNext(label)
    try checkValues(values)
    if Linked.adaptors, let prompt = adaptor?.promptedSample(values, standardisation) {
      // A gain may take what is finite beyond what is.
      try checkValues(prompt.span)
      store(prompt.span, in: firstInputs, at: waiting, isTraining: isTraining)
    } else {
      store(values, in: firstInputs, at: waiting, isTraining: isTraining)
    }
    keep(label)
  }

  /// Refuses raw values, of any number of samples or steps, that are not finite once they are standardised.
  ///
  /// - Throws: `NetworkError.notFinite`, naming the first.
  public func checkValues(_ values: Span<Float>) throws(NetworkError) {
    let (mean, scale) = (standardisation.mean, standardisation.scale)
    if let index = Kernels.firstNotFinite(values, mean: mean, scale: scale) {
      throw .notFinite(index: index)
    }
  }

  /// Where the first layer reads the samples of a batch.
  var firstInputs: Activations { input(of: firstLayer, samples: batch) }

  /// Keeps raw values as sample `s` of those that the first layer reads.
  func store(_ values: Span<Float>, in samples: Activations, at s: Int, isTraining: Bool) {
    let (mean, scale) = (standardisation.mean, standardisation.scale)
    let range = s * inputs..<(s + 1) * inputs
    if let own = samples.scale {
      var slot = UnsafeMutableBufferPointer(rebasing: samples.bytes[range]).mutableSpan
      let clipping = Kernels.standardise(
        values, mean: mean, scale: scale, exponent: samples.exponent, into: &slot)
      if isTraining { own.note(clipping) }
    } else {
      var slot = UnsafeMutableBufferPointer(rebasing: samples.floats[range]).mutableSpan
      Kernels.standardise(values, mean: mean, scale: scale, into: &slot)
    }
  }

  /// Whether another sample with this label can be added.
  func checkNext(_ label: Int?) throws(NetworkError) {
    let labels = learnsValues ? 0 : classes
    if let label, !(0..<labels).contains(label) { throw .label(label, classes: labels) }
    guard waiting < batch else { throw .batchFull(batch) }
  }

  /// Whether a sample can have these values to learn.
  func check(_ targets: Span<Float>) throws(NetworkError) {
    let outputs = learnsValues ? classes : 0
    guard targets.count == outputs, outputs > 0 else {
      throw .targetCount(expected: outputs, found: targets.count)
    }
    let (mean, scale) = (targetStandardisation.mean, targetStandardisation.scale)
    if let index = Kernels.firstNotFinite(targets, mean: mean, scale: scale) {
      throw .target(index: index)
    }
  }

  mutating func keep(_ label: Int?) {
    if plan.purpose != .inference {
      targets(batch).set(waiting, label: label)
    }
    predicted = 0
    waiting += 1
  }

  /// Gives the sample added last values to learn.
  func keep(_ targets: Span<Float>) {
    guard plan.purpose != .inference else { return }
    self.targets(batch).set(waiting - 1, values: targets, targetStandardisation)
  }

  /// Forgets the samples that wait.
  public mutating func discard() {
    waiting = 0
    forgetSequence()
  }

  /// Computes the logits of the samples that wait; see `logits(of:)` and `predictedClass(of:)`.
  ///
  /// - Throws: `NetworkError.noSamples`; `sequenceIsOpen`, if recurrent layers have read steps of a sequence
  ///   that has not been added yet.
  public mutating func predict() throws(NetworkError) {
    guard waiting > 0 else { throw .noSamples }
    try checkNoSequenceIsOpen()
    sweep(samples: waiting)
    (predicted, waiting) = (waiting, 0)
    forgetStates(0..<predicted)
  }

  /// From the first samples of the batch to their outputs.
  func sweep(samples: Int) {
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan) {
      forward(layer, samples: samples, isTraining: false)
      if poisonsDeadMemory { poison(layer.input) }
    }
  }

  /// The outputs of the last layer for a sample of the last prediction, in the order in which they were added:
  /// logits [classes], or the standardised values of a regression.
  ///
  /// - Precondition: `sample` is less than `predicted`.
  @_lifetime(borrow self)
  public borrowing func logits(of sample: Int) -> Span<Float> {
    precondition(sample >= 0 && sample < predicted, "logits: no such sample was predicted")
    var output = plan.input
    plan.forEachLayer { output = $0.output }
    let start = floats(output).baseAddress! + sample * classes
    let logits = UnsafeBufferPointer(start: start, count: classes)
    return unsafe _overrideLifetime(logits.span, borrowing: self)
  }

  /// Copies what a regression predicts for a sample of the last prediction, in the units of the values that it
  /// learned.
  ///
  /// - Precondition: `sample` is less than `predicted`, and `values` has room for the outputs.
  public func copyOutputs(of sample: Int, into values: inout MutableSpan<Float>) {
    let outputs = logits(of: sample)
    for c in outputs.indices {
      values[c] = outputs[c] * targetStandardisation.deviation + targetStandardisation.mean
    }
  }

  /// The class with the largest logit of a sample of the last prediction; the first of equals.
  ///
  /// - Precondition: `sample` is less than `predicted`.
  public func predictedClass(of sample: Int) -> Int {
    let logits = logits(of: sample)
    return Self.largest(logits)
  }

  /// The probabilities [classes] of a sample of the last prediction: the softmax of its logits.
  ///
  /// - Precondition: `sample` is less than `predicted`, and `probabilities` has room for the classes.
  public func probabilities(of sample: Int, into probabilities: inout MutableSpan<Float>) {
    let logits = logits(of: sample)
    for c in logits.indices { probabilities[c] = logits[c] }
    var own = probabilities.part(0..<logits.count)
    Kernels.softmax(&own)
  }

  static func largest(_ logits: Span<Float>) -> Int {
    var best = 0
    for c in logits.indices where logits[c] > logits[best] { best = c }
    return best
  }

  func forward(_ layer: PlannedLayer, samples: Int, isTraining: Bool) {
    if Linked.adaptors, computesOneByOne(layer) {
      forwardOneByOne(layer, samples: samples, isTraining: isTraining)
      return
    }
    let x = input(of: layer, samples: samples)
    let y = output(of: layer, samples: samples)
    switch layer.description.kind {
    case .dense, .output, .regression:
      dense(layer).forward(x, into: y, floats(layer.delta), isTraining: isTraining)
    case .convolution, .depthwise:
      convolution(layer).forward(x, into: y, convolutionScratch(layer), isTraining: isTraining)
    case .maxPool, .averagePool:
      Pooling(shape: layer.shape, description: layer.description)
        .forward(x, into: y, floats(layer.delta), isTraining: isTraining)
    case .elman, .gru:
      // The sequences have ended: what is left of them is what the next layer reads.
      recurrent(layer).store(to: y, isTraining: isTraining)
    case .oscillators, .legendre:
      // Its outputs are where they belong since the sample was added.
      break
    case .readout:
      let projection = Projection(seed: seed, layer: layer.index - 1)
      for s in 0..<samples {
        let outputs = UnsafeMutableBufferPointer(
          rebasing: y.floats[s * y.width..<(s + 1) * y.width])
        var logits = outputs.mutableSpan
        Readout.read(x.output(s), projection, into: &logits)
      }
    case .normalise:
      Normalisation().forward(x, into: y, floats(layer.delta), isTraining: isTraining)
    }
  }
}
