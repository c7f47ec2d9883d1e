import Testing

@testable import Selvedge

@Suite struct ElementwiseKernelTests {
  private static let activations: [Activation] = [.linear, .tanh, .relu, .sigmoid]

  private func activate(_ activation: Activation, _ x: [Float]) -> GuardedFloats {
    let y = GuardedFloats(x)
    y.withMutableSpan { Kernels.activate(activation, &$0) }
    return y
  }

  private func exact(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .linear: x
    case .tanh: Exact.hyperbolicTangent(x)
    case .relu: max(x, 0)
    case .sigmoid: 1 / (1 + Exact.exponential(-x))
    }
  }

  @Test(arguments: activations)
  func activationIsThatOfDoublePrecisionForEveryLength(activation: Activation) {
    var dice = Dice(seed: UInt64(activation.rawValue))
    for count in 1...17 {
      let x = dice.floats(count).map { $0 * [0.1, 1, 8, 30][count % 4] }
      let y = activate(activation, x)
      #expect(y.frontIsIntact)
      for (found, x) in zip(y.array, x) {
        let expected = exact(activation, Double(x))
        let ulps = activation == .linear || activation == .relu ? 0.0 : 6
        #expect(
          abs(Double(found) - expected) <= ulps * Double(Float(expected).ulp),
          "\(activation) of \(x), \(count) elements")
        // An element's bits depend on nothing but the element.
        #expect(activate(activation, [x]).bits == [found.bitPattern])
      }
    }
  }

  @Test(arguments: activations)
  func activationKeepsNaNAndMakesZeroOfWhatIsBelowTheFloor(activation: Activation) {
    let below: Float = 0x1.fffffep-51
    for count in 1...17 {
      let y = activate(activation, [Float](repeating: .nan, count: count)).array
      #expect(y.count == count && y.areNaN)
      guard activation != .sigmoid else { continue }
      for x in [below, -below, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, -0.0] {
        let y = activate(activation, [Float](repeating: x, count: count)).array
        #expect(y.allSatisfy { $0 == 0 }, "\(activation) of \(x)")
      }
    }
    #expect(activate(.sigmoid, [-35, -87, -1e30, -.infinity]).array == [0, 0, 0, 0])
    #expect(activate(.sigmoid, [42, .infinity]).array == [1, 1])
    #expect(activate(.linear, [0x1p-50]).array == [0x1p-50])
    #expect(activate(.relu, [0x1p-50, -1, -.infinity]).array == [0x1p-50, 0, 0])
    #expect(activate(activation, []).array.isEmpty)
  }

  @Test func slopeIsTheDerivativeAtTheOutput() {
    for x in stride(from: -3.05, through: 3, by: 0.1) {
      for activation in Self.activations {
        let step = 1e-6
        let expected = (exact(activation, x + step) - exact(activation, x - step)) / (2 * step)
        let found = Double(activation.slope(Float(exact(activation, x))))
        #expect(abs(found - expected) < 1e-6, "\(activation) at \(x)")
      }
    }
  }

  // MARK: Standardise

  @Test func standardisedValuesAreTheFormulasForEveryLength() {
    var dice = Dice(seed: 3)
    for count in 0...17 {
      let v = GuardedFloats(dice.floats(count).map { $0 * 100 })
      let x = GuardedFloats([Float](repeating: .nan, count: count))
      x.withMutableSpan { Kernels.standardise(v.span, mean: 3.5, scale: 0.25, into: &$0) }
      #expect(x.array == v.array.map { ($0 - 3.5) * 0.25 } && x.frontIsIntact)
      #expect(Kernels.firstNotFinite(v.span, mean: 3.5, scale: 0.25) == nil)
      let near = GuardedFloats([Float](repeating: 0x1.000002p0, count: count))
      x.withMutableSpan { Kernels.standardise(near.span, mean: 1, scale: 0x1p-40, into: &$0) }
      #expect(x.array.allSatisfy { $0 == 0 }, "2^-63 is below the floor")
    }
  }

  @Test func firstNotFiniteNamesTheFirstPlaceOfEveryKind() {
    for count in 1...33 {
      for place in 0..<count {
        for bad in [Float.nan, .infinity, -.infinity, 3e38, -3e38] {
          var values = [Float](repeating: 1, count: count)
          values[place] = bad
          if place + 2 < count { values[place + 2] = .nan }
          let found = Kernels.firstNotFinite(GuardedFloats(values).span, mean: 0, scale: 2)
          #expect(found == place, "\(bad) at \(place) of \(count)")
        }
        var values = [Float](repeating: -2e38, count: count)
        values[place] = 3e38
        let guarded = GuardedFloats(values)
        #expect(Kernels.firstNotFinite(guarded.span, mean: -2e38, scale: 0.5) == place)
        #expect(Kernels.firstNotFinite(guarded.span, mean: 1e38, scale: 0.5) == nil)
      }
    }
    #expect(Kernels.firstNotFinite([Float]().span, mean: 0, scale: 1) == nil)
  }
}
