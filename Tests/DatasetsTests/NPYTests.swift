import Datasets
import TestSupport
import Testing

@Suite struct NPYTests {
  /// A file as NumPy 2.4.6 writes it: the dictionary is padded up to a multiple of 64 bytes.
  static func file(_ dictionary: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let first = version == 1 ? 10 : 12
    let length = (first + dictionary.utf8.count + 1 + 63) / 64 * 64 - first
    let padding = String(repeating: " ", count: length - dictionary.utf8.count - 1)
    return [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(length), 0]
      + (version == 1 ? [] : [0, 0]) + Array((dictionary + padding + "\n").utf8) + data
  }

  static let bytes = file(
    "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", [0, 255, 7, 8, 1, 2])

  /// Arrays as numpy.save wrote them.
  @Test(
    arguments: [
      ("|u1", "(3, 2)", [0, 255, 7, 8, 1, 2], [[0, 255], [7, 8], [1, 2]]),
      ("|i1", "(2,)", [0x80, 0x7F], [[-128], [127]]),
      ("<i2", "(1, 2)", [0, 0x80, 0xFF, 0x7F], [[-32768, 32767]]),
      ("<i4", "(1, 2)", [0xFB, 0xFF, 0xFF, 0xFF, 6, 0, 0, 0], [[-5, 6]]),
      (
        "<i8", "(1, 2)", [0xF7, 255, 255, 255, 255, 255, 255, 255, 10, 0, 0, 0, 0, 0, 0, 0],
        [[-9, 10]]
      ),
      ("<f2", "(1, 2)", [0, 0x38, 0, 0xC0], [[0.5, -2]]),
      ("<f4", "(1, 3)", [0, 0, 0xC0, 0x3F, 0, 0, 0x20, 0xC0, 0, 0, 0x40, 0x40], [[1.5, -2.5, 3]]),
      (
        "<f8", "(1, 2)",
        [0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F, 0, 0, 0, 0x20, 0x5F, 0xA0, 2, 0x42],
        [[0.1, 1e10]]
      ),
    ] as [(String, String, [UInt8], [[Float]])])
  func arraysFromNumPyAreRead(
    type: String, shape: String, data: [UInt8], expected: [[Float]]
  ) throws {
    let dictionary = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    for version in [1, 2] as [UInt8] {
      let npy = try NPY(bytes: Self.file(dictionary, data, version: version), name: "array")
      #expect(try values(Samples(npy)) == expected)
    }
  }

  @Test func everyTruncationNamesFileAndByte() {
    #expect(Self.bytes.count == 134)
    for count in 0..<Self.bytes.count {
      let complaint = complaint { _ = try NPY(bytes: Array(Self.bytes[..<count]), name: "/x/a") }
      #expect(complaint.hasPrefix("/x/a: at byte "), "\(count): \(complaint)")
    }
    #expect(throws: DatasetError.self) { try NPY(bytes: Self.bytes + [0], name: "a") }
  }

  @Test func everyFlippedBitOfTheHeaderFailsOrIsConsistent() throws {
    var failures = 0
    for bit in 0..<8 * 128 {
      var bytes = Self.bytes
      bytes[bit / 8] ^= 1 << (bit % 8)
      guard let npy = try? NPY(bytes: bytes, name: "array") else {
        failures += 1
        continue
      }
      let samples = try Samples(npy)
      #expect(samples.count * samples.valuesPerSample <= 6, "bit \(bit)")
    }
    #expect(failures > 8 * 60)
  }

  @Test(arguments: [
    "{'descr': '>f4', 'fortran_order': False, 'shape': (1, 1), }",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1), }",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 0), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, -1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)",
    "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4", "{", "", "{}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), } x",
  ])
  func otherHeadersAreRefused(dictionary: String) {
    #expect(throws: DatasetError.self) {
      try NPY(bytes: Self.file(dictionary, [0, 0, 0, 0]), name: "array")
    }
  }

  @Test func fortranOrderIsExplained() {
    let file = Self.file("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", [])
    #expect(
      complaint { _ = try NPY(bytes: file, name: "a") }
        == "a: at byte 44: expected False, for C order; save numpy.ascontiguousarray(array),"
        + " found True, 'shape")
  }

  @Test func doubleBeyondFloatsIsNamed() throws {
    let file = Self.file(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
      [0x9C, 0x75, 0, 0x88, 0x3C, 0xE4, 0x37, 0x7E])
    #expect(
      complaint { _ = try Samples(NPY(bytes: file, name: "a")) }
        == "a: at byte 128: expected a finite float in value 0 of sample 0, found inf")
  }
}
