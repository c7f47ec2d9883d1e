import Files

/// Images, rows of a table, or sequences, which may differ in length.
public struct Samples: Sendable {
  /// The name of the file that they come from, for errors.
  public let name: String
  /// The number of samples; at least 1.
  public let count: Int
  /// The lengths of one sample, such as `[28, 28]`; of sequences the steps of the longest, and the values of a
  /// step.
  public let shape: [Int]
  /// The number of values in a sample, the longest if they differ.
  public let valuesPerSample: Int
  /// Where each sequence begins, and where the last one ends; nil if all are as long.
  let starts: [Int]?

  let storage: Storage

  /// The values, sample after sample; bytes stay bytes, as they would be four times as many.
  enum Storage: Sendable {
    /// Values from 0 to 255 that begin at `start`.
    case bytes([UInt8], start: Int)
    /// Values that are all finite.
    case floats([Float])
  }

  /// The samples in a block, by its first dimension.
  init(_ block: NumberBlock) throws(DatasetError) {
    name = block.file
    count = block.dimensions[0]
    shape = block.dimensions.count > 1 ? Array(block.dimensions[1...]) : [1]
    valuesPerSample = shape.reduce(1, *)
    starts = nil
    if block.format == .uint8 {
      storage = .bytes(block.bytes, start: block.start)
      return
    }
    let floats = block.floats
    if let index = floats.firstIndex(where: { !$0.isFinite }) {
      throw .malformed(
        name, at: block.start + index * block.format.size,
        expected: "a finite float in value \(index % valuesPerSample)"
          + " of sample \(index / valuesPerSample)",
        found: "\(floats[index])")
    }
    storage = .floats(floats)
  }

  /// The elements of an IDX file, by its first dimension.
  ///
  /// - Throws: `DatasetError` with sample, value and byte of one that is not finite.
  public init(_ idx: IDX) throws(DatasetError) { try self.init(idx.block) }

  /// The elements of an NPY file, by its first dimension.
  ///
  /// - Throws: `DatasetError` with sample, value and byte of one that is not finite.
  public init(_ npy: NPY) throws(DatasetError) { try self.init(npy.block) }

  /// The rows of a table.
  public init(_ csv: CSV) {
    name = csv.name
    count = csv.rows
    shape = [csv.columns]
    valuesPerSample = csv.columns
    starts = nil
    storage = .floats(csv.values)
  }

  /// The samples of `shape` that lie in `bytes`, one after the other.
  ///
  /// - Precondition: `bytes` holds one or more whole samples of at least one value.
  public init(bytes: [UInt8], shape: [Int], name: String = "samples") {
    self.init(name, shape, bytes.count, .bytes(bytes, start: 0))
  }

  /// The samples of `shape` that lie in `floats`, one after the other.
  ///
  /// - Precondition: `floats` holds one or more whole samples of at least one value; all finite.
  public init(floats: [Float], shape: [Int], name: String = "samples") {
    precondition(floats.allSatisfy(\.isFinite), "samples must be finite")
    self.init(name, shape, floats.count, .floats(floats))
  }

  private init(_ name: String, _ shape: [Int], _ values: Int, _ storage: Storage) {
    let length = shape.reduce(1, *)
    precondition(
      length > 0 && values > 0 && values.isMultiple(of: length), "samples must be whole")
    self.name = name
    self.shape = shape
    self.storage = storage
    valuesPerSample = length
    count = values / length
    starts = nil
  }

  /// Sequences of steps of `channels` values each, one after the other, of which number i has the values from
  /// starts[i] to starts[i + 1].
  ///
  /// - Precondition: `starts` rise from 0 to the number of values, by whole steps; all values are finite.
  public init(sequences values: [Float], starts: [Int], channels: Int, name: String) {
    precondition(starts.first == 0 && starts.last == values.count, "sequences must be whole")
    let lengths = zip(starts, starts.dropFirst()).map { $1 - $0 }
    precondition(
      lengths.allSatisfy { $0 > 0 && $0.isMultiple(of: channels) }, "steps must be whole")
    precondition(values.allSatisfy(\.isFinite), "samples must be finite")
    self.name = name
    count = lengths.count
    let longest = lengths.max()!
    valuesPerSample = longest
    shape = [longest / channels, channels]
    self.starts = lengths.allSatisfy { $0 == longest } ? nil : starts
    storage = .floats(values)
  }

  /// What the values can be: 0 and 255 of bytes, of others the least and the greatest that there are.
  public var valueRange: (least: Float, greatest: Float) {
    switch storage {
    case .bytes: (0, 255)
    case .floats(let floats): (floats.min()!, floats.max()!)
    }
  }

  /// The number of values in the sample `index`.
  ///
  /// - Precondition: `index` is below `count`.
  public func valueCount(_ index: Int) -> Int { range(index).count }

  /// The values of the sample `index`, counted from the first value of all.
  func range(_ index: some BinaryInteger) -> Range<Int> {
    let index = Int(index)
    precondition(index >= 0 && index < count, "no such sample")
    guard let starts else { return index * valuesPerSample..<(index + 1) * valuesPerSample }
    return starts[index]..<starts[index + 1]
  }

  /// Puts the values of the sample `index` into `destination`, unscaled: bytes are 0 to 255.
  ///
  /// - Precondition: `index` is below `count`, and `destination` has room for the sample.
  /// - Returns: How many values there are.
  @discardableResult
  public func copy(_ index: Int, into destination: inout MutableSpan<Float>) -> Int {
    let range = range(index)
    precondition(destination.count >= range.count, "a sample has no room")
    switch storage {
    case .bytes(let bytes, let start):
      let span = bytes.span.extracting(start + range.lowerBound..<start + range.upperBound)
      for value in span.indices { destination[unchecked: value] = Float(span[unchecked: value]) }
    case .floats(let floats):
      let span = floats.span.extracting(range)
      for value in span.indices { destination[unchecked: value] = span[unchecked: value] }
    }
    return range.count
  }
}
