// Shape    s = sum over u of P[c, u] * y[u];  e[u] = sum over c of P[c, u] * q[c]
// Layout   dense vectors; P is regenerated, 64 signs a hash
// Order    s: lane u mod 8 upwards, then the fixed tree; e: the classes upwards
// Exact    the same bytes on every target
// Scratch  none

extension Kernels {
  /// One row of a sign projection times a layer's whole output.
  static func signedSum(_ y: Span<Float>, _ signs: (_ unit: Int) -> UInt64) -> Float {
    let p = y.pointer
    return signedSum(y.count, signs) { i, left in Float.load(p + i, upTo: left) }
  }

  /// The same of integers, each times `factor`.
  static func signedSum(
    _ y: Span<Int8>, factor: Float, _ signs: (_ unit: Int) -> UInt64
  ) -> Float {
    let p = y.pointer
    let factor = Lanes(repeating: factor)
    return signedSum(y.count, signs) { i, left in Int8.load(p + i, upTo: left) * factor }
  }

  @inline(__always)
  private static func signedSum(
    _ count: Int, _ signs: (_ unit: Int) -> UInt64, _ load: (_ first: Int, _ left: Int) -> Lanes
  ) -> Float {
    var lanes = Lanes(repeating: 0)
    var (i, word) = (0, UInt64(0))
    while i < count {
      if i & 63 == 0 { word = signs(i) }
      lanes = lanes + load(i, count &- i).negatedWhereClear(UInt32(truncatingIfNeeded: word))
      word &>>= 8
      i &+= 8
    }
    return lanes.sum
  }

  /// The transposed projection times one number a class, for one block of at most 64 units.
  static func signedColumns(
    _ q: Span<Float>, into e: inout MutableSpan<Float>, _ signs: (_ row: Int) -> UInt64
  ) {
    let count = e.count
    let e = e.pointer
    for c in q.indices {
      var word = signs(c)
      let value = Lanes(repeating: q[c])
      var i = 0
      while i < count {
        let part = value.negatedWhereClear(UInt32(truncatingIfNeeded: word))
        let left = count &- i
        if left >= 8 {
          (c == 0 ? part : Lanes(at: e + i) + part).store(to: e + i)
        } else {
          (c == 0 ? part : Lanes(at: e + i, count: left) + part).store(to: e + i, count: left)
        }
        word &>>= 8
        i &+= 8
      }
    }
  }
}
