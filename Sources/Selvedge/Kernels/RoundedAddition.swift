// Shape    w[i] = round(w[i] + g[i])
// Layout   w and g dense
// Order    none: every element by itself
// Exact    the same bytes on every target, a function of the noise's generator
// Scratch  none

import CLanes

extension Kernels {
  /// Adds floats to float16 weights, up or down to a half at random, or to the nearest without a generator.
  ///
  /// - Parameter first: Where the random numbers begin, a multiple of 8.
  static func addRounded(
    _ g: Span<Float>, _ generator: CounterGenerator?, first: Int = 0,
    to w: inout MutableSpan<Float16>
  ) {
    precondition(g.count == w.count, "addRounded: shapes disagree")
    let count = g.count
    let (g, w) = (g.pointer, w.pointer)
    var i = 0
    while i < count {
      let part = min(Lanes.width, count &- i)
      let old = Float16.load(w + i, upTo: part)
      var sum = old + Float.load(g + i, upTo: part)
      if let generator {
        let place = UInt64(widening: (first &+ i) &>> 2)
        let bits = halfNoise(generator[place], generator[place &+ 1])
        sum = Lanes(lanes_half_at_random(sum.vector, bits))
      }
      Float16.store(sum, to: w + i, upTo: part)
      i &+= Lanes.width
    }
  }

  /// Adds floats, 2^exponent of their ones to a step, to int8 weights: up or down to a step at random, or
  /// to the nearest without a generator.
  ///
  /// - Parameter first: Where the random numbers begin, a multiple of 8.
  static func addRounded(
    _ g: Span<Float>, exponent: Int, _ generator: CounterGenerator?, first: Int = 0,
    to w: inout MutableSpan<Int8>
  ) {
    precondition(g.count == w.count, "addRounded: shapes disagree")
    let count = g.count
    let (g, w) = (g.pointer, w.pointer)
    let factor = Lanes(repeating: .powerOfTwo(exponent))
    // Behind the addition no digits are left behind the point.
    let shift = Lanes(repeating: 0x1.8p23)
    var i = 0
    while i < count {
      let part = min(Lanes.width, count &- i)
      var change = Float.load(g + i, upTo: part) * factor
      if let generator { change = change + noise(generator, UInt64(widening: first &+ i)) }
      // Further than from one end to the other no weight goes.
      change = (change.clamped(-1024, 1024) + shift) - shift
      let old = Int8.load(w + i, upTo: part)
      Int8.store(old + change, to: w + i, upTo: part)
      i &+= Lanes.width
    }
  }

  /// Eight numbers from -1/2 to just below 1/2, each of 24 bits, two from a hash.
  @inline(__always)
  private static func noise(_ generator: CounterGenerator, _ place: UInt64) -> Lanes {
    var lanes = Lanes(repeating: 0)
    for pair in 0..<4 {
      let bits = generator[place &>> 1 &+ UInt64(widening: pair)]
      lanes.vector[2 &* pair] = noise_of_bits(UInt32(truncatingIfNeeded: bits))
      lanes.vector[2 &* pair &+ 1] = noise_of_bits(UInt32(truncatingIfNeeded: bits &>> 32))
    }
    return lanes
  }
}
