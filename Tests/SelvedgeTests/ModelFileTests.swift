import Testing

@testable import Selvedge

@Suite struct ModelFileTests {
  @Test func checksumsAreTheKnownOnes() {
    func crc(_ text: String) -> UInt32 {
      let bytes = Array(text.utf8)
      return CRC32.of(bytes.span.bytes)
    }
    #expect(crc("123456789") == 0xCBF4_3926)
    #expect(crc("") == 0)
    #expect(crc("a") == 0xE8B7_BE43)
    #expect(crc("The quick brown fox jumps over the lazy dog") == 0x414F_A339)
    #expect(CRC32().value == 0)
  }

  @Test func checksumsDoNotDependOnWhereTheBytesAreCut() {
    let bytes = Array("123456789".utf8)
    for cut in 0...9 {
      let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
      var crc = CRC32()
      crc.update(first.span.bytes)
      crc.update(second.span.bytes)
      #expect(crc.value == 0xCBF4_3926)
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func aNetworkComesBackBitForBitAndGoesOnAlike(seed: UInt64) throws {
    let sketch = Sketch(seed: seed, trains: true, width: 30)
    let plan = try Plan(sketch.terms(), layers: sketch.layers.span)
    let memories = [TestMemory(plan.footprint.total), TestMemory(plan.footprint.total)]
    defer { #expect(memories.allSatisfy { $0.guardsAreIntact }) }
    var arena = memories[0].arena()
    var network = try Network(plan, seed: seed &* 0x9E37_79B9_7F4A_7C15, in: &arena)
    network.standardisation = Standardisation(mean: 0.125, deviation: 1.5)!
    if sketch.layers.count > 1 { try network.setFrozen(true, layer: 0) }
    var dice = Dice(seed: seed)
    try sketch.fill(&network, &dice, count: sketch.batch)
    let rates = Rates(hidden: 0.1, output: 0.1)
    _ = try network.train(sketch.rule, rates: rates)

    let record = seed % 2 == 0 ? nil : ModelBytes.record
    let bytes = ModelBytes.bytes(of: network, record: record)
    let file = try ModelFile(bytes.span.bytes)
    #expect(
      file.record == record && file.seed == network.seed && file.inputShape.count == sketch.inputs)
    #expect(file.standardisation == network.standardisation)
    #expect(file.layerCount == sketch.layers.count)
    let layers = (0..<file.layerCount).map { file.layer($0) }
    #expect(layers == Snapshot(network).layers)

    let second = try Plan(
      input: file.inputShape, layers: layers.span, batch: sketch.batch, purpose: sketch.purpose)
    var otherArena = memories[1].arena()
    var other = try Network(second, seed: file.seed, in: &otherArena)
    other.standardisation = file.standardisation
    other.steps = file.steps
    #expect(file.steps == 1)
    try other.setParameters(file.parameters)
    #expect(Snapshot(other) == Snapshot(network), "seed \(seed)")
    #expect(ModelBytes.bytes(of: other, record: record) == bytes, "seed \(seed)")

    var replay = dice
    try sketch.fill(&network, &dice, count: sketch.batch)
    try sketch.fill(&other, &replay, count: sketch.batch)
    let outcomes = [
      try network.train(sketch.rule, rates: rates), try other.train(sketch.rule, rates: rates),
    ]
    #expect(outcomes[0] == outcomes[1])
    #expect(Snapshot(other) == Snapshot(network), "seed \(seed)")
  }

  @Test func everyFieldOfARecordComesBack() throws {
    for seed in 0..<100 as Range<UInt64> {
      var dice = Dice(seed: seed)
      let record = TrainingRecord(
        rule: Rule(rawValue: UInt8(dice.integer(0...5)))!,
        schedule: dice.integer(0...1) == 0 ? .simultaneous : .sequential,
        stepRule: StepRule(rawValue: UInt8(dice.integer(0...2)))!,
        updatesPerLabel: dice.integer(1...255),
        shuffles: dice.integer(0...1) == 0, batch: dice.integer(1...256),
        epochs: dice.integer(1...1_000_000),
        rates: Rates(hidden: dice.float(), output: dice.float()),
        validation: dice.float().magnitude, samples: dice.integer(0...Int.max - 1),
        dataChecksum: UInt32(truncatingIfNeeded: dice.bits()), step: dice.integer(0...Int.max - 1))
      let bytes = try ModelBytes.small(record: record)
      #expect(try ModelFile(bytes.span.bytes).record == record, "seed \(seed)")
    }
  }

  @Test func parametersAreTheArenasBytesAtAMultipleOfSixteen() throws {
    let bytes = try ModelBytes.small()
    let file = try ModelFile(bytes.span.bytes)
    let offset = Int(ModelBytes.number(bytes, at: 72, as: UInt64.self))
    #expect(bytes.count == 384 && offset == 208 && offset % 16 == 0)
    #expect(file.parameters.byteCount == 112)
  }

  @Test func everyTruncationIsAnError() throws {
    for record in [nil, ModelBytes.record] {
      let bytes = try ModelBytes.small(record: record)
      #expect(ModelBytes.error(bytes) == nil && bytes.count > 200)
      for count in bytes.indices {
        let error = ModelBytes.error(Array(bytes[..<count]))
        #expect(error != nil, "\(count) bytes")
        if count < 8 { #expect(error == .notAModel, "\(count) bytes") }
        if count >= 24 {
          #expect(error == .truncated(offset: 0, needed: bytes.count, found: count))
        }
        // The same with the size and the checksums made to agree.
        guard count >= 32 else { continue }
        var forged = Array(bytes[..<count])
        ModelBytes.put(UInt64(count), at: 16, in: &forged)
        ModelBytes.forge(&forged)
        #expect(ModelBytes.error(forged) != nil, "\(count) bytes, forged")
      }
    }
  }

  @Test func everyFlippedBitIsAnError() throws {
    var bytes = try ModelBytes.small()
    var flipped = 0
    for i in bytes.indices {
      for bit in 0..<8 {
        bytes[i] ^= 1 << UInt8(bit)
        #expect(ModelBytes.error(bytes) != nil, "bit \(bit) of byte \(i)")
        bytes[i] ^= 1 << UInt8(bit)
        flipped += 1
      }
    }
    #expect(flipped == bytes.count * 8 && ModelBytes.error(bytes) == nil)
  }

  /// With all checksums right, a flipped bit may give another model, but never a trap.
  @Test func everyFlippedBitWithForgedChecksumsIsAnErrorOrAnotherModel() throws {
    let bytes = try ModelBytes.small()
    var (models, errors) = (0, 0)
    for i in bytes.indices {
      for bit in 0..<8 {
        var forged = bytes
        forged[i] ^= 1 << UInt8(bit)
        ModelBytes.forge(&forged)
        if ModelBytes.error(forged) == nil { models += 1 } else { errors += 1 }
      }
    }
    #expect(models > 100 && errors > 500, "\(models) models, \(errors) errors")
  }

  @Test(arguments: [1, 15, 16, 17, 4096])
  func trailingBytesAreAnError(count: Int) throws {
    for record in [nil, ModelBytes.record] {
      let bytes = try ModelBytes.small(record: record)
      let longer = bytes + [UInt8](repeating: 0, count: count)
      #expect(ModelBytes.error(longer) != nil)
      let error = try ModelBytes.errorAfter(record: record) {
        $0 += [UInt8](repeating: 0, count: count)
        ModelBytes.put(UInt64($0.count), at: 16, in: &$0)
      }
      #expect(error == .section(offset: bytes.count))
    }
  }
}
