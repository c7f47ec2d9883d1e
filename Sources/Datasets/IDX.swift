import Files

/// A file in the IDX format, in which MNIST and its kin are published.
///
/// The file is two zero bytes, the type of the elements, the number of dimensions, the dimensions
/// in four bytes each, and the elements; all numbers are big-endian.
public struct IDX: Sendable {
  /// The type of an element, by its number in the format.
  public enum ElementType: UInt8, Sendable {
    case ubyte = 0x08
    case byte = 0x09
    case short = 0x0B
    case int = 0x0C
    case float = 0x0D
    case double = 0x0E

    var format: NumberFormat {
      switch self {
      case .ubyte: .uint8
      case .byte: .int8
      case .short: .int16
      case .int: .int32
      case .float: .float32
      case .double: .float64
      }
    }
  }

  /// The name of the file, for errors.
  public var name: String { block.file }
  public let elementType: ElementType
  /// The lengths, the slowest first; none is zero.
  public var dimensions: [Int] { block.dimensions }
  /// The whole file.
  public var bytes: [UInt8] { block.bytes }
  /// The first byte of the elements.
  public var dataOffset: Int { block.start }

  let block: NumberBlock

  /// The array in `bytes`, the whole file called `name`.
  ///
  /// - Throws: `DatasetError` unless the file holds just what its header promises.
  public init(bytes: [UInt8], name: String) throws(DatasetError) {
    guard bytes.count >= 4 else {
      throw .malformed(
        name, at: bytes.count, expected: "the 4 bytes that begin an IDX file",
        found: "the end of the file")
    }
    guard bytes[0] == 0, bytes[1] == 0 else {
      throw .malformed(
        name, at: 0, expected: "two zero bytes, as in an IDX file",
        found: "\(bytes[0]) and \(bytes[1])")
    }
    guard let type = ElementType(rawValue: bytes[2]) else {
      throw .malformed(
        name, at: 2, expected: "an element type of 8, 9, 11, 12, 13 or 14", found: "\(bytes[2])")
    }
    let rank = Int(bytes[3])
    let start = 4 + 4 * rank
    guard rank > 0 else {
      throw .malformed(name, at: 3, expected: "at least 1 dimension", found: "0")
    }
    guard bytes.count >= start else {
      throw .malformed(
        name, at: bytes.count, expected: "\(rank) dimensions up to byte \(start)",
        found: "the end of the file: \(start - bytes.count) bytes are missing")
    }
    let dimensions = (0..<rank).map { dimension in
      Int(ByteOrder.bigEndian.unsigned(bytes[(4 + 4 * dimension)..<(8 + 4 * dimension)]))
    }
    elementType = type
    block = try NumberBlock(
      file: name, format: type.format, order: .bigEndian, dimensions: dimensions, bytes: bytes,
      start: start, announced: 4)
  }
}
