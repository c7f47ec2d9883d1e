import CStandardLibrary
import Datasets
import Selvedge

/// How a device learns from a stream that shows every sample once.
public struct StreamSettings: Sendable {
  /// What becomes of a sample.
  public enum Learning: Sendable {
    /// A step on it, and on some that a replay buffer has kept.
    case steps(Rates)
    /// It is counted in a Gaussian head; the layers in front stay as they are.
    case counts
  }

  public var learning: Learning
  /// Samples that the replay buffer has room for; no buffer if 0.
  public var capacity = 0
  public var replacement = ReplayPlan.Replacement.reservoir
  /// Old samples that are learned from again with each new one.
  public var rehearsed = 3
  /// Whether only the classes of a step's samples compete in it.
  public var onlyBatchCompetes = false

  public init(_ learning: Learning) { self.learning = learning }
}

/// A device that learns from a stream: a network, and in memory of its own beside it what it keeps of the stream.
public final class StreamDevice {
  public let device: Device
  private let settings: StreamSettings
  private var buffer: ReplayBuffer?
  private var head: GaussianHead?
  /// The bytes that a replay buffer takes.
  public let bufferBytes: Int
  /// The bytes that a Gaussian head takes.
  public let headBytes: Int
  private let memory: UnsafeMutableRawBufferPointer

  /// A device with an untrained network, or that of a model.
  ///
  /// - Throws: `DeviceError`, or `ReplayError` or `GaussianHeadError` if a network like this has no such thing.
  public init(
    input: Shape, layers: [LayerDescription], model: SavedModel? = nil, seed: UInt64,
    _ settings: StreamSettings
  ) throws {
    self.settings = settings
    let classes = Int(layers[layers.count - 1].units)
    var (batch, purpose) = (1, Plan.Purpose.inference)
    if case .steps = settings.learning {
      batch = settings.capacity == 0 ? 1 : settings.rehearsed + 1
      purpose = .training(digest: Rule.readout.digestCount(classes: classes))
    }
    if let model {
      device = try Device(model, batch: batch, purpose: { _ in purpose })
    } else {
      device = try Device(input: input, layers: layers, batch: batch, purpose: purpose, seed: seed)
    }
    device.network.onlyBatchCompetes = settings.onlyBatchCompetes
    let plan = try Plan(input: input, layers: layers.span, batch: batch, purpose: purpose)
    let replay =
      settings.capacity == 0
      ? nil : try ReplayPlan(settings.capacity, of: plan, replacement: settings.replacement)
    var counted: GaussianHeadPlan?
    if case .counts = settings.learning { counted = try GaussianHeadPlan(of: plan) }
    bufferBytes = replay?.bytes ?? 0
    headBytes = counted?.bytes ?? 0
    memory = try Device.allocate(bufferBytes + headBytes)
    do {
      var arena = try Arena(memory)
      if let replay { buffer = try ReplayBuffer(replay, seed: seed, in: &arena) }
      if let counted { head = try GaussianHead(counted, in: &arena) }
      precondition(arena.available == 0, "bytes were planned that nobody uses")
    } catch {
      free(memory.baseAddress)
      throw error
    }
  }

  deinit { free(memory.baseAddress) }

  /// All bytes that the device needs.
  public var arenaBytes: Int { device.arenaBytes + bufferBytes + headBytes }

  /// Learns from the next sample.
  ///
  /// - Returns: The loss before the step, if there was one.
  /// - Throws: `NetworkError`, `ReplayError` or `GaussianHeadError`; nothing has changed then.
  func learn(_ values: Span<Float>, label: Int) throws -> Float? {
    switch settings.learning {
    case .counts:
      try device.network.count(values, label: label, in: &head!)
      return nil
    case .steps(let rates):
      guard settings.capacity > 0 else {
        try device.network.add(values, label: label)
        return try device.network.train(Rule.readout, rates: rates).loss
      }
      return try device.network.train(
        on: values, label: label, rehearsing: settings.rehearsed, from: &buffer!, Rule.readout,
        rates: rates
      ).loss
    }
  }

  /// Makes the network ready to predict: by the weights that follow from what a Gaussian head has counted.
  func finish() throws {
    if case .counts = settings.learning {
      try device.network.setOutput(from: &head!, isPartial: true)
    }
  }

  /// Shows the device samples one after the other, and tests it now and then on the classes that it has seen.
  ///
  /// - Parameters:
  ///   - order: The samples to show.
  ///   - checkpoints: How often it is tested, after equal parts of the stream.
  ///   - progress: Called with the number of samples that were shown.
  /// - Throws: `SessionError.diverged`, or what a network, buffer or head refuses.
  public func follow(
    _ data: LabelledSamples, order: [Int], test: LabelledSamples, checkpoints: Int = 10,
    progress: (Int) -> Void = { _ in }
  ) throws -> StreamCurve {
    var curve = StreamCurve(classes: device.network.classes)
    var seen = Set<Int>()
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    for (place, index) in order.enumerated() {
      var span = values.mutableSpan
      let count = data.samples.copy(index, into: &span)
      seen.insert(data.labels[index])
      let loss = try learn(values.span.extracting(0..<count), label: data.labels[index])
      if let loss, !loss.isFinite { throw SessionError.diverged(step: place + 1, .loss) }
      let done = place + 1
      if done * checkpoints / order.count > place * checkpoints / order.count {
        try finish()
        let tested = (0..<test.count).filter { seen.contains(test.labels[$0]) }
        curve.add(
          try Evaluation(&device.network, test, indices: tested), after: done, seen: seen)
      }
      progress(done)
    }
    return curve
  }
}
