/// A slot of a device, read or programmed from some place on towards its end, through the caller's buffer.
struct SlotStream<Device: BlockDevice & ~Copyable>: ~Copyable {
  var device: Device
  private let geometry: BlockGeometry
  /// Slots of equal size; blocks that are left over are not used.
  let slots: Int
  /// The blocks of each slot.
  private let blocks: Int
  /// What is to be programmed, and behind it what was read: a chunk each, whole program units.
  private let buffer: UnsafeMutableRawPointer
  private let chunk: Int

  private(set) var slot = 0
  /// Where the next byte is read, or is programmed once its chunk is full.
  private(set) var offset = 0
  /// The checksum of the bytes that have been read or written since `begin`.
  private(set) var checksum = CRC32()
  /// Bytes of the chunk that are to be programmed.
  private var filled = 0
  /// The part of the slot that was read last and is in the buffer.
  private var ahead = 0..<0

  init(
    _ device: consuming Device, slots: Int, buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    let geometry = device.geometry
    guard geometry.isPossible else { throw .geometry }
    guard 2...32 ~= slots, geometry.blocks >= slots else { throw .slots(slots) }
    let half = buffer.count / 2
    guard let start = buffer.baseAddress, half >= geometry.programBytes else {
      throw .buffer(
        needed: geometry.programBytes > Int.max / 2 ? Int.max : 2 * geometry.programBytes,
        found: buffer.count)
    }
    self.device = device
    self.geometry = geometry
    self.slots = slots
    self.buffer = start
    blocks = geometry.blocks / slots
    chunk = half - half % geometry.programBytes
  }

  /// Bytes of each slot.
  var slotBytes: Int { blocks * geometry.eraseBytes }
  /// Where the payload begins.
  var payloadOffset: Int { rounded(CheckpointHeader.bytes) }

  /// A number of bytes, rounded up to whole program units.
  ///
  /// - Precondition: It is less than the machine's largest number by a unit.
  func rounded(_ bytes: Int) -> Int {
    let excess = bytes % geometry.programBytes
    return excess == 0 ? bytes : bytes + geometry.programBytes - excess
  }

  /// Goes to a place of a slot, the beginning of a program unit if it is to be written.
  mutating func begin(_ slot: Int, at offset: Int) {
    self.slot = slot
    self.offset = offset
    checksum = CRC32()
    filled = 0
    ahead = 0..<0
  }

  /// How many bytes from `offset` on, at most a chunk, lie in the same block.
  private func reach(from offset: Int) -> Int {
    min(chunk, geometry.eraseBytes - offset % geometry.eraseBytes)
  }

  private func fault(_ fault: DeviceFault, at offset: Int) -> CheckpointError {
    .device(slot: slot, offset: offset, code: fault.code)
  }

  // MARK: Reading

  /// Reads the next bytes.
  ///
  /// - Precondition: The slot has so many.
  mutating func read(into bytes: inout MutableRawSpan) throws(CheckpointError) {
    var done = 0
    while done < bytes.byteCount {
      if !ahead.contains(offset) { try readAhead() }
      let count = min(ahead.upperBound - offset, bytes.byteCount - done)
      let found = UnsafeRawBufferPointer(
        start: buffer + chunk + (offset - ahead.lowerBound), count: count)
      var part = bytes._mutatingExtracting(done..<done + count)
      unsafe part.withUnsafeMutableBytes { unsafe $0.copyMemory(from: found) }
      checksum.update(RawSpan(_unsafeBytes: found))
      done += count
      offset += count
    }
  }

  /// Reads bytes for their checksum alone.
  mutating func skip(_ count: Int) throws(CheckpointError) {
    let end = offset + count
    while offset < end {
      if !ahead.contains(offset) { try readAhead() }
      let count = min(ahead.upperBound, end) - offset
      checksum.update(
        RawSpan(
          _unsafeBytes: UnsafeRawBufferPointer(
            start: buffer + chunk + (offset - ahead.lowerBound), count: count)))
      offset += count
    }
  }

  private mutating func readAhead() throws(CheckpointError) {
    let start = offset - offset % geometry.readBytes
    let count = reach(from: start)
    try read(at: start, count)
    ahead = start..<start + count
  }

  /// Reads whole units of the slot into the second half of the buffer.
  private mutating func read(at start: Int, _ count: Int) throws(CheckpointError) {
    var found = MutableRawSpan(
      _unsafeBytes: UnsafeMutableRawBufferPointer(start: buffer + chunk, count: count))
    do throws(DeviceFault) {
      try device.read(at: slot * slotBytes + start, into: &found)
    } catch {
      throw fault(error, at: start)
    }
  }

  // MARK: Writing

  /// Erases all blocks of a slot, that of its header first.
  mutating func erase(_ slot: Int) throws(CheckpointError) {
    begin(slot, at: 0)
    for block in 0..<blocks {
      do throws(DeviceFault) {
        try device.erase(block: slot * blocks + block)
      } catch {
        throw fault(error, at: block * geometry.eraseBytes)
      }
    }
  }

  /// Programs the next bytes, at the latest when `finish` is called.
  ///
  /// - Precondition: The slot has so many, and is erased.
  /// - Throws: `CheckpointError.notWritten` if something else is read back; `device`.
  mutating func write(_ bytes: RawSpan) throws(CheckpointError) {
    checksum.update(bytes)
    var done = 0
    while done < bytes.byteCount {
      let count = min(reach(from: offset) - filled, bytes.byteCount - done)
      unsafe bytes.extracting(done..<done + count).withUnsafeBytes {
        unsafe (buffer + filled).copyMemory(from: $0.baseAddress!, byteCount: count)
      }
      filled += count
      done += count
      if filled == reach(from: offset) { try program() }
    }
  }

  /// Programs what is left, filled up to a whole unit with what erased bytes are, and waits until it is safe.
  mutating func finish() throws(CheckpointError) {
    if filled > 0 {
      let whole = rounded(filled)
      (buffer + filled).initializeMemory(as: UInt8.self, repeating: 0xFF, count: whole - filled)
      filled = whole
      try program()
    }
    do throws(DeviceFault) { try device.sync() } catch { throw fault(error, at: offset) }
  }

  /// Programs the chunk and compares what is read back.
  private mutating func program() throws(CheckpointError) {
    let written = RawSpan(
      _unsafeBytes: UnsafeRawBufferPointer(start: buffer, count: filled))
    do throws(DeviceFault) {
      try device.program(at: slot * slotBytes + offset, written)
    } catch {
      throw fault(error, at: offset)
    }
    try read(at: offset, filled)
    for i in 0..<filled
    where buffer.load(fromByteOffset: i, as: UInt8.self)
      != buffer.load(fromByteOffset: chunk + i, as: UInt8.self)
    {
      throw .notWritten(slot: slot, offset: offset + i)
    }
    offset += filled
    filled = 0
    ahead = 0..<0
  }
}
