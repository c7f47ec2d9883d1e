// Shape    s = sum over u of P[c, u] * y[u];  e[u] = sum over c of P[c, u] * q[c]
// Layout   dense vectors; P is regenerated, 64 signs a hash
// Order    s: lane u mod 8 upwards, then the fixed tree; e: the classes upwards
// Exact    the same bytes on every target
// Scratch  none

import CLanes

extension Kernels {
  /// One row of a sign projection times a layer's whole output.
  static func signedSum(_ y: Span<Float>, _ signs: (_ unit: Int) -> UInt64) -> Float {
    let p = y.pointer
    guard lanes_are_vectors() != 0 else { return signedSumOfOnes(y.count, signs) { p[$0] } }
    return signedSum(y.count, signs) { i, left in Float.load(p + i, upTo: left) }
  }

  /// The same of integers, each times `factor`.
  static func signedSum(
    _ y: Span<Int8>, factor: Float, _ signs: (_ unit: Int) -> UInt64
  ) -> Float {
    let p = y.pointer
    guard lanes_are_vectors() != 0 else {
      return signedSumOfOnes(y.count, signs) { Float(number: Int(p[$0])) * factor }
    }
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

  /// The same without vectors.
  @inline(__always)
  private static func signedSumOfOnes(
    _ count: Int, _ signs: (_ unit: Int) -> UInt64, _ number: (_ unit: Int) -> Float
  ) -> Float {
    var word: UInt64 = 0
    return sum(count) { i in
      word = i & 63 == 0 ? signs(i) : word &>> 1
      return word & 1 == 1 ? number(i) : -number(i)
    }
  }

  /// The transposed projection times one number a class, for one block of at most 64 units.
  static func signedColumns(
    _ q: Span<Float>, into e: inout MutableSpan<Float>, _ signs: (_ row: Int) -> UInt64
  ) {
    let count = e.count
    let e = e.pointer
    for c in q.indices {
      var word = signs(c)
      guard lanes_are_vectors() != 0 else {
        for u in 0..<count {
          let part = word & 1 == 1 ? q[c] : -q[c]
          e[u] = c == 0 ? part : e[u] + part
          word &>>= 1
        }
        continue
      }
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
