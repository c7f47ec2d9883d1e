/// The quiet floor, 2^-60: by definition of the algorithm an input, an activation, or a delta times
/// its rate whose magnitude lies below it is zero.
///
/// It keeps subnormal numbers from arising: ARMv7 NEON flushes them, the other targets do not, and
/// without the floor a class whose probability underflows trains other weights there. One compare
/// per unit, none per weight.
public let quietFloor: Float = 0x1p-60

extension Float {
  /// The value, or zero if it lies below the quiet floor. NaN stays NaN.
  @inline(__always) var quiet: Float { magnitude < quietFloor ? 0 : self }
}
