import Files

/// An array of numbers as it lies in a file: IDX and NPY differ only in how they announce it.
struct NumberBlock: Sendable {
  let file: String
  let format: NumberFormat
  let order: ByteOrder
  /// The lengths, the slowest first; none is zero.
  let dimensions: [Int]
  /// The whole file.
  let bytes: [UInt8]
  /// The first byte of the numbers; they reach to the end of the file.
  let start: Int

  /// The block that the header of a file promises.
  ///
  /// - Parameter announced: the byte in the header that begins to tell the dimensions.
  /// - Throws: `DatasetError` unless the file holds just the numbers promised.
  init(
    file: String, format: NumberFormat, order: ByteOrder, dimensions: [Int], bytes: [UInt8],
    start: Int, announced: Int
  ) throws(DatasetError) {
    var size: Int? = format.size
    for length in dimensions {
      guard length > 0 else {
        throw .malformed(
          file, at: announced, expected: "dimensions of at least 1",
          found: dimensions.description)
      }
      let (product, overflows) = (size ?? 0).multipliedReportingOverflow(by: length)
      size = size == nil || overflows ? nil : product
    }
    let present = bytes.count - start
    guard !dimensions.isEmpty, let size else {
      throw .malformed(
        file, at: announced, expected: "the dimensions of the \(present) bytes that follow",
        found: dimensions.description)
    }
    guard size == present else {
      let difference =
        size > present ? "\(size - present) are missing" : "\(present - size) are too many"
      throw .malformed(
        file, at: start,
        expected: "\(size) bytes, as the header promises \(dimensions) of \(format.size) each",
        found: "\(present) bytes: \(difference)")
    }
    self.file = file
    self.format = format
    self.order = order
    self.dimensions = dimensions
    self.bytes = bytes
    self.start = start
  }

  /// The numbers as the nearest floats.
  var floats: [Float] { format.floats(in: start..<bytes.count, of: bytes, order: order) }
}
