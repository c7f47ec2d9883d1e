import Boards
import CStandardLibrary
import Datasets
import Files
import Profiler
import Selvedge
import Simulator

/// A run of training as a board would make it, and what came of it.
struct BoardRun {
  private(set) var checksum = ""
  private(set) var emulated: EmulatedDevice.Output?

  private let board: Board
  private let cost: StepCost?
  private let basis: [String]
  /// Instructions that it takes to read a sample from a stream, of bytes or not.
  private var reading: [Bool: Double] = [:]
  private let session: TrainingSession
  private let stream: LiveStream?
  /// The samples that are trained on, as the sensor gives them.
  private let data: LabelledSamples
  private let test: LabelledSamples
  private var result: TestResult?
  /// The model before its first step, which an emulated board begins with.
  private var beginning: [UInt8] = []
  private var taken: [LiveStream.Event] = []
  private var losses: PowerLosses?

  /// The run that the options describe, on a device with the board's memory.
  ///
  /// - Throws: `Failure`, with the missing bytes, if the board has too few.
  init(
    _ board: Board, core: Core?, _ directory: String, _ arguments: Arguments,
    _ wishes: StreamWishes
  ) throws {
    self.board = board
    let begun = try BoardRun.session(board, directory, arguments, wishes)
    guard !arguments.has("emulate") || begun.record.updatesPerLabel == 1 else {
      throw Failure.usage(
        "--emulate: the board's program keeps no sample for another update; leave out "
          + "--updates-per-label")
    }
    test = try Train.loadTest(directory, begun.device.network)
    if wishes.isStream {
      let stream = try Self.stream(begun, wishes)
      (self.stream, session, data) = (stream.stream, stream.stream.session, stream.data)
    } else {
      (stream, session, data) = (nil, begun, begun.data)
    }
    let record = session.record
    let device = session.device
    let layers = try (0..<device.network.layerCount).map { try device.network.layer($0) }
    let plan = try Plan(
      input: device.network.inputShape, layers: layers.span, batch: record.batch,
      purpose: .training(digest: record.rule.digestCount(classes: device.network.classes)))
    if let core, record.stepRule == .plain {
      cost = StepCost(
        of: plan, rule: record.rule, rounding: record.rounding, on: board, core: core)
      for isBytes in [false, true] {
        reading[isBytes] = core.calibration.instructions(
          StepOperations.reading(plan, tiles: core.calibration.tiles, asBytes: isBytes))
      }
    } else {
      cost = nil
    }
    basis =
      cost?.basis
      ?? [core == nil ? StepCost.noEstimates(of: board) : StepCost.noEstimates(record.stepRule)]
  }

  private static func session(
    _ board: Board, _ directory: String, _ arguments: Arguments, _ wishes: StreamWishes
  ) throws -> TrainingSession {
    let bytes = board.firmwareRAMBytes.value
    var options = arguments.adding("arena", String(bytes))
    if wishes.isStream { options = options.adding("batch", "1").adding("epochs", "1") }
    do {
      let network = arguments.operands[0]
      if NetworkOperand.isFile(network) {
        return try Train.begun(SavedModel.read(network), directory, options)
      }
      let widths = NetworkOperand.widths(network)
      return try Train.begun(
        directory, options.adding("network", widths.map(NetworkOperand.text) ?? network))
    } catch DeviceError.arena(.exhausted(_, _, _, let missing), _) {
      throw Failure.failed(
        "\(board.name) has \(bytes) bytes that firmware may use; \(missing) are missing. Fewer do "
          + "with --precision int8 or float16, a smaller --batch or fewer units; 'selvedge profile' "
          + "shows where they go")
    }
  }

  private static func stream(
    _ begun: TrainingSession, _ wishes: StreamWishes
  ) throws -> (stream: LiveStream, data: LabelledSamples) {
    guard !begun.device.network.learnsValues else {
      throw Failure.usage("a stream has classes; the network learns values")
    }
    var data = begun.data
    let seed = begun.device.network.seed
    let classes = begun.device.network.classes
    let arrivals = begun.order.epoch(
      0, labels: data.labels, classes: wishes.isSorted ? .tasks(classes) : .mixed)
    if let wish = wishes.drift {
      let drift = try Drift(
        wish, seed: seed, like: data.samples,
        readsSequences: begun.device.network.readsSequences)
      data = data.drifted(by: [drift], at: arrivals[(arrivals.count / 2)...])
    }
    let labels = LabelArrival(delay: wishes.delay, fraction: wishes.fraction, seed: seed)
    let stream = try LiveStream(
      begun.device, record: begun.record, data: data, arrivals: arrivals, labels: labels)
    return (stream, data)
  }

  // MARK: Running

  /// Trains to the end and tests.
  mutating func train(_ console: Console) throws {
    try session.prepare()
    beginning = SavedModel.bytes(of: session.device.network, record: session.record)
    let total = session.totalSteps
    if let stream {
      taken = stream.events
      while !stream.isComplete {
        try stream.step()
        if stream.position % 256 == 0 { console.progress("\(stream.position) samples") }
      }
    } else {
      while !session.isComplete {
        taken += session.nextSamples.map { .init(index: $0, isLearned: true) }
        _ = try session.step()
        let step = session.record.step
        if step % 64 == 0 { console.progress("step \(step) of \(total)") }
      }
    }
    console.clearProgress()
    result = try TestResult(&session.device.network, test, indices: 0..<test.count)
    checksum = hexadecimal(session.device.network.weightsChecksum)
  }

  /// Runs again with power going away now and then; the end must be the same.
  mutating func losePower(_ count: Int, _ console: Console) throws {
    let run = try PowerLosses(count, of: session, from: beginning, data: data) { step in
      console.progress("again, with power losses: step \(step) of \(session.totalSteps)")
    }
    console.clearProgress()
    losses = run
    guard hexadecimal(run.checksum) == checksum else {
      throw Failure.failed(
        "after power losses the weights differ: CRC-32 \(hexadecimal(run.checksum)) instead of "
          + checksum)
    }
  }

  /// Runs the board's program on the same samples.
  mutating func emulate(_ console: Console) throws {
    guard !session.device.network.learnsValues else {
      throw Failure.usage("--emulate: a stream has classes; the network learns values")
    }
    let emulator = try EmulatedDevice(board, console)
    console.progress("running under qemu")
    let width = session.device.network.inputs
    let steps = session.device.network.readsSequences
    let records = try FeedRecords(
      valuesPerStep: steps ? width : data.samples.valuesPerSample, data.samples, test.samples)
    let classes = session.device.network.classes
    guard classes <= 256 else { throw Failure.failed("a stream has at most 256 classes") }
    let head =
      withUnsafeBytes(of: UInt32(beginning.count).littleEndian) { Array($0) } + beginning
      + records.header(classes: classes)
    let idle = try emulator.run(head).instructions
    var input = head
    for event in taken {
      input += records.record(
        data.samples, event.index, label: data.labels[event.index], isTest: !event.isLearned)
    }
    let trained = try emulator.run(input)
    console.clearProgress()
    emulated = trained
    countedInstructions = trained.instructions - idle
    streamsBytes = records.areBytes
  }

  private var countedInstructions = 0
  private var streamsBytes = true

  // MARK: Results

  private var learned: Int { session.record.step }
  private var updates: Int { learned * session.record.updatesPerLabel }
  private var predicted: Int { stream?.position ?? 0 }

  /// Of the whole run.
  private func sum(_ of: (StepCost.Estimate) -> Double) -> Double? {
    cost.map { of($0.training) * Double(updates) + of($0.prediction) * Double(predicted) }
  }

  /// What the emulated program should have executed: the run, and reading its samples.
  private var expectedInstructions: Double? {
    guard let reading = reading[streamsBytes], let run = sum(\.instructions) else { return nil }
    return run + reading * Double(taken.count)
  }

  /// Prints it for people.
  func show(_ console: Console) {
    let footprint = session.device.network.footprint
    console.print("board          \(board.name): \(board.title), \(board.core)")
    if let stream {
      console.print(
        "stream         \(stream.position) samples, \(learned) of them learned from: accuracy "
          + "\(percent(stream.all.accuracy)) as they came, \(percent(stream.secondHalf.accuracy)) "
          + "in its second half")
    }
    for line in session.device.lines(result) { console.print(line) }
    console.print(
      "arena          \(footprint.total) of the \(board.firmwareRAMBytes.value) bytes that firmware "
        + "may use")
    console.print("weights CRC-32 \(checksum)")
    if let losses {
      console.print(
        "power losses   \(losses.count), \(losses.repeated) steps made twice, "
          + "\(losses.saves) checkpoints: the same weights")
    }
    if let emulated {
      let isSame = emulated.checksum == checksum
      let expected = expectedInstructions.map {
        ", \(decimal($0, 0)) predicted "
          + "(\(decimal(($0 / Double(countedInstructions) - 1) * 100, 1)) %)"
      }
      console.print(
        "emulated       weights CRC-32 \(emulated.checksum), "
          + (isSame ? "the same" : "ANOTHER")
          + "; \(countedInstructions) instructions counted" + (expected ?? ""))
    }
    if let cost {
      var table = EstimatesTable()
      table.add("a training step of \(cost.batch)", cost.training)
      table.add("a prediction", cost.prediction)
      table.add(
        "the run, \(updates) steps", instructions: sum(\.instructions)!, seconds: sum(\.seconds)!,
        joules: cost.training.joules == nil ? nil : sum { $0.joules ?? 0 }!)
      table.show(console)
    }
    for sentence in basis { console.print("  \(sentence)") }
  }

  /// The same for programs.
  var json: JSON {
    let footprint = session.device.network.footprint
    let result = JSON.object(
      [.init("schema", "selvedge.simulate/1"), .init("board", .string(board.name))]
        + session.device.members("test_", result))
    return result.joined([
      "stream": stream.map {
        [
          "samples": .number(Double($0.position)), "learned": .number(Double(learned)),
          "accuracy": JSON($0.all.accuracy), "second_half_accuracy": JSON($0.secondHalf.accuracy),
        ]
      } ?? .null,
      "steps": .number(Double(learned)),
      "arena": footprint.json(given: board.firmwareRAMBytes.value),
      "weights_crc32": .string(checksum),
      "power_losses": losses.map {
        [
          "count": .number(Double($0.count)), "repeated_steps": .number(Double($0.repeated)),
          "checkpoints": .number(Double($0.saves)),
        ]
      } ?? .null,
      "emulation": emulated.map {
        [
          "weights_crc32": .string($0.checksum),
          "instructions": .number(Double(countedInstructions)),
          "predicted_instructions": JSON(expectedInstructions),
        ]
      } ?? .null,
      "estimates": cost.map {
        [
          "training_step": $0.training.json, "prediction": $0.prediction.json,
          "run_seconds": JSON(sum(\.seconds)),
          "run_joules": $0.training.joules == nil ? .null : JSON(sum { $0.joules ?? 0 }),
        ]
      } ?? .null,
      "basis": .array(basis.map { .string($0) }),
    ])
  }
}
