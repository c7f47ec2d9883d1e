import Files
import Profiler
import Selvedge
import Simulator

/// The choices of `selvedge fit`, best first.
struct FitTable {
  let network: String
  let rule: Rule
  let limit: Limit
  /// How many choices fit.
  let found: Int
  /// Those that are shown.
  var rows: [Row]

  struct Row {
    let choice: NetworkChoice
    /// What a short run came to, if there was one.
    var outcome: FitTrial.Outcome?
  }

  /// Trains the first `count` choices and puts them in the order of what came of it.
  mutating func train(_ count: Int, by trial: FitTrial, _ console: Console) throws {
    let trained = min(count, rows.count)
    for index in 0..<trained { rows[index].outcome = try trial.run(rows[index].choice, console) }
    rows[..<trained].sort { $0.outcome!.score > $1.outcome!.score }
  }

  // MARK: Text

  func show(_ console: Console) {
    let isTrained = rows.contains { $0.outcome != nil }
    console.print(
      right("", 3) + "  " + left("hidden units", 20) + left("precision", 11) + right("batch", 6)
        + right("frozen", 8) + right("bytes", 11) + right("products a sample", 19)
        + (limit.speed == nil ? "" : right("step, estimate", 16))
        + (isTrained ? right("validation", 12) + right("test", 10) : ""))
    for (index, row) in rows.enumerated() {
      let choice = row.choice
      var line =
        right("\(index + 1)", 3) + "  " + left(choice.hiddenUnits, 20)
        + left(choice.precision?.name ?? "as described", 11) + right("\(choice.batch)", 6)
        + right(choice.frozen == 0 ? "-" : "\(choice.frozen)", 8) + right("\(choice.bytes)", 11)
        + right("\(choice.report.allWork.training)", 19)
      if let cost = choice.cost { line += right(shortTime(cost.training.seconds), 16) }
      if let outcome = row.outcome {
        line += right(Self.short(outcome.validation), 12) + right(Self.short(outcome.test), 10)
      } else if isTrained {
        line += right("-", 12) + right("-", 10)
      }
      console.print(line)
    }
    console.print("\n\(rows.count) of \(found) choices that train within the \(limit.text).")
    if let outcome = rows.first?.outcome {
      console.print(
        "Accuracies are those of short runs: \(outcome.samples) samples, "
          + "\(outcome.epochs) epoch\(outcome.epochs == 1 ? "" : "s").")
    } else {
      console.print("The order is a rule of thumb; --data DIR trains the first few.")
    }
    console.print("\n  " + command)
  }

  /// How the best choice is trained.
  private var command: String {
    let options = rows[0].choice.trainingOptions(rule: rule, limit: limit)
    let words = options.map { $0.contains(" ") ? "'\($0)'" : $0 }
    return "selvedge train --data DIR " + words.joined(separator: " ")
  }

  private static func short(_ result: TestResult?) -> String {
    switch result {
    case nil: "-"
    case .classes(let evaluation): percent(evaluation.accuracy)
    case .values(let errors): "RMSE " + digits(errors.rmse)
    }
  }

  // MARK: JSON

  var json: JSON {
    [
      "schema": "selvedge.fit/1",
      "network": .string(network),
      "board": (limit.board?.name).map { .string($0) } ?? .null,
      "budget": .number(Double(limit.bytes)),
      "found": .number(Double(found)),
      "choices": .array(rows.map(json)),
    ]
  }

  private func json(_ row: Row) -> JSON {
    let choice = row.choice
    let weights = choice.layers.indices.filter { choice.layers[$0].kind.hasWeights }
    let own: JSON = [
      "layers": .string(choice.layers.map(\.text).joined(separator: ", ")),
      "precision": (choice.precision?.name).map { .string($0) } ?? .null,
      "batch": .number(Double(choice.batch)),
      "width": .number(choice.width),
      "frozen": .array(
        weights.filter { choice.layers[$0].isFrozen }.map { .number(Double($0)) }),
      "bytes": .number(Double(choice.bytes)),
      "macs_inference": .number(Double(choice.report.allWork.inference)),
      "macs_training": .number(Double(choice.report.allWork.training)),
      "estimated_step_seconds": (choice.cost?.training.seconds).map { .number($0) } ?? .null,
      "train": .array(choice.trainingOptions(rule: rule, limit: limit).map { .string($0) }),
    ]
    guard let outcome = row.outcome else { return own }
    return own.joined([
      "samples": .number(Double(outcome.samples)), "epochs": .number(Double(outcome.epochs)),
      "validation": outcome.validation.map(Self.number) ?? .null, "test": Self.number(outcome.test),
    ])
  }

  private static func number(_ result: TestResult) -> JSON {
    switch result {
    case .classes(let evaluation): JSON(evaluation.accuracy)
    case .values(let errors): JSON(errors.rmse)
    }
  }
}
