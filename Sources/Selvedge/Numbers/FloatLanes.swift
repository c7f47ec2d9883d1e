/// One or more floats side by side, each computed with by itself: what a function of a float is written for.
///
/// All conforming types give a number the same bits.
protocol FloatLanes {
  /// How many there are.
  static var width: Int { get }
  init(repeating value: Float)
  init(at pointer: UnsafePointer<Float>)
  /// The first `count` from memory, the rest zero; reads nothing behind them.
  init(at pointer: UnsafePointer<Float>, count: Int)
  func store(to pointer: UnsafeMutablePointer<Float>)
  func store(to pointer: UnsafeMutablePointer<Float>, count: Int)
  /// Zero in place of what lies below the quiet floor.
  var quiet: Self { get }
  func clamped(_ lower: Float, _ upper: Float) -> Self
  func atLeast(_ lower: Float) -> Self
  /// 2^n, where `shifted` is n + 1.5 * 2^23 and n is an integer from -126 to 127.
  static func powerOfTwo(_ shifted: Self) -> Self
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
}

extension Float {
  /// The nearest integer, ties to even, held within -limit ... limit; 0 for NaN.
  ///
  /// - Precondition: `limit` is less than 2^22.
  @inline(__always) func rounded(within limit: Float) -> Int32 {
    let held = OneLane(repeating: self).clamped(-limit, limit).value
    // Behind the addition the low bits of the number are the integer.
    let shift: Float = 12_582_912
    return held == held
      ? Int32(bitPattern: (held + shift).bitPattern &- shift.bitPattern) : 0
  }
}

/// A single number, for machines without vectors.
struct OneLane: FloatLanes {
  var value: Float

  static var width: Int { 1 }

  @inline(__always) init(repeating value: Float) { self.value = value }
  @inline(__always) init(at pointer: UnsafePointer<Float>) { value = pointer[0] }
  @inline(__always) init(at pointer: UnsafePointer<Float>, count: Int) {
    value = count > 0 ? pointer[0] : 0
  }
  @inline(__always) func store(to pointer: UnsafeMutablePointer<Float>) { pointer[0] = value }
  @inline(__always) func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count > 0 { pointer[0] = value }
  }

  var quiet: OneLane { @inline(__always) get { OneLane(repeating: value.quiet) } }

  @inline(__always) func clamped(_ lower: Float, _ upper: Float) -> OneLane {
    OneLane(repeating: value > upper ? upper : value).atLeast(lower)
  }
  @inline(__always) func atLeast(_ lower: Float) -> OneLane {
    OneLane(repeating: value < lower ? lower : value)
  }
  @inline(__always) static func powerOfTwo(_ shifted: OneLane) -> OneLane {
    OneLane(
      repeating: Float(bitPattern: (shifted.value.bitPattern &<< 23) &+ 0x3F80_0000))
  }

  @inline(__always) static func + (a: OneLane, b: OneLane) -> OneLane {
    OneLane(repeating: a.value + b.value)
  }
  @inline(__always) static func - (a: OneLane, b: OneLane) -> OneLane {
    OneLane(repeating: a.value - b.value)
  }
  @inline(__always) static func * (a: OneLane, b: OneLane) -> OneLane {
    OneLane(repeating: a.value * b.value)
  }
  @inline(__always) static func / (a: OneLane, b: OneLane) -> OneLane {
    OneLane(repeating: a.value / b.value)
  }
}
