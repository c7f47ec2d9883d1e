import Datasets
import Selvedge
import Simulator

/// Where a run comes from: options and data, or a file that it was saved to.
extension Train {
  /// Options that a resumed run has from its file.
  private static let fixedByRun = [
    "network", "sequence", "hidden", "head", "regression", "activation", "precision", "rounding",
    "rule", "step", "updates-per-label", "schedule", "freeze", "epochs", "batch", "rate",
    "convolution-rate",
    "recurrent-rate", "output-rate", "seed", "validation", "shuffle", "samples", "classes",
  ]

  /// A new run, as the options say.
  static func begun(
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
    var record = try self.record(arguments)
    let declared = try arguments.integer("classes", in: 2...1 << 20)

    let (data, classes) = try loadTrain(
      directory, classes: declared, values: draft.learnsValues ? draft.classes : nil)
    record.samples = try samples(arguments, of: data)
    record.dataChecksum = TrainingSession.checksum(data, samples: record.samples)
    var network = try NetworkText(text, classes: classes, activation: activation)
    try end(&network, in: head, arguments)
    let input = try Self.input(data.samples, &network, sequence: arguments["sequence"])
    guard network.classes == classes else {
      throw Failure.usage(
        "--network ends in \(network.layers.last!.text); the data have \(classes) classes")
    }
    if let precision { network.layers = network.layers.map { $0.stored(as: precision) } }
    if try rate("recurrent-rate", arguments) == nil {
      record.rates.recurrent = recurrentRate(of: network.layers, hidden: record.rates.hidden)
    }
    for k in frozen { network.layers[k].isFrozen = true }
    let device = try Device(
      input: input, layers: network.layers, batch: record.batch,
      purpose: .training(digest: record.rule.digestCount(classes: classes)), seed: seed,
      step: record.stepRule, arenaBytes: arena)
    let session = try TrainingSession(device, record: record, data: data)
    device.network.standardisation = try standardisation(data, session.order.training)
    if network.learnsValues {
      device.network.targetStandardisation = try targetStandardisation(
        data, session.order.training)
    }
    try device.standardiseMemory(over: data, indices: session.order.training)
    return session
  }

  /// A new run of a model as it is, which learns on.
  static func begun(
    _ model: SavedModel, _ directory: String, _ arguments: Arguments
  ) throws -> TrainingSession {
    let fixed = ["precision", "activation", "sequence", "seed"]
    if let other = fixed.first(where: arguments.has) {
      throw Failure.usage("--\(other) is what the model says; leave it out")
    }
    var record = try self.record(arguments)
    let (data, _) = try loadTrain(
      directory, classes: model.classes, values: model.learnsValues ? model.classes : nil)
    try model.requireReadable(data.samples, of: directory)
    try data.requireLabels(below: model.classes)
    record.samples = try samples(arguments, of: data)
    record.dataChecksum = TrainingSession.checksum(data, samples: record.samples)
    if try rate("recurrent-rate", arguments) == nil {
      record.rates.recurrent = recurrentRate(of: model.layers, hidden: record.rates.hidden)
    }
    let rule = record.rule
    let device = try Device(
      model, batch: record.batch,
      purpose: { .training(digest: rule.digestCount(classes: $0)) },
      step: record.stepRule, arenaBytes: try arguments.bytes("arena"))
    return try TrainingSession(device, record: record, data: data)
  }

  /// How many samples a run may take.
  private static func samples(_ arguments: Arguments, of data: LabelledSamples) throws -> Int {
    let limit = try arguments.integer("samples", in: 1...Int.max)
    if let limit, limit > data.count {
      throw Failure.failed("--samples \(limit): there are only \(data.count) training samples")
    }
    return limit ?? data.count
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

  /// The run that a model file says it was saved from.
  static func resumed(
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
      step: record.stepRule, arenaBytes: try arguments.bytes("arena"))
    let session = try TrainingSession(device, record: record, data: data)
    guard try standardisation(data, session.order.training) == model.standardisation else {
      throw SessionError.otherData
    }
    if session.isComplete {
      throw Failure.failed("\(path): this run is complete; there is nothing to go on with")
    }
    return session
  }

  /// A rate that was given; nil stands for the automatic one.
  private static func rate(_ name: String, _ arguments: Arguments) throws -> Float? {
    arguments[name] == "auto" ? nil : try arguments.number(name)
  }

  private static func record(_ arguments: Arguments) throws -> TrainingRecord {
    let batch = try arguments.integer("batch", in: 1...256) ?? 64
    let stepRule = try arguments.choice("step", stepRuleNames) ?? .plain
    let automatic = Rates.automatic(stepRule, batch: batch)
    let hidden = try rate("rate", arguments) ?? automatic.hidden
    // Of a clipped step all layers have the same.
    let share = stepRule == .plain ? nil : hidden
    let shuffles = [("epoch", true), ("none", false)]
    let schedules: [(String, TrainingRecord.Schedule)] = [
      ("simultaneous", .simultaneous), ("sequential", .sequential),
    ]
    return TrainingRecord(
      rule: try arguments.choice("rule", ruleNames) ?? .readout,
      schedule: try arguments.choice("schedule", schedules) ?? .simultaneous,
      rounding: try arguments.choice("rounding", roundingNames) ?? .automatic,
      stepRule: stepRule,
      updatesPerLabel: try arguments.integer("updates-per-label", in: 1...255) ?? 1,
      shuffles: try arguments.choice("shuffle", shuffles) ?? true, batch: batch,
      epochs: try arguments.integer("epochs", in: 1...1_000_000) ?? 8,
      rates: Rates(
        hidden: hidden,
        output: try rate("output-rate", arguments) ?? share ?? automatic.output,
        convolution: try rate("convolution-rate", arguments) ?? share,
        recurrent: try rate("recurrent-rate", arguments)),
      validation: try arguments.number("validation", below: 1) ?? 0.1, samples: 0,
      dataChecksum: 0, step: 0)
  }
}
