/// The quiet floor, 2^-50: by definition of the algorithm an input, an activation, or a delta times
/// its rate whose magnitude lies below it is zero.
///
/// It keeps subnormal weights from arising: ARMv7 NEON flushes them, the other targets do not, and
/// without the floor a class whose probability underflows trains other weights there. With it, a product
/// of delta and input is a multiple of 2^-123 (its magnitude is at least 2^-100, and it has 24 bits), and
/// so is every sum of such products, however nearly they cancel; the least normal number is 2^-126.
/// One compare per unit, none per weight.
public let quietFloor: Float = 0x1p-50

extension Float {
  /// The value, or zero if it lies below the quiet floor. NaN stays NaN.
  @inline(__always) var quiet: Float { magnitude < quietFloor ? 0 : self }
}
