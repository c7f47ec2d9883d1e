import Profiler
import Selvedge
import Testing

@Suite struct ArenaReportTests {
  @Test func reportIsThePlan() throws {
    let report = try ArenaChartTests.report([784, 128, 10], batch: 1)
    #expect(report.steps == 2)
    #expect(
      report.tensors.map { tensorName($0.role, layer: $0.layer) } == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "layer table",
        "labels", "input", "layers.0.digest", "layers.0.delta", "layers.0.output",
        "layers.1.digest", "layers.1.delta", "layers.1.output",
      ])
    let weights = report.tensors.filter { $0.category == .weights }.reduce(0) { $0 + $1.reserved }
    #expect(weights == report.footprint.weights)
    #expect(report.footprint.parameterBytes == (784 * 128 + 128 + 1280 + 10) * 4)
    // The fullest step fills what is left, and no tensor lies outside.
    let workspace = report.footprint.activations + report.footprint.scratch
    #expect(report.tensors.allSatisfy { $0.extent.upperBound <= weights + workspace })
    let fullest = (0..<report.steps).map { step in
      report.tensors.filter { $0.lives.contains(step) }.reduce(0) { $0 + $1.reserved }
    }
    #expect(fullest.max() == report.footprint.total)
  }

  @Test func everyCategoryHasAWord() {
    #expect(
      [Tensor.Category.weights, .activations, .scratch, .flash].map(\.name) == [
        "weights", "activations", "scratch", "flash",
      ])
  }
}
