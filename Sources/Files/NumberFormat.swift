/// A way in which a file stores a number.
package enum NumberFormat: Sendable {
  case uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64

  /// The bytes that a number takes.
  package var size: Int {
    switch self {
    case .uint8, .int8: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// The numbers in `range` of `bytes`, each as the nearest float; a rest of fewer bytes than a
  /// number takes is left out.
  ///
  /// - Precondition: `range` lies within `bytes`.
  package func floats(in range: Range<Int>, of bytes: [UInt8], order: ByteOrder) -> [Float] {
    switch self {
    case .uint8: convert(range, bytes, order) { (bits: UInt8) in Float(bits) }
    case .int8: convert(range, bytes, order) { (bits: Int8) in Float(bits) }
    case .int16: convert(range, bytes, order) { (bits: Int16) in Float(bits) }
    case .int32: convert(range, bytes, order) { (bits: Int32) in Float(bits) }
    case .int64: convert(range, bytes, order) { (bits: Int64) in Float(bits) }
    case .float16: convert(range, bytes, order) { Float(Float16(bitPattern: $0)) }
    // The upper half of a float.
    case .bfloat16:
      convert(range, bytes, order) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float32: convert(range, bytes, order) { Float(bitPattern: $0) }
    case .float64: convert(range, bytes, order) { Float(Double(bitPattern: $0)) }
    }
  }

  private func convert<Bits: FixedWidthInteger>(
    _ range: Range<Int>, _ bytes: [UInt8], _ order: ByteOrder, _ float: (Bits) -> Float
  ) -> [Float] {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    return bytes.withUnsafeBytes { bytes in
      (0..<range.count / size).map { index in
        float(
          order.native(
            bytes.loadUnaligned(fromByteOffset: range.lowerBound + index * size, as: Bits.self)))
      }
    }
  }
}

/// The order in which a file stores the bytes of a number.
package enum ByteOrder: Sendable {
  case littleEndian, bigEndian

  func native<Bits: FixedWidthInteger>(_ bits: Bits) -> Bits {
    self == .littleEndian ? Bits(littleEndian: bits) : Bits(bigEndian: bits)
  }

  /// The unsigned number that `bytes` spell.
  ///
  /// - Precondition: there are at most eight of them.
  package func unsigned(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    precondition(bytes.count <= 8)
    func joined(_ bytes: some Sequence<UInt8>) -> UInt64 {
      bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
    return self == .bigEndian ? joined(bytes) : joined(bytes.reversed())
  }
}
