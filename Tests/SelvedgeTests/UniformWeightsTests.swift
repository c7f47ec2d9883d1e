import Testing

@testable import Selvedge

/// Initial weights on machines with and without doubles.
struct UniformWeightsTests {
  /// The counts that every layer may have: small ones, squares, powers of two, their neighbours and the largest.
  private static let counts =
    Array(1...300) + [784, 1023, 1024, 1025, 4095, 4096, 4097, 65_535, 65_536, 131_072]
    + [999_983, 16_769_025, 16_777_215, 16_777_216]

  @Test
  func rootsWithoutDoublesAreThoseOfDoubles() {
    for count in Self.counts {
      let (digits, exponent) = UniformWeights.digitsOfRoot(count)
      #expect(
        Double(sign: .plus, exponent: -exponent, significand: Double(digits))
          == Double(count).squareRoot(), "\(count)")
    }
  }

  @Test
  func weightsWithoutDoublesAreThoseOfDoubles() {
    let generator = CounterGenerator(seed: 24, stream: 0)
    for count in Self.counts {
      let (digits, exponent) = UniformWeights.digitsOfRoot(count)
      let weights = UniformWeights(count: count)
      for i in 0..<200 {
        var bits = Int(truncatingIfNeeded: generator[UInt64(count * 200 + i)] &>> 40)
        if i < 6 { bits = [0, 1, 8_388_607, 8_388_608, 8_388_609, 16_777_215][i] }
        let own = UniformWeights.quotient(2 * bits - 16_777_216, digits, exponent)
        #expect(
          own.bitPattern == weights.weight(bits).bitPattern, "\(bits) of \(count)")
      }
    }
  }
}
