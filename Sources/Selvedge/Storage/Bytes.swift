// Little-endian numbers in bytes; every target of the runtime is little-endian itself.

extension RawSpan {
  /// The number at `offset`.
  ///
  /// - Throws: `ModelFileError.truncated` if the bytes end before it does.
  func number<Number: BitwiseCopyable>(
    at offset: Int, as type: Number.Type
  ) throws(ModelFileError) -> Number {
    let size = MemoryLayout<Number>.size
    guard offset <= byteCount - size else {
      throw .truncated(offset: offset, needed: size, found: max(byteCount - offset, 0))
    }
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type)
  }

  /// The 64-bit number at `offset`, as a number of this machine.
  ///
  /// - Throws: `ModelFileError.value` if it is too large, naming its offset in the file.
  func count(at offset: Int, ofSectionAt section: Int = 0) throws(ModelFileError) -> Int {
    let wide = try number(at: offset, as: UInt64.self)
    guard wide <= UInt64(widening: .max) else { throw .value(offset: section + offset) }
    return Int(truncatingIfNeeded: wide)
  }

  func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}

/// Writes numbers one behind the other.
struct ByteWriter: ~Copyable, ~Escapable {
  private var bytes: MutableRawSpan
  private(set) var offset = 0

  @_lifetime(copy bytes)
  init(_ bytes: consuming MutableRawSpan) {
    self.bytes = bytes
  }

  mutating func write<Number: BitwiseCopyable>(_ number: Number) {
    bytes.storeBytes(of: number, toByteOffset: offset, as: Number.self)
    offset += MemoryLayout<Number>.size
  }
}
