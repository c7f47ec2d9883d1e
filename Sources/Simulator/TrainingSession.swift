import Datasets
import Selvedge

/// A run of training on a device: the steps in their order, from wherever the run stands.
public final class TrainingSession {
  public let device: Device
  public private(set) var record: TrainingRecord
  public let order: SampleOrder
  /// The lengths of one sample, such as `[28, 28]`.
  public var sampleShape: [Int] { data.samples.shape }

  /// How much of each int8 layer was clipped in the last whole epoch; none before its end, nil of other
  /// layers.
  public private(set) var saturation: [Saturation?] = []
  /// The same of the present epoch, up to the last choice of scales.
  private var counted: [Saturation?] = []

  /// The samples that it trains and validates on.
  public let data: LabelledSamples
  private var epochOrder: [Int] = []
  /// Whether the network has been made ready for the run's first step.
  var isPrepared = false
  private var values: [Float]

  /// A run that `record` describes, with a device made for it.
  ///
  /// - Parameter order: Which samples it takes when; as the record says if nil.
  /// - Throws: `SessionError` if the data are not those of the run, or nothing is left to train on.
  public init(
    _ device: Device, record: TrainingRecord, data: LabelledSamples, order: SampleOrder? = nil
  ) throws(SessionError) {
    // First of all, as the number comes from a file: an order takes memory for every sample.
    guard record.samples <= data.count else { throw .otherData }
    let order =
      order
      ?? SampleOrder(
        count: record.samples, validation: record.validation, seed: device.network.seed,
        shuffles: record.shuffles)
    self.order = order
    guard !order.training.isEmpty else { throw .nothingToTrainOn(samples: record.samples) }
    let checksum = Self.checksum(data, samples: record.samples)
    guard record.dataChecksum == checksum else { throw .otherData }
    guard record.learners(in: device.network) > 0 else { throw .allFrozen }
    self.device = device
    self.record = record
    self.data = data
    values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    guard record.step <= totalSteps else { throw .otherData }
  }

  /// A checksum that tells data sets apart: over the labels, or the values to learn, of the first
  /// samples, and what is read of about a thousand of them.
  public static func checksum(_ data: LabelledSamples, samples: Int) -> UInt32 {
    let labels = data.labels.prefix(samples).map { UInt32(truncatingIfNeeded: $0) }
    var crc = CRC32()
    crc.update(labels.span.bytes)
    let targets = data.targets.prefix(data.targets.count / data.count * min(samples, data.count))
    crc.update(targets.span.bytes)
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    for index in stride(from: 0, to: min(samples, data.count), by: max(samples / 1000, 1)) {
      var span = values.mutableSpan
      let count = data.samples.copy(index, into: &span)
      crc.update(values.span.extracting(0..<count).bytes)
    }
    return crc.value
  }

  public var stepsPerEpoch: Int { record.stepsPerEpoch }
  /// Epochs of the whole run: with a sequential schedule, those of every layer.
  public var totalEpochs: Int { record.epochs(of: device.network) }
  public var totalSteps: Int { record.steps(of: device.network) }
  /// Epochs that are complete.
  public var epochsDone: Int { record.step / stepsPerEpoch }
  public var isComplete: Bool { record.step >= totalSteps }

  /// One step, and the number of samples that it took.
  ///
  /// At the end of an epoch all parameters are checked, before int8 scales are chosen anew.
  ///
  /// - Precondition: The run is not complete.
  /// - Throws: `SessionError.diverged`; the device's weights are then of no use, see `rollBack`.
  ///   `SessionError.sample`, if one of the samples is not one for the network.
  public func step() throws(SessionError) -> StepOutcome {
    try prepare()
    let indices = nextSamples
    let rates = record.rates(in: device.network)
    let layers = record.activeLayers(of: device.network)
    // What the samples were taken for before anything was learned of them.
    let outcome = try train(indices, rates, layers)
    try check(outcome)
    for _ in 1..<record.updatesPerLabel { try check(train(indices, rates, layers)) }
    record.step += 1
    if record.step % stepsPerEpoch == 0 { try checkParameters() }
    if record.scalesAreDue(in: device.network) {
      countSaturation()
      // Not behind the last: its counts are the result's.
      if !isComplete { device.network.chooseScales() }
    }
    if record.step % stepsPerEpoch == 0 { (saturation, counted) = (counted, []) }
    return outcome
  }

  private func check(_ outcome: StepOutcome) throws(SessionError) {
    do throws(Divergence) { try outcome.checkLoss() } catch {
      throw .diverged(step: record.step, error)
    }
  }

  /// The samples of the next step, in the order in which a device takes them.
  ///
  /// - Precondition: The run is not complete.
  public var nextSamples: ArraySlice<Int> {
    if record.step % stepsPerEpoch == 0 || epochOrder.isEmpty {
      epochOrder = order.epoch(epochsDone)
    }
    let first = record.step % stepsPerEpoch * record.batch
    return longestFirst(epochOrder[first..<first + record.samplesOfStep])
  }

  /// Samples as they are trained on: of recurrent layers the longest first, as those that go on stand before
  /// those that have ended.
  private func longestFirst(_ indices: ArraySlice<Int>) -> ArraySlice<Int> {
    guard isRecurrent else { return indices }
    let counts = indices.map { (index: $0, values: data.samples.valueCount($0)) }
    return counts.enumerated().sorted {
      ($1.element.values, $0.offset) < ($0.element.values, $1.offset)
    }.map(\.element.index)[...]
  }

  /// Makes a run that has not begun ready for its first step; nothing else, and only once.
  ///
  /// - Throws: `SessionError.sample`, if one of the samples is not one for the network.
  public func prepare() throws(SessionError) {
    guard record.step == 0 && !isPrepared else { return }
    try chooseScales()
    isPrepared = true
  }

  /// Adds up what int8 layers have clipped: their own counts begin anew with each choice of scales.
  private func countSaturation() {
    let now = (0..<device.network.layerCount).map { k in
      (try? device.network.saturation(ofLayer: k)) ?? nil
    }
    counted =
      counted.isEmpty
      ? now
      : zip(counted, now).map { before, now in
        now.map { before?.followed(by: $0) ?? $0 }
      }
  }

  /// Shows int8 layers up to 512 samples without learning from them, so that their scales fit the data:
  /// twice, as an input that was clipped hides what the next layer will read.
  private func chooseScales() throws(SessionError) {
    let isInt8 = { (k: Int) in (try? self.device.network.layer(k))?.precision == .int8 }
    guard (0..<device.network.layerCount).contains(where: isInt8) else { return }
    for _ in 0..<2 {
      var left = order.training.prefix(512)
      while !left.isEmpty {
        _ = try train(left.prefix(record.batch), Rates(hidden: 0, output: 0), nil)
        left = left.dropFirst(record.batch)
      }
      device.network.chooseScales()
    }
    device.network.forgetSteps()
  }

  private func train(
    _ indices: ArraySlice<Int>, _ rates: Rates, _ layers: Range<Int>?
  ) throws(SessionError) -> StepOutcome {
    // Taken out for the step: a span cannot borrow from a stored property of a class.
    var values: [Float] = []
    swap(&values, &self.values)
    defer { swap(&values, &self.values) }
    if isRecurrent {
      try learnFromSteps(indices, rates, layers)
    } else {
      for index in indices {
        var span = values.mutableSpan
        let count = data.samples.copy(index, into: &span)
        do throws(NetworkError) {
          if data.labels.isEmpty {
            let targets = Array(data.targets(of: index))
            try device.network.add(values.span.extracting(0..<count), targets: targets.span)
          } else {
            try device.network.add(
              values.span.extracting(0..<count), label: data.labels[index])
          }
        } catch {
          device.network.discard()
          throw .sample(SampleError(file: data.samples.name, index: index, error: error))
        }
      }
    }
    do throws(NetworkError) {
      return try device.network.train(
        record.rule, rates: rates, layers: layers, rounding: record.rounding)
    } catch {
      throw .network(error)
    }
  }

  private var isRecurrent: Bool { (try? device.network.layer(0))?.kind.isRecurrent ?? false }

  /// Lets recurrent layers learn from every step of some sequences: at each step of those that go on.
  private func learnFromSteps(
    _ indices: ArraySlice<Int>, _ rates: Rates, _ layers: Range<Int>?
  ) throws(SessionError) {
    let width = device.network.inputs
    let sequences = longestFirst(indices).map {
      (index: $0, steps: data.samples.valueCount($0) / width)
    }
    let most = data.samples.valuesPerSample
    var all = [Float](repeating: 0, count: sequences.count * most)
    for (place, sequence) in sequences.enumerated() {
      var span = all.mutableSpan
      var own = span._mutatingExtracting(place * most..<(place + 1) * most)
      _ = data.samples.copy(sequence.index, into: &own)
    }
    let labels = data.labels.isEmpty ? [] : sequences.map { data.labels[$0.index] }
    let targets = sequences.flatMap { data.targets(of: $0.index) }
    var step = [Float](repeating: 0, count: sequences.count * width)
    var latest = sequences[0].index
    do throws(NetworkError) {
      if labels.isEmpty {
        try device.network.begin(targets: targets.span)
      } else {
        try device.network.begin(labels.span)
      }
      for t in 0..<sequences[0].steps {
        let going = sequences.prefix { $0.steps > t }.count
        for place in 0..<going {
          let first = place * most + t * width
          for c in 0..<width { step[place * width + c] = all[first + c] }
        }
        latest = sequences[0].index
        try device.network.learn(
          step.span.extracting(0..<going * width), from: record.rule, rates: rates,
          layers: layers, rounding: record.rounding)
      }
    } catch {
      device.network.discard()
      throw .sample(SampleError(file: data.samples.name, index: latest, error: error))
    }
  }

  /// Checks that training has not run away, which the loss shows a step later or, while a sequential schedule is at
  /// its hidden layers, not at all.
  ///
  /// - Throws: `SessionError.diverged`; the device's weights are then of no use, see `rollBack`.
  public func checkParameters() throws(SessionError) {
    do throws(Divergence) { try device.network.checkParameters() } catch {
      throw .diverged(step: record.step, error)
    }
  }

  /// Where the run stands, to go back to: a model file.
  public var mark: [UInt8] { SavedModel.bytes(of: device.network, record: record) }

  /// Goes back to a mark of this run; from there on the rates are `factor` times what they were at the mark, as the
  /// same steps would lead to the same end.
  ///
  /// - Precondition: `mark` is one of this run.
  public func rollBack(to mark: [UInt8], rates factor: Float) {
    // A run that goes back to its beginning is made ready anew.
    isPrepared = false
    guard let model = try? SavedModel(mark), let old = model.record,
      (try? device.network.setParameters(model.parameters.span.bytes)) != nil
    else { preconditionFailure("rollBack: not a mark of this run") }
    device.network.steps = model.steps
    model.giveStepMemory(to: &device.network)
    record = old
    record.rates = Rates(
      hidden: factor * old.rates.hidden, output: factor * old.rates.output,
      convolution: factor * old.rates.convolution, recurrent: factor * old.rates.recurrent)
    epochOrder = []
    counted = []
  }

  /// How the device does on what it was trained on: on at most `most` samples, evenly chosen.
  ///
  /// - Throws: `SessionError.sample`, if one of the samples is not one for the network.
  public func testOnTraining(atMost most: Int) throws(SessionError) -> TestResult {
    let count = min(most, order.training.count)
    let indices = (0..<count).map { order.training[$0 * order.training.count / count] }
    do throws(SampleError) {
      return try TestResult(&device.network, data, indices: indices)
    } catch {
      throw .sample(error)
    }
  }

  /// How the device does on the samples that were held back; nil if there are none.
  ///
  /// - Throws: `SessionError.sample`, if one of the samples is not one for the network.
  public func validate() throws(SessionError) -> TestResult? {
    guard !order.validation.isEmpty else { return nil }
    do throws(SampleError) {
      return try TestResult(&device.network, data, indices: order.validation)
    } catch {
      throw .sample(error)
    }
  }
}

/// Why a run cannot go on.
public enum SessionError: Error {
  /// Nothing is left of so many samples once the validation part is held back.
  case nothingToTrainOn(samples: Int)
  /// The data are not those that the run began with.
  case otherData
  /// Every layer is frozen.
  case allFrozen
  /// Training has run away after so many steps.
  case diverged(step: Int, Divergence)
  /// A sample is not one for the network, though all of its values are finite.
  case sample(SampleError)
  case network(NetworkError)
}
