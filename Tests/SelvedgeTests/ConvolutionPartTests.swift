import Testing

@testable import Selvedge

/// Weights that are not float32 are updated a part of the window at a time. A layer that looks ahead is so
/// only where there is one sample, which must make no difference.
@Suite struct ConvolutionPartTests {
  private static let map = Shape(rows: 6, columns: 7, channels: 16)

  /// In how many parts a layer is updated, and the weights of all after five samples.
  private func learned(
    _ layers: [LayerDescription], from input: Shape, batch: Int, _ rounding: Rounding
  ) throws -> (parts: [Int], weights: [[Float]]) {
    let plan = try Plan(
      input: input, layers: layers.span, batch: batch, purpose: .training(digest: 3))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 5, in: &arena)
    network.poisonsDeadMemory = true
    var dice = Dice(seed: 7)
    for _ in 0..<5 {
      let values = dice.floats(input.count)
      try network.add(values, label: dice.integer(0...2))
      _ = try network.train(
        Readout(), rates: Rates(hidden: 0.1, output: 0.1, convolution: 2), rounding: rounding)
    }
    var parts: [Int] = []
    plan.forEachLayer { layer in
      let bytes = layer.gradient.bytes
      if bytes > 0 { parts.append(layer.weightCount * 4 / bytes) }
    }
    return (parts, layers.indices.map { network.parameters(ofLayer: $0).weights })
  }

  /// Whole rows of windows, then single places of pooled ones.
  @Test(arguments: [Precision.float16, .int8])
  func partsAreTheWholeBitForBit(precision: Precision) throws {
    let layers = [
      LayerDescription.convolution(24, Window(3, 3)).lookingAhead(),
      .convolution(40, Window(3, 3), pool: 2).lookingAhead(), .output(3),
    ].map { $0.stored(as: precision) }
    let inParts = try learned(layers, from: Self.map, batch: 1, .stochastic)
    let whole = try learned(layers, from: Self.map, batch: 2, .stochastic)
    #expect(inParts.parts == [3, 9] && whole.parts == [1, 1])
    #expect(inParts.weights == whole.weights)
  }

  /// Parts that do not fill lanes, of windows with a stride, rounded to the nearest.
  @Test func oddPartsAreTheWholeBitForBit() throws {
    let layers = [
      LayerDescription.convolution(101, Window(5, 3, stride: 2, padding: .valid)).lookingAhead(),
      .output(3),
    ].map { $0.stored(as: .float16) }
    let odd = Shape(rows: 9, columns: 8, channels: 3)
    let inParts = try learned(layers, from: odd, batch: 1, .nearest)
    let whole = try learned(layers, from: odd, batch: 2, .nearest)
    #expect(inParts.parts == [5] && whole.parts == [1])
    #expect(inParts.weights == whole.weights)
  }
}
