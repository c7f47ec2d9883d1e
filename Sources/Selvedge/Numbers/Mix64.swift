/// The SplitMix64 finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// 2014): a bijection of 64 bits in which every input bit reaches every output bit.
@inlinable
public func mix64(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z &>> 31)
}

/// Random numbers by position instead of by order: number i of a key is a pure function of both.
///
/// Nothing is stored and nothing has to be drawn in sequence, so a projection, an initial weight or
/// a shuffle can be regenerated wherever it is needed.
public struct CounterGenerator: Sendable {
  /// 2^64 divided by the golden ratio, the odd step between counters.
  public static var golden: UInt64 { 0x9E37_79B9_7F4A_7C15 }

  let key: UInt64

  /// The generator for one stream (a layer, say) of a seed.
  @inline(__always)
  public init(seed: UInt64, stream: UInt64) {
    key = mix64(seed &+ Self.golden &* (stream &+ 1))
  }

  /// The 64 random bits at position `counter`.
  @inline(__always)
  public subscript(counter: UInt64) -> UInt64 {
    mix64(key &+ Self.golden &* (counter &+ 1))
  }
}
