import Selvedge

/// A NOR flash in the host's memory, whose power can go away at any moment and whose bits can be broken.
///
/// Programming only clears bits, erasing sets those of a block. Power is counted in *moments*: one for each byte that is
/// programmed, `momentsOfErase` for each block that is erased, and one for `sync`. The byte during which power goes away keeps some of
/// the bits that it was to lose; a block keeps its first bytes erased, or bits of it here and there.
public struct SimulatedFlash: BlockDevice {
  /// Moments that erasing a block takes: before, twice in the middle, and at its end.
  public static let momentsOfErase = 4

  public let geometry: BlockGeometry
  /// What the cells hold.
  public private(set) var bytes: [UInt8]
  /// How often each block has been erased, as a flash itself does not know.
  public private(set) var erases: [Int]
  /// Moments since the beginning.
  public private(set) var moments = 0
  /// The moment at which power goes away, if it does.
  public var endOfPower: Int?
  /// Whether power is there.
  public private(set) var isOn = true
  /// Calls that a real flash would not forgive: outside of its units, or programming what was not erased.
  public private(set) var misuses = 0
  /// Whether what was not yet synchronised may be lost, each call by itself, when power goes away.
  public let hasCache: Bool

  /// Bits that are always 0, and bits that are always 1, by byte.
  private var stuckBits: [Int: (zeros: UInt8, ones: UInt8)] = [:]
  private var random: CounterGenerator
  private var draws: UInt64 = 0
  /// What is safe, and what has happened since.
  private var safe: [UInt8]
  private var calls: [Call] = []

  private enum Call {
    case program(offset: Int, bytes: [UInt8])
    case erase(block: Int)
  }

  /// A new flash: all of it is erased.
  public init(_ geometry: BlockGeometry, seed: UInt64 = 1, hasCache: Bool = false) {
    self.geometry = geometry
    self.hasCache = hasCache
    bytes = [UInt8](repeating: 0xFF, count: geometry.eraseBytes * geometry.blocks)
    safe = hasCache ? bytes : []
    erases = [Int](repeating: 0, count: geometry.blocks)
    random = CounterGenerator(seed: seed, stream: 0)
  }

  /// What a driver says after power has gone away.
  public static let noPower = DeviceFault(code: -1)
  /// What a driver says of a call outside of the units.
  public static let misused = DeviceFault(code: -2)

  /// Brings power back; it stays.
  public mutating func restart() {
    isOn = true
    endOfPower = nil
  }

  /// Changes bits behind everybody's back.
  public mutating func flip(_ bits: UInt8, at offset: Int) {
    bytes[offset] ^= bits
    if hasCache { safe[offset] ^= bits }
  }

  /// Lets bits of a byte stay as they are said to be, whatever is done to them.
  public mutating func stick(zeros: UInt8 = 0, ones: UInt8 = 0, at offset: Int) {
    stuckBits[offset] = (zeros, ones)
    applyStuckBits()
  }

  // MARK: As a driver

  public mutating func read(at offset: Int, into bytes: inout MutableRawSpan) throws(DeviceFault) {
    guard isOn else { throw Self.noPower }
    try check(offset, bytes.byteCount, unit: geometry.readBytes)
    for i in 0..<bytes.byteCount {
      bytes.storeBytes(of: self.bytes[offset + i], toByteOffset: i, as: UInt8.self)
    }
  }

  public mutating func program(at offset: Int, _ bytes: RawSpan) throws(DeviceFault) {
    guard isOn else { throw Self.noPower }
    try check(offset, bytes.byteCount, unit: geometry.programBytes)
    let new = bytes.withUnsafeBytes { Array($0) }
    for i in new.indices where self.bytes[offset + i] != 0xFF && stuckBits[offset + i] == nil {
      misuses += 1
    }
    if hasCache { calls.append(.program(offset: offset, bytes: new)) }
    for i in new.indices {
      guard pass() else {
        // Some of the bits that were to be cleared are.
        self.bytes[offset + i] &= new[i] | draw()
        throw loseCache()
      }
      self.bytes[offset + i] &= new[i]
    }
    if !stuckBits.isEmpty { applyStuckBits() }
  }

  public mutating func erase(block: Int) throws(DeviceFault) {
    guard isOn else { throw Self.noPower }
    guard 0..<geometry.blocks ~= block else { throw misuse() }
    let range = block * geometry.eraseBytes..<(block + 1) * geometry.eraseBytes
    if hasCache { calls.append(.erase(block: block)) }
    guard pass() else { throw loseCache() }
    erases[block] += 1
    guard pass() else {
      let end = range.lowerBound + Int(UInt64(range.count) * UInt64(draw()) / 256)
      for i in range.lowerBound..<end { bytes[i] = 0xFF }
      throw loseCache()
    }
    guard pass() else {
      for i in range { bytes[i] |= draw() }
      throw loseCache()
    }
    for i in range { bytes[i] = 0xFF }
    if !stuckBits.isEmpty { applyStuckBits() }
    guard pass() else { throw loseCache() }
  }

  public mutating func sync() throws(DeviceFault) {
    guard isOn else { throw Self.noPower }
    guard pass() else { throw loseCache() }
    guard hasCache else { return }
    safe = bytes
    calls = []
  }

  private mutating func check(_ offset: Int, _ count: Int, unit: Int) throws(DeviceFault) {
    guard offset >= 0, count > 0, offset + count <= bytes.count, offset.isMultiple(of: unit),
      count.isMultiple(of: unit),
      offset / geometry.eraseBytes == (offset + count - 1) / geometry.eraseBytes
    else { throw misuse() }
  }

  private mutating func misuse() -> DeviceFault {
    misuses += 1
    return Self.misused
  }

  /// Lets a moment pass; whether there is still power at its end.
  private mutating func pass() -> Bool {
    moments += 1
    return moments != endOfPower
  }

  /// Power is gone: of what was not yet safe some calls have happened and others have not.
  private mutating func loseCache() -> DeviceFault {
    isOn = false
    guard hasCache else { return Self.noPower }
    // The last call happened in part, as `bytes` say; then none that was before it can be lost.
    if draw() & 1 == 0 {
      bytes = safe
      for call in calls where draw() & 1 == 0 {
        switch call {
        case .program(let offset, let new):
          for i in new.indices { bytes[offset + i] &= new[i] }
        case .erase(let block):
          for i in block * geometry.eraseBytes..<(block + 1) * geometry.eraseBytes {
            bytes[i] = 0xFF
          }
        }
      }
    }
    safe = bytes
    calls = []
    return Self.noPower
  }

  private mutating func draw() -> UInt8 {
    draws += 1
    return UInt8(truncatingIfNeeded: random[draws])
  }

  private mutating func applyStuckBits() {
    for (offset, stuck) in stuckBits { bytes[offset] = bytes[offset] & ~stuck.zeros | stuck.ones }
  }
}
