import Datasets
import Files
import Selvedge
import Simulator

/// selvedge adapt MODEL --data DIR
enum Adapt: Command {
  static let usage = Usage(
    name: "adapt", operands: ["MODEL"],
    summary: "Fit a frozen model to another sensor or place by a few numbers.",
    examples: [
      "selvedge adapt fashion.selvedge --data DIR --drift rotate:3",
      "selvedge adapt fashion.selvedge --data DIR --drift contrast --labels 0",
      "selvedge adapt gestures.selvedge --data NEW --source OLD --labels 50 --output new.adaptor",
    ],
    details: """
      The model is only read. Each rung is fitted on four fifths of the labelled samples; the best
      one on the last fifth is chosen, the smaller of equals, or none. In the order of their size:

      none      the model as it is
      moments   the sums of each unit as they were in training; no label, but --source or --drift
      prompt    8 numbers before an image, 4 before a sequence: where it is read, and how bright
      scale     a gain and an offset for each unit
      last      the last layer
      low-rank  scale, a narrow layer beside each dense one, and last
      full      all weights

      'selvedge evaluate' and 'predict' take the adaptor file by --adaptor.
      """,
    options: [
      .data,
      .init("labels", "N", "Labelled samples, of the training set of DIR (default 200)."),
      .init("unlabelled", "N", "More samples, for moments (default 0; 1000 with --labels 0)."),
      .init("drift", "KIND", "Change the samples of DIR first, such as rotate, or rotate:5."),
      .init(
        "source", "DIR",
        "Data such as the model was trained on (default with --drift: DIR)."),
      .init(
        "arena", "BYTES",
        "What fitting may use, such as 64K (default: what the largest rung takes)."),
      .init("rung", "LIST", "Only these, such as prompt,last (default: all that have room)."),
      .init("rank", "N", "Width of the narrow layers of low-rank (default 16)."),
      .init(
        "passes", "N",
        "Passes over the labelled samples (default: 4000 samples, in 5 to 40)."),
      .init("batch", "N", "Samples of a step (default 16)."),
      .init("clean", "Also test every rung on DIR as it is, where --drift changes it."),
      .init("seed", "N", "Seed of the choice of samples, of orders and searches (default 1)."),
      .init("output", "FILE", "Where the adaptor goes."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let path = arguments.operands[0]
    let model = try SavedModel.read(path)
    let seed = try arguments.seed("seed") ?? 1
    let labels = try arguments.integer("labels", in: 0...1_000_000) ?? 200
    let more =
      try arguments.integer("unlabelled", in: 0...1_000_000) ?? (labels == 0 ? 1000 : 0)
    let rungs = try rungs(arguments)
    let wish = try arguments.drift()
    var settings = AdaptationSettings()
    settings.seed = seed
    settings.batch = try arguments.integer("batch", in: 1...256) ?? settings.batch
    settings.rank = try arguments.integer("rank", in: 1...64) ?? settings.rank
    settings.passes = try arguments.integer("passes", in: 1...10_000)
    let arena = try arguments.bytes("arena")
    if model.learnsValues { throw AdaptationError.learnsValues }
    if let output = arguments["output"] { try File.requireWritable(output) }

    let (clean, _) = try Train.loadTrain(directory, classes: model.classes, values: nil)
    try model.requireReadable(clean.samples, of: directory)
    let cleanTest = try Train.loadTest(directory, Device.forInference(model, batch: 1).network)
    let readsSequences = model.layers[0].kind.readsSteps
    let drift = try wish.map {
      try Drift($0, seed: seed, like: clean.samples, readsSequences: readsSequences)
    }
    let wanted = min(labels + more, clean.count)
    let chosen = FieldCollection.choice(of: clean.count, count: wanted, seed: seed)
    let field = clean.chosen(chosen, driftedBy: drift.map { [$0] } ?? [])
    let test = drift.map { cleanTest.drifted(by: [$0], at: 0..<cleanTest.count) } ?? cleanTest
    let device = try FieldDevice(
      model.bytes, form: form(clean.samples, model), longest: clean.samples.valuesPerSample,
      settings: settings, rungs: rungs, arenaBytes: arena)
    let before = device.flashChecksum
    let moments = try moments(device, arguments, clean, model, isDrifted: drift != nil)
    let result = try device.climb(
      rungs, FieldCollection(field, Array(0..<field.count), labelled: labels), moments: moments,
      test: test, other: arguments.has("clean") ? cleanTest : nil
    ) { console.progress("fitted \($0.name)") }
    console.clearProgress()
    precondition(device.flashChecksum == before, "a model in read-only memory has changed")
    if let output = arguments["output"] { try File.writeAtomically(result.file, to: output) }
    let report = AdaptReport(
      device: device, attempts: result.attempts, best: result.best, modelBytes: model.bytes.count,
      labels: min(labels, wanted), samples: wanted, file: result.file.count)
    if arguments.has("json") {
      console.print(report.json.description)
    } else {
      for line in report.lines { console.print(line) }
      if let output = arguments["output"] {
        console.note("\(result.file.count) bytes to \(output)")
      }
    }
  }

  private static func rungs(_ arguments: Arguments) throws -> [Rung] {
    guard let text = arguments["rung"] else { return Rung.all }
    let names = Rung.all.map(\.name)
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let rung = Rung.all.first(where: { $0.name == word }) else {
        throw Failure.usage(
          "--rung takes \(names.joined(separator: ", ")), not '\(word)'"
            + suggestion(String(word), names, prefix: ""))
      }
      return rung
    }
  }

  /// What the samples are to a prompt.
  private static func form(_ samples: Samples, _ model: SavedModel) -> Prompt.Form? {
    let shape = samples.shape
    guard shape.count > 1 && !model.layers[0].kind.readsSteps else {
      return .sequence(channels: shape.count > 1 ? shape.last! : 1)
    }
    return .image(
      Shape(rows: shape[0], columns: shape[1], channels: shape.count > 2 ? shape[2] : 1))
  }

  private static func moments(
    _ device: FieldDevice, _ arguments: Arguments, _ clean: LabelledSamples, _ model: SavedModel,
    isDrifted: Bool
  ) throws -> [Float] {
    guard arguments["source"] != nil || isDrifted else { return [] }
    var data = clean
    if let source = arguments["source"] {
      data = try Train.loadTrain(source, classes: model.classes, values: nil).0
      try model.requireReadable(data.samples, of: source)
    }
    return try device.moments(
      over: FieldCollection(data, count: min(2000, data.count), labelled: 0, seed: 1))
  }
}
