// Shape    q[i] = clamp(round(v[i] * 2^e), -127, 127);  v[i] = q[i] * 2^-e
// Layout   v and q dense
// Order    none: every element by itself
// Exact    the same bytes on every target; to the nearest, ties to even; NaN becomes 0
// Scratch  none

import CLanes

/// What was lost where numbers were made int8.
struct Clipping {
  /// How many lay more than a step beyond what int8 can hold.
  var count = 0
  /// The largest magnitude of all.
  var largest: Float = 0
}

/// Makes int8 of eight lanes at a time, and keeps account of what does not fit.
struct Quantiser {
  private let factor: Lanes
  private var largest = Lanes(repeating: 0)
  private var clipped = 0

  /// For numbers q * 2^-exponent.
  @inline(__always)
  init(exponent: Int) { factor = Lanes(repeating: .powerOfTwo(exponent)) }

  /// Stores the first `count` of eight lanes; the others are zero.
  @inline(__always)
  mutating func store(_ v: Lanes, to q: UnsafeMutablePointer<Int8>, count: Int) {
    let scaled = v * factor
    largest = Lanes(lanes_larger(v.magnitude.vector, largest.vector))
    clipped &+= Int(truncatingIfNeeded: lanes_count_beyond(scaled.vector, 128.5))
    if count == Lanes.width {
      lanes_store_bytes(q, scaled.vector)
    } else {
      lanes_store_some_bytes(q, scaled.vector, count)
    }
  }

  var clipping: Clipping {
    var most: Float = 0
    for lane in 0..<Lanes.width where largest.vector[lane] > most { most = largest.vector[lane] }
    return Clipping(count: clipped, largest: most)
  }
}

/// The same of one number at a time, for machines without vectors.
struct QuantiserOfOne {
  private let factor: Float
  private(set) var clipping = Clipping()

  @inline(__always)
  init(exponent: Int) { factor = .powerOfTwo(exponent) }

  @inline(__always)
  mutating func byte(_ v: Float) -> Int8 {
    let scaled = v * factor
    if v.magnitude > clipping.largest { clipping.largest = v.magnitude }
    if scaled.magnitude > 128.5 { clipping.count &+= 1 }
    return Int8(truncatingIfNeeded: scaled.rounded(within: 127))
  }
}

extension Kernels {
  /// The numbers `v` as int8, `exponent` binary digits behind the point.
  static func quantise(
    _ v: Span<Float>, exponent: Int, into q: inout MutableSpan<Int8>
  ) -> Clipping {
    precondition(v.count == q.count, "quantise: shapes disagree")
    let count = v.count
    let (v, q) = (v.pointer, q.pointer)
    guard lanes_are_vectors() != 0 else {
      var quantiser = QuantiserOfOne(exponent: exponent)
      for i in 0..<count { q[i] = quantiser.byte(v[i]) }
      return quantiser.clipping
    }
    var quantiser = Quantiser(exponent: exponent)
    var i = 0
    while i &+ Lanes.width <= count {
      quantiser.store(Lanes(at: v + i), to: q + i, count: Lanes.width)
      i &+= Lanes.width
    }
    let rest = count &- i
    if rest > 0 { quantiser.store(Lanes(at: v + i, count: rest), to: q + i, count: rest) }
    return quantiser.clipping
  }

  /// The numbers that `q` stands for, exactly.
  static func dequantise(_ q: Span<Int8>, exponent: Int, into v: inout MutableSpan<Float>) {
    precondition(v.count == q.count, "dequantise: shapes disagree")
    let count = v.count
    let (v, q) = (v.pointer, q.pointer)
    guard lanes_are_vectors() != 0 else {
      let factor = Float.powerOfTwo(0 &- exponent)
      for i in 0..<count { v[i] = Float(number: Int(q[i])) * factor }
      return
    }
    let factor = Lanes(repeating: .powerOfTwo(0 &- exponent))
    var i = 0
    while i &+ Lanes.width <= count {
      (Lanes(lanes_load_bytes(q + i)) * factor).store(to: v + i)
      i &+= Lanes.width
    }
    let rest = count &- i
    if rest > 0 {
      (Lanes(lanes_load_some_bytes(q + i, rest)) * factor).store(to: v + i, count: rest)
    }
  }
}
