// Shape    e[s, c] = f * (sum over r of d[s, r] * w[r, first + c])
// Layout   w [rows, columns], d [samples, rows], e [samples, at most columns]: dense, row-major, not aliased
// Order    the rows add upwards from zero
// Exact    the same bytes on every target and for every tile; a sample's do not depend on the others
// Scratch  none

import CLanes

extension Kernels {
  /// Some columns of the transposed weights times every sample: what a layer's deltas mean to the numbers that
  /// it read.
  ///
  /// - Parameters:
  ///   - factor: What an integer of `w` stands for; 1 for floats.
  ///   - first: The first of the columns.
  static func transposedGemm<Weight: LaneElement>(
    _ w: Span<Weight>, factor: Float, _ d: Span<Float>, samples: Int, firstColumn first: Int,
    into e: inout MutableSpan<Float>
  ) {
    guard samples > 0 else { return }
    let (rows, count) = (d.count / samples, e.count / samples)
    let columns = rows == 0 ? count : w.count / rows
    precondition(
      d.count == samples * rows && e.count == samples * count && w.count == rows * columns
        && first >= 0 && first + count <= columns,
      "transposedGemm: shapes disagree")
    let (d, e) = (d.pointer, e.pointer)
    let w = w.pointer + first
    var s = 0
    // Without vectors the sums of so many columns would not fit the registers.
    while lanes_are_vectors() != 0 && s &+ 4 <= samples {
      let (own, target) = (d + s &* rows, e + s &* count)
      var c = 0
      while c &+ 16 <= count {
        let tile = FourTransposed(w + c, columns, own, rows)
        tile.store(factor, to: target + c, count)
        c &+= 16
      }
      for i in 0..<4 {
        oneTransposed(
          w, columns, own + i &* rows, rows, factor, c..<count, target + i &* count)
      }
      s &+= 4
    }
    while s < samples {
      oneTransposed(w, columns, d + s &* rows, rows, factor, 0..<count, e + s &* count)
      s &+= 1
    }
  }

  /// Some columns of one sample.
  @inline(__always)
  private static func oneTransposed<Weight: LaneElement>(
    _ w: UnsafePointer<Weight>, _ columns: Int, _ d: UnsafePointer<Float>, _ rows: Int,
    _ factor: Float, _ range: Range<Int>, _ e: UnsafeMutablePointer<Float>
  ) {
    let factor = Lanes(repeating: factor)
    var c = range.lowerBound
    while lanes_are_vectors() != 0 && c &+ 32 <= range.upperBound {
      var a0 = Lanes(repeating: 0)
      var (a1, a2, a3) = (a0, a0, a0)
      var row = w + c
      for r in 0..<rows {
        let delta = Lanes(repeating: d[r])
        a0 = a0.adding(delta, times: Weight.load(row))
        a1 = a1.adding(delta, times: Weight.load(row + 8))
        a2 = a2.adding(delta, times: Weight.load(row + 16))
        a3 = a3.adding(delta, times: Weight.load(row + 24))
        row += columns
      }
      (a0 * factor).store(to: e + c)
      (a1 * factor).store(to: e + (c &+ 8))
      (a2 * factor).store(to: e + (c &+ 16))
      (a3 * factor).store(to: e + (c &+ 24))
      c &+= 32
    }
    while c < range.upperBound {
      let part = min(Lanes.width, range.upperBound &- c)
      var sum = Lanes(repeating: 0)
      var row = w + c
      for r in 0..<rows {
        sum = sum.adding(Lanes(repeating: d[r]), times: Weight.load(row, upTo: part))
        row += columns
      }
      Float.store(sum * factor, to: e + c, upTo: part)
      c &+= Lanes.width
    }
  }
}

/// Sixteen columns of four samples, which share what is loaded of the weights.
private struct FourTransposed {
  private var a0, a1, a2, a3, c0, c1, c2, c3: Lanes

  @inline(__always)
  init<Weight: LaneElement>(
    _ w: UnsafePointer<Weight>, _ columns: Int, _ d: UnsafePointer<Float>, _ rows: Int
  ) {
    let zero = Lanes(repeating: 0)
    (a0, a1, a2, a3, c0, c1, c2, c3) = (zero, zero, zero, zero, zero, zero, zero, zero)
    var (row, d0, d1, d2, d3) = (w, d, d + rows, d + 2 &* rows, d + 3 &* rows)
    var left = rows
    while left != 0 {
      let (u, v) = Weight.loadPair(row)
      let (q0, q1) = (Lanes(repeating: d0[0]), Lanes(repeating: d1[0]))
      (a0, c0) = (a0.adding(q0, times: u), c0.adding(q0, times: v))
      (a1, c1) = (a1.adding(q1, times: u), c1.adding(q1, times: v))
      let (q2, q3) = (Lanes(repeating: d2[0]), Lanes(repeating: d3[0]))
      (a2, c2) = (a2.adding(q2, times: u), c2.adding(q2, times: v))
      (a3, c3) = (a3.adding(q3, times: u), c3.adding(q3, times: v))
      row += columns
      d0 += 1
      d1 += 1
      d2 += 1
      d3 += 1
      left &-= 1
    }
  }

  @inline(__always)
  func store(_ factor: Float, to e: UnsafeMutablePointer<Float>, _ width: Int) {
    let f = Lanes(repeating: factor)
    Float.storePair(a0 * f, c0 * f, to: e)
    Float.storePair(a1 * f, c1 * f, to: e + width)
    Float.storePair(a2 * f, c2 * f, to: e + 2 &* width)
    Float.storePair(a3 * f, c3 * f, to: e + 3 &* width)
  }
}
