import Datasets
import Selvedge

extension Evaluation {
  /// The predictions of a network for the samples at `indices` as they come one by one, while the mean and the
  /// deviation of its input follow what came before (``RunningStandardisation``).
  ///
  /// - Parameters:
  ///   - running: From where on; what it is at the end.
  ///   - progress: Called with the number of samples that are done.
  /// - Throws: `SampleError` if a sample is not one for this network; the network is as it was.
  public init(
    _ network: inout Network, _ data: LabelledSamples, indices: some Collection<Int>,
    following running: inout RunningStandardisation, progress: (Int) -> Void = { _ in }
  ) throws(SampleError) {
    let before = network.standardisation
    defer { network.standardisation = before }
    var own = Self(classes: network.classes)
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    for (done, index) in indices.enumerated() {
      var span = values.mutableSpan
      let count = data.samples.copy(index, into: &span)
      running.follow(values.span.extracting(0..<count))
      network.standardisation = running.standardisation
      do throws(NetworkError) {
        try network.add(values.span.extracting(0..<count))
        try network.predict()
      } catch {
        network.discard()
        throw SampleError(file: data.samples.name, index: index, error: error)
      }
      own.add(data.labels[index], takenFor: network.predictedClass(of: 0))
      progress(done + 1)
    }
    self = own
  }
}
