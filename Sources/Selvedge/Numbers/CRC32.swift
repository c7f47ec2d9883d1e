/// The CRC-32 of zlib, PNG and gzip: polynomial 0xEDB88320 reflected, initial value and final
/// exclusive-or 0xFFFFFFFF.
public struct CRC32: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  /// A checksum of no bytes yet.
  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  /// Takes more bytes in.
  public mutating func update(_ bytes: RawSpan) {
    for i in 0..<bytes.byteCount {
      let byte = bytes.unsafeLoad(fromByteOffset: i, as: UInt8.self)
      state = Self.next(state ^ UInt32(byte))
    }
  }

  /// The checksum of one stretch of bytes.
  public static func of(_ bytes: RawSpan) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes)
    return crc.value
  }

  /// Eight steps of the shift register, as two of four bits: a table of 64 bytes is all it needs.
  @inline(__always)
  private static func next(_ state: UInt32) -> UInt32 {
    let half = (state &>> 4) ^ remainder(state & 15)
    return (half &>> 4) ^ remainder(half & 15)
  }

  /// What four bits leave behind, composed from the polynomial shifted by 0 to 3.
  @inline(__always)
  private static func remainder(_ bits: UInt32) -> UInt32 {
    (0 &- (bits & 1)) & 0x1DB7_1064 ^ (0 &- (bits &>> 1 & 1)) & 0x3B6E_20C8
      ^ (0 &- (bits &>> 2 & 1)) & 0x76DC_4190 ^ (0 &- (bits &>> 3 & 1)) & 0xEDB8_8320
  }
}
