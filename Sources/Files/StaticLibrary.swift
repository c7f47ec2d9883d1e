/// How much a static library takes: the sections of the ELF objects in an `ar` archive, added up.
///
/// What links the library leaves out the sections that it does not use, so a program takes at most so much.
public struct StaticLibrary: Equatable, Sendable {
  /// Bytes that lie in flash: code, constants, and what variables begin with.
  public private(set) var flashBytes = 0
  /// Bytes of variables in RAM.
  public private(set) var ramBytes = 0
  /// Objects in the archive.
  public private(set) var objects = 0

  /// The library in the bytes of a file; `path` is for errors.
  ///
  /// - Throws: `FileError.malformed` with the byte and what was expected there.
  public init(_ bytes: [UInt8], path: String) throws(FileError) {
    let file = LittleEndianFile(bytes: bytes, path: path)
    guard bytes.starts(with: "!<arch>\n".utf8) else {
      throw file.malformed(at: 0, expected: "'!<arch>', the beginning of a static library")
    }
    var offset = 8
    while offset < bytes.count {
      // name 16, time 12, user 6, group 6, mode 8, size 10, and two bytes at the end
      try file.require(60, at: offset, "the header of a member")
      guard file.bytes[offset + 58] == 0x60, file.bytes[offset + 59] == 0x0A else {
        throw file.malformed(at: offset + 58, expected: "the end of a member's header")
      }
      let digits = bytes[offset + 48..<offset + 58].prefix { $0 != 0x20 }
      guard let size = Int(String(decoding: digits, as: UTF8.self)), size >= 0 else {
        throw file.malformed(at: offset + 48, expected: "the size of a member")
      }
      try file.require(size, at: offset + 60, "a member of \(size) bytes")
      // The archive's own tables of symbols and of long names.
      let name = String(decoding: bytes[offset..<offset + 16].prefix { $0 != 0x20 }, as: UTF8.self)
      if !["/", "//", "/SYM64/"].contains(name) {
        try add(file, offset + 60..<offset + 60 + size)
      }
      offset += 60 + size + size % 2
    }
  }

  private mutating func add(_ file: LittleEndianFile, _ member: Range<Int>) throws(FileError) {
    let start = member.lowerBound
    guard member.count >= 52,
      file.bytes[start..<start + 4].elementsEqual([0x7F, 0x45, 0x4C, 0x46]),
      file.bytes[start + 5] == 1, let is64 = [1: false, 2: true][file.bytes[start + 4]],
      !is64 || member.count >= 64
    else { throw file.malformed(at: start, expected: "an ELF object, little-endian") }
    objects += 1
    let table = try file.number(is64 ? 8 : 4, at: start + (is64 ? 0x28 : 0x20))
    let entry = try file.number(2, at: start + (is64 ? 0x3A : 0x2E))
    let count = try file.number(2, at: start + (is64 ? 0x3C : 0x30))
    guard count == 0 || entry >= (is64 ? 64 : 40), table <= member.count,
      count * entry <= member.count - table
    else { throw file.malformed(at: start, expected: "a table of sections within the object") }
    for k in 0..<count {
      let section = start + table + k * entry
      let type = try file.number(4, at: section + 4)
      let flags = try file.number(is64 ? 8 : 4, at: section + 8)
      let size = try file.number(is64 ? 8 : 4, at: section + (is64 ? 0x20 : 0x14))
      // Bit 1: it is loaded; bit 0: it can be written; type 8: it begins as zeros.
      guard flags & 2 != 0 else { continue }
      let (sum, overflows) = (flashBytes + ramBytes).addingReportingOverflow(size)
      guard !overflows, sum <= 1 << 50 else {
        throw file.malformed(at: section, expected: "a section of a possible size")
      }
      if type != 8 { flashBytes += size }
      if flags & 1 != 0 { ramBytes += size }
    }
  }
}

/// Numbers in the bytes of a file.
private struct LittleEndianFile {
  let bytes: [UInt8]
  let path: String

  func malformed(at offset: Int, expected: String) -> FileError {
    .malformed(path: path, offset: offset, expected: expected, found: "something else")
  }

  func require(_ count: Int, at offset: Int, _ what: String) throws(FileError) {
    guard count <= bytes.count - offset else {
      throw .malformed(
        path: path, offset: offset, expected: what, found: "\(bytes.count - offset) bytes")
    }
  }

  func number(_ count: Int, at offset: Int) throws(FileError) -> Int {
    try require(count, at: offset, "a number of \(count) bytes")
    var number: UInt64 = 0
    for k in (0..<count).reversed() { number = number << 8 | UInt64(bytes[offset + k]) }
    guard let number = Int(exactly: number) else {
      throw malformed(at: offset, expected: "a number that can be one of bytes")
    }
    return number
  }
}
