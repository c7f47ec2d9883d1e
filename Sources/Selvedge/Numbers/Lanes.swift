import CLanes

/// Eight virtual lanes of float32: the one width in which every target adds.
///
/// Whatever a machine's registers hold, element i of a row goes to lane i mod 8, the lanes add upwards
/// through the row, and a fixed tree folds them. So a sum has the same bits on every target.
@usableFromInline
struct Lanes: FloatLanes {
  var vector: SIMD8<Float>

  static let width = 8

  /// Zeros.
  @inline(__always) init() { vector = SIMD8(repeating: 0) }
  @inline(__always) init(_ vector: SIMD8<Float>) { self.vector = vector }
  @inline(__always) init(repeating value: Float) { vector = lanes_splat(value) }
  @inline(__always) init(at pointer: UnsafePointer<Float>) { vector = lanes_load(pointer) }

  /// The first `count` of eight lanes from memory, the rest zero; reads nothing behind them.
  @inline(__always) init(at pointer: UnsafePointer<Float>, count: Int) {
    vector = lanes_load_some(pointer, count)
  }

  @inline(__always) func store(to pointer: UnsafeMutablePointer<Float>) {
    lanes_store(pointer, vector)
  }

  @inline(__always) func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    lanes_store_some(pointer, vector, count)
  }

  @inline(__always) static func powerOfTwo(_ shifted: Lanes) -> Lanes {
    Lanes(lanes_power_of_two(shifted.vector))
  }

  /// The sum of the lanes: l + (l + 4), then l + (l + 2), then l + (l + 1).
  var sum: Float { @inline(__always) get { lanes_sum(vector) } }

  /// Lane 0.
  var first: Float { @inline(__always) get { vector[0] } }

  var magnitude: Lanes { @inline(__always) get { Lanes(lanes_magnitude(vector)) } }

  /// The lanes, with zero in place of what lies below the quiet floor.
  var quiet: Lanes { @inline(__always) get { Lanes(lanes_zero_below(vector, quietFloor)) } }

  @inline(__always) func clamped(_ lower: Float, _ upper: Float) -> Lanes {
    Lanes(lanes_at_least(lanes_at_most(vector, upper), lower))
  }

  @inline(__always) func atLeast(_ lower: Float) -> Lanes { Lanes(lanes_at_least(vector, lower)) }

  /// The lanes, each negated whose bit (lane 0 is the lowest) is clear.
  @inline(__always) func negatedWhereClear(_ bits: UInt32) -> Lanes {
    Lanes(lanes_negate_where_clear(vector, bits))
  }

  /// `self + factor * other`, in two roundings.
  @inline(__always) func adding(_ factor: Lanes, times other: Lanes) -> Lanes {
    Lanes(lanes_multiply_add(vector, factor.vector, other.vector))
  }

  @inline(__always) static func + (a: Lanes, b: Lanes) -> Lanes {
    Lanes(lanes_add(a.vector, b.vector))
  }
  @inline(__always) static func - (a: Lanes, b: Lanes) -> Lanes {
    Lanes(lanes_subtract(a.vector, b.vector))
  }
  @inline(__always) static func * (a: Lanes, b: Lanes) -> Lanes {
    Lanes(lanes_multiply(a.vector, b.vector))
  }
  @inline(__always) static func / (a: Lanes, b: Lanes) -> Lanes {
    Lanes(lanes_divide(a.vector, b.vector))
  }
}
