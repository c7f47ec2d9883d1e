// Networks that begin with a memory or a recurrent layer read sequences, a step or more at a time.

extension Network {
  /// Reads steps of a sequence into the layers that the network begins with; `add(label:)` ends it.
  ///
  /// - Parameter values: Raw values of one or more steps, one step after the other.
  /// - Throws: `NetworkError`; nothing has been read then.
  public mutating func read(_ values: Span<Float>) throws(NetworkError) {
    guard readsSequences else { throw .noSequences }
    guard begun == 0 else { throw .sequenceIsOpen(steps: stepsRead) }
    guard values.count > 0, values.count % inputs == 0 else {
      throw .valueCount(expected: inputs, found: values.count)
    }
    guard waiting < batch else { throw .batchFull(batch) }
    try checkValues(values)
    predicted = 0
    let steps = values.count / inputs
    if let memory = sequenceMemory {
      // The room of a sample that is yet to be added is the memory's scratch.
      let room = memoryOutput(waiting)
      for step in 0..<steps {
        memory.read(
          values.extracting(step * inputs..<(step + 1) * inputs), standardisation, room)
      }
    } else {
      let samples = firstInputs
      for step in 0..<steps {
        store(
          values.extracting(step * inputs..<(step + 1) * inputs), in: samples, at: waiting,
          isTraining: false)
        forwardRecurrent(waiting..<waiting + 1)
      }
    }
    countSteps(steps)
  }

  /// Counts steps that were read: a stream without end may have more than a count can be.
  mutating func countSteps(_ steps: Int) {
    stepsRead = stepsRead > .max - steps ? .max : stepsRead + steps
  }

  /// Whether the batch can be swept. The state of a sequence that is being read lies behind those of the samples
  /// that wait, where it would not be found afterwards; a memory has one of its own.
  func checkNoSequenceIsOpen() throws(NetworkError) {
    guard stepsRead == 0 || begun > 0 || !table[0].kind.isRecurrent else {
      throw .sequenceIsOpen(steps: stepsRead)
    }
  }

  /// Whether the network reads samples step by step.
  public var readsSequences: Bool { table[0].kind.readsSteps }

  /// Adds the sequence that was read as a sample; the layers that read it begin anew then, unless it is a memory
  /// that forgets by itself.
  ///
  /// - Throws: `NetworkError`; the sequence is then as it was.
  public mutating func add(label: Int? = nil) throws(NetworkError) {
    try addSequence(label: label, isTraining: label != nil)
  }

  /// Adds the sequence that was read as a sample with values to learn; see `add(_:targets:)`.
  ///
  /// - Throws: `NetworkError`; the sequence is then as it was.
  public mutating func add(targets: Span<Float>) throws(NetworkError) {
    try check(targets)
    try addSequence(label: nil, isTraining: true)
    keep(targets)
  }

  mutating func addSequence(label: Int?, isTraining: Bool) throws(NetworkError) {
    guard readsSequences else { throw .noSequences }
    guard begun == 0 else { throw .sequenceIsOpen(steps: stepsRead) }
    guard stepsRead > 0 else { throw .noSteps }
    try checkNext(label)
    if let memory = sequenceMemory {
      memory.store(to: memoryOutput(waiting), 0, isTraining: isTraining)
      forgetSequence()
    }
    stepsRead = 0
    keep(label)
    forgetStates(waiting..<min(waiting + 1, batch))
  }

  /// Forgets the steps that were read since the last sample; a memory that forgets by itself keeps them.
  public mutating func forgetSequence() {
    stepsRead = 0
    begun = 0
    forgetStates(waiting..<batch)
    guard let memory = sequenceMemory, !memory.description.forgets else { return }
    memory.forget()
  }

  /// The room of one sample of the memory's output.
  func memoryOutput(_ s: Int) -> Activations {
    let layer = firstLayer
    let scale = scale(layer.outputScale)
    let bytes = layer.outputs * (scale == nil ? 4 : 1)
    return Activations(
      samples: 1, width: layer.outputs, scale: scale, at: base + layer.output.offset + s * bytes)
  }

  /// What the memory gives of the steps read so far, before it is standardised: to choose by it how to.
  ///
  /// - Precondition: There is room for all outputs of layer 0.
  /// - Throws: `NetworkError.noMemory`.
  public func copyMemory(into values: inout MutableSpan<Float>) throws(NetworkError) {
    guard let memory = sequenceMemory else { throw .noMemory }
    memory.copyOutputs(into: &values)
  }

  /// Lets the memory read (value - mean) * factor of each value of a step, behind the network's own
  /// standardisation.
  ///
  /// - Throws: `NetworkError`, if there is no memory or it lies in flash, the counts differ, or a number is not
  ///   finite.
  public mutating func standardiseSteps(
    means: Span<Float>, factors: Span<Float>
  ) throws(NetworkError) {
    let memory = try changeableMemory()
    try Self.copy(means, factors, to: memory.inputMeans, memory.inputFactors)
  }

  /// Lets the memory give (output - mean) * factor of each of its outputs.
  ///
  /// - Throws: `NetworkError`, if there is no memory or it lies in flash, the counts differ, or a number is not
  ///   finite.
  public mutating func standardiseMemory(
    means: Span<Float>, factors: Span<Float>
  ) throws(NetworkError) {
    let memory = try changeableMemory()
    try Self.copy(means, factors, to: memory.means, memory.factors)
  }

  private func changeableMemory() throws(NetworkError) -> SequenceMemory {
    guard let memory = sequenceMemory else { throw .noMemory }
    guard !firstLayer.isInFlash else { throw .inFlash(layer: 0) }
    return memory
  }

  private static func copy(
    _ means: Span<Float>, _ factors: Span<Float>, to own: UnsafeMutableBufferPointer<Float>,
    _ ownFactors: UnsafeMutableBufferPointer<Float>
  ) throws(NetworkError) {
    guard means.count == own.count && factors.count == own.count else {
      throw .parameterCount(expected: 2 * own.count, found: means.count + factors.count)
    }
    for i in means.indices where !means[i].isFinite || !factors[i].isFinite {
      throw .parameter(offset: i * 4)
    }
    for i in means.indices {
      own[i] = means[i].quiet
      ownFactors[i] = factors[i].quiet
    }
  }
}
