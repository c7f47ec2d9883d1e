import Testing

@testable import Selvedge

@Suite struct NormalisedStepTests {
  /// The parameters of one layer behind one step on one sample.
  private func trained(
    _ precision: Precision, _ step: StepRule, rate: Float, _ values: [Float]
  ) throws -> (weights: [Float], biases: [Float]) {
    let layers = [LayerDescription.output(3).stored(as: precision)]
    let plan = try Plan(
      inputs: values.count, layers: layers.span, batch: 1, purpose: .training(digest: 0),
      step: step)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 5, in: &arena)
    try network.add(values, label: 1)
    _ = try network.train(Readout(), rates: Rates(hidden: rate, output: rate))
    return network.parameters(ofLayer: 0)
  }

  @Test(arguments: [Precision.float32, .float16, .int8])
  func theRateIsDividedByTheSquaredLengthOfTheInput(precision: Precision) throws {
    // Sums of these squares, and the numbers themselves in int8, are exact.
    let values: [Float] = [1, 2, -3, 0.5, 0, 0.75, 0, 0, 1, 1.5]
    let squares = values.reduce(1) { $0 + $1 * $1 }
    let normalised = try trained(precision, .normalised, rate: 2, values)
    let plain = try trained(precision, .plain, rate: 2 / squares, values)
    #expect(normalised == plain)
    #expect(try normalised != trained(precision, .plain, rate: 0, values))
  }

  @Test func itTakesNoMemory() throws {
    let layers = [LayerDescription.dense(9), .output(3)]
    let totals = try [StepRule.plain, .normalised].map {
      try Plan(
        inputs: 6, layers: layers.span, batch: 1, purpose: .training(digest: 3), step: $0
      ).footprint.total
    }
    #expect(totals[0] == totals[1])
  }

  @Test func otherLayersAndBatchesAreRefused() throws {
    for (first, batch) in [
      (LayerDescription.dense(4), 2), (.convolution(2, Window(2, 2)), 1),
      (.depthwise(Window(2, 2)), 1),
    ] {
      let layers = [first, .output(2)]
      func error(_ purpose: Plan.Purpose) -> PlanError? {
        thrown(PlanError.self) {
          _ = try Plan(
            input: Shape(rows: 2, columns: 2), layers: layers.span, batch: batch,
            purpose: purpose, step: .normalised)
        }
      }
      #expect(error(.training(digest: 2)) == .step(.normalised, layer: 0))
      #expect(error(.inference) == nil)
    }
  }
}
