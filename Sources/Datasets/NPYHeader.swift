/// The dictionary that begins an NPY file, spelled in Python:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 784), }`.
struct NPYHeader {
  /// The spelling of the number type, and where it was read.
  private(set) var description = ""
  private(set) var descriptionOffset = 0
  private(set) var shape: [Int] = []
  private(set) var shapeOffset = 0

  private let file: String
  private let bytes: [UInt8]
  private let end: Int
  private var position: Int

  /// - Precondition: `start` and `end` lie within `bytes`.
  init(file: String, bytes: [UInt8], from start: Int, upTo end: Int) {
    self.file = file
    self.bytes = bytes
    self.end = end
    position = start
  }

  /// Reads the whole dictionary, which must have the three names once each.
  mutating func parse() throws(DatasetError) {
    var missing: Set = ["descr", "fortran_order", "shape"]
    try require("{")
    while !take("}") {
      skipSpace()
      let start = position
      let name = try string()
      guard missing.remove(name) != nil else {
        throw failure("'descr', 'fortran_order' and 'shape' once each", at: start)
      }
      try require(":")
      skipSpace()
      switch name {
      case "descr":
        descriptionOffset = position
        description = try string()
      case "shape":
        shapeOffset = position
        try tuple()
      default:
        guard takeWord("False") else {
          throw failure("False, for C order; save numpy.ascontiguousarray(array)")
        }
      }
      if !take(",") {
        try require("}")
        break
      }
    }
    guard missing.isEmpty else {
      throw failure(missing.sorted().map { "'\($0)'" }.joined(separator: ", "))
    }
    skipSpace()
    guard position == end else { throw failure("only spaces up to byte \(end)") }
  }

  private mutating func tuple() throws(DatasetError) {
    try require("(")
    while !take(")") {
      skipSpace()
      shape.append(try integer())
      if !take(",") {
        try require(")")
        break
      }
    }
  }

  private mutating func integer() throws(DatasetError) -> Int {
    let start = position
    while position < end, (0x30...0x39).contains(bytes[position]) { position += 1 }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw failure("a length", at: start)
    }
    return value
  }

  private mutating func string() throws(DatasetError) -> String {
    let start = position
    guard position < end, bytes[position] == 0x27 || bytes[position] == 0x22,
      let close = bytes[(start + 1)..<end].firstIndex(of: bytes[start])
    else { throw failure("a text in quotes") }
    position = close + 1
    return String(decoding: bytes[(start + 1)..<close], as: UTF8.self)
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[position..<end].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar) throws(DatasetError) {
    guard take(character) else { throw failure("'\(character)'") }
  }

  private mutating func skipSpace() {
    while position < end, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
  }

  private func failure(_ expected: String, at offset: Int? = nil) -> DatasetError {
    let offset = offset ?? position
    let rest = bytes[offset..<min(offset + 12, end)]
    let found = rest.isEmpty ? "the end of the header" : String(decoding: rest, as: UTF8.self)
    return .malformed(file, at: offset, expected: expected, found: found)
  }
}
