import Datasets
import Profiler
import Selvedge
import Simulator

/// A network whose steps are counted under qemu: to calibrate by, or to compare a prediction with.
struct CountedStep {
  let text: String
  let precision: Precision
  let rule: Rule
  let batch: Int
  let rounding: Rounding

  init(
    _ text: String, _ precision: Precision = .float32, _ rule: Rule = .readout, batch: Int = 1,
    rounding: Rounding = .automatic
  ) {
    (self.text, self.precision, self.rule) = (text, precision, rule)
    (self.batch, self.rounding) = (batch, rounding)
  }

  /// What it is, in words.
  var title: String { "\(text); \(precision.name), \(rule.name), batch \(batch)" }

  /// Instructions of a step of training and of a prediction, as counted, and what they do.
  struct Count {
    let training: Double
    let prediction: Double
    let trainingStep: (Tiles) -> Operations
    let predictionStep: (Tiles) -> Operations

    var observations: [Calibration.Observation] {
      [.init(training, trainingStep), .init(prediction, predictionStep)]
    }
  }

  private func description() throws -> (input: Shape, layers: [LayerDescription]) {
    let text = try NetworkText(text, classes: nil)
    return (text.input!, text.layers.map { $0.stored(as: precision) })
  }

  /// Counts two steps and two predictions of seeded samples.
  func count(on emulator: EmulatedDevice) throws -> Count {
    let (input, layers) = try description()
    let classes = Int(layers.last!.units)
    let device = try Device(
      input: input, layers: layers, batch: batch,
      purpose: .training(digest: rule.digestCount(classes: classes)), seed: 1)
    let steps = layers[0].kind.readsSteps ? Int(layers[0].steps) : 1
    let record = TrainingRecord(
      rule: rule, schedule: .simultaneous, rounding: rounding, shuffles: false, batch: batch,
      epochs: 1, rates: Rates(hidden: 0.01, output: 0.01), validation: 0, samples: 2 * batch,
      dataChecksum: 0, step: 0)
    let count = input.count * steps
    // What the values are matters little; large samples come as bytes, as those of images do.
    let areBytes = count >= 400
    let numbers = CounterGenerator(seed: 7, stream: 0)
    let values = (0..<UInt64(2 * batch * count)).map { place -> Float in
      let word = numbers[place]
      return areBytes ? Float(word >> 56) : (Float(word >> 40) / 8_388_608 - 1) * 1.7
    }
    if areBytes {
      device.network.standardisation = Standardisation(mean: 127.5, deviation: 74)!
    }
    let samples = Samples(floats: values, shape: [steps, input.count])
    let stream = try FeedRecords(valuesPerStep: input.count, samples, nil)
    let model = SavedModel.bytes(of: device.network, record: record)
    let head =
      withUnsafeBytes(of: UInt32(model.count).littleEndian) { Array($0) } + model
      + stream.header(classes: classes)
    func instructions(_ part: Range<Int>, isTest: Bool) throws -> Double {
      let records = part.flatMap {
        stream.record(samples, $0, label: $0 % classes, isTest: isTest)
      }
      return Double(try emulator.instructions(head + records))
    }
    let none = try instructions(0..<0, isTest: false)
    let trained = try instructions(0..<2 * batch, isTest: false)
    let predicted = try instructions(0..<2, isTest: true)
    let (batch, rule, rounding) = (batch, rule, rounding)
    let plan = try Plan(
      input: input, layers: layers.span, batch: batch,
      purpose: .training(digest: rule.digestCount(classes: classes)))
    var planned: [PlannedLayer] = []
    plan.forEachLayer { planned.append($0) }
    let readings = Dictionary(
      uniqueKeysWithValues: Tiles.all.map {
        ($0, StepOperations.reading(plan, tiles: $0, asBytes: areBytes))
      })
    let reading = { (tiles: Tiles) in readings[tiles]! }
    return Count(
      training: (trained - none) / 2, prediction: (predicted - none) / 2,
      trainingStep: { [planned] tiles in
        var step = StepOperations(planned, batch: batch, tiles: tiles, rounding: rounding)
        step.train(rule, samples: batch)
        var all = step.all
        all.add(reading(tiles), times: Double(batch))
        return all
      },
      predictionStep: { [planned] tiles in
        var step = StepOperations(planned, batch: batch, tiles: tiles, rounding: rounding)
        step.predict()
        var all = step.all
        all.add(reading(tiles))
        return all
      })
  }
}

extension CountedStep {
  private static let precisions = Precision.all

  /// What coefficients are fitted to: every kernel of every precision, in shapes that tell its loops apart.
  static var calibration: [CountedStep] {
    var all: [CountedStep] = []
    // Dense layers: rows and columns with and without rests.
    for precision in precisions {
      for (inputs, units, classes) in [
        (64, 64, 8), (61, 64, 8), (64, 37, 5), (200, 96, 10), (23, 150, 3), (400, 40, 20),
        (17, 9, 2),
      ] {
        for batch in [1, 2, 9, 32] where batch < 9 || inputs < 100 {
          all.append(
            .init("input \(inputs), dense \(units), output \(classes)", precision, batch: batch))
        }
      }
      for (units, batch) in [(130, 3), (66, 5), (40, 7), (100, 16)] {
        all.append(
          .init("input 80, dense \(units), output 3", precision, .frozen, batch: batch))
        all.append(
          .init("input 29, dense \(units), output 5", precision, .direct, batch: batch))
      }
      for (inputs, classes, batch) in [
        (8, 2, 1), (16, 40, 1), (400, 3, 1), (300, 64, 1), (64, 100, 6), (100, 17, 8), (48, 8, 12),
      ] {
        all.append(.init("input \(inputs), output \(classes)", precision, batch: batch))
      }
      for (inputs, units, batch) in [
        (700, 100, 1), (500, 256, 1), (256, 48, 8), (300, 64, 20), (640, 32, 3), (420, 90, 2),
        (96, 320, 12), (600, 44, 12), (512, 24, 24), (900, 20, 6),
      ] {
        all.append(.init("input \(inputs), dense \(units), output 8", precision, batch: batch))
        all.append(
          .init("input \(inputs), dense \(units), output 8", precision, .squared, batch: batch))
      }
      for rule in [Rule.squared, .masked, .frozen] {
        for batch in [1, 5] {
          all.append(.init("input 72, dense 64, output 6", precision, rule, batch: batch))
          all.append(
            .init("input 31, dense 130, dense 20, output 3", precision, rule, batch: batch))
        }
      }
      for batch in [1, 4, 6] {
        all.append(
          .init("input 40, dense 72 lookahead, dense 33, output 7", precision, batch: batch))
        all.append(
          .init("input 24, dense 50 relu lookahead, output 12", precision, batch: batch))
      }
      all.append(.init("input 48, dense 60 sigmoid, dense 24 relu, output 4", precision))
      all.append(.init("input 48, dense 200 sigmoid, readout 4", precision))
      all.append(.init("input 48, dense 20 linear, readout 11", precision, batch: 3))
      all += maps(precision) + sequences(precision)
    }
    all.append(
      .init("input 60, dense 44, output 5", .float16, batch: 1, rounding: .stochastic))
    all.append(
      .init("input 90, dense 64, output 5", .float16, batch: 8, rounding: .stochastic))
    return all
  }

  private static func maps(_ precision: Precision) -> [CountedStep] {
    [
      "input 12x12, conv 8 3x3, output 4", "input 12x12, conv 6 5x5, pool 2, output 4",
      "input 14x14, conv 16 5x5, pool 2, conv 8 3x3, pool 2, dense 16, output 5",
      "input 10x10x3, conv 12 3x3 relu, conv 8 3x3 stride 2, output 3",
      "input 8x8x16, conv 16 1x1, output 3", "input 9x9x4, conv 24 3x3 valid, pool 3, output 3",
      "input 12x12, depthwise 3x3, output 4", "input 8x8x16, depthwise 3x3, output 4",
      "input 8x8x12, depthwise 3x3, pool 2, output 4", "input 12x12x3, depthwise 3x3, output 4",
      "input 16x16x2, conv 8 1x1, output 4", "input 16x16x7, conv 12 1x1, pool 2, output 4",
      "input 16x16, conv 16 7x7 stride 2, conv 16 3x3, pool 2, output 4",
      "input 10x10x6, depthwise 3x3, conv 24 1x1, output 4",
      "input 10x10x5, depthwise 5x5 sigmoid, pool 2, conv 10 1x1, output 4",
      "input 12x12, conv 8 3x3 lookahead, pool 2, conv 12 3x3 lookahead, pool 2, dense 20, output 4",
      "input 10x10, conv 8 3x3 lookahead, conv 8 3x3 lookahead, output 4",
      "input 8x8x6, conv 16 3x3 lookahead, conv 20 3x3 lookahead, pool 2, output 4",
      "input 12x12, depthwise 3x3 lookahead, conv 8 5x5, pool 4, output 4",
      "input 12x12, conv 8 3x3, average 2, dense 20, output 4",
      "input 12x12, conv 8 3x3, global, output 4", "input 8x8x9, pool 2, dense 20, output 4",
      "input 100, normalise, dense 20, output 4", "input 9x9x2, normalise, conv 7 3x3, output 4",
    ].map { .init($0, precision) } + [
      .init("input 12x12, conv 8 3x3, pool 2, dense 30, output 4", precision, batch: 4),
      .init("input 12x12, conv 8 3x3, pool 2, dense 30, output 4", precision, .masked, batch: 2),
      .init("input 12x12x2, conv 16 3x3, conv 9 3x3, pool 2, output 4", precision, .squared),
      .init("input 10x10x2, depthwise 3x3, conv 9 3x3, pool 2, output 4", precision, .frozen),
    ]
  }

  private static func sequences(_ precision: Precision) -> [CountedStep] {
    [
      .init("input 16, oscillators 5 steps 12, dense 24, output 4", precision),
      .init("input 3, oscillators 20 steps 30, dense 24, output 4", precision, batch: 4),
      .init("input 4, elman 8 steps 30, output 3", precision),
      .init("input 12, elman 20 steps 25 leak 0.3, output 3", precision, batch: 4),
      .init("input 30, elman 20 steps 1, output 4", precision),
      .init("input 12, gru 12 steps 25, output 4", precision),
      .init("input 6, gru 9 steps 16, output 4", precision, batch: 3),
      .init("input 40, gru 20 steps 2, output 4", precision),
      .init("input 8, gru 10 steps 14 trace, output 3", precision),
      .init("input 20, oscillators 3 steps 40, dense 10, output 3", precision),
      .init("input 4, oscillators 4 steps 60, output 3", precision),
      .init("input 10, legendre 4 steps 40, output 3", precision),
      .init("input 16, legendre 5 steps 2, dense 10, output 3", precision),
      .init("input 20, oscillators 8 steps 20, dense 24, output 4", precision),
      .init("input 12, oscillators 6 steps 16, output 4", precision),
      .init("input 7, oscillators 9 steps 16, dense 16, output 4", precision),
      .init("input 24, elman 64 steps 8, dense 24, output 4", precision),
      .init("input 40, elman 32 steps 12, output 4", precision),
      .init("input 20, gru 40 steps 6, output 4", precision),
      .init("input 20, gru 24 steps 6, output 4", precision, batch: 6),
      .init("input 5, elman 21 steps 6 trace, output 3", precision, batch: 2),
      .init("input 8, legendre 6 steps 10, dense 24, output 4", precision),
      .init("input 1, legendre 24 steps 20, output 4", precision),
      .init("input 4, legendre 12 steps 16, dense 20, output 4", precision),
      .init("input 6, legendre 10 steps 16, dense 20, output 4", precision),
      .init("input 16, elman 24 steps 6, output 4", precision),
      .init("input 7, elman 37 steps 5, output 4", precision, batch: 4),
      .init("input 12, elman 48 steps 5 leak 0.5, output 4", precision),
      .init("input 20, elman 16 steps 5 leak 0.5, elman 16 steps 5, output 4", precision, batch: 3),
      .init("input 16, elman 24 steps 4 trace, output 4", precision),
      .init("input 16, gru 16 steps 5, output 4", precision),
      .init("input 9, gru 33 steps 4, gru 20 steps 4, output 4", precision, batch: 3),
      .init("input 28, gru 64 steps 3, output 10", precision, .masked),
      .init("input 16, gru 24 steps 4 trace, output 4", precision),
      .init("input 10, gru 17 steps 4 trace, output 4", precision, batch: 3),
      .init("input 14, elman 30 steps 5, output 6", precision, .squared, batch: 2),
      .init("input 14, gru 30 steps 5, output 6", precision, .frozen),
    ]
  }

  /// Networks of other shapes, which no coefficient was fitted to.
  static var fresh: [CountedStep] {
    var all: [CountedStep] = []
    for precision in precisions {
      all += [
        .init("input 784, dense 128, output 10", precision),
        .init("input 784, dense 50, output 10", precision, batch: 16),
        .init("input 100, dense 77, dense 45, dense 31, output 9", precision),
        .init("input 150, dense 90, dense 52, output 6", precision, .masked, batch: 8),
        .init("input 150, dense 90, dense 52, output 6", precision, .squared),
        .init("input 150, dense 90, dense 52, output 6", precision, .frozen, batch: 3),
        .init("input 120, dense 100 lookahead, dense 40, output 10", precision),
        .init(
          "input 28x28, conv 6 5x5, pool 2, conv 12 3x3, pool 2, dense 40, output 10", precision),
        .init(
          "input 16x16, conv 8 3x3 lookahead, pool 2, conv 16 3x3 lookahead, pool 2, dense 32, "
            + "output 10", precision, batch: 4),
        .init("input 20x20x3, depthwise 3x3, conv 16 1x1, pool 2, dense 24, output 5", precision),
        .init("input 28, oscillators 5 steps 28, dense 64, output 10", precision),
        .init("input 12, legendre 8 steps 25, dense 40, output 6", precision),
        .init("input 28, elman 40 steps 10, output 10", precision),
        .init("input 11, elman 28 steps 12 leak 0.5, output 5", precision, batch: 6),
        .init("input 28, gru 32 steps 8, output 10", precision, batch: 4),
        .init("input 6, gru 20 steps 9 trace, output 5", precision),
      ]
    }
    return all
  }
}
