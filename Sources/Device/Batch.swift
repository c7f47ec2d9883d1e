import ExampleSupport
import Selvedge

/// The samples that have been read and not learned from yet: one, or all sequences of a step of recurrent
/// layers, which read them in step with each other.
struct Batch {
  let isRecurrent: Bool
  /// Sequences that wait.
  private(set) var count = 0
  private let values: UnsafeMutableBufferPointer<Float>
  /// One step of all sequences.
  private let step: UnsafeMutableBufferPointer<Float>
  private var labels = InlineArray<256, Int>(repeating: 0)
  private var steps = InlineArray<256, Int>(repeating: 0)
  private let width: Int
  private let room: Int

  /// Room for `sequences` of up to `steps` steps of `width` values, at most 256.
  init(sequences: Int, steps: Int, width: Int, isRecurrent: Bool) throws(Failure) {
    self.isRecurrent = isRecurrent
    self.width = width
    room = steps * width
    values = try Memory.floats(sequences * room)
    step = try Memory.floats(isRecurrent ? sequences * width : 0)
  }

  /// Reads the values of a sample behind those that wait.
  func read(
    _ sample: SampleStream.Sample, _ stream: inout SampleStream
  ) throws(Failure) -> UnsafeBufferPointer<Float> {
    let first = count * room
    do throws(StreamError) {
      for t in 0..<sample.steps {
        let place = first + t * width
        try stream.readStep(
          into: UnsafeMutableBufferPointer(rebasing: values[place..<place + width]))
      }
    } catch {
      throw .stream(error)
    }
    return UnsafeBufferPointer(rebasing: values[first..<first + sample.steps * width])
  }

  /// Keeps the sequence that was read, unless it is longer than the one before.
  mutating func keep(_ sample: SampleStream.Sample) -> Bool {
    guard count == 0 || sample.steps <= steps[count - 1] else { return false }
    labels[count] = sample.label
    steps[count] = sample.steps
    count += 1
    return true
  }

  mutating func empty() { count = 0 }

  /// Lets recurrent layers learn from every step of the sequences that wait.
  func learn(
    _ record: TrainingRecord, _ rates: Rates, _ layers: Range<Int>?, _ network: inout Network
  ) throws(NetworkError) {
    try network.begin(labels.span.extracting(0..<count))
    var (t, going) = (0, count)
    while true {
      while going > 0 && steps[going - 1] <= t { going -= 1 }
      guard going > 0 else { return }
      for s in 0..<going {
        for c in 0..<width { step[s * width + c] = values[s * room + t * width + c] }
      }
      try network.learn(
        step.span.extracting(0..<going * width), from: record.rule, rates: rates,
        layers: layers, rounding: record.rounding)
      t += 1
    }
  }
}
