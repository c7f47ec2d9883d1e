import Datasets
import Selvedge
import Simulator
import Testing

@Suite struct EvaluationTests {
  /// A network of one layer that reads the class off: input c to logit c, class 2 by its bias.
  static func device(batch: Int) throws -> Device {
    let device = try Device(
      input: Shape(2), layers: [.output(3)], batch: batch, purpose: .inference, seed: 1)
    let weights: [Float] = [4, 0, 0, 4, 0, 0]
    let biases: [Float] = [0, 0, 1]
    try device.network.setLayer(0, weights: weights.span, biases: biases.span)
    return device
  }

  /// Taken for 0, 1, 2, 0, 1, 2, 0.
  static let data = LabelledSamples(
    Samples(floats: [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0], shape: [2]),
    labels: [0, 1, 2, 1, 1, 0, 0])

  @Test(arguments: [1, 2, 3, 7, 16])
  func numbersAreThoseByHand(batch: Int) throws {
    let device = try Self.device(batch: batch)
    let evaluation = try Evaluation(&device.network, Self.data, indices: 0..<7)
    #expect(evaluation.confusion == [[2, 0, 1], [1, 2, 0], [0, 0, 1]])
    #expect(evaluation.count == 7 && evaluation.correct == 5)
    #expect(evaluation.accuracy == 5.0 / 7)
    // Logits are 4 for what is read off and 1 for class 2.
    #expect((try #require(evaluation.loss) - 0.918901).magnitude < 1e-5)
    #expect((0..<3).map { evaluation.recall($0) } == [2.0 / 3, 2.0 / 3, 1])
    #expect((0..<3).map { evaluation.precision($0) } == [2.0 / 3, 1, 0.5])
  }

  @Test func onlyTheSamplesAskedForCount() throws {
    let device = try Self.device(batch: 2)
    let evaluation = try Evaluation(&device.network, Self.data, indices: [5, 3, 3])
    #expect(evaluation.confusion == [[0, 0, 1], [2, 0, 0], [0, 0, 0]])
    #expect(evaluation.accuracy == 0 && evaluation.recall(2) == nil)
    #expect(evaluation.precision(1) == nil)
  }

  @Test func nothingHasNoAccuracy() throws {
    let device = try Self.device(batch: 2)
    let evaluation = try Evaluation(&device.network, Self.data, indices: [])
    #expect(evaluation.count == 0 && evaluation.accuracy == nil && evaluation.loss == nil)
    #expect(evaluation.recall(0) == nil && evaluation.precision(0) == nil)
  }

  @Test func samplesBeforeABadOneDoNotWaitForEver() throws {
    let device = try Self.device(batch: 2)
    device.network.standardisation = try #require(Standardisation(mean: 3e38, deviation: 1))
    // Only the second one overflows.
    let data = LabelledSamples(Samples(floats: [1, 0, -3e38, 0], shape: [2]), labels: [0, 0])
    let error = NetworkError.notFinite(index: 0)
    #expect(throws: SampleError(file: "samples", index: 1, error: error)) {
      try Evaluation(&device.network, data, indices: 0..<2)
    }
    device.network.standardisation = .identity
    let evaluation = try Evaluation(&device.network, Self.data, indices: 0..<7)
    #expect(device.network.waiting == 0 && evaluation.correct == 5)
  }

  @Test func sampleOfAnotherLengthIsAnError() throws {
    let device = try Self.device(batch: 2)
    let data = LabelledSamples(Samples(floats: [1, 2, 3], shape: [3]), labels: [0])
    let error = NetworkError.valueCount(expected: 2, found: 3)
    #expect(throws: SampleError(file: "samples", index: 0, error: error)) {
      try Evaluation(&device.network, data, indices: 0..<1)
    }
  }
}
