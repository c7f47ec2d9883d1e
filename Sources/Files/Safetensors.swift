/// A file of named tensors in the safetensors format, checked as it is read.
///
/// The file is eight bytes with the length of a header (little-endian), the header in JSON, and
/// the data, which the tensors cover without gaps.
public struct Safetensors: Sendable {
  /// A tensor in the file.
  public struct Tensor: Equatable, Sendable {
    public var name: String
    /// The type as the file spells it: `F32`, `BF16`, `I64`, ...
    public var dataType: String
    public var shape: [Int]
    /// Where the values lie, counted from the first byte of the file.
    public var bytes: Range<Int>
  }

  /// The whole file.
  public let bytes: [UInt8]
  /// The tensors in the order of their data.
  public let tensors: [Tensor]
  /// The texts that the file says about itself, under their names.
  public let metadata: [String: String]

  /// The longest header that is read, as in the reference implementation.
  static let headerLimit = 100_000_000

  /// The tensors in `bytes`, a whole file.
  ///
  /// - Throws: `SafetensorsError` if the header, a tensor or the size of the file is not as the
  ///   format demands.
  public init(bytes: [UInt8]) throws(SafetensorsError) {
    let start = try Self.startOfData(bytes)
    let members = try Self.header(bytes, upTo: start)
    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value)
      } else {
        tensors.append(try Tensor(member, dataAt: start, count: bytes.count - start))
      }
    }
    // Empty tensors come before the one that begins where they lie; equal ones keep their order.
    tensors = tensors.enumerated().sorted { first, second in
      let (a, b) = (first.element.bytes, second.element.bytes)
      return (a.lowerBound, a.upperBound, first.offset)
        < (b.lowerBound, b.upperBound, second.offset)
    }.map(\.element)
    var end = start
    for tensor in tensors {
      guard tensor.bytes.lowerBound == end else {
        throw .tensor(
          name: tensor.name, expected: "data from byte \(end), where the tensor before it ends",
          found: "byte \(tensor.bytes.lowerBound)")
      }
      end = tensor.bytes.upperBound
    }
    guard end == bytes.count else {
      throw .malformed(
        offset: end, expected: "the end of the file after the last tensor",
        found: "\(bytes.count - end) more bytes")
    }
    self.bytes = bytes
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The values of the tensor `name`, stored as F32, F16, BF16 or F64, as the nearest floats.
  ///
  /// - Throws: `SafetensorsError` if there is no such tensor or it has another type.
  public func floats(of name: String) throws(SafetensorsError) -> [Float] {
    guard let tensor = tensors.first(where: { $0.name == name }) else {
      throw .missing(name: name, present: tensors.map(\.name))
    }
    let format: NumberFormat
    switch tensor.dataType {
    case "F16": format = .float16
    case "BF16": format = .bfloat16
    case "F32": format = .float32
    case "F64": format = .float64
    default:
      throw .tensor(name: name, expected: "F16, BF16, F32 or F64", found: tensor.dataType)
    }
    return format.floats(in: tensor.bytes, of: bytes, order: .littleEndian)
  }
}

extension Safetensors {
  /// The first byte after the header.
  private static func startOfData(_ bytes: [UInt8]) throws(SafetensorsError) -> Int {
    guard bytes.count >= 8 else {
      throw .malformed(
        offset: bytes.count, expected: "eight bytes with the length of the header",
        found: "the end of the file, \(8 - bytes.count) bytes short")
    }
    let length = ByteOrder.littleEndian.unsigned(bytes[..<8])
    guard length <= headerLimit else {
      throw .malformed(
        offset: 0, expected: "a header of at most \(headerLimit) bytes", found: "\(length)")
    }
    guard length <= bytes.count - 8 else {
      throw .malformed(
        offset: bytes.count, expected: "a header of \(length) bytes",
        found: "the end of the file, \(Int(length) - (bytes.count - 8)) bytes short")
    }
    return 8 + Int(length)
  }

  private static func header(
    _ bytes: [UInt8], upTo end: Int
  ) throws(SafetensorsError) -> [JSON.Member] {
    let header: JSON
    do throws(JSONError) {
      header = try JSON(parsing: Array(bytes[8..<end]))
    } catch {
      throw .malformed(offset: 8 + error.offset, expected: error.expected, found: error.found)
    }
    guard let members = header.members, bytes[8] == UInt8(ascii: "{") else {
      throw .malformed(offset: 8, expected: "'{' and the tensors", found: "another beginning")
    }
    return members
  }

  private static func metadata(_ json: JSON) throws(SafetensorsError) -> [String: String] {
    guard let members = json.members, members.allSatisfy({ $0.value.string != nil }) else {
      throw .tensor(name: "__metadata__", expected: "texts under names", found: json.description)
    }
    return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.string ?? "") })
  }
}

extension Safetensors.Tensor {
  /// The tensor that a member of the header describes, in `count` bytes of data from `start` on.
  fileprivate init(
    _ member: JSON.Member, dataAt start: Int, count: Int
  ) throws(SafetensorsError) {
    let name = member.key
    func failure(_ expected: String, _ found: JSON?) -> SafetensorsError {
      .tensor(name: name, expected: expected, found: found?.description ?? "nothing")
    }
    guard let dataType = member.value["dtype"]?.string, let width = Self.bits[dataType] else {
      throw failure("a dtype such as \"F32\"", member.value["dtype"])
    }
    let shape = member.value["shape"]?.array?.map { $0.integer ?? -1 }
    guard let shape, shape.allSatisfy({ $0 >= 0 }) else {
      throw failure("a shape of whole numbers", member.value["shape"])
    }
    let offsets = member.value["data_offsets"]?.array?.map { $0.integer ?? -1 } ?? []
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= count else {
      throw failure("two data_offsets from 0 up to \(count)", member.value["data_offsets"])
    }
    // Zeros go first, as in an empty tensor the other dimensions may be anything.
    var size: Int? = width
    for length in shape.sorted() {
      let (product, overflows) = (size ?? 0).multipliedReportingOverflow(by: length)
      size = size == nil || overflows ? nil : product
    }
    guard let size, size % 8 == 0, size / 8 == offsets[1] - offsets[0] else {
      let promised = size.map { "\($0 / 8) bytes" } ?? "more bytes than can be counted"
      throw failure(
        "data_offsets around the \(promised) of \(dataType) \(shape)",
        member.value["data_offsets"])
    }
    self.init(
      name: name, dataType: dataType, shape: shape,
      bytes: start + offsets[0]..<start + offsets[1])
  }

  /// The bits that a value of each type takes.
  private static let bits = [
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F16": 16,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
  ]
}
