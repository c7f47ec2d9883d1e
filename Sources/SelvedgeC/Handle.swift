import CLanes
import CSelvedge
import Selvedge

/// What `selvedge_network` points to, at the beginning of the caller's buffer: the network and what the C interface
/// keeps beside it. The network's arena follows.
struct Handle: ~Copyable {
  /// Tells a handle from other bytes: a constant mixed with the address, so that a copy of the bytes is none.
  private var mark: UInt
  /// Whether a call is under way.
  var isBusy = false
  /// Whether training has run away, so that the weights are worth nothing.
  var hasDiverged = false
  var network: Network
  let bytes: Int
  var settings: Settings
  /// The network's steps, in 32 bits, when all weights were last looked at.
  var checkedStep: UInt32
  var counters = Counters()
  var error: Failure

  /// How the network learns.
  struct Settings {
    var rule: Rule
    var rounding: Rounding
    /// Of 1000 weights.
    var saturationLimit: UInt16
    var rates: Rates
    var trains: Bool
    var checkInterval: UInt32
  }

  /// Bytes of a handle in front of its arena.
  static var size: Int { Arena.rounded(MemoryLayout<Handle>.size) }

  init(
    _ network: consuming Network, at place: UnsafeMutableRawPointer, bytes: Int,
    _ settings: Settings
  ) {
    checkedStep = UInt32(truncatingIfNeeded: network.steps)
    self.network = network
    self.settings = settings
    self.bytes = bytes
    error = Failure(Int(SELVEDGE_OK))
    mark = Self.mark(of: place)
  }

  private static func mark(of place: UnsafeRawPointer) -> UInt {
    UInt(bitPattern: place) ^ UInt(truncatingIfNeeded: 0x5E1F_ED6E_C0DE_A117 as UInt64)
  }

  /// The handle that a pointer from C points to, or nil if it is none.
  static func at(_ network: OpaquePointer?) -> UnsafeMutablePointer<Handle>? {
    guard let network, UInt(bitPattern: network) & 15 == 0 else { return nil }
    let place = UnsafeMutableRawPointer(network)
    guard place.load(as: UInt.self) == mark(of: place) else { return nil }
    return place.assumingMemoryBound(to: Handle.self)
  }

  /// Makes the bytes no handle any more.
  mutating func end() { mark = 0 }

  /// Makes a call on a network: the result of `body`, or that of the failure, which is kept.
  ///
  /// - Parameter worksDiverged: Whether the call makes sense on a network whose training has run away.
  static func call(
    _ network: OpaquePointer?, worksDiverged: Bool = false,
    _ body: (inout Handle) throws(Failure) -> Int
  ) -> Int32 {
    guard let handle = at(network) else { return Int32(truncatingIfNeeded: SELVEDGE_ERROR_HANDLE) }
    guard !handle.pointee.isBusy else { return Int32(truncatingIfNeeded: SELVEDGE_ERROR_BUSY) }
    handle.pointee.isBusy = true
    // An interrupt sees the mark before anything else of the call.
    keep_memory_order()
    let result: Int32
    do throws(Failure) {
      guard worksDiverged || !handle.pointee.hasDiverged else {
        throw Failure(SELVEDGE_ERROR_DIVERGED)
      }
      result = Int32(truncatingIfNeeded: try body(&handle.pointee))
    } catch {
      handle.pointee.error = error
      handle.pointee.counters.refused &+= 1
      result = error.result
    }
    keep_memory_order()
    handle.pointee.isBusy = false
    return result
  }

  /// Asks the network for something that it may refuse.
  mutating func ask(
    _ body: (inout Network) throws(NetworkError) -> Void
  ) throws(Failure) {
    do throws(NetworkError) { try body(&network) } catch { throw Failure(error) }
  }

  /// Refuses a call that is for a network that nothing waits in and that is in the middle of no sequence.
  func checkIdle() throws(Failure) {
    guard network.waiting == 0, network.begun == 0, network.stepsRead == 0 else { throw .state }
  }

  /// Refuses a call that needs room to train.
  func checkTrains() throws(Failure) {
    guard settings.trains else { throw .state }
  }
}

/// How training goes.
struct Counters {
  var samples: UInt64 = 0
  var correct: UInt64 = 0
  var refused: UInt64 = 0
  var diverged: UInt64 = 0
  var restored: UInt32 = 0
  var lastLoss: Float = 0
  /// The sum of the losses of all samples, and what was lost of it in rounding (Kahan 1965).
  private var sum: Float = 0
  private var lost: Float = 0

  /// The mean loss of a sample.
  var loss: Float {
    guard samples > 0 else { return 0 }
    // In two parts, as a machine of 32 bits has no integer for all of them.
    let high = float_of(Int(truncatingIfNeeded: samples &>> 24)) * 16_777_216
    return sum / (high + float_of(Int(truncatingIfNeeded: samples & 0xFF_FFFF)))
  }

  mutating func add(_ outcome: StepOutcome) {
    lastLoss = outcome.loss ?? 0
    let term = lastLoss * float_of(outcome.samples) - lost
    let total = sum + term
    lost = (total - sum) - term
    sum = total
    samples &+= wide(outcome.samples)
    correct &+= wide(outcome.correct)
  }
}

/// Numbers that C lends for a call.
///
/// - Throws: `SELVEDGE_ERROR_ARGUMENT` for a pointer that is null or not aligned, or a count beyond all memory.
func lent<Number>(
  _ pointer: UnsafePointer<Number>?, _ count: Int
) throws(Failure) -> UnsafeBufferPointer<Number> {
  let mask = UInt(bitPattern: MemoryLayout<Number>.alignment - 1)
  guard let pointer, UInt(bitPattern: pointer) & mask == 0, (0...Int.max / 8).contains(count) else {
    throw .argument
  }
  return UnsafeBufferPointer(start: pointer, count: count)
}

/// Room that C lends for a call; see `lent`.
func room<Number>(
  _ pointer: UnsafeMutablePointer<Number>?, _ count: Int
) throws(Failure) -> UnsafeMutableBufferPointer<Number> {
  UnsafeMutableBufferPointer(mutating: try lent(UnsafePointer(pointer), count))
}

/// Room for a structure of this very version: the first field of each says how large the caller's is.
func room<Structure>(
  ofThisVersion pointer: UnsafeMutablePointer<Structure>?
) throws(Failure) -> UnsafeMutableBufferPointer<Structure> {
  let own = try room(pointer, 1)
  let size = UnsafeRawPointer(own.baseAddress!).load(as: UInt32.self)
  guard size == Size.of(Structure.self) else { throw .argument }
  return own
}

enum Size {
  /// What the first field of a structure says.
  static func of<Structure>(_ type: Structure.Type) -> UInt32 {
    UInt32(truncatingIfNeeded: MemoryLayout<Structure>.size)
  }
}

/// A count as C's 64 bits.
func wide(_ number: Int) -> UInt64 { UInt64(bitPattern: widened(number)) }
