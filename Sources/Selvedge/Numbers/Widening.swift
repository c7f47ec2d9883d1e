import CLanes

// On 32-bit targets Swift's own conversions to 64 bits are generic and link arrays, as those to floats may;
// these do not.

extension Int64 {
  /// A number of the machine's own width as 64 bits.
  @inline(__always) init(widening number: Int) { self = widened(number) }
}

extension UInt64 {
  /// A number of the machine's own width as 64 bits.
  ///
  /// - Precondition: `number` is not negative.
  @inline(__always) init(widening number: Int) { self.init(bitPattern: widened(number)) }
}

extension Float {
  /// A whole number, rounded to the nearest float.
  @inline(__always) init(number: Int) { self = float_of(number) }
}

extension Double {
  /// A whole number, rounded to the nearest double.
  @inline(__always) init(number: Int) { self = double_of(number) }
}
