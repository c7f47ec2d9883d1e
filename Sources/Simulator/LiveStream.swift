import Datasets
import Selvedge

/// Samples as they come to a device, one after the other: each is predicted when it comes, and learned from
/// when its label does.
public final class LiveStream {
  /// The training on the labelled samples, one at a time, in the order in which their labels come.
  public let session: TrainingSession
  /// How the device did on the samples as they came, before it learned from them.
  public private(set) var all: Evaluation
  /// The same over the last part of the stream: from its middle on.
  public private(set) var secondHalf: Evaluation
  /// Samples that have come.
  public private(set) var position = 0

  private let data: LabelledSamples
  private let arrivals: [Int]
  private let labels: LabelArrival

  /// What a device does next with a sample.
  public struct Event: Equatable, Sendable {
    /// The sample's number in the data.
    public let index: Int
    /// Whether it is learned from, and not only predicted.
    public let isLearned: Bool

    public init(index: Int, isLearned: Bool) { (self.index, self.isLearned) = (index, isLearned) }
  }

  /// A stream of the samples `arrivals` of some data.
  ///
  /// - Parameter record: How the device learns; how many samples, and in which order, the stream says.
  /// - Throws: `SessionError`, if no label ever comes or no layer learns.
  public init(
    _ device: Device, record: TrainingRecord, data: LabelledSamples, arrivals: [Int],
    labels: LabelArrival
  ) throws(SessionError) {
    let learned = arrivals.indices.compactMap { labels.arrives(after: $0) }.map { arrivals[$0] }
    var record = record
    (record.samples, record.batch, record.epochs) = (learned.count, 1, 1)
    (record.shuffles, record.validation) = (false, 0)
    record.dataChecksum = TrainingSession.checksum(data, samples: learned.count)
    session = try TrainingSession(
      device, record: record, data: data, order: SampleOrder(inTurn: learned))
    self.data = data
    self.arrivals = arrivals
    self.labels = labels
    all = Evaluation(classes: device.network.classes)
    secondHalf = all
  }

  public var isComplete: Bool { position >= arrivals.count }

  /// All that happens, in turn.
  public var events: [Event] {
    arrivals.indices.flatMap { position in
      let labelled = labels.arrives(after: position).map {
        Event(index: arrivals[$0], isLearned: true)
      }
      return [Event(index: arrivals[position], isLearned: false)] + (labelled.map { [$0] } ?? [])
    }
  }

  /// The next sample comes, and a label if one does.
  ///
  /// - Precondition: The stream is not complete.
  /// - Throws: `SessionError`, as `TrainingSession.step` does.
  public func step() throws(SessionError) {
    // What is predicted must not depend on scales that are chosen only later.
    try session.prepare()
    let index = arrivals[position]
    var found = 0
    do throws(SampleError) {
      try session.device.network.forEachPrediction(
        data, indices: [index], { _ in },
        { network, sample, _ in
          found = network.predictedClass(of: sample)
        })
    } catch {
      throw .sample(error)
    }
    all.add(data.labels[index], takenFor: found)
    if 2 * position >= arrivals.count { secondHalf.add(data.labels[index], takenFor: found) }
    if labels.arrives(after: position) != nil { _ = try session.step() }
    position += 1
  }
}
