// Shape    w[r, i] = clamp(w[r, i] + floor((sum over s of d[s, r] * x[s, i] + n[r, i]) / 2^16), -127, 127)
// Layout   w [rows, columns], d [samples, rows], x [samples, columns]: dense, row-major, not aliased
// Order    none: sums of integers, exact in 32 bits up to 256 samples
// Exact    the same bytes on every target, a function of the noise's generator; a row whose d are all 0 stays
// Scratch  noise [columns], one word a column

import CLanes

extension Kernels {
  /// Draws what the updates of one layer in one step are rounded with.
  ///
  /// The noise n[r, i] is the exclusive or of 16 bits of the column and 16 bits of the row: uniform for
  /// every weight, independent for every pair, and one operation where a hash would be ten. A column's
  /// word has its bits, less 2^15, in the upper half; in the lower half is the input of the first sample,
  /// as a batch of one needs both at once.
  ///
  /// - Parameters:
  ///   - generator: Where the bits come from; nil rounds to the nearest.
  ///   - x: The inputs of the first sample.
  static func drawNoise(
    _ generator: CounterGenerator?, _ x: Span<Int8>, into noise: inout MutableSpan<UInt32>
  ) {
    precondition(x.count == noise.count, "drawNoise: shapes disagree")
    let columns = x.count
    let (x, noise) = (x.pointer, noise.pointer)
    var (i, bits) = (0, UInt64(0))
    while i < columns {
      if let generator, i & 3 == 0 { bits = generator[UInt64(widening: i &>> 2)] }
      let upper = UInt32(truncatingIfNeeded: bits) &<< 16
      noise[i] = upper | UInt32(truncatingIfNeeded: UInt16(bitPattern: Int16(x[i])))
      bits &>>= 16
      i &+= 1
    }
  }

  /// The deltas of one sample in 16 bits, 2^exponent of them to one, stochastically rounded: however
  /// small a delta is, it counts on average.
  ///
  /// - Parameter first: The place of the first delta in the generator's row, a multiple of 8.
  /// - Returns: How many did not fit and were clipped to 32,767.
  static func roundDeltas(
    _ d: Span<Float>, exponent: Int, _ generator: CounterGenerator?, first: UInt64,
    into rounded: inout MutableSpan<Int16>
  ) -> Int {
    precondition(d.count == rounded.count, "roundDeltas: shapes disagree")
    let count = d.count
    let (d, rounded) = (d.pointer, rounded.pointer)
    guard lanes_are_vectors() != 0 else {
      return roundOneByOne(d, count, .powerOfTwo(exponent), generator, first, rounded)
    }
    let factor = Lanes(repeating: .powerOfTwo(exponent))
    var (i, clipped) = (0, 0)
    while i < count {
      let part = min(Lanes.width, count &- i)
      let v = (part == Lanes.width ? Lanes(at: d + i) : Lanes(at: d + i, count: part)) * factor
      var noise = Lanes(repeating: 0)
      if let generator {
        let place = (first &+ UInt64(widening: i)) &>> 2
        noise = Self.noise(generator[place], generator[place &+ 1])
      }
      clipped &+= Int(truncatingIfNeeded: lanes_count_beyond(v.vector, 32_767.5))
      lanes_store_some_shorts(rounded + i, (v + noise).vector, part)
      i &+= part
    }
    return clipped
  }

  /// The same without vectors.
  @inline(__always)
  private static func roundOneByOne(
    _ d: UnsafePointer<Float>, _ count: Int, _ factor: Float, _ generator: CounterGenerator?,
    _ first: UInt64, _ rounded: UnsafeMutablePointer<Int16>
  ) -> Int {
    var (bits, clipped) = (UInt64(0), 0)
    for i in 0..<count {
      let v = d[i] * factor
      var noise: Float = 0
      if let generator {
        // Four numbers to the word.
        if i & 3 == 0 { bits = generator[(first &+ UInt64(widening: i)) &>> 2] }
        noise = Self.noise(bits)
        bits &>>= 16
      }
      if v.magnitude > 32_767.5 { clipped &+= 1 }
      rounded[i] = Int16(truncatingIfNeeded: (v + noise).rounded(within: 32_767))
    }
    return clipped
  }

  /// A number between -1/2 and 1/2 from the lowest 16 bits.
  @inline(__always)
  private static func noise(_ bits: UInt64) -> Float {
    Float(number: Int(truncatingIfNeeded: bits & 0xFFFF) &* 2 &- 65_535) * 0x1p-17
  }

  /// Eight numbers between -1/2 and 1/2, each from 16 bits.
  @inline(__always)
  private static func noise(_ low: UInt64, _ high: UInt64) -> Lanes {
    var lanes = Lanes(repeating: 0)
    var (low, high) = (low, high)
    for lane in 0..<4 {
      lanes.vector[lane] = noise(low)
      lanes.vector[lane &+ 4] = noise(high)
      low &>>= 16
      high &>>= 16
    }
    return lanes
  }

  /// The update of int8 weights: the outer products of all samples' deltas and inputs, summed in
  /// registers, rounded by the noise and added to the weights, which are read and written once.
  ///
  /// - Parameters:
  ///   - d: The deltas, 2^16 to one step of a weight where the input is one step.
  ///   - noise: What `drawNoise` drew for this layer and step, of these samples.
  ///   - generator: The same that drew the noise.
  ///   - first: The number of the first row in its layer.
  /// - Edge cases: no samples changes nothing.
  /// - Complexity: `samples * rows * columns` multiplications and additions.
  static func addOuterProducts(
    _ d: Span<Int16>, _ x: Span<Int8>, samples: Int, noise: Span<UInt32>,
    _ generator: CounterGenerator?, firstRow first: Int, to w: inout MutableSpan<Int8>
  ) {
    guard samples > 0 else { return }
    let (rows, columns) = (d.count / samples, x.count / samples)
    precondition(
      d.count == samples * rows && x.count == samples * columns && w.count == rows * columns
        && noise.count == columns && samples <= 256,
      "addOuterProducts: shapes disagree")
    let (d, x, noise, w) = (d.pointer, x.pointer, noise.pointer, w.pointer)
    var four = FourInt8Updates(w)
    for r in 0..<rows {
      var isZero = true
      for s in 0..<samples where d[s &* rows &+ r] != 0 { isZero = false }
      if isZero { continue }
      let bits = generator.map { $0[rowNoise &+ UInt64(widening: first &+ r)] &>> 48 } ?? 0
      guard words_serve_many_rows() != 0 else {
        let row = Int8Row(
          w: w + r &* columns, d: d + r, noise: UInt32(truncatingIfNeeded: bits))
        row.update(x, samples, rows, columns, noise)
        continue
      }
      four.take(w + r &* columns, d + r, UInt32(truncatingIfNeeded: bits))
      if four.isFull { four.update(x, samples, rows, columns, noise) }
    }
    if words_serve_many_rows() != 0 { four.update(x, samples, rows, columns, noise) }
  }

  /// Where the bits of rows begin in a generator, behind all columns.
  private static let rowNoise: UInt64 = 0x1_0000_0000
}

/// A row by itself, where registers have no room for words that serve many.
private struct Int8Row {
  let w: UnsafeMutablePointer<Int8>
  let d: UnsafePointer<Int16>
  /// The bits of the row.
  let noise: UInt32

  @inline(__always)
  func update(
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ words: UnsafePointer<UInt32>
  ) {
    var i = 0
    if samples == 1 {
      i = columns & ~3
      bytes_move_row(w, words, noise, Int32(d[0]), i)
    }
    while i < columns {
      // Another sample's input is where the next one begins.
      var change = change_of_one(words[i], noise, Int32(d[0]))
      var (own, v) = (d, x + i)
      for _ in 1..<samples {
        own += rows
        v += columns
        change &+= Int32(own[0]) &* Int32(v[0])
      }
      w[i] = byte_moved(w[i], change)
      i &+= 1
    }
  }
}

/// Up to four rows that share what is loaded of the samples and the noise.
private struct FourInt8Updates {
  private var w0, w1, w2, w3: UnsafeMutablePointer<Int8>
  private var d0, d1, d2, d3: UnsafePointer<Int16>
  private var n0: UInt32 = 0
  private var n1: UInt32 = 0
  private var n2: UInt32 = 0
  private var n3: UInt32 = 0
  private var count = 0

  var isFull: Bool { count == 4 }

  @inline(__always)
  init(_ w: UnsafeMutablePointer<Int8>) {
    (w0, w1, w2, w3) = (w, w, w, w)
    let none: UnsafePointer<Int16> = unsafe Kernels.nowhere()
    (d0, d1, d2, d3) = (none, none, none, none)
  }

  @inline(__always)
  mutating func take(
    _ w: UnsafeMutablePointer<Int8>, _ d: UnsafePointer<Int16>, _ noise: UInt32
  ) {
    (w0, w1, w2, w3) = (w1, w2, w3, w)
    (d0, d1, d2, d3) = (d1, d2, d3, d)
    (n0, n1, n2, n3) = (n1, n2, n3, noise)
    count &+= 1
  }

  /// Updates the rows that were taken, and has none then.
  @inline(__always)
  mutating func update(
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>
  ) {
    if count == 4 {
      updateFour(x, samples, rows, columns, noise)
    } else {
      // The latest row is the fourth.
      if count > 2 { updateRow(w1, d1, n1, x, samples, rows, columns, noise) }
      if count > 1 { updateRow(w2, d2, n2, x, samples, rows, columns, noise) }
      if count > 0 { updateRow(w3, d3, n3, x, samples, rows, columns, noise) }
    }
    count = 0
  }

  @inline(__always)
  private func updateFour(
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>
  ) {
    let whole = columns & ~15
    if samples == 1 {
      updateByOne(whole, noise)
    } else {
      updateByMany(x, samples, rows, columns, noise)
    }
    let rest = columns &- whole
    if rest != 0 {
      let (x, noise) = (x + whole, noise + whole)
      updateRest(w0 + whole, d0, n0, x, samples, rows, columns, noise, rest)
      updateRest(w1 + whole, d1, n1, x, samples, rows, columns, noise, rest)
      updateRest(w2 + whole, d2, n2, x, samples, rows, columns, noise, rest)
      updateRest(w3 + whole, d3, n3, x, samples, rows, columns, noise, rest)
    }
  }

  /// One sample, whose inputs are in the words of the noise.
  @inline(__always)
  private func updateByOne(_ columns: Int, _ noise: UnsafePointer<UInt32>) {
    let (e0, e1, e2, e3) = (Int32(d0[0]), Int32(d1[0]), Int32(d2[0]), Int32(d3[0]))
    var i = 0
    while i < columns {
      let words = words_load(noise + i)
      bytes_store(w0 + i, bytes_moved(bytes_load(w0 + i), change_of(words, n0, e0)))
      bytes_store(w1 + i, bytes_moved(bytes_load(w1 + i), change_of(words, n1, e1)))
      bytes_store(w2 + i, bytes_moved(bytes_load(w2 + i), change_of(words, n2, e2)))
      bytes_store(w3 + i, bytes_moved(bytes_load(w3 + i), change_of(words, n3, e3)))
      i &+= 16
    }
  }

  @inline(__always)
  private func updateByMany(
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>
  ) {
    if lanes_registers_are_many() != 0 {
      updateFourByMany(x, samples, rows, columns, noise)
    } else {
      updateTwoByMany(w0, w1, d0, d1, n0, n1, x, samples, rows, columns, noise)
      updateTwoByMany(w2, w3, d2, d3, n2, n3, x, samples, rows, columns, noise)
    }
  }

  @inline(__always)
  private func updateFourByMany(
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>
  ) {
    let (e0, e1, e2, e3) = (Int32(d0[0]), Int32(d1[0]), Int32(d2[0]), Int32(d3[0]))
    var i = 0
    while i &+ 16 <= columns {
      let words = words_load(noise + i)
      var (c0, c1) = (change_of(words, n0, e0), change_of(words, n1, e1))
      var (c2, c3) = (change_of(words, n2, e2), change_of(words, n3, e3))
      var (s, v) = (rows, x + i)
      var left = samples &- 1
      while left != 0 {
        v += columns
        let values = bytes_load(v)
        c0 = change_add(c0, values, Int32(d0[s]))
        c1 = change_add(c1, values, Int32(d1[s]))
        c2 = change_add(c2, values, Int32(d2[s]))
        c3 = change_add(c3, values, Int32(d3[s]))
        s &+= rows
        left &-= 1
      }
      bytes_store(w0 + i, bytes_moved(bytes_load(w0 + i), c0))
      bytes_store(w1 + i, bytes_moved(bytes_load(w1 + i), c1))
      bytes_store(w2 + i, bytes_moved(bytes_load(w2 + i), c2))
      bytes_store(w3 + i, bytes_moved(bytes_load(w3 + i), c3))
      i &+= 16
    }
  }

  /// Two rows, whose changes sixteen registers hold.
  @inline(__always)
  private func updateTwoByMany(
    _ w: UnsafeMutablePointer<Int8>, _ u: UnsafeMutablePointer<Int8>,
    _ d: UnsafePointer<Int16>, _ e: UnsafePointer<Int16>, _ n: UInt32, _ m: UInt32,
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>
  ) {
    var i = 0
    while i &+ 16 <= columns {
      let words = words_load(noise + i)
      var (b, c) = (change_of(words, n, Int32(d[0])), change_of(words, m, Int32(e[0])))
      var (s, v) = (rows, x + i)
      var left = samples &- 1
      while left != 0 {
        v += columns
        let values = bytes_load(v)
        b = change_add(b, values, Int32(d[s]))
        c = change_add(c, values, Int32(e[s]))
        s &+= rows
        left &-= 1
      }
      bytes_store(w + i, bytes_moved(bytes_load(w + i), b))
      bytes_store(u + i, bytes_moved(bytes_load(u + i), c))
      i &+= 16
    }
  }

  /// The last columns of a row, fewer than sixteen.
  @inline(__always)
  private func updateRest(
    _ w: UnsafeMutablePointer<Int8>, _ d: UnsafePointer<Int16>, _ row: UInt32,
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>, _ rest: Int
  ) {
    var change = change_of(words_load_some(noise, rest), row, Int32(d[0]))
    for s in 1..<samples {
      let v = bytes_load_some(x + s &* columns, rest)
      change = change_add(change, v, Int32(d[s &* rows]))
    }
    bytes_store_some(w, bytes_moved(bytes_load_some(w, rest), change), rest)
  }

  @inline(__always)
  private func updateRow(
    _ w: UnsafeMutablePointer<Int8>, _ d: UnsafePointer<Int16>, _ row: UInt32,
    _ x: UnsafePointer<Int8>, _ samples: Int, _ rows: Int, _ columns: Int,
    _ noise: UnsafePointer<UInt32>
  ) {
    var i = 0
    if samples == 1 {
      i = columns & ~15
      bytes_move_row(w, noise, row, Int32(d[0]), i)
    }
    while i &+ 16 <= columns {
      var change = change_of(words_load(noise + i), row, Int32(d[0]))
      for s in 1..<samples {
        change = change_add(change, bytes_load(x + (s &* columns &+ i)), Int32(d[s &* rows]))
      }
      bytes_store(w + i, bytes_moved(bytes_load(w + i), change))
      i &+= 16
    }
    let rest = columns &- i
    if rest != 0 { updateRest(w + i, d, row, x + i, samples, rows, columns, noise + i, rest) }
  }
}
