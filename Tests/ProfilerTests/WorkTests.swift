import Profiler
import Selvedge
import Testing

/// Figures computed by hand.
@Suite struct WorkTests {
  private func report(
    _ input: Shape, _ layers: [LayerDescription], batch: Int = 1, learns: Bool = true,
    constants: Plan.Constants = .inArena
  ) throws -> ArenaReport {
    ArenaReport(
      try Plan(
        input: input, layers: layers.span, batch: batch, purpose: .training(digest: 10),
        constants: constants),
      learns: learns)
  }

  @Test func denseLayersMultiplyTheirWeights() throws {
    let work = try report(Shape(784), [.dense(128), .output(10)]).work
    #expect(work[0] == Work(inference: 100_352, training: 200_704))
    #expect(work[1] == Work(inference: 1_280, training: 2_560))
  }

  /// 28 x 28 places of 25 x 16 products; only 14 x 14 places of them are kept and learned from.
  @Test func convolutionsMultiplyAtEveryPlaceAndLearnWhereTheyKeep() throws {
    let layers: [LayerDescription] = [
      .convolution(16, Window(5, 5), pool: 2), .convolution(32, Window(3, 3), pool: 2),
      .depthwise(Window(3, 3)), .globalPool, .dense(256), .output(10),
    ]
    let all = try report(Shape(rows: 28, columns: 28), layers)
    #expect(
      all.work == [
        Work(inference: 313_600, training: 313_600 + 78_400),
        Work(inference: 903_168, training: 903_168 + 225_792),
        Work(inference: 49 * 9 * 32, training: 2 * 49 * 9 * 32), Work(),
        Work(inference: 8_192, training: 16_384), Work(inference: 2_560, training: 5_120),
      ])
    #expect(all.allWork.inference == 1_241_632 && all.allWork.training == 1_570_688)
  }

  @Test func lookaheadAddsTheNextForwardAndWhatItSendsBack() throws {
    let (first, second) = (
      LayerDescription.convolution(4, Window(3, 3)),
      LayerDescription.convolution(6, Window(3, 3), pool: 2)
    )
    let map = Shape(rows: 8, columns: 8)
    let plain = try report(map, [first, second, .output(10)]).work
    let ahead = try report(map, [first.lookingAhead(), second, .output(10)]).work
    #expect(plain[0].training == 2 * 64 * 9 * 4 && ahead[0].inference == plain[0].inference)
    #expect(ahead[0].training == plain[0].training + 64 * 36 * 6 + 16 * 36 * 6)
    #expect(ahead[1] == plain[1])
  }

  @Test func whatDoesNotLearnOnlyGoesForward() throws {
    var frozen = LayerDescription.dense(7)
    frozen.isFrozen = true
    #expect(try report(Shape(5), [frozen, .output(3)]).work[0].training == 35)
    let work = try report(Shape(5), [.dense(7), .output(3)], learns: false).work
    #expect(work == [Work(inference: 35, training: 35), Work(inference: 21, training: 42)])
    #expect(try report(Shape(5), [.normalise, .output(3)]).work[0] == Work())
  }

  @Test func memoriesMultiplyAtEveryStep() throws {
    let oscillators = try report(Shape(3), [.oscillators(5, steps: 28), .output(10)])
    #expect(oscillators.work[0] == Work(inference: 17 * 3 * 28, training: 17 * 3 * 28))
    let legendre = try report(Shape(2), [.legendre(8, steps: 10), .output(10)])
    #expect(legendre.work[0].inference == 24 * 8 * 5 * 2 * 10)
  }

  @Test func recurrentLayersMultiplyAndLearnAtEveryStep() throws {
    let products = 28 * (64 * 28 + 64 * 64)
    let elman = try report(Shape(28), [.elman(64, steps: 28), .output(10)])
    #expect(elman.work[0] == Work(inference: products, training: 2 * products))
    let gru = try report(Shape(28), [.gru(64, steps: 28, trace: true), .output(10)])
    #expect(gru.work[0] == Work(inference: 3 * products, training: 12 * products))
    // Through time: 28 steps of inputs, of 5 x 64 numbers of the layer, and the deltas of two layers.
    let held = 28 * (28 + 5 * 64) * 4 + 10 * 4 + (10 + 64) * 4
    #expect(gru.backpropagation.bytes == gru.footprint.parameterBytes + held)
    #expect(gru.backpropagation.bytes > gru.footprint.parameterBytes * 3 / 2)
  }

  /// Inputs 784 and outputs 128 and 10 stay, beside the deltas of the last two layers.
  @Test func backpropagationHoldsEveryOutputAndTwoDeltas() throws {
    let (parameters, layers) = (101_770 * 4, [LayerDescription.dense(128), .output(10)])
    let one = try report(Shape(784), layers).backpropagation
    #expect(one.bytes == parameters + (784 + 138) * 4 + 138 * 4)
    #expect(one.bytesWithGradients == one.bytes + parameters)
    let many = try report(Shape(784), layers, batch: 64).backpropagation
    #expect(many.bytes == parameters + 64 * (784 + 138 + 138) * 4)
  }

  @Test func whatLiesInFlashIsNobodysMemory() throws {
    var layers = [LayerDescription.dense(128), .output(10)]
    layers[0].isFrozen = true
    let found = try report(Shape(784), layers, constants: .inFlash).backpropagation
    #expect(found.bytes == 1_290 * 4 + (784 + 138) * 4 + 10 * 4)
    #expect(found.bytesWithGradients == found.bytes + 1_290 * 4)
  }

  /// The fullest step is the second, whose deltas are the largest: above it nothing but the kept is left.
  @Test func outputsAboveALayerAreNoLongerHeld() throws {
    let layers: [LayerDescription] = [
      .convolution(8, Window(3, 3)), .convolution(8, Window(3, 3), pool: 2), .output(10),
    ]
    let found = try report(Shape(rows: 4, columns: 4), layers).backpropagation
    let parameters = (8 * 9 + 8 + 8 * 72 + 8 + 320 + 10) * 4
    // 16 inputs, 128 and 32 outputs, 32 winners of a byte, deltas of 32 and 128.
    #expect(found.bytes == parameters + (16 + 128 + 32) * 4 + 32 + (32 + 128) * 4)
    #expect(found.bytesWithGradients == 2 * parameters + (16 + 128 + 32 + 10) * 4 + 32 + 160 * 4)
  }
}
