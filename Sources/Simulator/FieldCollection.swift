import Datasets
import Selvedge

/// Samples of a data set as a device has collected them in the field.
public struct FieldCollection: FieldSamples {
  private let data: LabelledSamples
  private let indices: [Int]
  public let labelledCount: Int

  /// Some samples of a data set, by a choice of the seed; of these the first `labelled` with their labels.
  ///
  /// - Precondition: The data have classes; no count is negative.
  public init(_ data: LabelledSamples, count: Int, labelled: Int, seed: UInt64) {
    self.init(
      data, Self.choice(of: data.count, count: count, seed: seed), labelled: labelled)
  }

  /// Which samples of `total` a device has collected, by a choice of the seed.
  public static func choice(of total: Int, count: Int, seed: UInt64) -> [Int] {
    var order = Array(0..<total)
    SampleOrder.shuffle(&order, seed: seed, stream: 8 << 32)
    return Array(order.prefix(count))
  }

  /// The samples at `indices`, of these the first `labelled` with their labels.
  public init(_ data: LabelledSamples, _ indices: [Int], labelled: Int) {
    self.data = data
    self.indices = indices
    labelledCount = min(labelled, indices.count)
  }

  public var count: Int { indices.count }
  public var longest: Int { data.samples.valuesPerSample }
  public func copy(_ index: Int, into values: inout MutableSpan<Float>) -> Int {
    data.samples.copy(indices[index], into: &values)
  }
  public func label(of index: Int) -> Int { data.labels[indices[index]] }
}
