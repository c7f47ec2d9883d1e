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
  /// - Edge cases: no samples writes nothing, no columns gives `y = b`. A NaN in a sample reaches all of its
  ///   outputs, no others.
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
    if wide && samples > 1 {
      while r &+ 4 <= rows {
        fourRows(w + r &* columns, b + r, x, samples, columns, y + r, rows)
        r &+= 4
      }
    }
    switch lanes_rows_at_once() {
    case 8: r = gemm(EightRows<Weight>.self, from: r, w, b, x, samples, columns, y, rows)
    case 4: r = gemm(FourRows<Weight>.self, from: r, w, b, x, samples, columns, y, rows)
    default:
      guard Linked.unrolledLoops else { break }
      r = gemm(TwoRows<Weight>.self, from: r, w, b, x, samples, columns, y, rows)
    }
    _ = gemm(OneRow<Weight>.self, from: r, w, b, x, samples, columns, y, rows)
  }

  /// As many rows at a time as `Group` has, from row `first` on, for one sample after the other.
  ///
  /// - Returns: The first row of those that are too few for a group.
  @inline(__always)
  private static func gemm<Group: RowGroup>(
    _ type: Group.Type, from first: Int, _ w: UnsafePointer<Group.Weight>,
    _ b: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ columns: Int,
    _ y: UnsafeMutablePointer<Float>, _ rows: Int
  ) -> Int {
    var r = first
    while r &+ Group.count <= rows {
      for s in 0..<samples {
        var group = Group(w + r &* columns, columns)
        group.addAll(x + s &* columns, columns)
        group.store(to: y + (s &* rows &+ r), b + r)
      }
      r &+= Group.count
    }
    return r
  }

  /// Four rows of all samples, in pairs, which halves the reads of the weights.
  @inline(__always)
  private static func fourRows<Weight: LaneElement>(
    _ w: UnsafePointer<Weight>, _ b: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    _ samples: Int, _ columns: Int, _ y: UnsafeMutablePointer<Float>, _ rows: Int
  ) {
    var s = 0
    while s &+ 2 <= samples {
      fourRowsTwoSamples(w, b, x + s &* columns, columns, y + s &* rows, rows)
      s &+= 2
    }
    if s < samples {
      _ = gemm(
        FourRows<Weight>.self, from: 0, w, b, x + s &* columns, 1, columns, y + s &* rows, 4)
    }
  }

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

// MARK: Groups of rows

private typealias TwoRows<Weight: LaneElement> = Twice<OneRow<Weight>>
private typealias FourRows<Weight: LaneElement> = Twice<TwoRows<Weight>>
private typealias EightRows<Weight: LaneElement> = Twice<FourRows<Weight>>

/// Rows on their way through one sample, which share what is loaded of it.
private protocol RowGroup {
  associatedtype Weight: LaneElement
  static var count: Int { get }
  init(_ w: UnsafePointer<Weight>, _ columns: Int)
  /// Adds the products of the next eight columns.
  mutating func add(_ v: Lanes)
  /// Adds those of the next sixteen.
  mutating func add(_ u: Lanes, _ v: Lanes)
  /// Adds those of the last columns, fewer than eight.
  mutating func addLast(_ v: Lanes, _ rest: Int)
  /// The same on a machine without vectors, one number at a time.
  mutating func addLast(_ x: UnsafePointer<Float>, _ rest: Int)
  /// Stores the sums, plus the biases.
  func store(to y: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>)
}

extension RowGroup {
  @inline(__always)
  mutating func addAll(_ x: UnsafePointer<Float>, _ columns: Int) {
    var x = x
    // Two groups a turn halve the loop's own instructions, where there are registers for both.
    let isPaired = lanes_registers_are_many() != 0
    var turns = isPaired ? columns &>> 4 : columns &>> 3
    while turns != 0 {
      if isPaired {
        add(Lanes(at: x), Lanes(at: x + 8))
        x += 16
      } else {
        add(Lanes(at: x))
        x += 8
      }
      turns &-= 1
    }
    if isPaired && columns & 8 != 0 {
      add(Lanes(at: x))
      x += 8
    }
    let rest = columns & 7
    if rest == 0 { return }
    if lanes_are_vectors() != 0 {
      addLast(Lanes(at: x, count: rest), rest)
    } else {
      addLast(x, rest)
    }
  }
}

private struct OneRow<Weight: LaneElement>: RowGroup {
  private var w: UnsafePointer<Weight>
  private var sum = Lanes(repeating: 0)

  static var count: Int { 1 }

  @inline(__always)
  init(_ w: UnsafePointer<Weight>, _ columns: Int) { self.w = w }

  @inline(__always)
  mutating func add(_ v: Lanes) {
    sum = sum.adding(Weight.load(w), times: v)
    w += 8
  }

  @inline(__always)
  mutating func add(_ u: Lanes, _ v: Lanes) {
    let pair = Weight.loadPair(w)
    sum = sum.adding(pair.0, times: u).adding(pair.1, times: v)
    w += 16
  }

  @inline(__always)
  mutating func addLast(_ v: Lanes, _ rest: Int) {
    sum = sum.adding(Weight.load(w, count: rest), times: v)
  }

  @inline(__always)
  mutating func addLast(_ x: UnsafePointer<Float>, _ rest: Int) {
    var lanes = InlineArray<8, Float>(repeating: 0)
    for lane in 0..<8 { lanes[lane] = sum.vector[lane] }
    for i in 0..<rest { lanes[i] += Weight.number(at: w + i) * x[i] }
    sum = unsafe lanes.span.withUnsafeBufferPointer { unsafe Lanes(at: $0.baseAddress!) }
  }

  @inline(__always)
  func store(to y: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>) { y[0] = sum.sum + b[0] }
}

private struct Twice<Half: RowGroup>: RowGroup {
  private var low, high: Half

  static var count: Int { 2 &* Half.count }

  @inline(__always)
  init(_ w: UnsafePointer<Half.Weight>, _ columns: Int) {
    low = Half(w, columns)
    high = Half(w + Half.count &* columns, columns)
  }

  @inline(__always)
  mutating func add(_ v: Lanes) {
    low.add(v)
    high.add(v)
  }

  @inline(__always)
  mutating func add(_ u: Lanes, _ v: Lanes) {
    low.add(u, v)
    high.add(u, v)
  }

  @inline(__always)
  mutating func addLast(_ v: Lanes, _ rest: Int) {
    low.addLast(v, rest)
    high.addLast(v, rest)
  }

  @inline(__always)
  mutating func addLast(_ x: UnsafePointer<Float>, _ rest: Int) {
    low.addLast(x, rest)
    high.addLast(x, rest)
  }

  @inline(__always)
  func store(to y: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>) {
    low.store(to: y, b)
    high.store(to: y + Half.count, b + Half.count)
  }
}
