import CStandardLibrary
import Datasets
import Files
import Selvedge
import Simulator

/// selvedge train --data DIR
enum Train: Command {
  static let usage = Usage(
    name: "train",
    summary: "Train a network by tpSGD in a fixed arena, and test it.",
    examples: [
      "selvedge train --data /usr/share/datasets/fashion-mnist --output fashion.selvedge",
      "selvedge train --data DIR --hidden 128 --batch 1 --epochs 1 --arena 402K --json",
      "selvedge train --resume fashion.selvedge --data DIR",
    ],
    details: networkGrammar,
    options: [
      .data,
      .init(
        "network", "TEXT",
        "Layers, such as 'conv 16 5x5, pool 2, dense 64, output', or a preset:\n"
          + NetworkText.presets.map(\.name).joined(separator: ", ") + "."),
      .init(
        "sequence", "WHAT",
        "For layers that read steps: values of a step, or rows: each row of an\n"
          + "image is one (default: rows, or as the data say)."),
      .init(
        "hidden", "LIST",
        "In place of --network: units of dense layers, such as 500 or 500,500\n"
          + "(default 500)."),
      .init(
        "head", "NAME",
        "What predicts: last (default), a layer of its own; readout, the hidden\n"
          + "layer's own fixed projection, no last layer; joint, a last layer through\n"
          + "whose weights the last hidden layer learns: with one hidden layer that\n"
          + "is backpropagation."),
      .init(
        "regression",
        "With --hidden: learn values, of the last column of a table, not classes;\n"
          + "a --network ends in 'regression' or 'regression VALUES' for that."),
      .init("activation", "NAME", "tanh (default), relu, sigmoid or linear, of the hidden layers."),
      .init(
        "precision", "NAME",
        "What weights are stored as: float32 (default), float16 in half the\n"
          + "bytes, or int8 in a quarter, with int8 activations."),
      .init(
        "rounding", "NAME",
        "How updates of float16 and int8 weights are rounded: nearest,\n"
          + "stochastic, or automatic (default): nearest float16, stochastic int8."),
      .init(
        "rule", "NAME",
        "What hidden layers learn from: readout (default), masked, squared,\n"
          + "absolute, direct or frozen."),
      .init("schedule", "NAME", "simultaneous (default), or sequential: a layer at a time."),
      .init("freeze", "LIST", "Layers that keep their initial weights, counted from 0."),
      .init("epochs", "N", "Passes over the data (default 8); of each layer, if sequential."),
      .init("batch", "N", "Samples of a step, 1 to 256 (default 64)."),
      .init(
        "rate", "RATE",
        "Rate of the hidden layers at the first step; it falls linearly to 0\n"
          + "(default 0.05 x (batch/64)^(2/3))."),
      .init("convolution-rate", "RATE", "Rate of convolutions (default 40 times --rate)."),
      .init(
        "recurrent-rate", "RATE",
        "Rate of recurrent layers over a sequence (default 20 times --rate where\n"
          + "there is a gru, otherwise 10 times)."),
      .init("output-rate", "RATE", "Rate of the last layer (default twice the hidden default)."),
      .init("seed", "N", "Seed of weights, projections, split and order (default 1)."),
      .init("arena", "BYTES", "Size of the arena, such as 64K or 1M (default: exactly the plan)."),
      .init(
        "validation", "FRACTION", "Part of the training set that is held back (default 0.1)."),
      .init("shuffle", "WHEN", "epoch (default), or none: the order of the files."),
      .init("samples", "N", "Use only the first N training samples."),
      .init("classes", "N", "Number of classes (default: the largest training label + 1)."),
      .init("no-test", "Leave the test set alone: there may be none."),
      .init(
        "output", "FILE",
        "Where the model goes: after every epoch, on Ctrl-C, and at the end\n"
          + "(default with --resume: the file resumed)."),
      .init(
        "resume", "FILE",
        "Go on with the run that FILE was saved from, as if it had never stopped."),
      .init("stop-after", "EPOCHS", "Stop after so many epochs of the run, to go on by --resume."),
      .json,
    ])

  /// Options that a resumed run has from its file.
  private static let fixedByRun = [
    "network", "sequence", "hidden", "head", "regression", "activation", "precision", "rounding",
    "rule", "schedule", "freeze", "epochs", "batch", "rate", "convolution-rate", "recurrent-rate",
    "output-rate", "seed", "validation", "shuffle", "samples", "classes",
  ]

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let output = arguments["output"] ?? arguments["resume"]
    let session =
      try arguments["resume"].map { try resumed($0, directory, arguments) }
      ?? begun(directory, arguments)
    if let output {
      try refuseDataFile(output, of: directory)
      try File.requireWritable(output)
    }
    let stop = try arguments.integer("stop-after", in: 1...1_000_000)
    if let stop, stop <= session.epochsDone {
      throw Failure.usage(
        "--stop-after \(stop): \(session.epochsDone) epochs of the run are done already")
    }
    // Read now, so that a fault in it is found before the work; used only at the end.
    if !arguments.has("no-test") {
      _ = try loadTest(directory, session.device.network, shape: session.sampleShape)
    }
    if output == nil { console.note("without --output the model is not kept") }
    var run = TrainingRun(session, console, output: output, stopAfter: stop)
    run.isQuiet = arguments.has("json")
    let end = try run.train()
    var test: TestResult?
    if end == .complete && !arguments.has("no-test") {
      test = try Train.test(directory, session.device)
    }
    try run.report(test, json: arguments.has("json"))
  }

  /// A model must not take the place of a file that it is trained on.
  private static func refuseDataFile(_ output: String, of directory: String) throws {
    guard let target = resolved(output) else { return }
    let marks = ["idx", ".ts", ".csv", ".npy"]
    for name in try File.names(inDirectory: directory) where marks.contains(where: name.contains) {
      if resolved("\(directory)/\(name)") == target {
        throw Failure.usage("--output \(output) is one of the files of --data")
      }
    }
  }

  /// The path behind all links, or nil if there is no such file.
  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  // MARK: Where a run comes from

  private static func begun(
    _ directory: String, _ arguments: Arguments
  ) throws -> TrainingSession {
    if arguments.has("network") && arguments.has("hidden") {
      throw Failure.usage("--network and --hidden both say what the layers are; give one of them")
    }
    let hidden = try arguments.list("hidden", in: 1...1 << 20) ?? [500]
    let last = arguments.has("regression") ? "regression" : "output"
    let text = arguments["network"] ?? (hidden.map { "dense \($0), " }.joined() + last)
    let head = try arguments.choice("head", Head.allCases.map { ($0.rawValue, $0) })
    let activation = try arguments.choice("activation", activationNames) ?? .tanh
    let precision = try arguments.choice("precision", precisionNames)
    // Before any data are read.
    var draft = try NetworkText(text, classes: 2, activation: activation)
    try end(&draft, in: head, arguments)
    let frozen = try arguments.list("freeze", in: 0...draft.layers.count - 1) ?? []
    for k in frozen where !draft.layers[k].kind.hasWeights {
      throw Failure.usage("--freeze \(k): layer \(k) has no weights")
    }
    let seed = try arguments.seed("seed") ?? 1
    let arena = try arguments.bytes("arena")
    let limit = try arguments.integer("samples", in: 1...Int.max)
    var record = try self.record(arguments)
    let declared = try arguments.integer("classes", in: 2...1 << 20)

    let (data, classes) = try loadTrain(
      directory, classes: declared, values: draft.learnsValues ? draft.classes : nil)
    if let limit, limit > data.count {
      throw Failure.failed("--samples \(limit): there are only \(data.count) training samples")
    }
    record.samples = limit ?? data.count
    record.dataChecksum = TrainingSession.checksum(data, samples: record.samples)
    var network = try NetworkText(text, classes: classes, activation: activation)
    try end(&network, in: head, arguments)
    let input = try Self.input(data.samples, &network, sequence: arguments["sequence"])
    guard network.classes == classes else {
      throw Failure.usage(
        "--network ends in \(network.layers.last!.text); the data have \(classes) classes")
    }
    if let precision { network.layers = network.layers.map { $0.stored(as: precision) } }
    if arguments["recurrent-rate"] == nil {
      record.rates.recurrent = recurrentRate(of: network.layers, hidden: record.rates.hidden)
    }
    for k in frozen { network.layers[k].isFrozen = true }
    let device = try Device(
      input: input, layers: network.layers, batch: record.batch,
      purpose: .training(digest: record.rule.digestCount(classes: classes)), seed: seed,
      arenaBytes: arena)
    let session = try TrainingSession(device, record: record, data: data)
    device.network.standardisation = try standardisation(data, session.order.training)
    if network.learnsValues {
      device.network.targetStandardisation = try targetStandardisation(
        data, session.order.training)
    }
    try device.standardiseMemory(over: data, indices: session.order.training)
    return session
  }

  /// The rate of recurrent layers unless it is given: measured on the validation split of rows of images.
  private static func recurrentRate(of layers: [LayerDescription], hidden: Float) -> Float {
    let factor: Float = layers.contains { $0.kind == .gru } ? 20 : 10
    return min(factor * hidden, .greatestFiniteMagnitude)
  }

  /// Gives the network the head that was asked for.
  private static func end(
    _ network: inout NetworkText, in head: Head?, _ arguments: Arguments
  ) throws {
    if arguments.has("network") && arguments.has("regression") {
      throw Failure.usage("--regression is for --hidden; let --network end in 'regression'")
    }
    if network.learnsValues && arguments.has("classes") {
      throw Failure.usage("--classes: a regression learns values, not classes")
    }
    guard let head else { return }
    switch (network.layers.last!.kind, head) {
    case (.readout, .readout): break
    case (.readout, _):
      throw Failure.usage("--head \(head.rawValue): --network ends in a readout")
    case (.regression, .readout):
      throw Failure.usage("--head readout is for classes; a regression has a last layer")
    default: network.end(in: head)
    }
  }

  /// What the network reads: samples as maps, if they have rows and columns, or the steps of sequences.
  private static func input(
    _ samples: Samples, _ network: inout NetworkText, sequence: String?
  ) throws -> Shape {
    let sides = samples.shape
    let shape: Shape
    if network.layers[0].kind.readsSteps {
      let step = try valuesPerStep(samples, sequence)
      network.span(samples.valuesPerSample / step)
      shape = Shape(step)
    } else {
      if sequence != nil {
        throw Failure.usage(
          "--sequence is for networks that read steps: oscillators, legendre, elman or gru in front"
        )
      }
      guard (0..<samples.count).allSatisfy({ samples.valueCount($0) == samples.valuesPerSample })
      else {
        throw Failure.usage(
          "the sequences of \(samples.name) differ in length: a network for them begins with a memory, such "
            + "as --network 'oscillators 8, output'")
      }
      shape =
        switch sides.count {
        case 2: Shape(rows: sides[0], columns: sides[1])
        case 3: Shape(rows: sides[0], columns: sides[1], channels: sides[2])
        default: Shape(samples.valuesPerSample)
        }
    }
    guard let written = network.input else { return shape }
    // The same numbers may be meant as another map.
    guard written.count == shape.count else {
      throw Failure.usage(
        "--network reads \(written.name), \(written.count) values; there are \(shape.count)")
    }
    return written
  }

  /// The values of a step that `--sequence` means, or without it the data.
  static func valuesPerStep(_ samples: Samples, _ sequence: String?) throws -> Int {
    guard let sequence, sequence != "rows" else {
      return samples.shape.count > 1 ? samples.shape.dropFirst().reduce(1, *) : 1
    }
    guard let step = Int(sequence), step >= 1 else {
      throw Failure.usage("--sequence takes rows or a number of values, not '\(sequence)'")
    }
    for index in 0..<samples.count where !samples.valueCount(index).isMultiple(of: step) {
      throw Failure.usage(
        "--sequence \(step): sample \(index) has \(samples.valueCount(index)) values, which are no whole "
          + "number of steps")
    }
    return step
  }

  private static func resumed(
    _ path: String, _ directory: String, _ arguments: Arguments
  ) throws -> TrainingSession {
    if let fixed = fixedByRun.first(where: arguments.has) {
      throw Failure.usage("--\(fixed) is part of the run that --resume goes on with; leave it out")
    }
    let model = try SavedModel.read(path)
    guard let record = model.record else {
      throw Failure.failed("\(path): this model does not say how it was trained; it cannot go on")
    }
    let (data, _) = try loadTrain(
      directory, classes: model.classes, values: model.learnsValues ? model.classes : nil)
    let device = try Device(
      model, batch: record.batch,
      purpose: { .training(digest: record.rule.digestCount(classes: $0)) },
      arenaBytes: try arguments.bytes("arena"))
    let session = try TrainingSession(device, record: record, data: data)
    guard try standardisation(data, session.order.training) == model.standardisation else {
      throw SessionError.otherData
    }
    if session.isComplete {
      throw Failure.failed("\(path): this run is complete; there is nothing to go on with")
    }
    return session
  }

  private static func record(_ arguments: Arguments) throws -> TrainingRecord {
    let batch = try arguments.integer("batch", in: 1...256) ?? 64
    // Measured on the validation split: smaller batches want lower rates, but not in proportion.
    let scale = Float(powered(Double(batch) / 64))
    let rate = try arguments.number("rate") ?? 0.05 * scale
    let outputRate = try arguments.number("output-rate") ?? 0.1 * scale
    let shuffles = [("epoch", true), ("none", false)]
    let schedules: [(String, TrainingRecord.Schedule)] = [
      ("simultaneous", .simultaneous), ("sequential", .sequential),
    ]
    return TrainingRecord(
      rule: try arguments.choice("rule", ruleNames) ?? .readout,
      schedule: try arguments.choice("schedule", schedules) ?? .simultaneous,
      rounding: try arguments.choice("rounding", roundingNames) ?? .automatic,
      shuffles: try arguments.choice("shuffle", shuffles) ?? true, batch: batch,
      epochs: try arguments.integer("epochs", in: 1...1_000_000) ?? 8,
      rates: Rates(
        hidden: rate, output: outputRate,
        convolution: try arguments.number("convolution-rate"),
        recurrent: try arguments.number("recurrent-rate")),
      validation: try arguments.number("validation", below: 1) ?? 0.1, samples: 0,
      dataChecksum: 0, step: 0)
  }

  // MARK: Data

  /// The training samples, and how many classes or values there are to learn.
  private static func loadTrain(
    _ directory: String, classes: Int?, values: Int?
  ) throws -> (LabelledSamples, Int) {
    let data = try DataDirectory.loadTrain(directory, targets: values)
    return (data, try values ?? data.classes(declared: classes))
  }

  /// The values to learn as the last layer gives them.
  private static func targetStandardisation(
    _ data: LabelledSamples, _ training: [Int]
  ) throws -> Standardisation {
    let width = data.targets.count / data.count
    let values = Samples(floats: data.targets, shape: [width])
    let (mean, deviation) = values.standardisation(of: training)
    guard let standardisation = Standardisation(mean: mean, deviation: deviation) else {
      throw Failure.failed(
        "the values to learn have mean \(mean) and deviation \(deviation): they cannot be "
          + "standardised")
    }
    return standardisation
  }

  private static func standardisation(
    _ data: LabelledSamples, _ training: [Int]
  ) throws -> Standardisation {
    let (mean, deviation) = data.samples.standardisation(of: training)
    guard let standardisation = Standardisation(mean: mean, deviation: deviation) else {
      throw Failure.failed(
        "the training samples have mean \(mean) and deviation \(deviation): they cannot be "
          + "standardised")
    }
    return standardisation
  }

  /// The test set, checked against a network, and against the training samples' shape if it is known.
  static func loadTest(
    _ directory: String, _ network: borrowing Network, shape: [Int]? = nil
  ) throws -> LabelledSamples {
    let data = try DataDirectory.loadTest(
      directory, targets: network.learnsValues ? network.classes : nil)
    let readsSequences = network.readsSequences
    if let shape, shape != data.samples.shape, !readsSequences {
      throw DatasetError.shapes(train: shape, test: data.samples.shape, directory: directory)
    }
    try data.requireLabels(below: network.classes)
    for index in 0..<data.count where readsSequences {
      guard data.samples.valueCount(index).isMultiple(of: network.inputs) else {
        throw Failure.failed(
          "\(directory): test sample \(index) has \(data.samples.valueCount(index)) values; the network "
            + "reads steps of \(network.inputs)")
      }
    }
    guard readsSequences || data.samples.valuesPerSample == network.inputs else {
      throw Failure.failed(
        "\(directory): a test sample has \(data.samples.valuesPerSample) values; the network "
          + "reads \(network.inputs)")
    }
    return data
  }

  /// How a device does on the test set.
  static func test(_ directory: String, _ device: Device) throws -> TestResult {
    let data = try loadTest(directory, device.network)
    return try TestResult(&device.network, data, indices: 0..<data.count)
  }
}

/// x to the power of two thirds.
private func powered(_ x: Double) -> Double { cbrt(x * x) }
