import Files
import Testing

@testable import Selvedge

@Suite struct NumbersTests {
  /// The oracle's points of a function: x as float32, f(x) as float64.
  private func points(_ name: String) -> [(x: Float, y: Double)] {
    Golden.values["functions"]![name]!.array!.compactMap { point in
      guard let y = point.array![1].number else { return nil }
      return (Float(bitPattern: UInt32(point.array![0].number!)), y)
    }
  }

  private func worst(
    _ name: String, _ range: ClosedRange<Float>, _ f: (Float) -> Float
  ) -> Double {
    let inside = points(name).filter { range.contains($0.x) }
    #expect(inside.count > 50)
    return inside.map { abs(Double(f($0.x)) - $0.y) / Double(Float($0.y).ulp) }.max()!
  }

  private func lane(_ x: Float, _ f: (Lanes) -> Lanes) -> Float { f(Lanes(repeating: x)).vector[5] }

  @Test func exponentialStaysWithinTwoUlp() {
    #expect(worst("exp", -34...88) { lane($0) { $0.exponential } } <= 2)
  }

  @Test func tanhStaysWithinSixUlp() {
    #expect(worst("tanh", -20...20) { lane($0) { $0.hyperbolicTangent } } <= 6)
  }

  @Test func logisticStaysWithinFourUlp() {
    #expect(worst("sigmoid", -40...40) { lane($0) { $0.logistic } } <= 4)
  }

  @Test func logarithmIsCloseEverywhere() {
    let inside = points("log").filter { $0.x >= .leastNormalMagnitude && $0.x.isFinite }
    #expect(inside.count > 50)
    for (x, y) in inside {
      let found = Double(naturalLogarithm(x))
      #expect(abs(found - y) <= max(1e-7, 2 * Double(Float(y).ulp)), "ln \(x)")
    }
  }

  @Test func tanhIsOddAndNeverBeyondOne() {
    var dice = Dice(seed: 1)
    for _ in 0..<2000 {
      let x = dice.float() * 12
      let y = lane(x) { $0.hyperbolicTangent }
      #expect(y == -lane(-x) { $0.hyperbolicTangent } && abs(y) <= 1, "\(x)")
    }
    #expect(lane(.infinity) { $0.hyperbolicTangent } == lane(9.02) { $0.hyperbolicTangent })
  }

  @Test func notANumberPassesThroughEveryFunction() {
    #expect(lane(.nan) { $0.exponential }.isNaN)
    #expect(lane(.nan) { $0.hyperbolicTangent }.isNaN)
    #expect(lane(.nan) { $0.logistic }.isNaN)
    #expect(lane(.nan) { $0.quiet }.isNaN)
    #expect(lane(.nan) { $0.atLeast(0) }.isNaN)
    #expect(naturalLogarithm(.nan).isNaN)
  }

  @Test func whatLiesBelowTheQuietFloorIsZero() {
    #expect(lane(0x1p-50) { $0.quiet } == 0x1p-50)
    #expect(lane(-0x1p-50) { $0.quiet } == -0x1p-50)
    #expect(lane(0x1.fffffep-51) { $0.quiet } == 0)
    #expect(lane(-35) { $0.exponential } == 0)
    #expect((0x1.fffffep-51 as Float).quiet == 0 && Float.nan.quiet.isNaN)
  }

  @Test func lanesFoldInTheirFixedOrder() {
    var dice = Dice(seed: 2)
    for _ in 0..<200 {
      let v = dice.floats(8).map { $0 * 1e6 }
      let q = (0..<4).map { v[$0] + v[$0 + 4] }
      v.withUnsafeBufferPointer {
        #expect(Lanes(at: $0.baseAddress!).sum == (q[0] + q[2]) + (q[1] + q[3]))
      }
    }
  }

  @Test func negationFollowsTheBits() {
    for bits in 0..<256 as Range<UInt32> {
      let v = Lanes(repeating: 3).negatedWhereClear(bits | 0xABCD_0000).vector
      for lane in 0..<8 { #expect(v[lane] == (bits >> UInt32(lane) & 1 == 1 ? 3 : -3)) }
    }
  }
}
