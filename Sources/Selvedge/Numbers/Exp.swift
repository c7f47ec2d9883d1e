// 1. The same bits on every target: only add, subtract, multiply, in one order.
// 2. Within 2 ulp of e^x on [-41, 88].
// 3. Never subnormal, never infinite.

extension FloatLanes {
  /// e^x of each, by range reduction to |r| <= ln(2)/2 and a polynomial (minimax, degree 6).
  ///
  /// - Edge cases: x above 88 counts as 88; a result below the quiet floor is zero; NaN stays NaN.
  var exponential: Self {
    @inline(__always) get {
      let x = clamped(-87, 88)
      // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
      let shift = Self(repeating: 12_582_912)
      let shifted = x * Self(repeating: 1.442_695) + shift
      let n = shifted - shift
      // ln(2) in two pieces: n times the first is exact.
      let r =
        (x - n * Self(repeating: 0.693_359_375)) - n * Self(repeating: -2.121_944_4e-4)
      var p = Self(repeating: 1.390_128_7e-3)
      p = Self(repeating: 8.363_145e-3) + p * r
      p = Self(repeating: 4.166_685_3e-2) + p * r
      p = Self(repeating: 0.166_665_77) + p * r
      p = Self(repeating: 0.5) + p * r
      let fraction = Self(repeating: 1) + (r + p * (r * r))
      return (fraction * Self.powerOfTwo(shifted)).quiet
    }
  }
}
