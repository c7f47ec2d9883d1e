import Testing

@testable import Selvedge

@Suite struct SoftmaxTests {
  private func softmax(_ z: [Float]) -> [Float] {
    let p = GuardedFloats(z)
    p.withMutableSpan { Kernels.softmax(&$0) }
    #expect(p.frontIsIntact)
    return p.array
  }

  private func crossEntropy(_ z: [Float], _ label: Int) -> Float {
    Kernels.crossEntropy(GuardedFloats(z).span, label: label)
  }

  /// ln(sum of e^z) in float64.
  private func total(_ z: [Float]) -> Double {
    let largest = Double(z.max()!)
    let sum = z.reduce(0) { $0 + Exact.exponential(Double($1) - largest) }
    return largest + Exact.logarithm(sum)
  }

  @Test(arguments: Array(1...17) + [64, 100])
  func probabilitiesAndLossesAreThoseOfDoublePrecision(count: Int) {
    var dice = Dice(seed: UInt64(count))
    for size in [0, 0.01, 1, 10, 60] as [Float] {
      let z = dice.floats(count).map { $0 * size }
      let p = softmax(z)
      #expect(p.count == count)
      for c in z.indices {
        let expected = Exact.exponential(Double(z[c]) - total(z))
        // Rounding the difference of two logits moves the exponent.
        let relative = 1e-6 + Double(size) * 0x1p-23
        #expect(abs(Double(p[c]) - expected) <= relative * expected + 1e-15, "\(z) class \(c)")
        let loss = Double(crossEntropy(z, c))
        let exact = total(z) - Double(z[c])
        #expect(abs(loss - exact) <= 1e-6 * max(1, Double(size)), "\(z) class \(c)")
      }
      #expect(abs(p.reduce(0) { $0 + Double($1) } - 1) < 1e-5)
      #expect(p.allSatisfy { $0 == 0 || $0 >= quietFloor && $0 <= 1 })
    }
  }

  @Test func equalLogitsAreEquallyLikely() {
    for count in 1...20 {
      for z in [0, 88, -88, 1e30, -1e30] as [Float] {
        let p = softmax([Float](repeating: z, count: count))
        #expect(p.allSatisfy { $0 == 1 / Float(count) }, "\(count) times \(z)")
      }
    }
  }

  @Test func anImprobableClassHasProbabilityZeroAndAFiniteLoss() {
    for gap in [35, 42, 87, 88, 89, 104, 1000, 1e30] as [Float] {
      for count in [2, 8, 9] {
        var z = [Float](repeating: 0, count: count)
        z[count - 1] = gap
        let p = softmax(z)
        #expect(p.dropLast().allSatisfy { $0 == 0 } && p.last == 1, "gap \(gap)")
        #expect(crossEntropy(z, 0) == gap && crossEntropy(z, count - 1) == 0, "gap \(gap)")
      }
    }
    // e^-34.5 lies above the floor, a half of it below.
    #expect(softmax([0, -34.5])[1] > 0 && softmax([0, 0, -34.5]) == [0.5, 0.5, 0])
    #expect(softmax([-.infinity, 0, -.infinity]) == [0, 1, 0])
    #expect(crossEntropy([-.infinity, 0, -.infinity], 1) == 0)
    #expect(softmax([3e38, -3e38]) == [1, 0])
  }

  @Test func notANumberAndInfiniteLargestLogitsGiveNaNEverywhere() {
    for count in 1...17 {
      for place in 0..<count {
        for bad in [Float.nan, .infinity] {
          var z = (0..<count).map { Float($0) }
          z[place] = bad
          #expect(softmax(z).areNaN, "\(bad) at \(place) of \(count)")
          #expect(crossEntropy(z, (place + 1) % count).isNaN, "\(bad) at \(place) of \(count)")
        }
      }
      #expect(softmax([Float](repeating: -.infinity, count: count)).areNaN)
    }
    #expect(softmax([]).isEmpty)
  }
}

@Suite struct ProjectedTests {
  private static let counts = Array(1...18) + [63, 64, 65, 127, 128, 200]

  @Test(arguments: counts)
  func signedSumIsTheMatrixRowTimesTheOutput(count: Int) {
    var dice = Dice(seed: UInt64(count))
    let words = (0..<4).map { _ in dice.bits() }
    let y = dice.floats(count)
    let signed = y.indices.map { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 ? y[$0] : -y[$0] }
    let found = Kernels.signedSum(GuardedFloats(y).span) { words[$0 / 64] }
    #expect(found.bitPattern == Reference.sum(signed).bitPattern)
    // Integers are summed as the floats that they stand for.
    let integers = y.map { Int8(clamping: Int($0 * 100)) }
    let floats = integers.map { Float($0) * 0x1p-5 }
    let sums = (
      Kernels.signedSum(integers.span, factor: 0x1p-5) { words[$0 / 64] },
      Kernels.signedSum(floats.span) { words[$0 / 64] }
    )
    #expect(sums.0.bitPattern == sums.1.bitPattern)
    let exact = signed.reduce(0) { $0 + Double($1) }
    let size = signed.reduce(0) { $0 + Double($1.magnitude) }
    #expect(abs(Double(found) - exact) <= Double(count / 8 + 4) * 0x1p-24 * size)
  }

  @Test(arguments: 1...64)
  func signedColumnsAreTheTransposedMatrixTimesTheClasses(count: Int) {
    var dice = Dice(seed: UInt64(count))
    for classes in [1, 2, 3, 10] {
      let words = (0..<classes).map { _ in dice.bits() }
      let q = dice.floats(classes)
      let e = GuardedFloats([Float](repeating: .nan, count: count))
      let guarded = GuardedFloats(q)
      e.withMutableSpan { span in
        Kernels.signedColumns(guarded.span, into: &span) { words[$0] }
      }
      #expect(e.frontIsIntact)
      for u in 0..<count {
        let signed = q.indices.map { words[$0] >> UInt64(u) & 1 == 1 ? q[$0] : -q[$0] }
        let upwards = signed.dropFirst().reduce(signed[0]) { $0 + $1 }
        #expect(e.array[u].bitPattern == upwards.bitPattern, "unit \(u)")
        let exact = signed.reduce(0) { $0 + Double($1) }
        #expect(abs(Double(e.array[u]) - exact) <= 1e-5, "unit \(u)")
      }
    }
  }
}
