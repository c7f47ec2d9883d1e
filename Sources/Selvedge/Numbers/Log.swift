// 1. The same bits on every target.
// 2. Within 2 ulp of ln x, except absolute 1e-7 around 1.

/// ln x for a positive, normal x: the exponent times ln 2, plus a polynomial (minimax, degree 10) of
/// the fraction in [1/sqrt 2, sqrt 2).
///
/// - Edge cases: 0 and what lies below the least normal number count as the least normal number;
///   infinity and NaN are returned as they are.
func naturalLogarithm(_ x: Float) -> Float {
  guard x.isFinite else { return x }
  let bits = max(x, .leastNormalMagnitude).bitPattern
  // The offset moves the cut between exponents from 1 to 1 / sqrt 2.
  let offset: UInt32 = 0x3F35_04F3
  let exponent = Int32(bitPattern: bits &- offset) &>> 23
  let f = Float(bitPattern: bits &- UInt32(bitPattern: exponent &<< 23)) - 1
  var p: Float = -0.079_751_62
  p = 0.126_571_4 + p * f
  p = -0.129_895_7 + p * f
  p = 0.142_098 + p * f
  p = -0.166_415_48 + p * f
  p = 0.200_012_05 + p * f
  p = -0.250_003_05 + p * f
  p = 0.333_333_3 + p * f
  let square = f * f
  let n = Float(number: Int(exponent))
  // ln(2) in two pieces, the small ones first.
  return ((p * (square * f) - 0.5 * square) + n * -2.121_944_4e-4) + f + n * 0.693_359_375
}
