import Datasets
import Files
import Selvedge
import Simulator

/// selvedge evaluate MODEL --data DIR
enum Evaluate: Command {
  static let usage = Usage(
    name: "evaluate", operands: ["MODEL"],
    summary: "Test a model: accuracy, confusion matrix, each class; errors of a regression.",
    examples: [
      "selvedge evaluate fashion.selvedge --data /usr/share/datasets/fashion-mnist",
      "selvedge evaluate fashion.selvedge --data DIR --json",
      "selvedge evaluate gestures.selvedge --data DIR --stop-at 0.9",
      "selvedge evaluate fashion.selvedge --data DIR --drift contrast --follow 300",
    ],
    options: [
      .data,
      .init(
        "stop-at", "BOUND",
        "Read each sequence only until the largest probability is at least\n"
          + "BOUND, and say how many steps that took."),
      .adaptor,
      .init("drift", "KIND", "Change the samples first, such as rotate, or rotate:5."),
      .init(
        "follow", "N",
        "Let the mean and deviation of the input follow the last N samples or so,\n"
          + "as they come one by one: 300 is safe in any order."),
      .init("order", "NAME", "The order in which they come: file (default), or sorted by class."),
      .init("seed", "N", "Seed of the drift (default 1)."),
      .init("plot", "FILE", "Also draw the confusion matrix as an SVG, for any browser."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let bound = try arguments.number("stop-at", below: 1)
    let device = try Device.forInference(
      SavedModel.read(arguments.operands[0]), adaptor: arguments["adaptor"])
    let data = try drifted(Train.loadTest(directory, device.network), arguments, device)
    let following = try arguments.integer("follow", in: 1...1_000_000)
    let isSorted = try arguments.choice("order", [("file", false), ("sorted", true)]) ?? false
    if following != nil && (bound != nil || device.network.learnsValues) {
      throw Failure.usage("--follow is for classes, and not together with --stop-at")
    }
    if isSorted && following == nil { throw Failure.usage("--order is for --follow") }
    if let plot = arguments["plot"] {
      if device.network.learnsValues {
        throw Failure.usage("--plot draws a confusion matrix; a regression has no classes")
      }
      try File.requireWritable(plot)
    }
    if bound != nil && device.network.learnsValues {
      throw Failure.usage("--stop-at: a regression has no probabilities to stop at")
    }
    if try bound != nil && !device.network.layer(0).kind.readsSteps {
      throw Failure.usage("--stop-at: the network does not read sequences")
    }
    let progress = console.progress(of: data.count, "evaluating")
    let stop = try bound.map {
      try EarlyStop(
        &device.network, data, indices: 0..<data.count, confidence: $0, progress: progress)
    }
    let followed = try following.map {
      let order =
        isSorted
        ? (0..<data.count).sorted { (data.labels[$0], $0) < (data.labels[$1], $1) }
        : Array(0..<data.count)
      var running = RunningStandardisation(
        from: device.network.standardisation, samples: Float($0))
      return TestResult.classes(
        try Evaluation(
          &device.network, data, indices: order, following: &running, progress: progress))
    }
    let result =
      try followed ?? stop.map { .classes($0.evaluation) }
      ?? TestResult(&device.network, data, indices: 0..<data.count, progress: progress)
    console.clearProgress()
    if let path = arguments["plot"], case .classes(let evaluation) = result {
      let title = "\(arguments.operands[0]): test accuracy \(percent(evaluation.accuracy))"
      try confusionPicture(evaluation, title: title).write(to: path)
    }
    switch result {
    case .classes(let evaluation) where arguments.has("json"):
      console.print(object(evaluation, stop).description)
    case .classes(let evaluation): show(evaluation, stop, console)
    case .values(let errors) where arguments.has("json"):
      let members: [JSON.Member] = [
        .init("schema", "selvedge.evaluate/1"), .init("samples", .number(Double(errors.count))),
      ]
      console.print(JSON.object(members + device.members("test_", result)).description)
    case .values:
      for line in device.lines(result) { console.print(line) }
    }
  }

  /// The samples, changed by --drift if it is given.
  private static func drifted(
    _ data: LabelledSamples, _ arguments: Arguments, _ device: Device
  ) throws -> LabelledSamples {
    guard let wish = try arguments.drift() else { return data }
    let drift = try Drift(
      wish, seed: try arguments.seed("seed") ?? 1, like: data.samples,
      readsSequences: device.network.readsSequences)
    return data.drifted(by: [drift], at: 0..<data.count)
  }

  private static func object(_ evaluation: Evaluation, _ stop: EarlyStop?) -> JSON {
    let classes = evaluation.confusion.indices
    return [
      "schema": "selvedge.evaluate/1",
      "test_accuracy": JSON(evaluation.accuracy),
      "samples": .number(Double(evaluation.count)),
      "correct": .number(Double(evaluation.correct)),
      "mean_steps": JSON(stop?.meanSteps),
      "mean_length": JSON(stop?.meanLength),
      "confusion": .array(
        evaluation.confusion.map { row in .array(row.map { .number(Double($0)) }) }),
      "recall": .array(classes.map { JSON(evaluation.recall($0)) }),
      "precision": .array(classes.map { JSON(evaluation.precision($0)) }),
    ]
  }

  private static func show(_ evaluation: Evaluation, _ stop: EarlyStop?, _ console: Console) {
    console.print(
      "test accuracy  \(percent(evaluation.accuracy)) "
        + "(\(evaluation.correct) of \(evaluation.count))")
    if let stop {
      console.print(
        "steps read     \(decimal(stop.meanSteps, 1)) of \(decimal(stop.meanLength, 1)) in the mean"
      )
    }
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
