// Shape    w[r, i] += sum over s of d[s, r] * x[s, i], up or down to a half at random
// Layout   w [rows, columns], d [samples, rows], x [samples, columns]: dense, row-major, not aliased
// Order    the samples add upwards from the first, then their sum is added to the weight, which is rounded
// Exact    the same bytes on every target, a function of the noise's generator
// Scratch  none

import CLanes

extension Kernels {
  /// The update of float16 weights with stochastic rounding: for rates so small that rounding to the
  /// nearest would lose the updates.
  ///
  /// The noise of a weight is the exclusive or of bits of its column and bits of its row; a group of
  /// columns draws its own once for all rows.
  ///
  /// - Parameter first: The number of the first row in its layer.
  /// - Edge cases: no samples changes nothing.
  static func addOuterProducts(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int, _ generator: CounterGenerator,
    firstRow first: Int, to w: inout MutableSpan<Float16>
  ) {
    guard samples > 0 else { return }
    let (rows, columns) = (d.count / samples, x.count / samples)
    precondition(
      d.count == samples * rows && x.count == samples * columns && w.count == rows * columns,
      "addOuterProducts: shapes disagree")
    let (d, x, w) = (d.pointer, x.pointer, w.pointer)
    var i = 0
    while i < columns {
      let count = min(Lanes.width, columns &- i)
      let place = UInt64(widening: i &>> 2)
      let noise = halfNoise(generator[place], generator[place &+ 1])
      for r in 0..<rows {
        let row = generator[0x1_0000_0000 &+ UInt64(widening: first &+ r)] &>> 51
        var total = Lanes(repeating: d[r]) * Float.load(x + i, upTo: count)
        for s in 1..<samples {
          let v = Float.load(x + (s &* columns &+ i), upTo: count)
          total = total.adding(Lanes(repeating: d[s &* rows &+ r]), times: v)
        }
        let target = w + (r &* columns &+ i)
        let bits = noise ^ SIMD8(repeating: Int32(truncatingIfNeeded: row))
        if count == Lanes.width {
          let sum = Float16.load(target) + total
          Float16.store(Lanes(lanes_half_at_random(sum.vector, bits)), to: target)
        } else {
          let sum = Float16.load(target, count: count) + total
          let rounded = Lanes(lanes_half_at_random(sum.vector, bits))
          Float16.store(rounded, to: target, count: count)
        }
      }
      i &+= count
    }
  }

  /// Thirteen bits for each of eight columns.
  @inline(__always)
  static func halfNoise(_ low: UInt64, _ high: UInt64) -> SIMD8<Int32> {
    var bits = SIMD8<Int32>(repeating: 0)
    var (low, high) = (low, high)
    for lane in 0..<4 {
      bits[lane] = Int32(truncatingIfNeeded: low & 0x1FFF)
      bits[lane &+ 4] = Int32(truncatingIfNeeded: high & 0x1FFF)
      low &>>= 16
      high &>>= 16
    }
    return bits
  }
}
