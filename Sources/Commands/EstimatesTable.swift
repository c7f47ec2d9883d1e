import Boards
import Files
import Profiler
import Selvedge
import Simulator

/// Instructions, time and energy of some work, as people read them: estimates, all of them.
struct EstimatesTable {
  /// What is said of each row.
  static let columns = ["instructions", "time", "energy"]

  /// A title and a value for each column.
  private(set) var rows: [[String]] = []

  /// The work `times` times.
  mutating func add(_ title: String, _ estimate: StepCost.Estimate, times: Double = 1) {
    add(
      title, instructions: estimate.instructions * times, seconds: estimate.seconds * times,
      joules: estimate.joules.map { $0 * times },
      isBoundByMemory: estimate.isBoundByMemory)
  }

  mutating func add(
    _ title: String, instructions: Double, seconds: Double, joules: Double?,
    isBoundByMemory: Bool = false
  ) {
    rows.append([
      title, decimal(instructions, 0),
      short(seconds, "s") + (isBoundByMemory ? " (memory)" : ""),
      joules.map { short($0, "J") } ?? "-",
    ])
  }

  func show(_ console: Console) {
    console.print("")
    for row in [["estimates"] + Self.columns] + rows {
      console.print(
        left(row[0], 30) + zip(row.dropFirst(), [14, 20, 12]).map { right($0, $1) }.joined())
    }
  }
}

extension StepCost {
  /// That of a board nothing is estimated.
  static func noEstimates(of board: Board) -> String {
    "no estimates: the instructions of \(board.core) have not been counted"
  }

  static func noEstimates(_ rule: StepRule) -> String {
    "no estimates: the instructions of \(rule.name) steps have not been counted"
  }
}

extension StepCost.Estimate {
  /// The same for programs.
  var json: JSON {
    [
      "instructions": .number(instructions.rounded()),
      "streamed_bytes": .number(streamedBytes),
      "seconds": .number(seconds), "joules": JSON(joules),
      "bound_by_memory": .bool(isBoundByMemory),
    ]
  }
}

/// A time with its unit.
func shortTime(_ seconds: Double) -> String { short(seconds, "s") }

private func short(_ value: Double, _ unit: String) -> String {
  for (factor, prefix) in [(1.0, ""), (1e3, "m"), (1e6, "u")] where value * factor >= 1 {
    return "\(decimal(value * factor, value * factor >= 100 ? 0 : 2)) \(prefix)\(unit)"
  }
  return "\(decimal(value * 1e9, 2)) n\(unit)"
}
