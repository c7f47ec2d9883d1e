/// How the numbers of an int8 layer stand for real ones, and how often they did not fit.
///
/// It lies beside the layer's weights and is saved with them: 32 bytes, alike on every target.
public struct Scale: Equatable, Sendable, BitwiseCopyable {
  /// A weight is its integer times 2^-weightExponent.
  public internal(set) var weightExponent: Int32
  /// What the layer reads is an integer times 2^-inputExponent.
  public internal(set) var inputExponent: Int32
  /// The largest magnitude that training met among the inputs since the scale was chosen.
  public internal(set) var largestInput: Float = 0
  /// Inputs that training met since the scale was chosen and that lay more than a step out of range.
  public internal(set) var clippedInputs: UInt32 = 0
  /// Deltas of units since the scale was chosen that would have moved a weight too far for 16 bits.
  public internal(set) var clippedDeltas: UInt32 = 0
  /// Zero: room for later.
  private var reserved0: UInt32 = 0
  private var reserved1: UInt32 = 0
  private var reserved2: UInt32 = 0

  /// Bytes in the arena and in a model file.
  static let bytes = 32
  /// What the exponents may be.
  static let exponents: ClosedRange<Int32> = -30...30

  /// The scale of a layer of `inputs` inputs that nothing has been seen of.
  ///
  /// Weights have room for six times their initial range, 1 / sqrt(inputs); inputs of the first layer
  /// for four standard deviations.
  ///
  /// - Parameter previous: The activation of the layer before, or nil for the first layer.
  init(inputs: Int, after previous: Activation?) {
    // The floor of log2(127 / 6 * sqrt(inputs)), without a root.
    let square = 127 / 6 * (127 / 6) * Float(number: inputs)
    weightExponent = Int32(truncatingIfNeeded: square.floorOfLog2 &>> 1)
    switch previous {
    case nil: inputExponent = 5
    case .tanh, .sigmoid: inputExponent = 7
    case .linear, .relu: inputExponent = 4
    }
  }

  /// The exponent for numbers up to `largest` in magnitude: the largest that clips them by no more than
  /// a quarter, since one step more of resolution is worth more than the few that are so large.
  static func inputExponent(largest: Float) -> Int32 { exponent(160 / largest) }

  /// The exponent for weights up to `largest` in magnitude: the largest that holds them all.
  static func weightExponent(largest: Float) -> Int32 { exponent(127 / largest) }

  private static func exponent(_ steps: Float) -> Int32 {
    guard steps.isFinite else { return exponents.upperBound }
    guard steps.isNormal else { return exponents.lowerBound }
    let exponent = Int32(truncatingIfNeeded: steps.floorOfLog2)
    return max(exponents.lowerBound, min(exponents.upperBound, exponent))
  }

  /// Binary digits behind the points of weight and input together.
  var productExponent: Int { Int(weightExponent) + Int(inputExponent) }

  /// Binary digits of a delta, 2^16 to the step of a weight for an input of one step.
  var deltaExponent: Int { Int(weightExponent) - Int(inputExponent) + 16 }

  /// Fits the inputs to the largest that was met, if any was, and counts anew.
  mutating func chooseInputExponent() {
    if largestInput > 0 { inputExponent = Self.inputExponent(largest: largestInput) }
    largestInput = 0
    clippedInputs = 0
    clippedDeltas = 0
  }

  mutating func note(_ clipping: Clipping) {
    largestInput = max(largestInput, min(clipping.largest, .greatestFiniteMagnitude))
    clippedInputs = Self.adding(clipping.count, to: clippedInputs)
  }

  mutating func noteClippedDeltas(_ count: Int) {
    clippedDeltas = Self.adding(count, to: clippedDeltas)
  }

  /// Counts stop at 2^31 - 1, which every target's integers hold.
  private static func adding(_ count: Int, to total: UInt32) -> UInt32 {
    let most = UInt32(Int32.max)
    let (sum, isTooLarge) = total.addingReportingOverflow(UInt32(truncatingIfNeeded: count))
    return isTooLarge || sum > most ? most : sum
  }

  /// Whether the numbers, which may come from a file, are such as a layer can have.
  var isPossible: Bool {
    Self.exponents.contains(weightExponent) && Self.exponents.contains(inputExponent)
      && largestInput.isFinite && largestInput >= 0 && reserved0 | reserved1 | reserved2 == 0
      && clippedInputs <= UInt32(Int32.max) && clippedDeltas <= UInt32(Int32.max)
  }
}

/// A layer's scale where it lies: in the arena, or in flash, where nothing is noted.
struct ScalePointer {
  let address: UnsafeMutablePointer<Scale>
  let isConstant: Bool

  var pointee: Scale {
    get { address.pointee }
    nonmutating set { address.pointee = newValue }
  }

  /// Notes inputs that training met.
  func note(_ clipping: Clipping) {
    if !isConstant { address.pointee.note(clipping) }
  }
}

extension RawSpan {
  /// Whether the 32 bytes from `offset` on are a scale that a layer can have.
  ///
  /// - Precondition: The bytes are there.
  func holdsScale(at offset: Int) -> Bool {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Scale.self).isPossible
  }
}
