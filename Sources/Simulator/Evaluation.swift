import CStandardLibrary
import Datasets
import Selvedge

/// A sample that is not one for the network.
public struct SampleError: Error, Equatable {
  /// The name of the file that it comes from.
  public let file: String
  /// Its number in the file, from 0.
  public let index: Int
  public let error: NetworkError

  public init(file: String, index: Int, error: NetworkError) {
    self.file = file
    self.index = index
    self.error = error
  }
}

/// How a network did on labelled samples.
public struct Evaluation: Equatable, Sendable {
  /// How often samples of class [row] were taken for class [column].
  public private(set) var confusion: [[Int]]
  /// The sum of the cross-entropies of those samples whose probability is known, and their number.
  private var entropy = 0.0
  private var entropyCount = 0

  /// No predictions yet.
  init(classes: Int) {
    confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
  }

  /// Counts a sample of class `label` that was taken for `found`; its own class had `probability`.
  mutating func add(_ label: Int, takenFor found: Int, probability: Float? = nil) {
    confusion[label][found] += 1
    guard let probability else { return }
    // Probabilities below 2^-50 are given as 0, of which there is no logarithm.
    entropy -= log(max(Double(probability), 0x1p-50))
    entropyCount += 1
  }

  /// The predictions of a network for the samples at `indices`.
  ///
  /// - Parameter progress: Called now and then with the number of samples that are done.
  /// - Throws: `SampleError` if a sample is not one for this network; labels must be checked before.
  public init(
    _ network: inout Network, _ data: LabelledSamples, indices: some Collection<Int>,
    progress: (Int) -> Void = { _ in }
  ) throws(SampleError) {
    var own = Self(classes: network.classes)
    var probabilities = [Float](repeating: 0, count: network.classes)
    try network.forEachPrediction(data, indices: indices, progress) { network, sample, index in
      var span = probabilities.mutableSpan
      network.probabilities(of: sample, into: &span)
      let label = data.labels[index]
      own.add(
        label, takenFor: network.predictedClass(of: sample), probability: probabilities[label])
    }
    self = own
  }

  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  public var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// The mean cross-entropy, as of training; nil if no probabilities are known.
  public var loss: Double? { entropyCount == 0 ? nil : entropy / Double(entropyCount) }

  /// The part of the samples that were recognised; nil if there were none.
  public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }

  /// The part of the samples of a class that were recognised as such; nil if there were none.
  public func recall(_ label: Int) -> Double? {
    let count = confusion[label].reduce(0, +)
    return count == 0 ? nil : Double(confusion[label][label]) / Double(count)
  }

  /// The part of the samples taken for a class that were of it; nil if there were none.
  public func precision(_ label: Int) -> Double? {
    let count = confusion.reduce(0) { $0 + $1[label] }
    return count == 0 ? nil : Double(confusion[label][label]) / Double(count)
  }
}

extension Network {
  /// Predicts the samples at `indices`, a batch at a time, and calls `body` with the place of each in its batch
  /// and its index, and `progress` with the number of samples that are done.
  ///
  /// - Throws: `SampleError` if a sample is not one for this network.
  mutating func forEachPrediction(
    _ data: LabelledSamples, indices: some Collection<Int>, _ progress: (Int) -> Void,
    _ body: (borrowing Network, _ sample: Int, _ index: Int) -> Void
  ) throws(SampleError) {
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    var waiting: [Int] = []
    var left = indices[...]
    var latest = 0
    do throws(NetworkError) {
      while !left.isEmpty {
        for index in left.prefix(batch) {
          latest = index
          var span = values.mutableSpan
          let count = data.samples.copy(index, into: &span)
          try add(values.span.extracting(0..<count))
          waiting.append(index)
        }
        left = left.dropFirst(batch)
        try predict()
        for (sample, index) in waiting.enumerated() { body(self, sample, index) }
        waiting.removeAll(keepingCapacity: true)
        progress(indices.count - left.count)
      }
    } catch {
      discard()
      throw SampleError(file: data.samples.name, index: latest, error: error)
    }
  }
}
