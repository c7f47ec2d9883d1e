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

  /// No predictions yet.
  init(classes: Int) {
    confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
  }

  /// Counts a sample of class `label` that was taken for `found`.
  mutating func add(_ label: Int, takenFor found: Int) { confusion[label][found] += 1 }

  /// The predictions of a network for the samples at `indices`.
  ///
  /// - Throws: `SampleError` if a sample is not one for this network; labels must be checked before.
  public init(
    _ network: inout Network, _ data: LabelledSamples, indices: some Collection<Int>
  ) throws(SampleError) {
    var own = Self(classes: network.classes)
    try network.forEachPrediction(data, indices: indices) { network, sample, index in
      own.add(data.labels[index], takenFor: network.predictedClass(of: sample))
    }
    self = own
  }

  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  public var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

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
  /// and its index.
  ///
  /// - Throws: `SampleError` if a sample is not one for this network.
  mutating func forEachPrediction(
    _ data: LabelledSamples, indices: some Collection<Int>,
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
      }
    } catch {
      discard()
      throw SampleError(file: data.samples.name, index: latest, error: error)
    }
  }
}
