/// The 64 bytes at the beginning of a slot, programmed last: with them the slot is whole, without them it is nothing.
///
///     "SELVSLOT", version u32, kind u32, counter u32, slot u32, payload bytes u64, payload CRC-32 u32,
///     erases u32, 20 zeros, CRC-32 u32 of the 60 bytes before
///
/// Numbers are little-endian. The payload begins at the next program unit; what is left of its last unit is 0xFF.
struct CheckpointHeader: Equatable {
  static let bytes = 64
  private static var magic: UInt64 { 0x544F_4C53_564C_4553 }
  private static var version: UInt32 { 1 }
  /// A whole network as a model file; the letters "MODL".
  private static var model: UInt32 { 0x4C44_4F4D }

  /// Rises by one with every checkpoint of a device, and goes round at 2^32.
  var counter: UInt32
  /// The slot that it was written to: bytes that were copied to another place are no checkpoint.
  var slot: Int
  var payloadBytes: Int
  var payloadChecksum: UInt32
  /// How often the blocks of the slot have been erased, as far as is known.
  var erases: UInt32

  /// Whether it was written behind `other`; counters that are compared are less than 2^31 apart.
  func isNewer(than other: CheckpointHeader) -> Bool {
    Int32(bitPattern: counter &- other.counter) > 0
  }

  func write(into bytes: inout MutableRawSpan) {
    var crc = CRC32()
    do {
      var writer = ByteWriter(bytes._mutatingExtracting(0..<Self.bytes - 4))
      writer.write(Self.magic)
      writer.write(Self.version)
      writer.write(Self.model)
      writer.write(counter)
      writer.write(UInt32(truncatingIfNeeded: slot))
      writer.write(UInt64(widening: payloadBytes))
      writer.write(payloadChecksum)
      writer.write(erases)
      writer.write(UInt64(0))
      writer.write(UInt64(0))
      writer.write(UInt32(0))
    }
    crc.update(bytes.bytes.extracting(0..<Self.bytes - 4))
    bytes.storeBytes(of: crc.value, toByteOffset: Self.bytes - 4, as: UInt32.self)
  }
}

extension CheckpointHeader {
  /// The header in 64 bytes, or nil if they are not one, not even a damaged one: erased, never used or foreign.
  ///
  /// - Throws: `CheckpointError.damaged` or `version`.
  init?(_ bytes: RawSpan, slot: Int) throws(CheckpointError) {
    do throws(ModelFileError) {
      // Up to eight wrong bits are damage; what differs in more was never a header, or only begun.
      let magic = try bytes.number(at: 0, as: UInt64.self)
      guard (magic ^ Self.magic).nonzeroBitCount <= 8 else { return nil }
      let stored = try bytes.number(at: Self.bytes - 4, as: UInt32.self)
      guard magic == Self.magic, CRC32.of(bytes.extracting(0..<Self.bytes - 4)) == stored else {
        throw .checksum(offset: 0, bytes: Self.bytes)
      }
      let version = try bytes.number(at: 8, as: UInt32.self)
      guard version == Self.version else { throw .version(version) }
      guard try bytes.number(at: 12, as: UInt32.self) == Self.model else {
        throw .value(offset: 12)
      }
      guard try bytes.number(at: 20, as: UInt32.self) == UInt32(truncatingIfNeeded: slot) else {
        throw .value(offset: 20)
      }
      self.init(
        counter: try bytes.number(at: 16, as: UInt32.self), slot: slot,
        payloadBytes: try bytes.count(at: 24),
        payloadChecksum: try bytes.number(at: 32, as: UInt32.self),
        erases: try bytes.number(at: 36, as: UInt32.self))
    } catch {
      switch error {
      case .version(let version): throw .version(slot: slot, version: version)
      case .value(let offset): throw .damaged(slot: slot, offset: offset)
      default: throw .damaged(slot: slot, offset: 0)
      }
    }
  }
}
