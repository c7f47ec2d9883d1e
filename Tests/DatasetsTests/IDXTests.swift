import Datasets
import TestSupport
import Testing

@Suite struct IDXTests {
  /// A file with the given type, dimensions and elements.
  static func file(_ type: UInt8, _ dimensions: [UInt32], _ data: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(dimensions.count)]
      + dimensions.flatMap { length in
        (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
      } + data
  }

  static let images = file(0x08, [3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255])

  @Test func headerIsRead() throws {
    let idx = try IDX(bytes: Self.images, name: "images")
    #expect(idx.elementType == .ubyte && idx.dimensions == [3, 2, 2] && idx.dataOffset == 16)
  }

  @Test func everyTypeIsReadBigEndian() throws {
    for (type, data, value) in [
      (0x09, [0xFE], -2), (0x0B, [0xFE, 0xFF], -257), (0x0C, [0xFF, 0xFF, 0xFF, 0xFE], -2),
      (0x0D, [0xBF, 0x80, 0, 0], -1), (0x0E, [0x3F, 0xE0, 0, 0, 0, 0, 0, 0], 0.5),
      (0x08, [0xFE], 254),
    ] as [(UInt8, [UInt8], Float)] {
      let samples = try Samples(IDX(bytes: Self.file(type, [1, 1], data), name: "file"))
      #expect(values(samples) == [[value]])
    }
  }

  @Test func everyTruncationNamesFileAndByte() {
    for count in 0..<Self.images.count {
      let complaint = complaint {
        _ = try IDX(bytes: Array(Self.images[..<count]), name: "/x/images")
      }
      #expect(complaint.hasPrefix("/x/images: at byte \(min(count, 16)): "), "\(complaint)")
    }
  }

  @Test func missingBytesAreNamed() {
    #expect(
      complaint { _ = try IDX(bytes: Array(Self.images[..<21]), name: "f") }
        == "f: at byte 16: expected 12 bytes, as the header promises [3, 2, 2] of 1 each,"
        + " found 5 bytes: 7 are missing")
    #expect(
      complaint { _ = try IDX(bytes: Self.images + [0, 0], name: "f") }
        == "f: at byte 16: expected 12 bytes, as the header promises [3, 2, 2] of 1 each,"
        + " found 14 bytes: 2 are too many")
  }

  @Test func everyFlippedBitOfTheHeaderIsSeen() {
    for bit in 0..<8 * 16 {
      var bytes = Self.images
      bytes[bit / 8] ^= 1 << (bit % 8)
      // As a signed byte, the data is as long as before.
      if bit == 16 { continue }
      #expect(throws: DatasetError.self, "bit \(bit)") { try IDX(bytes: bytes, name: "file") }
    }
  }

  @Test(
    arguments: [
      [], [0], [0, 3], [UInt32.max, .max], [.max, .max, .max], [1 << 31, 1 << 31, 2, 0],
    ] as [[UInt32]])
  func impossibleDimensionsAreRefused(dimensions: [UInt32]) {
    #expect(throws: DatasetError.self) {
      try IDX(bytes: Self.file(0x08, dimensions, []), name: "file")
    }
  }

  @Test func manyDimensionsAreNoTrap() {
    let ones = [UInt32](repeating: 1, count: 255)
    #expect(throws: Never.self) { try IDX(bytes: Self.file(0x08, ones, [7]), name: "file") }
    let more = [UInt32](repeating: 9, count: 255)
    #expect(throws: DatasetError.self) { try IDX(bytes: Self.file(0x08, more, [7]), name: "file") }
  }

  @Test func valueThatIsNotFiniteIsNamed() throws {
    for (bits, name) in [([0x7F, 0xC0], "nan"), ([0xFF, 0x80], "-inf")] as [([UInt8], String)] {
      let data: [UInt8] = [UInt8](repeating: 0, count: 20) + bits + [0, 0]
      let idx = try IDX(bytes: Self.file(0x0D, [2, 3], data), name: "f")
      #expect(
        complaint { _ = try Samples(idx) }
          == "f: at byte 32: expected a finite float in value 2 of sample 1, found \(name)")
    }
  }
}

/// All values of all samples.
func values(_ samples: Samples) -> [[Float]] {
  (0..<samples.count).map { index in
    var values = [Float](repeating: .nan, count: samples.valuesPerSample)
    var span = values.mutableSpan
    samples.copy(index, into: &span)
    return values
  }
}
