// 1. The same bits on every target.
// 2. Odd, and never beyond -1 or 1.
// 3. Within 6 ulp of tanh x.

extension FloatLanes {
  /// tanh x of each: x P(x^2) / Q(x^2) with P of degree 5 and Q of degree 4 (minimax on
  /// |x| <= 9.02, relative error 1.4e-9 before rounding).
  ///
  /// - Edge cases: beyond 9.02 the result is that of 9.02; NaN stays NaN.
  var hyperbolicTangent: Self {
    @inline(__always) get {
      let x = clamped(-9.02, 9.02)
      let t = x * x
      var p = Self(repeating: -1.220_343_3e-11)
      p = Self(repeating: 3.058_497_5e-8) + p * t
      p = Self(repeating: 2.800_743_8e-5) + p * t
      p = Self(repeating: 3.868_326_8e-3) + p * t
      p = Self(repeating: 0.136_799_14) + p * t
      p = Self(repeating: 1) + p * t
      var q = Self(repeating: 1.287_365_2e-6)
      q = Self(repeating: 3.938_629_2e-4) + q * t
      q = Self(repeating: 2.724_583_4e-2) + q * t
      q = Self(repeating: 0.470_132_47) + q * t
      q = Self(repeating: 1) + q * t
      return (x * p / q).clamped(-1, 1)
    }
  }

  /// 1 / (1 + e^-x) of each; NaN stays NaN.
  var logistic: Self {
    @inline(__always) get {
      let one = Self(repeating: 1)
      return one / (one + (Self(repeating: 0) - self).exponential)
    }
  }
}
