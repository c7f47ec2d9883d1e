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
    switch dot_rows_at_once() {
    case 8: r = gemm(EightInt8Rows.self, from: r, w, b, x, samples, columns, scale, y, rows)
    default: break
    }
    r = gemm(FourInt8Rows.self, from: r, w, b, x, samples, columns, scale, y, rows)
    _ = gemm(OneInt8Row.self, from: r, w, b, x, samples, columns, scale, y, rows)
  }

  /// As many rows at a time as `Group` has, from row `first` on, for one sample after the other.
  ///
  /// - Returns: The first row of those that are too few for a group.
  @inline(__always)
  private static func gemm<Group: Int8Rows>(
    _ type: Group.Type, from first: Int, _ w: UnsafePointer<Int8>, _ b: UnsafePointer<Float>,
    _ x: UnsafePointer<Int8>, _ samples: Int, _ columns: Int, _ scale: Float,
    _ y: UnsafeMutablePointer<Float>, _ rows: Int
  ) -> Int {
    var r = first
    while r &+ Group.count <= rows {
      for s in 0..<samples {
        var group = Group(w + r &* columns, columns)
        group.addAll(x + s &* columns, columns)
        group.store(to: y + (s &* rows &+ r), scale, b + r)
      }
      r &+= Group.count
    }
    return r
  }
}

/// Rows on their way through one sample, which share what is loaded of it.
private protocol Int8Rows {
  static var count: Int { get }
  init(_ w: UnsafePointer<Int8>, _ columns: Int)
  /// Adds the products of `dot_width()` columns, `offset` of them ahead.
  mutating func add(_ v: dot_values, _ offset: Int)
  mutating func advance(_ columns: Int)
  /// Adds those of the last columns, too few for that.
  mutating func addLast(_ x: UnsafePointer<Int8>, _ rest: Int)
  /// Stores the totals times `scale`, plus the biases.
  func store(to y: UnsafeMutablePointer<Float>, _ scale: Float, _ bias: UnsafePointer<Float>)
}

extension Int8Rows {
  @inline(__always)
  mutating func addAll(_ x: UnsafePointer<Int8>, _ columns: Int) {
    let (width, groups) = (dot_width(), columns &>> dot_shift())
    var x = x
    guard Linked.unrolledLoops else {
      for _ in 0..<groups {
        add(dot_next(&x, 0), 0)
        advance(width)
        dot_advance(&x, width)
      }
      let rest = columns & (width &- 1)
      if rest != 0 { addLast(x, rest) }
      return
    }
    // Eight groups a turn spare the loop's own instructions.
    var turns = groups &>> 3
    while turns != 0 {
      addTwo(&x, 0)
      addTwo(&x, 2 &* width)
      addTwo(&x, 4 &* width)
      addTwo(&x, 6 &* width)
      advance(8 &* width)
      dot_advance(&x, 8 &* width)
      turns &-= 1
    }
    var pairs = (groups & 7) &>> 1
    while pairs != 0 {
      addTwo(&x, 0)
      advance(2 &* width)
      dot_advance(&x, 2 &* width)
      pairs &-= 1
    }
    if groups & 1 != 0 {
      add(dot_next(&x, 0), 0)
      advance(width)
      dot_advance(&x, width)
    }
    let rest = columns & (width &- 1)
    if rest != 0 { addLast(x, rest) }
  }

  @inline(__always)
  private mutating func addTwo(_ x: inout UnsafePointer<Int8>, _ offset: Int) {
    add(dot_next(&x, offset), offset)
    add(dot_next(&x, offset &+ dot_width()), offset &+ dot_width())
  }
}

private struct OneInt8Row: Int8Rows {
  private var w: UnsafePointer<Int8>
  private var sums = dot_none()

  static var count: Int { 1 }

  @inline(__always)
  init(_ w: UnsafePointer<Int8>, _ columns: Int) { self.w = w }

  @inline(__always)
  mutating func add(_ v: dot_values, _ offset: Int) { sums = dot_add(sums, &w, offset, v) }

  @inline(__always)
  mutating func advance(_ columns: Int) { dot_advance(&w, columns) }

  @inline(__always)
  mutating func addLast(_ x: UnsafePointer<Int8>, _ rest: Int) {
    sums = dot_add_some(sums, w, x, rest)
  }

  @inline(__always)
  func store(to y: UnsafeMutablePointer<Float>, _ scale: Float, _ bias: UnsafePointer<Float>) {
    y[0] = Float(number: Int(dot_total(sums))) * scale + bias[0]
  }
}

private struct FourInt8Rows: Int8Rows {
  private var w0, w1, w2, w3: UnsafePointer<Int8>
  private var a0 = dot_none()
  private var a1 = dot_none()
  private var a2 = dot_none()
  private var a3 = dot_none()

  static var count: Int { 4 }

  @inline(__always)
  init(_ w: UnsafePointer<Int8>, _ columns: Int) {
    w0 = w
    w1 = w + columns
    w2 = w + 2 &* columns
    w3 = w + 3 &* columns
  }

  @inline(__always)
  mutating func add(_ v: dot_values, _ offset: Int) {
    a0 = dot_add(a0, &w0, offset, v)
    a1 = dot_add(a1, &w1, offset, v)
    a2 = dot_add(a2, &w2, offset, v)
    a3 = dot_add(a3, &w3, offset, v)
  }

  @inline(__always)
  mutating func advance(_ columns: Int) {
    dot_advance(&w0, columns)
    dot_advance(&w1, columns)
    dot_advance(&w2, columns)
    dot_advance(&w3, columns)
  }

  @inline(__always)
  mutating func addLast(_ x: UnsafePointer<Int8>, _ rest: Int) {
    a0 = dot_add_some(a0, w0, x, rest)
    a1 = dot_add_some(a1, w1, x, rest)
    a2 = dot_add_some(a2, w2, x, rest)
    a3 = dot_add_some(a3, w3, x, rest)
  }

  @inline(__always)
  func store(to y: UnsafeMutablePointer<Float>, _ scale: Float, _ bias: UnsafePointer<Float>) {
    dot_store(y, a0, a1, a2, a3, scale, bias)
  }
}

private struct EightInt8Rows: Int8Rows {
  private var low, high: FourInt8Rows

  static var count: Int { 8 }

  @inline(__always)
  init(_ w: UnsafePointer<Int8>, _ columns: Int) {
    low = FourInt8Rows(w, columns)
    high = FourInt8Rows(w + 4 &* columns, columns)
  }

  @inline(__always)
  mutating func add(_ v: dot_values, _ offset: Int) {
    low.add(v, offset)
    high.add(v, offset)
  }

  @inline(__always)
  mutating func advance(_ columns: Int) {
    low.advance(columns)
    high.advance(columns)
  }

  @inline(__always)
  mutating func addLast(_ x: UnsafePointer<Int8>, _ rest: Int) {
    low.addLast(x, rest)
    high.addLast(x, rest)
  }

  @inline(__always)
  func store(to y: UnsafeMutablePointer<Float>, _ scale: Float, _ bias: UnsafePointer<Float>) {
    low.store(to: y, scale, bias)
    high.store(to: y + 4, scale, bias + 4)
  }
}
