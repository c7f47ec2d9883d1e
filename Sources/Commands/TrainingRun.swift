import CStandardLibrary
import Files
import Profiler
import Selvedge
import Simulator

/// A run of training as people see it: progress, a line an epoch, and the result.
struct TrainingRun {
  enum End { case complete, stopped }

  struct Epoch {
    let number: Int
    /// Of hidden layers alone, or of a part of the epoch, there is none.
    let loss: Double?
    let validation: TestResult?
    let samplesPerSecond: Double
  }

  /// Whether standard output is kept for the JSON object.
  var isQuiet = false
  /// What draws the run, if anything does.
  var plot: TrainingPlot?
  /// How often a run that diverges goes back to its last epoch.
  var mostRollBacks = 0
  private var rollBacks = 0
  private let session: TrainingSession
  private let console: Console
  private let output: String?
  private let stopAfter: Int?
  private var epochs: [Epoch] = []
  private var seconds = 0.0
  private var trained = 0

  init(_ session: TrainingSession, _ console: Console, output: String?, stopAfter: Int?) {
    self.session = session
    self.console = console
    self.output = output
    self.stopAfter = stopAfter
  }

  /// Trains to the end of the run, or to where it is to stop, saving after every epoch.
  mutating func train() throws -> End {
    Interruption.watch()
    var mark = session.mark
    while !session.isComplete {
      let finished: Bool
      do {
        finished = try trainEpoch()
      } catch SessionError.diverged(let step, let how) where rollBacks < mostRollBacks {
        rollBacks += 1
        session.rollBack(to: mark, rates: 0.5)
        mark = session.mark
        console.clearProgress()
        console.note(
          "training diverged: \(sentence(how)) at step \(step); back to step \(session.record.step) with half "
            + "the rates, --rate \(session.record.rates.hidden)")
        continue
      }
      mark = session.mark
      try save()
      if !finished {
        console.note("stopped at step \(session.record.step) of \(session.totalSteps)" + advice)
        throw Failure.failed("interrupted")
      }
      if session.epochsDone == stopAfter && !session.isComplete {
        console.note("stopped after epoch \(session.epochsDone) of \(session.totalEpochs)" + advice)
        return .stopped
      }
    }
    return .complete
  }

  private var advice: String {
    output.map { "; go on with: selvedge train --resume \($0) --data DIR" }
      ?? "; without --output nothing was saved"
  }

  private func save() throws {
    guard let output else { return }
    try session.device.save(to: output, record: session.record)
  }

  /// The rest of the present epoch; false if it was interrupted.
  private mutating func trainEpoch() throws -> Bool {
    let number = session.epochsDone
    // An epoch that another process began has a loss that this one has seen only a part of.
    let isWhole = session.record.step % session.stepsPerEpoch == 0
    var (loss, lossSamples, samples) = (0.0, 0, 0)
    let start = monotonicSeconds()
    var drawn = start
    repeat {
      let outcome = try session.step()
      samples += outcome.samples
      if let mean = outcome.loss {
        loss += Double(mean) * Double(outcome.samples)
        lossSamples += outcome.samples
      }
      if console.showsProgress {
        let now = monotonicSeconds()
        if now - drawn > 0.2 {
          drawn = now
          drawProgress(samples, now - start)
        }
      }
    } while session.epochsDone == number && !Interruption.happened
    let taken = monotonicSeconds() - start
    seconds += taken
    trained += samples
    // Before anything is shown or saved: weights that are not numbers would replace a sound model.
    try session.checkParameters()
    if Interruption.happened && session.record.step % session.stepsPerEpoch != 0 { return false }
    let validation = try session.validate()
    let epoch = Epoch(
      number: session.epochsDone,
      loss: isWhole && lossSamples > 0 ? loss / Double(lossSamples) : nil,
      validation: validation, samplesPerSecond: Double(samples) / taken)
    report(epoch)
    try plot?.add(epoch)
    return !Interruption.happened || session.isComplete
  }

  private func drawProgress(_ samples: Int, _ seconds: Double) {
    let rate = Double(samples) / seconds
    let left = (session.totalSteps - session.record.step) * session.record.batch
    let within = session.record.step % session.stepsPerEpoch
    console.progress(
      "epoch \(session.epochsDone + 1)/\(session.totalEpochs)  "
        + "\(within * 100 / session.stepsPerEpoch) %  \(decimal(rate, 0)) samples/s  "
        + "ETA \(duration(Double(left) / rate))")
  }

  private mutating func report(_ epoch: Epoch) {
    epochs.append(epoch)
    let line =
      "epoch \(epoch.number)/\(session.totalEpochs)  "
      + "loss \(epoch.loss.map { decimal($0, 4) } ?? "-")  "
      + "validation \(summary(epoch.validation))  \(decimal(epoch.samplesPerSecond, 0)) samples/s"
    console.clearProgress()
    if isQuiet {
      console.note(line)
    } else {
      console.print(line)
      // Whoever reads through a pipe wants the line now, not with the last one.
      console.flush()
    }
  }

  // MARK: The result

  /// Writes what came of the run.
  func report(_ test: TestResult?, json: Bool) throws {
    let validation = epochs.last?.validation
    let rate = seconds > 0 ? Double(trained) / seconds : 0
    let footprint = session.device.network.footprint
    if json {
      console.print(try object(test, validation, rate, footprint).description)
      return
    }
    for line in session.device.lines(test) { console.print(line) }
    console.print(
      "arena          \(footprint.total) bytes: weights \(footprint.weights), activations "
        + "\(footprint.activations), scratch \(footprint.scratch)")
    console.print("parameters     \(footprint.parameterBytes) bytes")
    for k in 0..<session.device.network.layerCount {
      guard let scale = try session.device.network.scale(ofLayer: k),
        let saturation = try session.device.network.saturation(ofLayer: k)
      else { continue }
      console.print(
        "int8 layer \(k)   weights in 2^-\(scale.weightExponent), inputs in "
          + "2^-\(scale.inputExponent); clipped in the last epoch: \(saturation.inputs) inputs, "
          + "\(saturation.deltas) deltas; \(saturation.weights) weights at the end of their range")
    }
    console.print("weights CRC-32 \(hexadecimal(session.device.network.weightsChecksum))")
    if let output { console.print("model          \(output)") }
  }

  /// The scales of int8 layers and how much they clipped since they were chosen.
  private func int8Layers() throws -> [JSON] {
    var layers: [JSON] = []
    for k in 0..<session.device.network.layerCount {
      guard let scale = try session.device.network.scale(ofLayer: k),
        let saturation = try session.device.network.saturation(ofLayer: k)
      else { continue }
      layers.append([
        "layer": .number(Double(k)),
        "weight_exponent": .number(Double(scale.weightExponent)),
        "input_exponent": .number(Double(scale.inputExponent)),
        "clipped_inputs": .number(Double(saturation.inputs)),
        "clipped_deltas": .number(Double(saturation.deltas)),
        "saturated_weights": .number(Double(saturation.weights)),
      ])
    }
    return layers
  }

  private func object(
    _ test: TestResult?, _ validation: TestResult?, _ rate: Double, _ footprint: Footprint
  ) throws -> JSON {
    let record = session.record
    let network = session.device.notation
    let work = try session.device.work(learns: record.rule.learns)
    let precisions = try (0..<session.device.network.layerCount).map {
      try session.device.network.layer($0).precision.name
    }
    let result = JSON.object(
      [.init("schema", "selvedge.train/1")] + session.device.members("test_", test)
        + session.device.members("validation_", validation))
    return result.joined([
      "samples_per_second": .number(rate),
      "parameter_bytes": .number(Double(footprint.parameterBytes)),
      "arena": footprint.json(given: session.device.arenaBytes),
      "macs_inference": .number(Double(work.inference)),
      "macs_training": .number(Double(work.training)),
      "weights_crc32": .string(hexadecimal(session.device.network.weightsChecksum)),
      "seed": JSON(session.device.network.seed),
      "network": .string(network),
      "head": .string(session.device.head.rawValue),
      "precisions": .array(precisions.map { .string($0) }),
      "rounding": .string(record.rounding.name),
      "int8": .array(try int8Layers()),
      "rule": .string(record.rule.name),
      "step_rule": .string(record.stepRule.name),
      "updates_per_label": .number(Double(record.updatesPerLabel)),
      "batch": .number(Double(record.batch)),
      "rate": JSON(record.rates.hidden),
      "output_rate": JSON(record.rates.output),
      "convolution_rate": JSON(record.rates.convolution),
      "recurrent_rate": JSON(record.rates.recurrent),
      "steps": .number(Double(record.step)),
      "roll_backs": .number(Double(rollBacks)),
      "complete": .bool(session.isComplete),
      "model": output.map { .string($0) } ?? .null,
      "epochs": .array(
        epochs.map { epoch in
          let start: JSON = ["epoch": .number(Double(epoch.number)), "loss": JSON(epoch.loss)]
          return start.joined(
            .object(session.device.members("validation_", epoch.validation))
          ).joined(["samples_per_second": .number(epoch.samplesPerSecond)])
        }),
    ])
  }
}

extension Device {
  /// The work of a prediction and of a training step, a sample.
  fileprivate func work(learns: Bool) throws -> Work {
    let layers = try (0..<network.layerCount).map { try network.layer($0) }
    let plan = try Plan(
      input: network.inputShape, layers: layers.span, batch: 1, purpose: .inference)
    return ArenaReport(plan, learns: learns).allWork
  }
}

extension JSON {
  /// A number, or its digits as a string where a number of JSON could not hold it exactly.
  init(_ whole: UInt64) {
    self = whole < 1 << 53 ? .number(Double(whole)) : .string(String(whole))
  }

  /// A float by its own digits, of which a double would show more than it has.
  init(_ float: Float) { self = .number(Double(float.description) ?? Double(float)) }

  /// A number, or null where there is none.
  init(_ number: Double?) { self = number.map { .number($0) } ?? .null }
}

extension Footprint {
  /// The bytes of an arena by category, and those that were given for it.
  func json(given: Int) -> JSON {
    [
      "total": .number(Double(total)), "weights": .number(Double(weights)),
      "activations": .number(Double(activations)), "scratch": .number(Double(scratch)),
      "given": .number(Double(given)),
    ]
  }
}

/// Ctrl-C, a terminal that is closed, and the wish of the system to end the process.
enum Interruption {
  /// Set by a signal's handler, which may do nothing else; read between steps.
  nonisolated(unsafe) private static var flag: sig_atomic_t = 0

  static var happened: Bool { flag != 0 }

  /// From now on a signal sets the flag; a second one ends the process.
  static func watch() {
    for number in [SIGINT, SIGTERM] { signal(number, handler) }
    handle_signal_unless_ignored(SIGHUP, handler)
  }

  private static let handler: @convention(c) (Int32) -> Void = { number in
    Interruption.flag = 1
    handle_signal_by_default(number)
  }
}

/// Seconds on a clock that only goes forward.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Seconds as 1:02:03 or 2:03.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite && seconds < 1e9 else { return "-" }
  let whole = Int(seconds.rounded())
  let two = { (n: Int) in (n < 10 ? "0" : "") + String(n) }
  return whole < 3600
    ? "\(whole / 60):\(two(whole % 60))"
    : "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
}
