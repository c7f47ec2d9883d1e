// Shape    w[r, i] += sum over s of d[s, r] * x[s, i];  b[r] += sum over s of d[s, r]
// Layout   w [rows, columns], d [samples, rows], x [samples, columns]: dense, row-major, not aliased
// Order    the samples add upwards from the first, then their sum is added to the weight
// Exact    the same bytes on every target and for every tile
// Scratch  none

import CLanes

extension Kernels {
  /// The update of a dense layer: the outer products of all samples' deltas and inputs, summed in
  /// registers and added to the weights, which are read and written once.
  ///
  /// - Edge cases: no samples changes nothing.
  /// - Complexity: `samples * rows * columns` multiplications and additions.
  public static func addOuterProducts(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int,
    to w: inout MutableSpan<Float>, bias b: inout MutableSpan<Float>
  ) {
    let wide = lanes_registers_are_many() != 0
    addOuterProducts(d, x, samples: samples, to: &w, bias: &b, inWideTiles: wide)
  }

  /// The same with the tile chosen by the caller: tests run both on every machine.
  @inline(__always)
  static func addOuterProducts(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int,
    to w: inout MutableSpan<Float>, bias b: inout MutableSpan<Float>, inWideTiles wide: Bool
  ) {
    let rows = b.count
    guard samples > 0, rows > 0 else { return }
    let columns = x.count / samples
    precondition(
      d.count == samples * rows && x.count == samples * columns && w.count == rows * columns,
      "addOuterProducts: shapes disagree")
    let (d, x, w, b) = (d.pointer, x.pointer, w.pointer, b.pointer)
    if samples == 1 {
      addOneOuterProduct(d, x, rows, columns, w)
    } else {
      let done = wide ? addWideTiles(d, x, samples, rows, columns, w) : 0
      addTiles(d, x, samples, rows, columns, w, from: done)
    }
    for r in 0..<rows {
      var total = d[r]
      for s in 1..<samples { total += d[s &* rows &+ r] }
      b[r] += total
    }
  }

  // MARK: One sample

  @inline(__always)
  private static func addOneOuterProduct(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rows: Int, _ columns: Int,
    _ w: UnsafeMutablePointer<Float>
  ) {
    var r = 0
    while r &+ 4 <= rows {
      var (w0, w1) = (w + r &* columns, w + (r &+ 1) &* columns)
      var (w2, w3) = (w + (r &+ 2) &* columns, w + (r &+ 3) &* columns)
      var x = x
      let (d0, d1) = (Lanes(repeating: d[r]), Lanes(repeating: d[r &+ 1]))
      let (d2, d3) = (Lanes(repeating: d[r &+ 2]), Lanes(repeating: d[r &+ 3]))
      var groups = columns &>> 3
      while groups != 0 {
        let v = Lanes(at: x)
        Lanes(at: w0).adding(d0, times: v).store(to: w0)
        Lanes(at: w1).adding(d1, times: v).store(to: w1)
        Lanes(at: w2).adding(d2, times: v).store(to: w2)
        Lanes(at: w3).adding(d3, times: v).store(to: w3)
        w0 += 8
        w1 += 8
        w2 += 8
        w3 += 8
        x += 8
        groups &-= 1
      }
      for i in 0..<(columns & 7) {
        w0[i] += d[r] * x[i]
        w1[i] += d[r &+ 1] * x[i]
        w2[i] += d[r &+ 2] * x[i]
        w3[i] += d[r &+ 3] * x[i]
      }
      r &+= 4
    }
    while r < rows {
      let row = w + r &* columns
      let delta = Lanes(repeating: d[r])
      var i = 0
      while i &+ 8 <= columns {
        Lanes(at: row + i).adding(delta, times: Lanes(at: x + i)).store(to: row + i)
        i &+= 8
      }
      while i < columns {
        row[i] += d[r] * x[i]
        i &+= 1
      }
      r &+= 1
    }
  }

  // MARK: Many samples

  /// Tiles of four rows and sixteen columns, where the registers hold them: how many columns they
  /// cover.
  @inline(__always)
  private static func addWideTiles(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Float>
  ) -> Int {
    var i = 0
    while i &+ 16 <= columns {
      var r = 0
      while r &+ 4 <= rows {
        addTileOfSixteen(d + r, x + i, samples, rows, columns, w + (r &* columns &+ i))
        r &+= 4
      }
      i &+= 16
    }
    return i
  }

  /// Tiles of four rows; a stripe of columns of all samples stays in the nearest cache meanwhile.
  @inline(__always)
  private static func addTiles(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Float>, from start: Int
  ) {
    let fours = rows & ~3
    var i = start
    while i &+ 8 <= columns {
      var r = 0
      while r < fours {
        addTileOfEight(d + r, x + i, samples, rows, columns, w + (r &* columns &+ i))
        r &+= 4
      }
      i &+= 8
    }
    // What the tiles of four rows leave: the last columns, then the last rows.
    for r in 0..<fours {
      for j in i..<columns { w[r &* columns &+ j] += sum(d + r, x + j, samples, rows, columns) }
    }
    for r in fours..<rows {
      let row = w + r &* columns
      var j = 0
      while j &+ 8 <= columns {
        addTileOfOneRow(d + r, x + j, samples, rows, columns, row + j)
        j &+= 8
      }
      while j < columns {
        row[j] += sum(d + r, x + j, samples, rows, columns)
        j &+= 1
      }
    }
  }

  /// The sum over the samples of one delta times one input.
  @inline(__always)
  private static func sum(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int
  ) -> Float {
    var total = d[0] * x[0]
    for s in 1..<samples { total += d[s &* rows] * x[s &* columns] }
    return total
  }

  @inline(__always)
  private static func addTileOfOneRow(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Float>
  ) {
    var total = Lanes(repeating: d[0]) * Lanes(at: x)
    for s in 1..<samples {
      total = total.adding(Lanes(repeating: d[s &* rows]), times: Lanes(at: x + s &* columns))
    }
    (Lanes(at: w) + total).store(to: w)
  }

  @inline(__always)
  private static func addTileOfEight(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Float>
  ) {
    var (d, x) = (d, x)
    var v = Lanes(at: x)
    var a0 = Lanes(repeating: d[0]) * v
    var a1 = Lanes(repeating: d[1]) * v
    var a2 = Lanes(repeating: d[2]) * v
    var a3 = Lanes(repeating: d[3]) * v
    var left = samples &- 1
    while left != 0 {
      d += rows
      x += columns
      v = Lanes(at: x)
      a0 = a0.adding(Lanes(repeating: d[0]), times: v)
      a1 = a1.adding(Lanes(repeating: d[1]), times: v)
      a2 = a2.adding(Lanes(repeating: d[2]), times: v)
      a3 = a3.adding(Lanes(repeating: d[3]), times: v)
      left &-= 1
    }
    let (w1, w2, w3) = (w + columns, w + 2 &* columns, w + 3 &* columns)
    (Lanes(at: w) + a0).store(to: w)
    (Lanes(at: w1) + a1).store(to: w1)
    (Lanes(at: w2) + a2).store(to: w2)
    (Lanes(at: w3) + a3).store(to: w3)
  }

  @inline(__always)
  private static func addTileOfSixteen(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Float>
  ) {
    var (d, x) = (d, x)
    var (u, v) = (Lanes(at: x), Lanes(at: x + 8))
    var (a0, c0) = (Lanes(repeating: d[0]) * u, Lanes(repeating: d[0]) * v)
    var (a1, c1) = (Lanes(repeating: d[1]) * u, Lanes(repeating: d[1]) * v)
    var (a2, c2) = (Lanes(repeating: d[2]) * u, Lanes(repeating: d[2]) * v)
    var (a3, c3) = (Lanes(repeating: d[3]) * u, Lanes(repeating: d[3]) * v)
    var left = samples &- 1
    while left != 0 {
      d += rows
      x += columns
      (u, v) = (Lanes(at: x), Lanes(at: x + 8))
      let (d0, d1) = (Lanes(repeating: d[0]), Lanes(repeating: d[1]))
      (a0, c0) = (a0.adding(d0, times: u), c0.adding(d0, times: v))
      (a1, c1) = (a1.adding(d1, times: u), c1.adding(d1, times: v))
      let (d2, d3) = (Lanes(repeating: d[2]), Lanes(repeating: d[3]))
      (a2, c2) = (a2.adding(d2, times: u), c2.adding(d2, times: v))
      (a3, c3) = (a3.adding(d3, times: u), c3.adding(d3, times: v))
      left &-= 1
    }
    let (w1, w2, w3) = (w + columns, w + 2 &* columns, w + 3 &* columns)
    (Lanes(at: w) + a0).store(to: w)
    (Lanes(at: w + 8) + c0).store(to: w + 8)
    (Lanes(at: w1) + a1).store(to: w1)
    (Lanes(at: w1 + 8) + c1).store(to: w1 + 8)
    (Lanes(at: w2) + a2).store(to: w2)
    (Lanes(at: w2 + 8) + c2).store(to: w2 + 8)
    (Lanes(at: w3) + a3).store(to: w3)
    (Lanes(at: w3 + 8) + c3).store(to: w3 + 8)
  }
}
