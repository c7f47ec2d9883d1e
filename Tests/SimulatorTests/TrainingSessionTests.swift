import Datasets
import Selvedge
import Simulator
import Testing

@Suite struct TrainingSessionTests {
  /// Ten samples of two classes that a sign tells apart.
  static let data = LabelledSamples(
    Samples(floats: (0..<10).flatMap { [Float($0 % 2 * 2 - 1), 0.5] }, shape: [2]),
    labels: (0..<10).map { $0 % 2 })

  struct Setting {
    var hidden = 2
    var frozen: [Int] = []
    var activation = Activation.tanh
    var precision = Precision.float32
    var record = TrainingRecord(
      rule: .readout, schedule: .simultaneous, shuffles: true, batch: 3, epochs: 4,
      rates: Rates(hidden: 0.1, output: 0.1), validation: 0.2, samples: 10,
      dataChecksum: TrainingSession.checksum(data, samples: 10), step: 0)

    func session(_ data: LabelledSamples = data) throws(any Error) -> TrainingSession {
      var layers = [LayerDescription](repeating: .dense(5, activation), count: hidden)
      layers.append(.output(2))
      layers = layers.map { $0.stored(as: precision) }
      for k in frozen { layers[k].isFrozen = true }
      let device = try Device(
        input: Shape(2), layers: layers, batch: record.batch, purpose: .training(digest: 2), seed: 6
      )
      return try TrainingSession(device, record: record, data: data)
    }
  }

  @Test(arguments: [
    (Rule.readout, TrainingRecord.Schedule.simultaneous, [], 4),
    (.readout, .sequential, [], 12), (.readout, .sequential, [1], 8),
    (.readout, .sequential, [0, 2], 4), (.frozen, .sequential, [], 4),
    (.frozen, .simultaneous, [0], 4),
  ])
  func stepsAndEpochsAddUp(
    rule: Rule, schedule: TrainingRecord.Schedule, frozen: [Int], epochs: Int
  ) throws {
    var setting = Setting(frozen: frozen)
    (setting.record.rule, setting.record.schedule) = (rule, schedule)
    let session = try setting.session()
    #expect(session.order.training.count == 8 && session.stepsPerEpoch == 3)
    #expect(session.totalEpochs == epochs && session.totalSteps == 3 * epochs)
    for step in 0..<session.totalSteps {
      #expect(session.epochsDone == step / 3 && !session.isComplete)
      // The last batch of an epoch holds what is left.
      #expect(try session.step().samples == (step % 3 == 2 ? 2 : 3))
      #expect(session.record.step == step + 1)
    }
    #expect(session.isComplete && session.epochsDone == epochs)
    #expect(try session.validate()?.count == 2)
  }

  @Test func sequentialScheduleChangesALayerAtATime() throws {
    var setting = Setting()
    setting.record.schedule = .sequential
    let session = try setting.session()
    var before = try Self.layers(session)
    for phase in 0..<3 {
      for _ in 0..<12 { _ = try session.step() }
      let after = try Self.layers(session)
      for k in 0..<3 {
        #expect((before[k] != after[k]) == (k == phase), "phase \(phase), layer \(k)")
      }
      before = after
    }
    #expect(session.isComplete)
  }

  @Test func recordGoesOnWhereItStood() throws {
    for schedule in [TrainingRecord.Schedule.simultaneous, .sequential] {
      var setting = Setting()
      setting.record.schedule = schedule
      let whole = try setting.session()
      while !whole.isComplete { _ = try whole.step() }
      for stop in 0..<whole.totalSteps {
        let first = try setting.session()
        for _ in 0..<stop { _ = try first.step() }
        let bytes = SavedModel.bytes(of: first.device.network, record: first.record)
        let saved = try SavedModel(bytes)
        let device = try Device(saved, batch: 3, purpose: { .training(digest: $0) })
        let second = try TrainingSession(
          device, record: try #require(saved.record), data: Self.data)
        while !second.isComplete { _ = try second.step() }
        #expect(
          second.device.network.weightsChecksum == whole.device.network.weightsChecksum,
          "\(schedule), stopped at \(stop)")
      }
    }
  }

  static func layers(_ session: TrainingSession) throws -> [[Float]] {
    try (0..<session.device.network.layerCount).map { try session.device.network.copy(ofLayer: $0) }
  }

  // MARK: Refusals

  /// Numbers from a file may be anything: none may cost memory or end the process.
  /// What random layers give shrinks from layer to layer, and grows as they learn: the scales follow in the first
  /// epoch already.
  @Test func scalesThatAreOutgrownAreChosenAnew() throws {
    let count = 400
    let labels = (0..<count).map { $0 % 2 }
    let floats = labels.enumerated().flatMap { index, label -> [Float] in
      [label == 0 ? -1 : 1, Float(index % 7) / 7]
    }
    let data = LabelledSamples(Samples(floats: floats, shape: [2]), labels: labels)
    var setting = Setting(hidden: 8, precision: .int8)
    setting.record = TrainingRecord(
      rule: .readout, schedule: .simultaneous, shuffles: true, batch: 4, epochs: 2,
      rates: Rates(hidden: 0.4, output: 0.1), validation: 0, samples: count,
      dataChecksum: TrainingSession.checksum(data, samples: count), step: 0)
    let session = try setting.session(data)
    _ = try session.step()
    let first = try session.device.network.scale(ofLayer: 8)!.inputExponent
    while session.record.step < session.stepsPerEpoch - 1 { _ = try session.step() }
    let last = try session.device.network.scale(ofLayer: 8)!.inputExponent
    #expect(first > last, "\(first), \(last)")
    // Half of an epoch would be clipped otherwise.
    let clipped = try session.device.network.saturation(ofLayer: 8)!.inputs
    #expect(clipped < count * 5 / 8, "\(clipped)")
  }

  @Test(arguments: [11, 1 << 40, Int.max])
  func moreSamplesThanThereAreAreRefused(samples: Int) {
    var setting = Setting()
    setting.record.samples = samples
    Self.expect(setting) { if case .otherData = $0 { true } else { false } }
  }

  @Test func otherLabelsAreRefused() {
    var setting = Setting()
    setting.record.dataChecksum ^= 1
    Self.expect(setting) { if case .otherData = $0 { true } else { false } }
  }

  @Test func noSamplesAreRefused() {
    var setting = Setting()
    setting.record.samples = 0
    Self.expect(setting) { if case .nothingToTrainOn(samples: 0) = $0 { true } else { false } }
  }

  @Test func stepsBehindTheEndAreRefused() throws {
    var setting = Setting()
    setting.record.step = 12
    #expect(try setting.session().isComplete)
    for step in [13, Int.max] {
      setting.record.step = step
      Self.expect(setting) { if case .otherData = $0 { true } else { false } }
    }
  }

  @Test func allFrozenIsRefused() {
    var setting = Setting(frozen: [0, 1, 2])
    Self.expect(setting) { if case .allFrozen = $0 { true } else { false } }
    setting.frozen = [2]
    setting.record.rule = .frozen
    Self.expect(setting) { if case .allFrozen = $0 { true } else { false } }
  }

  private static func expect(_ setting: Setting, _ isExpected: (SessionError) -> Bool) {
    let error = #expect(throws: SessionError.self) { try setting.session() }
    if let error { #expect(isExpected(error), "\(error)") }
  }

  @Test func sampleThatIsNoneIsNamed() throws {
    var setting = Setting()
    setting.record.shuffles = false
    // Its values are finite until they are divided by the deviation.
    var floats = (0..<10).flatMap { [Float($0 % 2 * 2 - 1), 0.5] as [Float] }
    for sample in [4, 9] {
      floats[2 * sample + 1] = 3e38
      let data = LabelledSamples(
        Samples(floats: floats, shape: [2], name: "file"), labels: Self.data.labels)
      setting.record.dataChecksum = TrainingSession.checksum(data, samples: 10)
      let session = try setting.session(data)
      session.device.network.standardisation = Standardisation(mean: 0, deviation: 0.1)!
      let error = #expect(throws: SessionError.self) {
        // The last two of the samples are held back.
        if sample == 9 { _ = try session.validate() }
        while !session.isComplete { _ = try session.step() }
      }
      let culprit = SampleError(file: "file", index: sample, error: .notFinite(index: 1))
      if case .sample(let found) = error {
        #expect(found == culprit)
      } else {
        Issue.record("sample \(sample): \(String(describing: error))")
      }
      floats[2 * sample + 1] = 0.5
    }
  }

  @Test func rollingBackIsAsIfItHadNeverHappened() throws {
    for precision in [Precision.float32, .int8] {
      var setting = Setting(activation: .linear, precision: precision)
      let calm = try setting.session()
      while !calm.isComplete { _ = try calm.step() }
      // The same rates, 2^110 times as large.
      let (factor, rates) = (
        Float(sign: .plus, exponent: 110, significand: 1), setting.record.rates
      )
      setting.record.rates = Rates(
        hidden: factor * rates.hidden, output: factor * rates.output,
        convolution: factor * rates.convolution, recurrent: factor * rates.recurrent)
      let session = try setting.session()
      let mark = session.mark
      let error = #expect(throws: SessionError.self) {
        while !session.isComplete { _ = try session.step() }
      }
      guard case .diverged = error else {
        Issue.record("\(precision): \(String(describing: error))")
        continue
      }
      session.rollBack(to: mark, rates: 1 / factor)
      while !session.isComplete { _ = try session.step() }
      #expect(session.mark == calm.mark, "\(precision)")
    }
  }

  @Test(arguments: [Precision.float32, .float16])
  func divergenceIsFound(precision: Precision) throws {
    var setting = Setting(activation: .linear, precision: precision)
    setting.record.rates = Rates(hidden: 1e38, output: 1e38)
    for schedule in [TrainingRecord.Schedule.simultaneous, .sequential] {
      setting.record.schedule = schedule
      let session = try setting.session()
      // Hidden layers have no loss to show it.
      let error = #expect(throws: SessionError.self) {
        while !session.isComplete {
          _ = try session.step()
          try session.checkParameters()
        }
      }
      guard case .diverged = error else {
        Issue.record("\(schedule): \(String(describing: error))")
        continue
      }
    }
  }
}

extension Network {
  /// The weights of a layer, as an array.
  fileprivate func copy(ofLayer index: Int) throws -> [Float] {
    try parameters(ofLayer: index).weights
  }
}
