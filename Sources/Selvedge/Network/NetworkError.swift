/// Why a call on a network was refused; the network is as it was before.
public enum NetworkError: Error, Equatable, Sendable {
  /// A sample of `found` values was given to a network that reads `expected`, or any number of steps of
  /// `expected` values each.
  case valueCount(expected: Int, found: Int)
  /// Value `index` of the sample is not finite, or not once it is standardised.
  case notFinite(index: Int)
  /// The label is not one of the network's classes, 0 ..< `classes`; a network that learns values has none.
  case label(Int, classes: Int)
  /// A sample has `found` values to learn; the network gives `expected`, or 0 if it learns classes.
  case targetCount(expected: Int, found: Int)
  /// Value `index` to learn is not finite, or not once it is standardised.
  case target(index: Int)
  /// As many samples wait already as the plan has room for.
  case batchFull(Int)
  /// No sample has been added since the last sweep.
  case noSamples
  /// The network does not begin with a memory.
  case noMemory
  /// The network begins neither with a memory nor with a recurrent layer: it reads whole samples.
  case noSequences
  /// The network does not begin with a recurrent layer: nothing is learned before a sequence has ended.
  case notRecurrent
  /// No sequences were begun to learn from.
  case nothingBegun
  /// A step is for at least one of the sequences that had the step before, not for `found` of `going`.
  case sequenceCount(going: Int, found: Int)
  /// No step of a sequence has been read since the last sample.
  case noSteps
  /// `steps` steps of other sequences have been read, or those were begun; add, train on or discard them first.
  case sequenceIsOpen(steps: Int)
  /// So many samples wait already, where a sequence is to be predicted before it ends.
  case samplesWait(Int)
  /// A sample of the batch to train on has no label, or no values to learn.
  case unlabelled(sample: Int)
  /// The network was planned for inference, or for a loss whose digest has only `planned` numbers.
  case notPlannedForTraining(digest: Int, planned: Int)
  /// A rate is infinite or not a number.
  case rates
  /// There is no such layer.
  case noLayer(Int)
  /// The parameters of the layer lie in flash, where nothing changes them: they need another plan.
  case inFlash(layer: Int)
  /// The parameters are for another network: so many bytes were expected.
  case parameterBytes(expected: Int, found: Int)
  /// The parameter at this byte of those given is not finite in its precision, or subnormal.
  case parameter(offset: Int)
  /// A layer has `expected` weights and biases in all.
  case parameterCount(expected: Int, found: Int)
}
