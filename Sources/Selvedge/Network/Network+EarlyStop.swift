// The class of a sequence can often be told before its end.

extension Network {
  /// Computes the logits of the sequence that is being read as if it ended here; see `logits(of:)`,
  /// `predictedClass(of:)` and `confidence(of:)` of sample 0.
  ///
  /// Nothing is forgotten: more steps can be read, and what is predicted at the end does not depend on how
  /// often this was asked before.
  ///
  /// - Throws: `NetworkError`, if there is no sequence, if it was begun to be learned from, or if samples
  ///   wait, as the sweep would go over them.
  public mutating func predictSoFar() throws(NetworkError) {
    guard readsSequences else { throw .noSequences }
    guard begun == 0 else { throw .sequenceIsOpen(steps: stepsRead) }
    guard stepsRead > 0 else { throw .noSteps }
    guard waiting == 0 else { throw .samplesWait(waiting) }
    sequenceMemory?.store(to: memoryOutput(0), 0, isTraining: false)
    sweep(samples: 1)
    predicted = 1
  }

  /// The largest probability that the softmax gives to a class of a sample of the last prediction.
  ///
  /// - Precondition: `sample` is less than `predicted`.
  public func confidence(of sample: Int) -> Float {
    let logits = logits(of: sample)
    return Kernels.largestProbability(logits)
  }
}
