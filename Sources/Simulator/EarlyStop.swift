import Datasets
import Selvedge

/// How a network does that reads a sequence only until it is sure enough of its class.
public struct EarlyStop: Equatable, Sendable {
  /// What it took the sequences for.
  public let evaluation: Evaluation
  /// The mean number of steps that it read.
  public let meanSteps: Double
  /// The mean number of steps that there are.
  public let meanLength: Double

  /// The predictions of a network for the sequences at `indices`, each read step by step until the largest
  /// probability is at least `confidence`, or to its end.
  ///
  /// - Parameter progress: Called with the number of sequences that are done.
  /// - Throws: `SampleError` if a sample is not one for this network; labels must be checked before.
  public init(
    _ network: inout Network, _ data: LabelledSamples, indices: some Collection<Int>,
    confidence: Float, progress: (Int) -> Void = { _ in }
  ) throws(SampleError) {
    var evaluation = Evaluation(classes: network.classes)
    var (read, all) = (0, 0)
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    for (done, index) in indices.enumerated() {
      var span = values.mutableSpan
      let count = data.samples.copy(index, into: &span)
      let width = network.inputs
      do throws(NetworkError) {
        guard count.isMultiple(of: width) else {
          throw .valueCount(expected: width, found: count)
        }
        for step in 0..<count / width {
          try network.read(values.span.extracting(step * width..<(step + 1) * width))
          try network.predictSoFar()
          read += 1
          if network.confidence(of: 0) >= confidence { break }
        }
      } catch {
        network.forgetSequence()
        throw SampleError(file: data.samples.name, index: index, error: error)
      }
      network.forgetSequence()
      evaluation.add(data.labels[index], takenFor: network.predictedClass(of: 0))
      all += count / width
      progress(done + 1)
    }
    self.evaluation = evaluation
    meanSteps = Double(read) / Double(max(indices.count, 1))
    meanLength = Double(all) / Double(max(indices.count, 1))
  }
}
