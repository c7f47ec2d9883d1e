import Files
import Selvedge
import Simulator

/// selvedge evaluate MODEL --data DIR
enum Evaluate: Command {
  static let usage = Usage(
    name: "evaluate", operands: ["MODEL"],
    summary: "Test a model: accuracy, confusion matrix, and how each class did.",
    examples: [
      "selvedge evaluate fashion.selvedge --data /usr/share/datasets/fashion-mnist",
      "selvedge evaluate fashion.selvedge --data DIR --json",
    ],
    options: [.data, .json])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let device = try Device.forInference(SavedModel.read(arguments.operands[0]))
    let evaluation = try Train.test(directory, device)
    if arguments.has("json") {
      console.print(object(evaluation).description)
    } else {
      show(evaluation, console)
    }
  }

  private static func object(_ evaluation: Evaluation) -> JSON {
    let classes = evaluation.confusion.indices
    return [
      "schema": "selvedge.evaluate/1",
      "test_accuracy": JSON(evaluation.accuracy),
      "samples": .number(Double(evaluation.count)),
      "correct": .number(Double(evaluation.correct)),
      "confusion": .array(
        evaluation.confusion.map { row in .array(row.map { .number(Double($0)) }) }),
      "recall": .array(classes.map { JSON(evaluation.recall($0)) }),
      "precision": .array(classes.map { JSON(evaluation.precision($0)) }),
    ]
  }

  private static func show(_ evaluation: Evaluation, _ console: Console) {
    console.print(
      "test accuracy  \(percent(evaluation.accuracy)) "
        + "(\(evaluation.correct) of \(evaluation.count))")
    let classes = evaluation.confusion.indices
    let width = max(5, String(evaluation.count).count + 1)
    console.print("\nconfusion: samples of a class (row) taken for a class (column)")
    console.print(right("", 6) + classes.map { right(String($0), width) }.joined())
    for row in classes {
      let counts = evaluation.confusion[row].map { right(String($0), width) }.joined()
      console.print(right(String(row), 6) + counts)
    }
    console.print("\n class  samples    recall  precision")
    for c in classes {
      let samples = evaluation.confusion[c].reduce(0, +)
      console.print(
        right(String(c), 6) + right(String(samples), 9) + right(percent(evaluation.recall(c)), 10)
          + right(percent(evaluation.precision(c)), 11))
    }
  }
}
