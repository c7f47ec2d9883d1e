import CLanes

/// Initial weights for sums over n numbers, uniform between -1/sqrt(n) and 1/sqrt(n), from 24 random bits each.
///
/// A weight is the quotient of two doubles, rounded to a float. A machine without doubles computes the same bits
/// in whole numbers: what doubles would take of a small flash would be more than a tenth of the runtime.
struct UniformWeights {
  /// The root of n as a double.
  private let root: Double
  /// The same as digits * 2^-exponent.
  private let digits: UInt64
  private let exponent: Int

  /// - Precondition: `count` is at least 1 and less than 2^31.
  init(count: Int) {
    if doubles_are_fast() != 0 {
      root = Double(number: count).squareRoot()
      (digits, exponent) = (0, 0)
    } else {
      root = 0
      (digits, exponent) = Self.digitsOfRoot(count)
    }
  }

  /// The weight of 24 random bits.
  func weight(_ bits: Int) -> Float {
    guard doubles_are_fast() != 0 else {
      return Self.quotient(2 &* bits &- 16_777_216, digits, exponent)
    }
    return Float((2 * (Double(number: bits) / 16_777_216) - 1) / root)
  }

  // MARK: Without doubles

  /// The 53 binary digits of a root, to the nearest: root = digits * 2^-exponent.
  static func digitsOfRoot(_ count: Int) -> (digits: UInt64, exponent: Int) {
    var left = UInt32(truncatingIfNeeded: count)
    let shift = left.leadingZeroBitCount & ~1
    left &<<= UInt32(truncatingIfNeeded: shift)
    // A digit of the root a turn, as by hand, from two digits of the number.
    var (root, rest) = (UInt64(0), UInt64(0))
    for _ in 0..<54 {
      rest = rest &<< 2 | UInt64(widening: Int(truncatingIfNeeded: left &>> 30))
      left &<<= 2
      let trial = root &<< 2 | 1
      root &<<= 1
      if rest >= trial {
        rest &-= trial
        root |= 1
      }
    }
    // No root has its last digit here and is exact: a whole one is shorter.
    return (root &>> 1 &+ root & 1, 37 &+ shift &>> 1)
  }

  /// number * 2^-24 / (digits * 2^-exponent), rounded to a double and then to a float, ties to even.
  static func quotient(_ number: Int, _ digits: UInt64, _ exponent: Int) -> Float {
    if number == 0 { return 0 }
    var rest = UInt64(widening: number < 0 ? 0 &- number : number)
    var shift = rest.leadingZeroBitCount &- digits.leadingZeroBitCount
    rest &<<= UInt64(widening: shift)
    if rest < digits {
      rest &<<= 1
      shift &+= 1
    }
    var quotient: UInt64 = 0
    for _ in 0..<54 {
      quotient &<<= 1
      if rest >= digits {
        rest &-= digits
        quotient |= 1
      }
      rest &<<= 1
    }
    let double = quotient &>> 1 &+ (quotient & 1 & (rest != 0 ? 1 : quotient &>> 1))
    let half: UInt64 = 1 &<< 28
    let below = double & (2 &* half &- 1)
    var float = double &>> 29
    if below > half || below == half && float & 1 == 1 { float &+= 1 }
    let value =
      Float(number: Int(truncatingIfNeeded: float)) * .powerOfTwo(exponent &- 47 &- shift)
    return number < 0 ? -value : value
  }
}
