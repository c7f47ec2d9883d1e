import Files

/// A file in NumPy's format NPY, version 1, 2 or 3, with little-endian numbers in C order.
public struct NPY: Sendable {
  /// The lengths, the slowest first; none is zero.
  public var dimensions: [Int] { block.dimensions }

  let block: NumberBlock

  /// The bytes that every NPY file begins with.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The array in `bytes`, the whole file called `name`.
  ///
  /// - Throws: `DatasetError` unless the file holds just what its header promises.
  public init(bytes: [UInt8], name: String) throws(DatasetError) {
    guard bytes.starts(with: Self.magic) else {
      throw .malformed(
        name, at: 0, expected: "0x93 and NUMPY, as in an NPY file", found: "other bytes")
    }
    guard bytes.count > 6, (1...3).contains(bytes[6]) else {
      throw .malformed(
        name, at: 6, expected: "version 1, 2 or 3",
        found: bytes.count > 6 ? "\(bytes[6])" : "the end of the file")
    }
    let first = bytes[6] == 1 ? 10 : 12
    guard bytes.count >= first else {
      throw .malformed(
        name, at: bytes.count, expected: "the length of the header", found: "the end of the file")
    }
    let length = Int(ByteOrder.littleEndian.unsigned(bytes[8..<first]))
    guard length <= bytes.count - first else {
      throw .malformed(
        name, at: bytes.count, expected: "a header of \(length) bytes",
        found: "the end of the file: \(length - (bytes.count - first)) bytes are missing")
    }
    let start = first + length
    var header = NPYHeader(file: name, bytes: bytes, from: first, upTo: start)
    try header.parse()
    guard let format = Self.formats[header.description] else {
      throw .malformed(
        name, at: header.descriptionOffset,
        expected: "a 'descr' of \(Self.formats.keys.sorted().joined(separator: ", "))",
        found: "'\(header.description)'")
    }
    block = try NumberBlock(
      file: name, format: format, order: .littleEndian, dimensions: header.shape, bytes: bytes,
      start: start, announced: header.shapeOffset)
  }

  private static let formats: [String: NumberFormat] = [
    "|u1": .uint8, "|i1": .int8, "<i2": .int16, "<i4": .int32, "<i8": .int64, "<f2": .float16,
    "<f4": .float32, "<f8": .float64,
  ]
}
