import Boards
import CStandardLibrary
import Files
import Profiler

/// Fits a core's coefficients to counts under qemu, and compares its predictions with fresh ones.
enum Calibrate {
  /// By how much a prediction may be wrong.
  private static let bound = 0.1

  /// Counts the steps of `CountedStep.calibration` on a board, and keeps the calibration of its core.
  static func run(_ board: Board, in catalogue: BoardCatalogue, _ console: Console) throws {
    guard let path = try Core.calibrationPath(of: board, in: catalogue) else {
      throw Failure.failed("\(catalogue.directory)/cores.json does not know \(board.core)")
    }
    let emulator = try EmulatedDevice(board, console)
    let steps = CountedStep.calibration
    var observations: [Calibration.Observation] = []
    for (index, step) in steps.enumerated() {
      console.progress("counting \(index + 1) of \(steps.count): \(step.title)")
      observations += try step.count(on: emulator).observations
    }
    console.progress("fitting")
    let calibration = Calibration(
      fitting: observations, core: board.core, board: board.name,
      toolchain: try emulator.toolchain())
    console.clearProgress()
    try File.writeAtomically(Array(calibration.text.utf8), to: path)
    console.print("\(observations.count) counts of \(board.core) are in \(path)")
  }

  /// Prints counted and predicted instructions of the networks of `CountedStep.fresh` whose texts contain
  /// `part`.
  ///
  /// - Throws: `Failure`, if a prediction is wrong by more than 10 %.
  static func compare(
    _ board: Board, in catalogue: BoardCatalogue, part: String, json: Bool, _ console: Console
  ) throws {
    guard let core = try Core(of: board, in: catalogue) else {
      throw Failure.failed(
        "the instructions of \(board.core) have not been counted: "
          + "selvedge bench --calibrate \(board.name)")
    }
    let steps = CountedStep.fresh.filter { contains($0.title, part) }
    guard !steps.isEmpty else { throw Failure.usage("--kernel \(part): no network has that") }
    let emulator = try EmulatedDevice(board, console)
    var rows: [Row] = []
    if !json {
      console.print(
        left("network", 76) + right("counted", 11) + right("predicted", 11) + right("error", 9))
    }
    for step in steps {
      console.progress("counting: \(step.title)")
      let count = try step.count(on: emulator)
      let tiles = core.calibration.tiles
      for (title, counted, operations) in [
        (step.title, count.training, count.trainingStep(tiles)),
        (step.title + ", a prediction", count.prediction, count.predictionStep(tiles)),
      ] {
        let row = Row(
          title: title, counted: counted, predicted: core.calibration.instructions(operations))
        rows.append(row)
        console.clearProgress()
        if !json { console.print(row.line) }
      }
    }
    let largest = rows.map(\.error.magnitude).max()!
    let beyond = rows.count { $0.error.magnitude > bound }
    if json {
      let object: JSON = [
        "schema": "selvedge.estimates/1", "board": .string(board.name),
        "core": .string(board.core), "largest_error": .number(largest),
        "beyond_10_percent": .number(Double(beyond)),
        "steps": .array(rows.map(\.json)),
      ]
      console.print(object.description)
    } else {
      let sorted = rows.map(\.error.magnitude).sorted()
      console.print(
        "\(board.name): \(rows.count) counts, median error "
          + "\(percentage(sorted[sorted.count / 2])), \(beyond) beyond 10 %, largest "
          + percentage(largest))
    }
    guard beyond == 0 else {
      throw Failure.failed("\(beyond) of \(rows.count) predictions are wrong by more than 10 %")
    }
  }

  private struct Row {
    let title: String
    let counted: Double
    let predicted: Double

    var error: Double { predicted / counted - 1 }

    var line: String {
      left(title, 76) + right(decimal(counted, 0), 11) + right(decimal(predicted, 0), 11)
        + right(percentage(error), 9)
    }

    var json: JSON {
      [
        "network": .string(title), "counted": .number(counted.rounded()),
        "predicted": .number(predicted.rounded()), "error": .number(error),
      ]
    }
  }

  private static func percentage(_ part: Double) -> String { decimal(part * 100, 1) + " %" }
}
