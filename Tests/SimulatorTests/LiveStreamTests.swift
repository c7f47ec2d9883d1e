import Datasets
import Selvedge
import Simulator
import Testing

@Suite struct LiveStreamTests {
  private let data = TrainingSessionTests.data

  private func device(_ precision: Precision = .float32) throws -> Device {
    let layers = [LayerDescription.dense(5), .output(2)].map { $0.stored(as: precision) }
    return try Device(
      input: Shape(2), layers: layers, batch: 1, purpose: .training(digest: 2), seed: 6)
  }

  private func stream(
    _ labels: LabelArrival, arrivals: [Int] = [3, 1, 4, 0, 5, 9, 2, 6],
    _ precision: Precision = .float32
  ) throws -> LiveStream {
    try LiveStream(
      device(precision), record: TrainingSessionTests.Setting().record, data: data,
      arrivals: arrivals, labels: labels)
  }

  @Test(arguments: Precision.all)
  func promptLabelsTrainInTheOrderOfArrival(precision: Precision) throws {
    let stream = try stream(.prompt, precision)
    while !stream.isComplete { try stream.step() }
    var record = stream.session.record
    record.step = 0
    let plain = try TrainingSession(
      device(precision), record: record, data: data,
      order: SampleOrder(inTurn: [3, 1, 4, 0, 5, 9, 2, 6]))
    while !plain.isComplete { _ = try plain.step() }
    #expect(plain.record.step == 8)
    #expect(
      plain.device.network.weightsChecksum == stream.session.device.network.weightsChecksum)
    #expect(stream.all.count == 8 && stream.secondHalf.count == 4)
  }

  @Test func lateLabelsTeachLater() throws {
    let stream = try stream(LabelArrival(delay: 2, fraction: 1, seed: 1))
    let learned = stream.events.filter(\.isLearned).map(\.index)
    #expect(learned == [3, 1, 4, 0, 5, 9])
    // Two samples come before the first label.
    #expect(stream.events.prefix(4).map(\.index) == [3, 1, 4, 3])
    let untrained = stream.session.device.network.weightsChecksum
    for _ in 0..<2 { try stream.step() }
    #expect(stream.session.device.network.weightsChecksum == untrained)
    try stream.step()
    #expect(stream.session.device.network.weightsChecksum != untrained)
    while !stream.isComplete { try stream.step() }
    #expect(stream.session.isComplete && stream.session.record.step == 6)
  }

  @Test func withoutAnyLabelNothingCanBeTrained() {
    #expect(throws: SessionError.self) {
      try stream(LabelArrival(delay: 8, fraction: 1, seed: 1))
    }
  }

  @Test func aDriftChangesTheSamplesItIsSaidTo() throws {
    let images = LabelledSamples(
      Samples(bytes: (0..<80).map { UInt8($0 * 3) }, shape: [4, 4]), labels: [0, 1, 0, 1, 0])
    let drift = try Drift(.gain, severity: 5, seed: 1, like: images.samples, .image)
    let changed = images.drifted(by: [drift], at: [1, 4])
    #expect(changed.labels == images.labels && changed.samples.shape == [4, 4])
    for index in 0..<5 {
      #expect((values(images, index) == values(changed, index)) == ![1, 4].contains(index))
    }
  }

  private func values(_ data: LabelledSamples, _ index: Int) -> [Float] {
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    var span = values.mutableSpan
    _ = data.samples.copy(index, into: &span)
    return values
  }

  @Test(arguments: Precision.all, [1, 7])
  func aRunWithPowerLossesEndsAsOneWithout(precision: Precision, losses: Int) throws {
    var setting = TrainingSessionTests.Setting(precision: precision)
    setting.record.epochs = 9
    let session = try setting.session()
    try session.prepare()
    let model = SavedModel.bytes(of: session.device.network, record: session.record)
    while !session.isComplete { _ = try session.step() }
    let run = try PowerLosses(losses, of: session, from: model, data: data) { _ in }
    #expect(run.checksum == session.device.network.weightsChecksum)
    #expect(run.count == losses && run.saves >= 2)
  }
}
