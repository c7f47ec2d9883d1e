import Testing

@testable import Selvedge

/// Files whose checksums are right and whose contents are not.
@Suite struct HostileModelFileTests {
  /// Where things lie in the small file with a record.
  private static let (network, parameters, record) = (128, 208, 320)
  private static let row = network + 48

  private func after<Number: FixedWidthInteger>(
    _ number: Number, at offset: Int
  ) throws -> ModelFileError? {
    let error = try ModelBytes.errorAfter { ModelBytes.put(number, at: offset, in: &$0) }
    return error
  }

  private func after(_ number: Float, at offset: Int) throws -> ModelFileError? {
    try after(number.bitPattern, at: offset)
  }

  @Test func theForgerLeavesAGoodFileGood() throws {
    #expect(try ModelBytes.errorAfter { _ in } == nil)
    let unforged = try ModelBytes.small()
    #expect(try after(0x3F80_0000 as UInt32, at: Self.parameters) == nil)
    var forged = unforged
    ModelBytes.forge(&forged)
    #expect(forged == unforged)
  }

  @Test func foreignBytesAreNotAModel() {
    for bytes in [
      [], Array("SELVEDG".utf8), Array("SELVEDGF then more".utf8), Array("\u{7F}ELF12345678".utf8),
      [UInt8](repeating: 0, count: 400), [UInt8](repeating: 0xFF, count: 400),
    ] {
      #expect(ModelBytes.error(bytes) == .notAModel)
    }
    #expect(
      ModelBytes.error(Array("SELVEDGE".utf8)) == .truncated(offset: 8, needed: 4, found: 0))
  }

  @Test func anotherVersionIsNamedWhateverFollows() throws {
    for version in [0, 1, 3, 255, .max] as [UInt32] {
      #expect(try after(version, at: 8) == .version(version))
      var bytes = Array("SELVEDGE".utf8) + [0, 0, 0, 0]
      ModelBytes.put(version, at: 8, in: &bytes)
      #expect(ModelBytes.error(bytes) == .version(version), "a header may be another's too")
    }
  }

  @Test func headersOutOfRangeNameTheirOffset() throws {
    for sections in [0, 1, 5, .max] as [UInt32] {
      #expect(try after(sections, at: 12) == .value(offset: 12))
    }
    #expect(try after(2 as UInt32, at: 12) != nil)
    for size in [UInt64.max, 1 << 63] { #expect(try after(size, at: 16) == .value(offset: 16)) }
    for size in [0, 383, 385, UInt64(Int.max)] {
      #expect(
        try after(size, at: 16) == .truncated(offset: 0, needed: Int(size), found: 384))
    }
    #expect(try after(1 as UInt32, at: 24) == .value(offset: 24))
    var bytes = try ModelBytes.small()
    bytes[29] ^= 1
    #expect(ModelBytes.error(bytes) == .checksum(offset: 0, bytes: 128))
  }

  @Test(arguments: [32, 64, 96])
  func sectionsOutOfPlaceNameTheirEntry(entry: Int) throws {
    let bytes = try ModelBytes.small()
    let offset = ModelBytes.number(bytes, at: entry + 8, as: UInt64.self)
    let size = ModelBytes.number(bytes, at: entry + 16, as: UInt64.self)
    for kind in [0, .max, 0x5754_454F, 0x4D52_4150, 0x474E_5254, 0x5754_454E] as [UInt32]
    where kind != ModelBytes.number(bytes, at: entry, as: UInt32.self) {
      #expect(try after(kind, at: entry) == .section(offset: entry))
    }
    #expect(try after(1 as UInt64, at: entry + 24) == .section(offset: entry))
    let places = [0, 1, 32, offset - 16, offset + 1, offset + 16, 384, 1 << 40, UInt64(Int.max)]
    for place in places {
      #expect(try after(place, at: entry + 8) == .section(offset: entry + 8), "offset \(place)")
    }
    for place in [UInt64(1) << 63, .max, .max - 15, .max - offset] {
      #expect(try after(place, at: entry + 8) == .value(offset: entry + 8), "offset \(place)")
    }
    for length in [385 - offset, 1 << 31, 1 << 40, UInt64(Int.max), UInt64(Int.max) - 15] {
      #expect(try after(length, at: entry + 16) == .section(offset: entry + 8), "\(length) bytes")
    }
    for length in [UInt64(1) << 63, .max, .max - offset + 1] {
      #expect(try after(length, at: entry + 16) == .value(offset: entry + 16), "\(length) bytes")
    }
    for length in [0, 1, size - 16, size - 1, size + 1, size + 16] {
      #expect(try after(length, at: entry + 16) != nil, "\(length) bytes")
    }
    var flipped = bytes
    flipped[Int(offset)] ^= 0x80
    #expect(
      ModelBytes.error(flipped) == .checksum(offset: Int(offset), bytes: Int(size)))
  }

  @Test func networksOutOfRangeNameTheirOffset() throws {
    for side in [0, 4, 8] {
      for length in [0, 1 << 24 + 1, .max] as [UInt32] {
        let place = Self.network + side
        #expect(try after(length, at: place) == .value(offset: place))
      }
    }
    // Every side is possible, all of them are not.
    #expect(try after(1 << 24 as UInt32, at: Self.network) == .value(offset: Self.network))
    for layers in [0, 1, 3, 1 << 16, 1 << 16 + 1, 1 << 29, .max] as [UInt32] {
      #expect(try after(layers, at: Self.network + 12) == .value(offset: Self.network + 12))
    }
    for mean in [Float.nan, .infinity, -.infinity] {
      #expect(try after(mean, at: Self.network + 24) == .value(offset: Self.network + 24))
    }
    for deviation in [
      0, -0.0, -1, .nan, .infinity, 0x1p-128,
      .leastNonzeroMagnitude,
    ] as [Float] {
      #expect(try after(deviation, at: Self.network + 28) == .value(offset: Self.network + 24))
    }
    #expect(try after(1 as UInt64, at: Self.network + 40) == .value(offset: Self.network + 40))
  }

  @Test func aNetworkShorterThanItsHeaderIsTruncated() throws {
    // NETW of 16 bytes, and PARM as long as before, right behind it.
    let error = try ModelBytes.errorAfter(record: nil) {
      $0.removeSubrange(112..<176)
      ModelBytes.put(UInt64($0.count), at: 16, in: &$0)
      ModelBytes.put(16 as UInt64, at: 48, in: &$0)
      ModelBytes.put(112 as UInt64, at: 72, in: &$0)
    }
    #expect(error == .truncated(offset: 96, needed: 48, found: 16))
  }

  @Test(arguments: [0, 1])
  func layersOutOfRangeNameTheirRow(layer: Int) throws {
    let row = Self.row + layer * 16
    for kind in [0, 60, 255] as [UInt8] { #expect(try after(kind, at: row) == .value(offset: row)) }
    // The other kind: an output in the middle, refused for its activation, or a last layer that is none.
    let place = layer == 0 ? row + 1 : row
    #expect(try after(UInt8(layer == 0 ? 2 : 1), at: row) == .value(offset: place))
    for activation in [4, 255] as [UInt8] {
      #expect(try after(activation, at: row + 1) == .value(offset: row + 1))
    }
    for value in [2, 255] as [UInt8] {
      #expect(try after(value, at: row + 2) == .value(offset: row + 2))
    }
    for value in [3, 255] as [UInt8] {
      #expect(try after(value, at: row + 3) == .value(offset: row + 3))
    }
    // A precision that there is, but not that of the parameters.
    #expect(try after(1 as UInt8, at: row + 3) == .parameters(expected: 96, found: 112))
    for units in [0, 1 << 20 + 1, .max] as [UInt32] {
      #expect(try after(units, at: row + 4) == .value(offset: row + 4))
    }
    for padding in [2, 255] as [UInt8] {
      #expect(try after(padding, at: row + 11) == .value(offset: row + 11))
    }
    // Neither has a window, nor is it pooled.
    for place in [8, 9, 10, 12] {
      for value in [0, 2, 12, 255] as [UInt8] {
        #expect(try after(value, at: row + place) == .value(offset: row + (place < 12 ? 8 : 12)))
      }
    }
    #expect(try after(1 as UInt8, at: row + 11) == .value(offset: row + 8))
    // Options and steps are those of memories.
    for place in 13..<16 {
      let error = try after(1 as UInt8, at: row + place)
      #expect(error == .value(offset: row + min(place, 14)))
    }
    #expect(try after(8 as UInt8, at: row) == .value(offset: row + (layer == 0 ? 1 : 14)))
  }

  @Test func recurrentLayersOutOfRangeNameTheirByte() throws {
    let layers: [LayerDescription] = [
      .elman(2, steps: 3, leak: 0.5), .gru(2, steps: 3, trace: true).stored(as: .int8), .dense(2),
      .output(2),
    ]
    let plan = try Plan(
      inputs: 1, layers: layers.span, batch: 1, purpose: .training(digest: 0))
    let memory = TestMemory(plan.footprint.total)
    var arena = memory.arena()
    let network = try Network(plan, seed: 1, in: &arena)
    let sound = ModelBytes.bytes(of: network, record: nil)
    #expect(ModelBytes.error(sound) == nil)
    func after(_ value: UInt8, at place: Int) -> ModelFileError? {
      var bytes = sound
      bytes[place] = value
      ModelBytes.forge(&bytes)
      return ModelBytes.error(bytes)
    }
    let row = ModelFile.headerBytes + 2 * ModelFile.entryBytes + ModelFile.networkBytes
    for leak in [0, 101, 255] as [UInt8] {
      #expect(after(leak, at: row + 12) == .value(offset: row + 12))
    }
    for extra in [0, 2, 11, 255] as [UInt8] {
      #expect(after(extra, at: row + 16 + 12) == .value(offset: row + 16 + 12))
    }
    for options in [1, 2, 4, 16, 128] as [UInt8] {
      #expect(after(options, at: row + 13) == .value(offset: row + 13))
    }
    for layer in 0..<2 {
      let place = row + 16 * layer
      #expect(after(0, at: place + 14) == .value(offset: place + 14))
      #expect(after(1, at: place + 1) == .value(offset: place + 1))
    }
    // A recurrent layer behind one that is none.
    var bytes = sound
    for i in 0..<16 { bytes[row + 32 + i] = sound[row + i] }
    for i in 0..<16 { bytes[row + 16 + i] = sound[row + 32 + i] }
    ModelBytes.forge(&bytes)
    #expect(ModelBytes.error(bytes) == .value(offset: row + 32))
    // The scale of the int8 layer's state weights.
    let parameters = Arena.rounded(row + 4 * 16)
    var offsets: [Int] = []
    network.plan.forEachLayer { layer in
      if layer.stateScale.bytes > 0 { offsets.append(parameters + layer.stateScale.offset) }
    }
    #expect(offsets.count == 1)
    for offset in offsets { #expect(after(200, at: offset) == .value(offset: offset)) }
  }

  @Test func parametersOfAnotherNetworkAreRefused() throws {
    for inputs in [2, 5, 6, 1 << 24] as [UInt32] {
      // Weights of three units, biases, weights of two classes, biases.
      let expected = Arena.rounded(Int(inputs) * 12) + 16 + 32 + 16
      #expect(
        try after(inputs, at: Self.network + 8) == .parameters(expected: expected, found: 112))
    }
    let wide = 1 << 20
    #expect(
      try after(UInt32(wide), at: Self.row + 4)
        == .parameters(expected: wide * 12 + wide * 4 + wide * 8 + 16, found: 112))
    #expect(
      try after(5 as UInt32, at: Self.row + 20)
        == .parameters(expected: 48 + 16 + 64 + 32, found: 112))
  }

  @Test func parametersThatAreNoNumbersNameTheirByte() throws {
    for place in [0, 4, 32, 48, 64, 84, 96, 100].map({ Self.parameters + $0 }) {
      // Subnormal numbers would be other numbers on ARMv7.
      for value in [Float.nan, .infinity, -.infinity, 0x1p-130, -.leastNonzeroMagnitude] {
        #expect(try after(value, at: place) == .value(offset: place))
      }
      #expect(try after(Float.greatestFiniteMagnitude, at: place) == nil)
    }
  }

  @Test func paddingThatIsNotZeroNamesItsByte() throws {
    // NETW is always full; weights 36 of 48, biases 12 of 16, weights 24 of 32, biases 8 of 16.
    let padding = [36..<48, 60..<64, 88..<96, 104..<112].flatMap { $0.map { Self.parameters + $0 } }
    #expect(padding.count == 32)
    for place in padding {
      #expect(try after(1 as UInt8, at: place) == .value(offset: place))
    }
  }

  @Test func recordsOutOfRangeNameTheirOffset() throws {
    let record = Self.record
    for rule in [6, 255] as [UInt8] {
      #expect(try after(rule, at: record) == .value(offset: record))
    }
    #expect(try after(2 as UInt8, at: record + 1) == .value(offset: record + 1))
    #expect(try after(2 as UInt16, at: record + 2) == .value(offset: record + 2))
    for batch in [0, 257, .max] as [UInt32] {
      #expect(try after(batch, at: record + 4) == .value(offset: record + 4))
    }
    for epochs in [0, 1_000_001, .max] as [UInt32] {
      #expect(try after(epochs, at: record + 8) == .value(offset: record + 8))
    }
    for rule in [9, 255] as [UInt8] {
      #expect(try after(rule, at: record + 52) == .value(offset: record + 52))
    }
    #expect(try after(1 as UInt8, at: record + 52) == nil)
    for place in 53..<64 {
      #expect(try after(1 as UInt8, at: record + place) == .value(offset: record + place))
    }
    for part in [Float.nan, -0.5, 1, .infinity] {
      #expect(try after(part, at: record + 12) == .value(offset: record + 12))
    }
    for rate in [Float.nan, .infinity] {
      #expect(try after(rate, at: record + 16) == .value(offset: record + 16))
      #expect(try after(rate, at: record + 20) == .value(offset: record + 20))
    }
    // Counts of a 64-bit file that no machine can have.
    for place in [24, 32] {
      #expect(try after(UInt64.max, at: record + place) == .value(offset: record + place))
    }
    for rate in [Float.nan, .infinity] {
      #expect(try after(rate, at: record + 44) == .value(offset: record + 44))
    }
  }
}
