extension Float {
  /// 2^exponent, for an exponent from -126 to 127.
  @inline(__always)
  static func powerOfTwo(_ exponent: Int) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: exponent &+ 127) &<< 23)
  }

  /// The largest integer n with 2^n at most the number, which is positive, finite and not subnormal.
  @inline(__always)
  var floorOfLog2: Int { Int(truncatingIfNeeded: bitPattern &>> 23) &- 127 }
}
