// Shape    y[s, r] = b[r] + sum over i of w[r, i] * x[s, i]
// Layout   w [rows, columns], x [samples, columns], y [samples, rows]: dense, row-major, not aliased
// Order    lane i mod 8 adds its products upwards, then the lanes fold in a fixed tree, then b
// Exact    the same bytes on every target and for every tile; a sample's do not depend on the others
// Scratch  none

import CLanes

extension Kernels {
  /// The products of every weight row with every sample, plus the bias; gemv for one sample.
  ///
  /// Every weight is read from memory once: four rows stay in the nearest cache while all samples pass.
  ///
  /// - Edge cases: no samples writes nothing, no columns gives `y = b`. A NaN in a sample reaches all of its outputs, no others.
  /// - Complexity: `samples * rows * columns` multiplications and additions.
  static func gemm<Weight: LaneElement>(
    _ w: Span<Weight>, bias b: Span<Float>, _ x: Span<Float>, samples: Int,
    into y: inout MutableSpan<Float>
  ) {
    let wide = lanes_registers_are_many() != 0
    gemm(w, bias: b, x, samples: samples, into: &y, inWideTiles: wide)
  }

  /// The same with the tile chosen by the caller: tests run both on every machine.
  @inline(__always)
  static func gemm<Weight: LaneElement>(
    _ w: Span<Weight>, bias b: Span<Float>, _ x: Span<Float>, samples: Int,
    into y: inout MutableSpan<Float>, inWideTiles wide: Bool
  ) {
    guard samples > 0 else { return }
    let rows = b.count
    let columns = x.count / samples
    precondition(
      w.count == rows * columns && x.count == samples * columns && y.count == samples * rows,
      "gemm: shapes disagree")
    let (w, b, x, y) = (w.pointer, b.pointer, x.pointer, y.pointer)
    var r = 0
    while r &+ 4 <= rows {
      let row = w + r &* columns
      var s = 0
      if wide {
        while s &+ 2 <= samples {
          fourRowsTwoSamples(row, b + r, x + s &* columns, columns, y + (s &* rows &+ r), rows)
          s &+= 2
        }
      }
      while s < samples {
        fourRows(row, b + r, x + s &* columns, columns, y + (s &* rows &+ r))
        s &+= 1
      }
      r &+= 4
    }
    while r < rows {
      for s in 0..<samples {
        y[s &* rows &+ r] = oneRow(w + r &* columns, x + s &* columns, columns) + b[r]
      }
      r &+= 1
    }
  }

  @inline(__always)
  private static func oneRow<Weight: LaneElement>(
    _ w: UnsafePointer<Weight>, _ x: UnsafePointer<Float>, _ columns: Int
  ) -> Float {
    var (w, x) = (w, x)
    var sum = Lanes(repeating: 0)
    var groups = columns &>> 3
    while groups != 0 {
      sum = sum.adding(Weight.load(w), times: Lanes(at: x))
      w += 8
      x += 8
      groups &-= 1
    }
    let rest = columns & 7
    if rest != 0 { sum = sum.adding(Weight.load(w, count: rest), times: Lanes(at: x, count: rest)) }
    return sum.sum
  }

  @inline(__always)
  private static func fourRows<Weight: LaneElement>(
    _ w: UnsafePointer<Weight>, _ b: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    _ columns: Int, _ y: UnsafeMutablePointer<Float>
  ) {
    var rows = FourRows(w, columns, x)
    // Two groups a turn halve the loop's own instructions, where there are registers for both.
    let isPaired = lanes_registers_are_many() != 0
    var turns = isPaired ? columns &>> 4 : columns &>> 3
    while turns != 0 {
      rows.addGroup()
      if isPaired { rows.addGroup() }
      turns &-= 1
    }
    if isPaired && columns & 8 != 0 { rows.addGroup() }
    let rest = columns & 7
    if rest != 0 { rows.addLast(rest) }
    y[0] = rows.a0.sum + b[0]
    y[1] = rows.a1.sum + b[1]
    y[2] = rows.a2.sum + b[2]
    y[3] = rows.a3.sum + b[3]
  }

  /// Four rows on their way through one sample. (The compiler would put variables that a
  /// closure changes on the heap, and refuse to in firmware.)
  private struct FourRows<Weight: LaneElement> {
    private var w0, w1, w2, w3: UnsafePointer<Weight>
    private var x: UnsafePointer<Float>
    var a0 = Lanes(repeating: 0)
    var a1 = Lanes(repeating: 0)
    var a2 = Lanes(repeating: 0)
    var a3 = Lanes(repeating: 0)

    @inline(__always)
    init(_ w: UnsafePointer<Weight>, _ columns: Int, _ x: UnsafePointer<Float>) {
      w0 = w
      w1 = w + columns
      w2 = w + 2 &* columns
      w3 = w + 3 &* columns
      self.x = x
    }

    @inline(__always)
    mutating func addGroup() {
      let v = Lanes(at: x)
      a0 = a0.adding(Weight.load(w0), times: v)
      a1 = a1.adding(Weight.load(w1), times: v)
      a2 = a2.adding(Weight.load(w2), times: v)
      a3 = a3.adding(Weight.load(w3), times: v)
      w0 += 8
      w1 += 8
      w2 += 8
      w3 += 8
      x += 8
    }

    /// The last columns, fewer than eight.
    @inline(__always)
    mutating func addLast(_ rest: Int) {
      let v = Lanes(at: x, count: rest)
      a0 = a0.adding(Weight.load(w0, count: rest), times: v)
      a1 = a1.adding(Weight.load(w1, count: rest), times: v)
      a2 = a2.adding(Weight.load(w2, count: rest), times: v)
      a3 = a3.adding(Weight.load(w3, count: rest), times: v)
    }
  }

  /// The same for two samples at once, which halves the reads of the weights.
  @inline(__always)
  private static func fourRowsTwoSamples<Weight: LaneElement>(
    _ w: UnsafePointer<Weight>, _ b: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    _ columns: Int, _ y: UnsafeMutablePointer<Float>, _ rows: Int
  ) {
    var (w0, w1, w2, w3) = (w, w + columns, w + 2 &* columns, w + 3 &* columns)
    var (x0, x1) = (x, x + columns)
    var a0 = Lanes(repeating: 0)
    var (a1, a2, a3, c0, c1, c2, c3) = (a0, a0, a0, a0, a0, a0, a0)
    var groups = columns &>> 3
    while groups != 0 {
      let (u, v) = (Lanes(at: x0), Lanes(at: x1))
      let (q0, q1) = (Weight.load(w0), Weight.load(w1))
      a0 = a0.adding(q0, times: u)
      c0 = c0.adding(q0, times: v)
      a1 = a1.adding(q1, times: u)
      c1 = c1.adding(q1, times: v)
      let (q2, q3) = (Weight.load(w2), Weight.load(w3))
      a2 = a2.adding(q2, times: u)
      c2 = c2.adding(q2, times: v)
      a3 = a3.adding(q3, times: u)
      c3 = c3.adding(q3, times: v)
      w0 += 8
      w1 += 8
      w2 += 8
      w3 += 8
      x0 += 8
      x1 += 8
      groups &-= 1
    }
    let rest = columns & 7
    if rest != 0 {
      let (u, v) = (Lanes(at: x0, count: rest), Lanes(at: x1, count: rest))
      let (q0, q1) = (Weight.load(w0, count: rest), Weight.load(w1, count: rest))
      let (q2, q3) = (Weight.load(w2, count: rest), Weight.load(w3, count: rest))
      (a0, c0) = (a0.adding(q0, times: u), c0.adding(q0, times: v))
      (a1, c1) = (a1.adding(q1, times: u), c1.adding(q1, times: v))
      (a2, c2) = (a2.adding(q2, times: u), c2.adding(q2, times: v))
      (a3, c3) = (a3.adding(q3, times: u), c3.adding(q3, times: v))
    }
    y[0] = a0.sum + b[0]
    y[1] = a1.sum + b[1]
    y[2] = a2.sum + b[2]
    y[3] = a3.sum + b[3]
    y[rows] = c0.sum + b[0]
    y[rows &+ 1] = c1.sum + b[1]
    y[rows &+ 2] = c2.sum + b[2]
    y[rows &+ 3] = c3.sum + b[3]
  }
}
