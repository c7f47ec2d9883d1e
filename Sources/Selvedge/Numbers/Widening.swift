import CLanes

// On 32-bit targets Swift's own conversions to 64 bits are generic and link arrays; these do not.
// So is the conversion of any integer but Int to Float: write Float(Int(number)).

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
