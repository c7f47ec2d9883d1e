import Datasets
import Selvedge

/// How far a regression is from the values of samples, in their own units.
public struct ValueErrors: Equatable, Sendable {
  /// Samples.
  public let count: Int
  /// The root of the mean squared error over all values; nil if there are no samples.
  public private(set) var rmse: Double?
  /// The same error of who always says the mean of the values that the network was trained on.
  public private(set) var baseline: Double?
  /// The part of the variance of these values that is explained, 1 - squared error / squared distance from their
  /// own means; nil if they do not vary.
  public private(set) var explained: Double?

  /// The errors of a network for the samples at `indices`.
  ///
  /// - Precondition: The network learns values, as many as the data have of each sample.
  /// - Throws: `SampleError` if a sample is not one for this network.
  public init(
    _ network: inout Network, _ data: LabelledSamples, indices: some Collection<Int>,
    progress: (Int) -> Void = { _ in }
  ) throws(SampleError) {
    count = indices.count
    guard count > 0 else { return }
    let outputs = network.classes
    let trained = Double(network.targetStandardisation.mean)
    var means = [Double](repeating: 0, count: outputs)
    for index in indices {
      for (c, value) in data.targets(of: index).enumerated() {
        means[c] += Double(value) / Double(count)
      }
    }
    var (squares, fromTrained, fromMeans) = (0.0, 0.0, 0.0)
    var found = [Float](repeating: 0, count: outputs)
    try network.forEachPrediction(data, indices: indices, progress) { network, sample, index in
      var span = found.mutableSpan
      network.copyOutputs(of: sample, into: &span)
      for (c, value) in data.targets(of: index).enumerated() {
        let value = Double(value)
        squares += (Double(found[c]) - value) * (Double(found[c]) - value)
        fromTrained += (trained - value) * (trained - value)
        fromMeans += (means[c] - value) * (means[c] - value)
      }
    }
    let values = Double(count * outputs)
    rmse = (squares / values).squareRoot()
    baseline = (fromTrained / values).squareRoot()
    explained = fromMeans > 0 ? 1 - squares / fromMeans : nil
  }
}

/// How a network did on samples: on their classes, or on their values.
public enum TestResult: Equatable, Sendable {
  case classes(Evaluation)
  case values(ValueErrors)

  /// The result of a network for the samples at `indices`, which have what the network learns.
  ///
  /// - Parameter progress: Called now and then with the number of samples that are done.
  /// - Throws: `SampleError` if a sample is not one for this network; labels must be checked before.
  public init(
    _ network: inout Network, _ data: LabelledSamples, indices: some Collection<Int>,
    progress: (Int) -> Void = { _ in }
  ) throws(SampleError) {
    self =
      network.learnsValues
      ? .values(try ValueErrors(&network, data, indices: indices, progress: progress))
      : .classes(try Evaluation(&network, data, indices: indices, progress: progress))
  }

  public var count: Int {
    switch self {
    case .classes(let evaluation): evaluation.count
    case .values(let errors): errors.count
    }
  }
}
