// Shape    w[r, i] += sum over s of d[s, r] * x[s, i];  b[r] += sum over s of d[s, r]
// Layout   w [rows, columns], d [samples, rows], x [samples, columns]: dense, row-major, not aliased
// Order    the samples add upwards from the first, then their sum is added to the weight
// Exact    the same bytes on every target and for every tile; w is rounded once
// Scratch  none

import CLanes

extension Kernels {
  /// The update of a dense layer: the outer products of all samples' deltas and inputs, summed in
  /// registers and added to the weights, which are read and written once.
  ///
  /// - Edge cases: no samples changes nothing.
  /// - Complexity: `samples * rows * columns` multiplications and additions.
  static func addOuterProducts<Weight: LaneElement>(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int,
    to w: inout MutableSpan<Weight>, bias b: inout MutableSpan<Float>
  ) {
    let wide = lanes_registers_are_many() != 0
    addOuterProducts(d, x, samples: samples, to: &w, bias: &b, inWideTiles: wide)
  }

  /// The same with the tile chosen by the caller: tests run both on every machine.
  @inline(__always)
  static func addOuterProducts<Weight: LaneElement>(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int,
    to w: inout MutableSpan<Weight>, bias b: inout MutableSpan<Float>, inWideTiles wide: Bool
  ) {
    precondition(d.count == samples * b.count, "addOuterProducts: shapes disagree")
    addOuterProducts(d, x, samples: samples, to: &w, inWideTiles: wide)
    addDeltas(d, samples: samples, to: &b)
  }

  /// The update of the weights alone.
  static func addOuterProducts<Weight: LaneElement>(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int, to w: inout MutableSpan<Weight>
  ) {
    let wide = lanes_registers_are_many() != 0
    addOuterProducts(d, x, samples: samples, to: &w, inWideTiles: wide)
  }

  @inline(__always)
  private static func addOuterProducts<Weight: LaneElement>(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int, to w: inout MutableSpan<Weight>,
    inWideTiles wide: Bool
  ) {
    guard samples > 0, d.count > 0 else { return }
    let (rows, columns) = (d.count / samples, x.count / samples)
    precondition(
      d.count == samples * rows && x.count == samples * columns && w.count == rows * columns,
      "addOuterProducts: shapes disagree")
    let (d, x, w) = (d.pointer, x.pointer, w.pointer)
    if samples == 1 {
      addOneOuterProduct(d, x, rows, columns, w)
    } else {
      addTiles(d, x, samples, rows, columns, w, wide)
    }
  }

  // MARK: One sample

  @inline(__always)
  private static func addOneOuterProduct<Weight: LaneElement>(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rows: Int, _ columns: Int,
    _ w: UnsafeMutablePointer<Weight>
  ) {
    let whole = columns & ~7
    var r = 0
    while r &+ 4 <= rows {
      var rows = FourRows(w + r &* columns, columns, d + r, x)
      // Two groups a turn halve the loop's own instructions, where there are registers for both.
      let isPaired = lanes_registers_are_many() != 0
      var turns = isPaired ? columns &>> 4 : columns &>> 3
      while turns != 0 {
        if isPaired { rows.addPair() } else { rows.addGroup() }
        turns &-= 1
      }
      if isPaired && columns & 8 != 0 { rows.addGroup() }
      r &+= 4
    }
    // The last columns of these rows, then the last rows.
    if whole < columns {
      for r in 0..<r { addRow(d[r], x + whole, columns &- whole, w + (r &* columns &+ whole)) }
    }
    while r < rows {
      addRow(d[r], x, columns, w + r &* columns)
      r &+= 1
    }
  }

  /// Four rows on their way through one sample. (The compiler would put variables that a
  /// closure changes on the heap, and refuse to in firmware.)
  private struct FourRows<Weight: LaneElement> {
    private var w0, w1, w2, w3: UnsafeMutablePointer<Weight>
    private var x: UnsafePointer<Float>
    private let d0, d1, d2, d3: Lanes

    @inline(__always)
    init(
      _ w: UnsafeMutablePointer<Weight>, _ columns: Int, _ d: UnsafePointer<Float>,
      _ x: UnsafePointer<Float>
    ) {
      w0 = w
      w1 = w + columns
      w2 = w + 2 &* columns
      w3 = w + 3 &* columns
      d0 = Lanes(repeating: d[0])
      d1 = Lanes(repeating: d[1])
      d2 = Lanes(repeating: d[2])
      d3 = Lanes(repeating: d[3])
      self.x = x
    }

    @inline(__always)
    mutating func addPair() {
      let (u, v) = (Lanes(at: x), Lanes(at: x + 8))
      add(d0, u, v, to: w0)
      add(d1, u, v, to: w1)
      add(d2, u, v, to: w2)
      add(d3, u, v, to: w3)
      w0 += 16
      w1 += 16
      w2 += 16
      w3 += 16
      x += 16
    }

    @inline(__always)
    private func add(_ d: Lanes, _ u: Lanes, _ v: Lanes, to w: UnsafeMutablePointer<Weight>) {
      let pair = Weight.loadPair(w)
      Weight.storePair(pair.0.adding(d, times: u), pair.1.adding(d, times: v), to: w)
    }

    @inline(__always)
    mutating func addGroup() {
      let v = Lanes(at: x)
      Weight.store(Weight.load(w0).adding(d0, times: v), to: w0)
      Weight.store(Weight.load(w1).adding(d1, times: v), to: w1)
      Weight.store(Weight.load(w2).adding(d2, times: v), to: w2)
      Weight.store(Weight.load(w3).adding(d3, times: v), to: w3)
      w0 += 8
      w1 += 8
      w2 += 8
      w3 += 8
      x += 8
    }
  }

  @inline(__always)
  private static func addRow<Weight: LaneElement>(
    _ d: Float, _ x: UnsafePointer<Float>, _ columns: Int, _ w: UnsafeMutablePointer<Weight>
  ) {
    guard lanes_are_vectors() != 0 else {
      for i in 0..<columns { Weight.store(Weight.number(at: w + i) + d * x[i], to: w + i) }
      return
    }
    let delta = Lanes(repeating: d)
    var i = 0
    while i &+ 8 <= columns {
      Weight.store(Weight.load(w + i).adding(delta, times: Lanes(at: x + i)), to: w + i)
      i &+= 8
    }
    let rest = columns &- i
    if rest != 0 {
      let v = Lanes(at: x + i, count: rest)
      let sum = Weight.load(w + i, count: rest).adding(delta, times: v)
      Weight.store(sum, to: w + i, count: rest)
    }
  }

  // MARK: Many samples

  /// Tiles of four rows; a stripe of columns of all samples stays in the nearest cache meanwhile.
  @inline(__always)
  private static func addTiles<Weight: LaneElement>(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Weight>, _ wide: Bool
  ) {
    guard lanes_are_vectors() != 0 else {
      addOneByOne(d, x, samples, rows, columns, w)
      return
    }
    let fours = rows & ~3
    var i = 0
    if wide {
      while i &+ 16 <= columns {
        var r = 0
        while r < fours {
          addTileOfSixteen(d + r, x + i, samples, rows, columns, w + (r &* columns &+ i))
          r &+= 4
        }
        i &+= 16
      }
    }
    while i &+ 8 <= columns {
      var r = 0
      while r < fours {
        addTileOfEight(d + r, x + i, samples, rows, columns, w + (r &* columns &+ i))
        r &+= 4
      }
      i &+= 8
    }
    // What the tiles of four rows leave: the last columns, then the last rows.
    if i < columns {
      for r in 0..<fours {
        addPart(d + r, x + i, samples, rows, columns, columns &- i, w + (r &* columns &+ i))
      }
    }
    for r in fours..<rows {
      var j = 0
      while j < columns {
        let count = min(8, columns &- j)
        addPart(d + r, x + j, samples, rows, columns, count, w + (r &* columns &+ j))
        j &+= 8
      }
    }
  }

  /// The same without vectors: the registers would not hold a tile.
  @inline(__always)
  private static func addOneByOne<Weight: LaneElement>(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Weight>
  ) {
    var w = w
    for r in 0..<rows {
      for i in 0..<columns {
        var (own, v, total) = (d + r, x + i, d[r] * x[i])
        for _ in 1..<samples {
          own += rows
          v += columns
          total += own[0] * v[0]
        }
        Weight.store(Weight.number(at: w) + total, to: w)
        w += 1
      }
    }
  }

  /// Up to eight columns of one row.
  @inline(__always)
  private static func addPart<Weight: LaneElement>(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ count: Int, _ w: UnsafeMutablePointer<Weight>
  ) {
    if count == 8 {
      var total = Lanes(repeating: d[0]) * Lanes(at: x)
      for s in 1..<samples {
        total = total.adding(Lanes(repeating: d[s &* rows]), times: Lanes(at: x + s &* columns))
      }
      Weight.store(Weight.load(w) + total, to: w)
    } else {
      var total = Lanes(repeating: d[0]) * Lanes(at: x, count: count)
      for s in 1..<samples {
        let v = Lanes(at: x + s &* columns, count: count)
        total = total.adding(Lanes(repeating: d[s &* rows]), times: v)
      }
      Weight.store(Weight.load(w, count: count) + total, to: w, count: count)
    }
  }

  @inline(__always)
  private static func addTileOfEight<Weight: LaneElement>(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Weight>
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
    Weight.store(Weight.load(w) + a0, to: w)
    Weight.store(Weight.load(w1) + a1, to: w1)
    Weight.store(Weight.load(w2) + a2, to: w2)
    Weight.store(Weight.load(w3) + a3, to: w3)
  }

  @inline(__always)
  private static func addTileOfSixteen<Weight: LaneElement>(
    _ d: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ samples: Int, _ rows: Int,
    _ columns: Int, _ w: UnsafeMutablePointer<Weight>
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
    Weight.store(Weight.load(w) + a0, to: w)
    Weight.store(Weight.load(w + 8) + c0, to: w + 8)
    Weight.store(Weight.load(w1) + a1, to: w1)
    Weight.store(Weight.load(w1 + 8) + c1, to: w1 + 8)
    Weight.store(Weight.load(w2) + a2, to: w2)
    Weight.store(Weight.load(w2 + 8) + c2, to: w2 + 8)
    Weight.store(Weight.load(w3) + a3, to: w3)
    Weight.store(Weight.load(w3 + 8) + c3, to: w3 + 8)
  }
}
