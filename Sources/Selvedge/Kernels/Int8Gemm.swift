// Shape    y[s, r] = 2^-e * (sum over i of w[r, i] * x[s, i]) + b[r]
// Layout   w [rows, columns], x [samples, columns] in -127 ... 127, y [samples, rows]: dense, row-major
// Order    none: sums of integers, exact in 32 bits up to 131,072 columns
// Exact    the same bytes on every target; the sum and the bias round once each, the scale never
// Scratch  none

import CLanes

extension Kernels {
  /// The longest row whose sum of products cannot leave 32 bits: 127 * 127 * 131,072 < 2^31.
  static let longestInt8Row = 131_072

  /// The products of every int8 row with every int8 sample, as floats, plus the bias.
  ///
  /// Every weight is read from memory once: four rows stay in the nearest cache while all samples pass.
  ///
  /// - Parameter exponent: e, the binary digits behind the points of w and x together.
  /// - Edge cases: no samples writes nothing, no columns gives `y = b`.
  /// - Complexity: `samples * rows * columns` multiplications and additions.
  static func gemm(
    _ w: Span<Int8>, bias b: Span<Float>, _ x: Span<Int8>, samples: Int, exponent: Int,
    into y: inout MutableSpan<Float>
  ) {
    guard samples > 0 else { return }
    let rows = b.count
    let columns = x.count / samples
    precondition(
      w.count == rows * columns && x.count == samples * columns && y.count == samples * rows
        && columns <= longestInt8Row,
      "gemm: shapes disagree")
    let (w, b, x, y) = (w.pointer, b.pointer, x.pointer, y.pointer)
    let scale = Float.powerOfTwo(0 &- exponent)
    var r = 0
    // Eight rows halve the loads of the inputs once more, where there are registers for their sums.
    while dot_takes_eight_rows() != 0 && r &+ 8 <= rows {
      for s in 0..<samples {
        var sums = EightInt8Rows(w + r &* columns, columns, x + s &* columns)
        sums.addAll(columns)
        let target = y + (s &* rows &+ r)
        sums.low.store(to: target, scale, b + r)
        sums.high.store(to: target + 4, scale, b + (r &+ 4))
      }
      r &+= 8
    }
    while r &+ 4 <= rows {
      for s in 0..<samples {
        var sums = FourInt8Rows(w + r &* columns, columns, x + s &* columns)
        sums.addAll(columns)
        sums.store(to: y + (s &* rows &+ r), scale, b + r)
      }
      r &+= 4
    }
    while r < rows {
      for s in 0..<samples {
        let sum = oneInt8Row(w + r &* columns, x + s &* columns, columns)
        y[s &* rows &+ r] = Float(number: Int(sum)) * scale + b[r]
      }
      r &+= 1
    }
  }

  @inline(__always)
  private static func oneInt8Row(
    _ w: UnsafePointer<Int8>, _ x: UnsafePointer<Int8>, _ columns: Int
  ) -> Int32 {
    var sums = dot_none()
    var i = 0
    while i &+ 16 <= columns {
      sums = dot_add(sums, bytes_load(w + i), bytes_load(x + i))
      i &+= 16
    }
    let rest = columns &- i
    if rest != 0 {
      sums = dot_add(sums, bytes_load_some(w + i, rest), bytes_load_some(x + i, rest))
    }
    return dot_total(sums)
  }
}

/// Rows on their way through one sample.
private protocol Int8Rows {
  /// Adds the products of the sixteen columns behind the next `i`.
  mutating func addSixteen(_ i: Int)
  /// Adds those of the last columns, fewer than sixteen.
  mutating func addLast(_ rest: Int)
  mutating func advance(_ columns: Int)
}

extension Int8Rows {
  @inline(__always)
  mutating func addAll(_ columns: Int) {
    // Many groups a turn spare the loop's own instructions.
    var turns = columns &>> 7
    while turns != 0 {
      addSixtyFour(0)
      addSixtyFour(64)
      advance(128)
      turns &-= 1
    }
    var pairs = (columns & 127) &>> 5
    while pairs != 0 {
      addSixteen(0)
      addSixteen(16)
      advance(32)
      pairs &-= 1
    }
    if columns & 16 != 0 {
      addSixteen(0)
      advance(16)
    }
    let rest = columns & 15
    if rest != 0 { addLast(rest) }
  }

  @inline(__always)
  private mutating func addSixtyFour(_ i: Int) {
    addSixteen(i)
    addSixteen(i &+ 16)
    addSixteen(i &+ 32)
    addSixteen(i &+ 48)
  }
}

/// (The compiler would put variables that a closure changes on the heap, and refuse to in firmware.)
private struct FourInt8Rows: Int8Rows {
  private var w0, w1, w2, w3: UnsafePointer<Int8>
  private var x: UnsafePointer<Int8>
  private var a0 = dot_none()
  private var a1 = dot_none()
  private var a2 = dot_none()
  private var a3 = dot_none()

  @inline(__always)
  init(_ w: UnsafePointer<Int8>, _ columns: Int, _ x: UnsafePointer<Int8>) {
    w0 = w
    w1 = w + columns
    w2 = w + 2 &* columns
    w3 = w + 3 &* columns
    self.x = x
  }

  @inline(__always)
  mutating func addSixteen(_ i: Int) {
    let v = bytes_load(x + i)
    a0 = dot_add(a0, bytes_load(w0 + i), v)
    a1 = dot_add(a1, bytes_load(w1 + i), v)
    a2 = dot_add(a2, bytes_load(w2 + i), v)
    a3 = dot_add(a3, bytes_load(w3 + i), v)
  }

  @inline(__always)
  mutating func addLast(_ rest: Int) {
    let v = bytes_load_some(x, rest)
    a0 = dot_add(a0, bytes_load_some(w0, rest), v)
    a1 = dot_add(a1, bytes_load_some(w1, rest), v)
    a2 = dot_add(a2, bytes_load_some(w2, rest), v)
    a3 = dot_add(a3, bytes_load_some(w3, rest), v)
  }

  @inline(__always)
  mutating func advance(_ columns: Int) {
    w0 += columns
    w1 += columns
    w2 += columns
    w3 += columns
    x += columns
  }

  /// Stores the totals times `scale`, plus the biases.
  @inline(__always)
  func store(to y: UnsafeMutablePointer<Float>, _ scale: Float, _ bias: UnsafePointer<Float>) {
    dot_store(y, a0, a1, a2, a3, scale, bias)
  }
}

/// Twice four rows: the compiler loads what they share once.
private struct EightInt8Rows: Int8Rows {
  var low, high: FourInt8Rows

  @inline(__always)
  init(_ w: UnsafePointer<Int8>, _ columns: Int, _ x: UnsafePointer<Int8>) {
    low = FourInt8Rows(w, columns, x)
    high = FourInt8Rows(w + 4 &* columns, columns, x)
  }

  @inline(__always)
  mutating func addSixteen(_ i: Int) {
    low.addSixteen(i)
    high.addSixteen(i)
  }

  @inline(__always)
  mutating func addLast(_ rest: Int) {
    low.addLast(rest)
    high.addLast(rest)
  }

  @inline(__always)
  mutating func advance(_ columns: Int) {
    low.advance(columns)
    high.advance(columns)
  }
}
