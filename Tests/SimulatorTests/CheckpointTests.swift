import Selvedge
import Simulator
import Testing

@Suite struct CheckpointTests {
  static let networks: [(inputs: Int, layers: [LayerDescription])] = [
    (3, CheckpointBench.small),
    (5, [.dense(7, .tanh).stored(as: .int8), .dense(3).stored(as: .float16), .output(4)]),
    (2, [.gru(3, steps: 4).stored(as: .int8), .dense(5), .output(2).stored(as: .int8)]),
    (1, [.legendre(4, steps: 9), .dense(40), .regression(3)]),
    (4, [.output(2)]),
  ]

  @Test(arguments: networks.indices, [true, false])
  func whatIsSavedIsRestoredBitForBit(network: Int, withRecord: Bool) throws {
    let (inputs, layers) = Self.networks[network]
    for (program, read, buffer) in [
      (1, 1, 2), (4, 2, 24), (16, 1, 64), (64, 64, 500), (256, 4, 512),
    ] {
      let bench = try CheckpointBench(inputs: inputs, layers: layers, bufferBytes: buffer)
      if bench.saved.network.learnsValues {
        bench.saved.network.targetStandardisation = Standardisation(mean: 9, deviation: 3)!
      }
      var flash = SimulatedFlash(
        BlockGeometry(readBytes: read, programBytes: program, eraseBytes: 2048, blocks: 8))
      let record = withRecord ? CheckpointBench.record : nil
      for number in 0..<3 {
        try bench.change(number)
        flash = try bench.save(flash, record: record)
        let model = SavedModel.bytes(of: bench.saved.network, record: record)
        #expect(try bench.restore(flash) == model)
        // What lies in the flash is a model file.
        let payload = number % 2 * 8192 + max(64, program)
        #expect(Array(flash.bytes[payload..<payload + model.count]) == model)
      }
      #expect(flash.misuses == 0)
    }
  }

  @Test func saveSaysWhereAndWhat() throws {
    let bench = try CheckpointBench()
    var store = try bench.store(SimulatedFlash(.tiny), slots: 3)
    #expect(store.slots == 3 && store.capacity == 2 * 256 - 64)
    for k in 0..<7 {
      let bytes = try bench.change(k)
      let checkpoint = try store.save(bench.saved.network, record: CheckpointBench.record)
      #expect(checkpoint.slot == k % 3 && checkpoint.counter == UInt32(k + 1))
      #expect(checkpoint.erases == UInt32(k / 3 + 1) && checkpoint.bytes == bytes.count)
      #expect(checkpoint.record == CheckpointBench.record && !checkpoint.isOlder)
      let restored = try store.restore(&bench.restored.network)
      #expect(restored == checkpoint)
    }
  }

  @Test func samplesThatWaitAreForgotten() throws {
    let bench = try CheckpointBench()
    var store = try bench.store(SimulatedFlash(.tiny))
    try store.save(bench.saved.network)
    let sample: [Float] = [1, 2, 3]
    try bench.restored.network.add(sample.span)
    try store.restore(&bench.restored.network)
    #expect(bench.restored.network.waiting == 0 && bench.restored.network.predicted == 0)
  }

  // MARK: Nothing there

  @Test(arguments: [0xFF, 0x00, 0x5A] as [UInt8], [0, 3])
  func memoryThatWasNeverUsedHoldsNothing(filling: UInt8, noise: Int) throws {
    let bench = try CheckpointBench()
    var flash = SimulatedFlash(.tiny)
    let numbers = CounterGenerator(seed: UInt64(filling), stream: 1)
    for i in flash.bytes.indices {
      flash.flip(~filling ^ (noise > 0 ? UInt8(numbers[UInt64(i)] & 0xFF) : 0), at: i)
    }
    let before = bench.state
    #expect(problem { () throws(CheckpointError) in _ = try bench.restore(flash) } == .nothingSaved)
    #expect(bench.state == before)
    var store = try bench.store(flash)
    #expect(try store.state(ofSlot: 0) == .unused && store.state(ofSlot: 1) == .unused)
    try store.save(bench.saved.network)
    #expect(try bench.restore(&store) == SavedModel.bytes(of: bench.saved.network))
  }

  // MARK: Bits

  @Test func everySingleBitThatFlipsIsNoticed() throws {
    let bench = try CheckpointBench()
    var flash = SimulatedFlash(
      BlockGeometry(readBytes: 1, programBytes: 32, eraseBytes: 512, blocks: 2))
    let old = try bench.change(1)
    flash = try bench.save(flash)
    try bench.change(2)
    flash = try bench.save(flash)
    // The header, the model and what fills up its last unit.
    let bytes = 64 + 384
    var store = try bench.store(flash)
    for bit in 0..<8 * bytes {
      let offset = 512 + bit / 8
      store.device.flip(1 << (bit % 8), at: offset)
      #expect(try bench.restore(&store) == old, "bit \(bit)")
      store.device.flip(1 << (bit % 8), at: offset)
    }
    #expect(try store.restore(&bench.restored.network).slot == 1)
  }

  @Test func damageInTheOnlyCheckpointIsSaidAndNothingChanges() throws {
    let bench = try CheckpointBench()
    try bench.change(1)
    let flash = try bench.save(SimulatedFlash(.tiny))
    let before = bench.state
    for offset in 0..<64 + 384 {
      var damaged = flash
      damaged.flip(0x10, at: offset)
      let error = problem { () throws(CheckpointError) in _ = try bench.restore(damaged) }
      #expect(error == .damaged(slot: 0, offset: offset < 64 ? 0 : 64), "byte \(offset)")
      #expect(bench.state == before)
      var store = try bench.store(damaged)
      #expect(try store.state(ofSlot: 0) == .damaged(offset: offset < 64 ? 0 : 64))
    }
  }

  @Test func aDamagedNewestIsNotTheOneToKeep() throws {
    let bench = try CheckpointBench()
    var flash = SimulatedFlash(.tiny)
    let old = try bench.change(1)
    flash = try bench.save(flash)
    try bench.change(2)
    flash = try bench.save(flash)
    flash.flip(1, at: 4 * 256 + 200)
    var store = try bench.store(flash)
    #expect(try bench.restore(&store) == old)
    #expect(try store.restore(&bench.restored.network).isOlder)
    let new = try bench.change(3)
    let checkpoint = try store.save(bench.saved.network, record: CheckpointBench.record)
    #expect(checkpoint.slot == 1 && checkpoint.counter == 3, "counting goes on")
    #expect(try bench.restore(&store) == new)
  }

  @Test func aCopyInAnotherSlotIsNoCheckpoint() throws {
    let bench = try CheckpointBench()
    var flash = try bench.save(SimulatedFlash(.tiny))
    for i in 0..<1024 { flash.flip(flash.bytes[i] ^ 0xFF, at: 1024 + i) }
    for i in 0..<1024 { flash.flip(flash.bytes[i] ^ 0xFF, at: i) }
    let error = problem { () throws(CheckpointError) in _ = try bench.restore(flash) }
    #expect(error == .damaged(slot: 1, offset: 20))
  }

  // MARK: Wear

  @Test(arguments: [2, 3, 5, 8])
  func wearIsSpreadAndCounted(slots: Int) throws {
    let bench = try CheckpointBench()
    var store = try bench.store(
      SimulatedFlash(
        BlockGeometry(readBytes: 1, programBytes: 16, eraseBytes: 256, blocks: 2 * slots)),
      slots: slots)
    for save in 1...1000 {
      if save % 50 == 1 { try bench.change(save) }
      try store.save(bench.saved.network)
      let erases = store.device.erases
      #expect(erases.max()! - erases.min()! <= 1)
      #expect(erases.reduce(0, +) == 2 * save)
    }
    for slot in 0..<slots {
      guard case .whole(let checkpoint) = try store.state(ofSlot: slot) else {
        Issue.record("slot \(slot)")
        continue
      }
      #expect(Int(checkpoint.erases) == store.device.erases[2 * slot])
    }
  }

  @Test func countersGoRound() throws {
    let bench = try CheckpointBench()
    var store = try bench.store(SimulatedFlash(.tiny))
    try store.save(bench.saved.network)
    // A header that says it is the last before zero, with the right checksum.
    var header = Array(store.device.bytes[0..<64])
    for i in 16..<20 { header[i] = 0xFE | (i == 16 ? 0 : 1) }
    let crc = CRC32.of(header[0..<60].span.bytes)
    for i in 0..<4 { header[60 + i] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * i)) }
    for i in 0..<64 { store.device.flip(store.device.bytes[i] ^ header[i], at: i) }
    for counter in [UInt32.max, 0, 1, 2] {
      let new = try bench.change(Int(counter & 7))
      let saved = try store.save(bench.saved.network, record: CheckpointBench.record)
      #expect(saved.counter == counter)
      #expect(try bench.restore(&store) == new)
    }
  }

  // MARK: Broken memory

  @Test func stuckBitsAreFoundWhenTheyAreWrittenAndTheOldStays() throws {
    let bench = try CheckpointBench()
    let old = try bench.change(1)
    let flash = try bench.save(SimulatedFlash(.tiny))
    try bench.change(2)
    var found = 0
    for offset in 0..<64 + 384 {
      for (zeros, ones) in [(0x08, 0), (0, 0x08)] as [(UInt8, UInt8)] {
        var worn = flash
        worn.stick(zeros: zeros, ones: ones, at: 1024 + offset)
        var store = try bench.store(worn)
        let error = problem { () throws(CheckpointError) in
          try store.save(bench.saved.network, record: CheckpointBench.record)
        }
        guard let error else { continue }  // The bit is what it should be.
        #expect(error == .notWritten(slot: 1, offset: offset))
        #expect(try bench.restore(&store) == old)
        found += 1
      }
    }
    #expect(found == 64 + 384, "each bit is either 0 or 1")
  }

  @Test func aBrokenSlotIsPassedOver() throws {
    let bench = try CheckpointBench()
    var store = try bench.store(SimulatedFlash(.tiny), slots: 4)
    store.device.stick(zeros: 0xFF, at: 512 + 100)
    for (save, slot) in [0, 2, 3, 0, 2, 3].enumerated() {
      let new = try bench.change(save)
      let saved = try store.save(bench.saved.network, record: CheckpointBench.record)
      #expect(saved.slot == slot && saved.counter == UInt32(save + 1))
      #expect(try bench.restore(&store) == new)
    }
  }

  // MARK: Other networks

  @Test func anotherNetworksCheckpointIsRefusedAndOutlived() throws {
    let other = try CheckpointBench(layers: [.dense(3, .tanh), .output(2)])
    let bench = try CheckpointBench()
    try other.change(1)
    let flash = try other.save(SimulatedFlash(.tiny))
    let before = bench.state
    var error = problem { () throws(CheckpointError) in _ = try bench.restore(flash) }
    #expect(error == .otherNetwork(slot: 0, offset: 64 + 128 + 48) && bench.state == before)
    let larger = try CheckpointBench(layers: [.dense(9, .relu), .output(2)])
    error = problem { () throws(CheckpointError) in _ = try larger.restore(flash) }
    #expect(error == .otherNetwork(slot: 0, offset: 24))
    // Each finds its own, and a save of one leaves its own newest.
    var store = try bench.store(flash)
    let own = try bench.change(2)
    #expect(try store.save(bench.saved.network, record: CheckpointBench.record).slot == 1)
    #expect(try bench.restore(&store) == own)
    #expect(try store.restore(&other.restored.network).isOlder)
    let next = try bench.change(3)
    #expect(try store.save(bench.saved.network, record: CheckpointBench.record).slot == 0)
    #expect(try bench.restore(&store) == next)
  }

  @Test func hostileNumbersWithARightChecksumAreRefused() throws {
    let bench = try CheckpointBench()
    try bench.change(1)
    let flash = try bench.save(SimulatedFlash(.tiny))
    let before = bench.state
    // A weight, padding behind it, the standardisation, a record's batch.
    for (offset, bytes, place) in [
      (64 + 208, [0, 0, 0xC0, 0x7F], 64 + 208), (64 + 208 + 40, [1], 64 + 208 + 40),
      (64 + 128 + 28, [0, 0, 0, 0], 64 + 128 + 24), (64 + 320 + 4, [0, 0, 0, 0], 64 + 320 + 4),
    ] as [(Int, [UInt8], Int)] {
      var forged = flash
      for (i, byte) in bytes.enumerated() {
        forged.flip(forged.bytes[offset + i] ^ byte, at: offset + i)
      }
      let payload = CRC32.of(forged.bytes[64..<448].span.bytes)
      for i in 0..<4 {
        forged.flip(forged.bytes[32 + i] ^ UInt8(payload >> UInt32(8 * i) & 0xFF), at: 32 + i)
      }
      let header = CRC32.of(forged.bytes[0..<60].span.bytes)
      for i in 0..<4 {
        forged.flip(forged.bytes[60 + i] ^ UInt8(header >> UInt32(8 * i) & 0xFF), at: 60 + i)
      }
      let error = problem { () throws(CheckpointError) in _ = try bench.restore(forged) }
      #expect(error == .value(slot: 0, offset: place))
      #expect(bench.state == before)
    }
  }

  // MARK: What cannot be

  @Test func aNetworkThatDivergedIsNotSaved() throws {
    let bench = try CheckpointBench()
    let old = try bench.change(1)
    var store = try bench.store(try bench.save(SimulatedFlash(.tiny)))
    let moments = store.device.moments
    let samples: [Float] = [1, -1, 1]
    let device = try Device(
      input: Shape(3), layers: CheckpointBench.small, batch: 1, purpose: .training(digest: 2),
      seed: 0xFEED_F00D)
    for _ in 0..<4 {
      try device.network.add(samples.span, label: 1)
      _ = try device.network.train(Rule.readout, rates: Rates(hidden: 3e38, output: 3e38))
    }
    let wasFinite = device.network.isFinite
    #expect(!wasFinite)
    let error = problem { () throws(CheckpointError) in try store.save(device.network) }
    #expect(error == .notFinite && store.device.moments == moments)
    let checkpoint = try store.restore(&device.network)
    #expect(SavedModel.bytes(of: device.network, record: checkpoint.record) == old)
  }

  @Test func impossibleStoresAreRefused() throws {
    func refusal(
      _ read: Int, _ program: Int, _ erase: Int, _ blocks: Int, slots: Int = 2, buffer: Int = 512
    ) throws -> CheckpointError? {
      let bench = try CheckpointBench(bufferBytes: buffer)
      let device = Pretended(
        geometry: BlockGeometry(
          readBytes: read, programBytes: program, eraseBytes: erase, blocks: blocks))
      return problem { () throws(CheckpointError) in
        _ = try CheckpointStore(device, slots: slots, buffer: bench.buffer)
      }
    }
    #expect(try refusal(1, 4, 256, 8) == nil)
    for (read, program, erase, blocks) in [
      (0, 4, 256, 8), (1, 0, 256, 8), (1, 4, 0, 8), (1, 4, 256, 0), (-1, 4, 256, 8), (8, 4, 256, 8),
      (1, 4, 258, 8), (3, 4, 256, 8), (1, 512, 256, 8), (1, 4, 256, .max), (1, 4, 1 << 40, 1 << 40),
    ] { #expect(try refusal(read, program, erase, blocks) == .geometry) }
    for slots in [-1, 0, 1, 9, 33] {
      #expect(try refusal(1, 4, 256, 8, slots: slots) == .slots(slots))
    }
    for buffer in [0, 1, 7] {
      #expect(try refusal(1, 4, 256, 8, buffer: buffer) == .buffer(needed: 8, found: buffer))
    }
    let bench = try CheckpointBench()
    for erase in [16, 64, 256, 444] {
      var store = try bench.store(
        SimulatedFlash(BlockGeometry(readBytes: 1, programBytes: 4, eraseBytes: erase, blocks: 2)))
      let error = problem { () throws(CheckpointError) in
        try store.save(bench.saved.network, record: CheckpointBench.record)
      }
      #expect(error == .tooLarge(needed: 448, found: erase) && store.device.moments == 0)
      #expect(
        problem { () throws(CheckpointError) in try store.restore(&bench.restored.network) }
          == .nothingSaved)
      #expect(problem { () throws(CheckpointError) in _ = try store.state(ofSlot: 2) } == .slots(2))
    }
    // Just enough.
    let new = try bench.change(1)
    let flash = SimulatedFlash(
      BlockGeometry(readBytes: 1, programBytes: 4, eraseBytes: 448, blocks: 2))
    #expect(try bench.restore(bench.save(flash)) == new)
  }

  @Test func recordsOutOfRangeAreNotSaved() throws {
    let bench = try CheckpointBench()
    var store = try bench.store(SimulatedFlash(.tiny))
    var record = CheckpointBench.record
    record.batch = 0
    #expect(
      problem { () throws(CheckpointError) in try store.save(bench.saved.network, record: record) }
        == .record)
    #expect(store.device.moments == 0)
  }

  @Test func memoryThatChangesBetweenTwoReadingsLeavesTheInitialParameters() throws {
    let bench = try CheckpointBench()
    try bench.change(1)
    let flash = try bench.save(SimulatedFlash(.tiny))
    let initial = try CheckpointBench().restored.network.weightsChecksum
    let buffer = bench.buffer
    var unstable = 0
    for reads in 1..<60 {
      var store = try CheckpointStore(Flickering(flash: flash, reads: reads), buffer: buffer)
      switch problem({ () throws(CheckpointError) in try store.restore(&bench.restored.network) }) {
      case nil: break
      case .unstable(slot: 0):
        unstable += 1
        #expect(bench.restored.network.weightsChecksum == initial)
      case .damaged(slot: 0, _), .device: break
      case let error: Issue.record("\(String(describing: error)) behind \(reads) reads")
      }
    }
    #expect(unstable > 0)
  }
}

/// A device that is never called.
private struct Pretended: BlockDevice {
  let geometry: BlockGeometry
  func read(at offset: Int, into bytes: inout MutableRawSpan) throws(DeviceFault) {
    throw DeviceFault(code: 1)
  }
  func program(at offset: Int, _ bytes: RawSpan) throws(DeviceFault) { throw DeviceFault(code: 2) }
  func erase(block: Int) throws(DeviceFault) { throw DeviceFault(code: 3) }
  func sync() throws(DeviceFault) { throw DeviceFault(code: 4) }
}

/// A flash of which one read gives something else.
private struct Flickering: BlockDevice {
  var flash: SimulatedFlash
  var reads: Int
  var geometry: BlockGeometry { flash.geometry }
  mutating func read(at offset: Int, into bytes: inout MutableRawSpan) throws(DeviceFault) {
    try flash.read(at: offset, into: &bytes)
    reads -= 1
    if reads == 0 { bytes.storeBytes(of: 0x77, toByteOffset: bytes.byteCount / 2, as: UInt8.self) }
  }
  mutating func program(at offset: Int, _ bytes: RawSpan) throws(DeviceFault) {
    try flash.program(at: offset, bytes)
  }
  mutating func erase(block: Int) throws(DeviceFault) { try flash.erase(block: block) }
  mutating func sync() throws(DeviceFault) { try flash.sync() }
}
