import Files
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  /// The parts of a file, put together.
  static func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
  }

  /// A file as `safetensors.numpy.save` of the Python package 0.8.0 wrote it.
  static let fromPython = file(
    """
    {"__metadata__":{"k":"v"},"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},\
    "d":{"dtype":"F64","shape":[1],"data_offsets":[16,24]},\
    "a":{"dtype":"F32","shape":[1,2],"data_offsets":[24,32]},\
    "h":{"dtype":"F16","shape":[3],"data_offsets":[32,38]}}\u{20}
    """,
    [
      0x07, 0, 0, 0, 0, 0, 0, 0, 0xF9, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x9A, 0x99, 0x99,
      0x99, 0x99, 0x99, 0xB9, 0x3F, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0, 0x38, 0xFF, 0x7B, 0, 0x80,
    ])

  @Test func fileFromPythonIsRead() throws {
    let file = try Safetensors(bytes: Self.fromPython)
    #expect(file.tensors.map(\.name) == ["n", "d", "a", "h"])
    #expect(file.tensors.map(\.shape) == [[2], [1], [1, 2], [3]])
    #expect(file.metadata == ["k": "v"])
    #expect(try file.floats(of: "a") == [1.5, -2])
    #expect(try file.floats(of: "d") == [0.1])
    let half = try file.floats(of: "h")
    #expect(half == [0.5, 65504, 0] && half[2].sign == .minus)
    #expect(throws: SafetensorsError.self) { try file.floats(of: "n") }
    #expect(
      complaint { _ = try file.floats(of: "x") }
        == "no tensor \"x\" among [\"n\", \"d\", \"a\", \"h\"]")
  }

  @Test func brainFloatsAreUpperHalves() throws {
    let file = try Safetensors(
      bytes: Self.file(
        "{\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        [0x80, 0x3F, 0x20, 0xC1]
      ))
    #expect(try file.floats(of: "b") == [1, -10])
  }

  @Test func everyTruncationIsAnError() {
    for count in 0..<Self.fromPython.count {
      #expect(throws: SafetensorsError.self, "\(count) bytes") {
        try Safetensors(bytes: Array(Self.fromPython[..<count]))
      }
    }
    #expect(throws: SafetensorsError.self) { try Safetensors(bytes: Self.fromPython + [0]) }
  }

  @Test func everyFlippedBitFailsOrIsConsistent() throws {
    let start = Self.fromPython.count - 38
    var failures = 0
    for bit in 0..<8 * start {
      var bytes = Self.fromPython
      bytes[bit / 8] ^= 1 << (bit % 8)
      guard let file = try? Safetensors(bytes: bytes) else {
        failures += 1
        continue
      }
      #expect(file.tensors.first?.bytes.lowerBound == start, "bit \(bit)")
      for (tensor, next) in zip(file.tensors, file.tensors.dropFirst()) {
        #expect(tensor.bytes.upperBound == next.bytes.lowerBound, "bit \(bit)")
      }
      #expect(file.tensors.last?.bytes.upperBound == bytes.count, "bit \(bit)")
      for tensor in file.tensors {
        if let floats = try? file.floats(of: tensor.name) {
          #expect(floats.count == tensor.shape.reduce(1, *), "bit \(bit)")
        }
      }
    }
    #expect(failures > start, "a flip of structure must be seen")
  }

  @Test(arguments: [
    ("[]", 0), ("{\"a\":1}", 0), (" {}", 0), ("{}", 4), ("{}x", 0),
    ("{\"__metadata__\":{\"a\":1}}", 0),
    ("{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[0.5],\"data_offsets\":[0,2]}}", 2),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4),
    ("{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,0]}}", 0),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0),
    (
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[4503599627370496,4503599627370496],"
        + "\"data_offsets\":[0,0]}}", 0
    ),
    (
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
        + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", 4
    ),
  ])
  func impossibleHeaderIsRefused(header: String, data: Int) {
    #expect(throws: SafetensorsError.self) {
      try Safetensors(bytes: Self.file(header, [UInt8](repeating: 0, count: data)))
    }
  }

  @Test func claimedLengthIsNotTrusted() {
    for length in [UInt64.max, 1 << 63, 1 << 40, 100_000_001, 99_999_999] {
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + [0x7B, 0x7D]
      #expect(throws: SafetensorsError.self) { try Safetensors(bytes: bytes) }
    }
  }

  @Test func emptyTensorsAndScalarsAreRead() throws {
    let bytes = try Safetensors.encode([
      ("one", [], [3]), ("none", [0, 1 << 40, 1 << 40], []), ("two", [2], [4, 5]),
    ])
    let file = try Safetensors(bytes: bytes)
    #expect(file.tensors.map(\.name) == ["one", "none", "two"])
    #expect(try file.floats(of: "one") == [3])
    #expect(try file.floats(of: "none") == [])
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let values: [Float] = [0, -0.0, .pi, .infinity, .leastNonzeroMagnitude, -1e30]
    for padding in 0..<9 {
      let name = String(repeating: "n", count: padding + 1)
      let bytes = try Safetensors.encode([(name, [2, 3], values)], metadata: ["ä": "\"", "b": ""])
      let file = try Safetensors(bytes: bytes)
      #expect(try file.floats(of: name).map(\.bitPattern) == values.map(\.bitPattern))
      #expect(file.metadata == ["ä": "\"", "b": ""])
      #expect(file.tensors[0].bytes.lowerBound % 8 == 0)
    }
  }

  @Test func shapesAndNamesAreChecked() {
    for shape in [[3], [-1, -2], [], [1 << 62, 4]] {
      #expect(throws: SafetensorsError.self) { try Safetensors.encode([("a", shape, [1, 2])]) }
    }
    #expect(throws: SafetensorsError.self) {
      try Safetensors.encode([("a", [1], [1]), ("a", [1], [2])])
    }
    #expect(throws: SafetensorsError.self) { try Safetensors.encode([("__metadata__", [0], [])]) }
  }
}
