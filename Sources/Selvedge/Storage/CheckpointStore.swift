/// Checkpoints of a network that survive the loss of power at any moment, in two slots or more of a flash.
///
/// A save erases a slot other than that of the newest checkpoint, programs the network there as a model file,
/// reads back what it programmed, and programs the header last: until that is whole, the old checkpoint is the
/// newest; then the new one is. What was lost on the way is found by checksums, over the header and over the model.
/// Neither call needs memory beyond the buffer: the model goes from the arena to the flash by chunks, and back.
///
/// *Endurance.* A block can be erased some 10,000 (microcontrollers) to 100,000 times (external NOR flash); then
/// bits stay as they are, and a save throws `CheckpointError.notWritten`. Slots are used in turn, so each is erased
/// once in as many saves as there are slots: with two slots and 10,000 erases, a checkpoint an hour lasts for more
/// than two years; with eight, for nine. Each header keeps how often its slot has been erased (`state(ofSlot:)`).
/// Saves that were interrupted are not in it. A slot that is broken is passed over if there are more than two.
///
/// Nothing is kept between calls, so a store may be made anew for each of them. Its checksums find accidents, not
/// forgery; a forged checkpoint gives wrong predictions, and harms no memory.
public struct CheckpointStore<Device: BlockDevice & ~Copyable>: ~Copyable {
  private var stream: SlotStream<Device>

  /// A store over all blocks of a device.
  ///
  /// - Parameters:
  ///   - slots: How many checkpoints the blocks are divided among, 2 to 32.
  ///   - buffer: Yours, for as long as the store is in use: at least two program units, 512 bytes or more for
  ///     speed. Half of it is programmed at once.
  /// - Throws: `CheckpointError.geometry`, `slots` or `buffer`; nothing has been read then.
  public init(
    _ device: consuming Device, slots: Int = 2, buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    stream = try SlotStream(device, slots: slots, buffer: buffer)
  }

  /// The device.
  public var device: Device {
    _read { yield stream.device }
    _modify { yield &stream.device }
  }

  /// How many slots there are.
  public var slots: Int { stream.slots }
  /// Bytes that a slot has for a model file.
  public var capacity: Int { max(stream.slotBytes - stream.payloadOffset, 0) }

  /// Bytes that a checkpoint of a network takes in its slot, header and last program unit included.
  public borrowing func byteCount(of network: borrowing Network, withRecord: Bool) -> Int {
    stream.rounded(
      stream.payloadOffset + ModelFile.byteCount(of: network, withRecord: withRecord))
  }

  /// Saves a network, and the run of training that it is in.
  ///
  /// - Throws: `CheckpointError`; the checkpoint that was the newest is then still there and still the newest, or,
  ///   if the driver failed behind the very last byte, the new one.
  @discardableResult
  public mutating func save(
    _ network: borrowing Network, record: TrainingRecord? = nil
  ) throws(CheckpointError) -> Checkpoint {
    guard network.isFinite else { throw .notFinite }
    guard record?.isPossible ?? true else { throw .record }
    let needed = byteCount(of: network, withRecord: record != nil)
    guard needed <= stream.slotBytes else {
      throw .tooLarge(needed: needed, found: stream.slotBytes)
    }
    var problem: CheckpointError?
    let kept = newest(for: network, &problem)?.header
    // Counting goes on behind every header, whatever its model is worth.
    let latest = newestHeader(except: 0, &problem)
    problem = nil
    let first = ((kept ?? latest)?.slot ?? slots - 1) + 1
    for step in 0..<slots {
      let slot = (first + step) % slots
      if slot == kept?.slot { continue }
      do throws(CheckpointError) {
        return try save(network, record, in: slot, behind: latest)
      } catch {
        problem = problem ?? error
      }
    }
    throw problem ?? .slots(slots)
  }

  private mutating func save(
    _ network: borrowing Network, _ record: TrainingRecord?, in slot: Int,
    behind latest: CheckpointHeader?
  ) throws(CheckpointError) -> Checkpoint {
    var header = CheckpointHeader(
      counter: latest.map { $0.counter &+ 1 } ?? 1, slot: slot,
      payloadBytes: ModelFile.byteCount(of: network, withRecord: record != nil),
      payloadChecksum: 0, erases: erases(of: slot, behind: latest))
    try stream.erase(slot)
    stream.begin(slot, at: stream.payloadOffset)
    try ModelFile.write(network, record: record) { (piece: RawSpan) throws(CheckpointError) in
      try stream.write(piece)
    }
    header.payloadChecksum = stream.checksum.value
    try stream.finish()
    stream.begin(slot, at: 0)
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    header.write(into: &raw)
    try stream.write(raw.bytes)
    try stream.finish()
    return Checkpoint(header, record: record, isOlder: false)
  }

  /// How often a slot will have been erased once it is erased again. Without its own header, as often as if all
  /// saves had gone round.
  private mutating func erases(of slot: Int, behind latest: CheckpointHeader?) -> UInt32 {
    if let own = try? header(ofSlot: slot) { return own.erases == .max ? .max : own.erases + 1 }
    guard let latest else { return 1 }
    return slot > latest.slot || latest.erases == .max ? latest.erases : latest.erases + 1
  }

  /// Gives a network the parameters, standardisation and steps of the newest checkpoint that is whole, and says
  /// which layers are frozen. Samples that wait are forgotten.
  ///
  /// All of it is checked before the network is touched, then read again.
  ///
  /// - Throws: `CheckpointError.nothingSaved` if no slot holds anything, otherwise what is wrong with the newest;
  ///   the network is then as it was, except for `unstable`.
  @discardableResult
  public mutating func restore(
    _ network: inout Network
  ) throws(CheckpointError) -> Checkpoint {
    var problem: CheckpointError?
    guard let (header, contents) = newest(for: network, &problem) else {
      throw problem ?? .nothingSaved
    }
    try stream.load(header, contents, into: &network)
    return Checkpoint(header, record: contents.record, isOlder: problem != nil)
  }

  /// What a slot holds, all of its bytes read.
  ///
  /// - Throws: `CheckpointError.slots` if there is no such slot; `device`.
  public mutating func state(ofSlot slot: Int) throws(CheckpointError) -> SlotState {
    guard 0..<slots ~= slot else { throw .slots(slot) }
    do throws(CheckpointError) {
      guard let header = try header(ofSlot: slot) else { return .unused }
      try stream.check(header)
      return .whole(Checkpoint(header, record: nil, isOlder: false))
    } catch {
      if case .damaged(_, let offset) = error { return .damaged(offset: offset) }
      throw error
    }
  }

  // MARK: Finding the newest

  /// The newest checkpoint that is whole and the network's, and what it says; `problem` is then what was wrong with
  /// the first that was not.
  private mutating func newest(
    for network: borrowing Network, _ problem: inout CheckpointError?
  ) -> (header: CheckpointHeader, contents: CheckpointContents)? {
    var tried: UInt32 = 0
    while let header = newestHeader(except: tried, &problem) {
      do throws(CheckpointError) {
        return (header, try stream.check(header, for: network))
      } catch {
        problem = problem ?? error
        tried |= 1 << UInt32(truncatingIfNeeded: header.slot)
      }
    }
    return nil
  }

  /// The newest header among the slots that were not tried.
  private mutating func newestHeader(
    except tried: UInt32, _ problem: inout CheckpointError?
  ) -> CheckpointHeader? {
    var newest: CheckpointHeader?
    for slot in 0..<slots where tried & 1 << UInt32(truncatingIfNeeded: slot) == 0 {
      do throws(CheckpointError) {
        guard let header = try header(ofSlot: slot) else { continue }
        if newest.map({ header.isNewer(than: $0) }) ?? true { newest = header }
      } catch {
        problem = problem ?? error
      }
    }
    return newest
  }

  private mutating func header(ofSlot slot: Int) throws(CheckpointError) -> CheckpointHeader? {
    guard stream.slotBytes > CheckpointHeader.bytes else { return nil }
    stream.begin(slot, at: 0)
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try stream.read(into: &raw)
    return try CheckpointHeader(raw.bytes, slot: slot)
  }
}
