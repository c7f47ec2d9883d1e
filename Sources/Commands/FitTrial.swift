import Datasets
import Profiler
import Selvedge
import Simulator

/// Short runs of training that tell choices apart.
struct FitTrial {
  /// The directory of the data.
  let directory: String
  private let rule: Rule
  private let limit: Limit
  private let options: [String]

  /// Runs on the data in `directory`, with the options of `selvedge fit`.
  init(
    directory: String, learnsValues: Int?, rule: Rule, limit: Limit, _ arguments: Arguments
  ) throws {
    (self.directory, self.rule, self.limit) = (directory, rule, limit)
    let (data, _) = try Train.loadTrain(directory, classes: nil, values: learnsValues)
    let samples = try arguments.integer("samples", in: 1...Int.max) ?? min(10_000, data.count)
    let epochs = try arguments.integer("epochs", in: 1...1_000_000) ?? 2
    let seed = try arguments.seed("seed") ?? 1
    options =
      ["--samples", "\(samples)", "--epochs", "\(epochs)", "--seed", "\(seed)"]
      + (arguments["sequence"].map { ["--sequence", $0] } ?? [])
  }

  struct Outcome {
    /// Samples that were trained on, and how often each.
    let samples: Int
    let epochs: Int
    let validation: TestResult?
    let test: TestResult

    /// What choices are ranked by: the accuracy on validation samples, or minus the error there.
    var score: Double {
      switch validation ?? test {
      case .classes(let evaluation): evaluation.accuracy ?? 0
      case .values(let errors): -(errors.rmse ?? .infinity)
      }
    }
  }

  /// Trains a choice in an arena of the whole budget, as `selvedge train` does.
  func run(_ choice: NetworkChoice, _ console: Console) throws -> Outcome {
    let words =
      ["--data", directory] + choice.trainingOptions(rule: rule, limit: limit) + options
    // There is no --help among them, so these are arguments.
    let session = try Train.begun(directory, Arguments.parse(words, Train.usage)!)
    let total = session.totalSteps * choice.batch
    let progress = console.progress(
      of: total, "\(choice.hiddenUnits) units, batch \(choice.batch):")
    while !session.isComplete {
      _ = try session.step()
      progress(session.record.step * choice.batch)
    }
    console.clearProgress()
    return Outcome(
      samples: session.order.training.count, epochs: session.totalEpochs,
      validation: try session.validate(),
      test: try Train.test(directory, session.device, console))
  }
}

extension NetworkChoice {
  /// What `selvedge train` is told to train this choice within a limit.
  func trainingOptions(rule: Rule, limit: Limit) -> [String] {
    var options = ["--network", layers.map(\.text).joined(separator: ", ")]
    if rule != .readout { options += ["--rule", rule.name] }
    if batch != 64 { options += ["--batch", String(batch)] }
    return options + ["--arena", String(limit.bytes)]
  }
}
