import CStandardLibrary
import Files
import Profiler
import Selvedge
import Simulator

/// selvedge profile NETWORK
enum Profile: Command {
  static let usage = Usage(
    name: "profile", operands: ["NETWORK"],
    summary: "Show where the arena's bytes go, tensor by tensor, before anything is flashed.",
    examples: [
      "selvedge profile 784-128-10 --batch 1",
      "selvedge profile fashion.selvedge --svg arena.svg",
      "selvedge profile 'input 28x28, conv 16 5x5, pool 2, dense 64, output 10'",
      "selvedge profile 'gru 64 steps 28, output 10' --batch 8",
      "selvedge profile 'conv 16 5x5 frozen, pool 2, dense 64, output 10' --flash",
    ],
    details: """
      NETWORK is a model file, widths such as 784-128-10, layers as 'selvedge train --network'
      takes them, or one of its presets: \(presets).
      What does not say its input reads 28x28 values, a row a step, and has 10 classes.
      """,
    options: [
      .init("batch", "N", "Samples of a step, 1 to 256 (default 1)."),
      .init(
        "precision", "NAME",
        "What weights are stored as: float32 (default, or as in MODEL), float16\nor int8."),
      .init("rule", "NAME", "The rule of the hidden layers (default readout)."),
      .init("inference", "Plan for prediction only."),
      .init(
        "flash",
        "Leave frozen layers, with --inference all, in the model in flash, no\nbytes of the arena."),
      .init("svg", "FILE", "Also draw the arena over the steps of a sweep, for any browser."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let network = arguments.operands[0]
    let batch = try arguments.integer("batch", in: 1...256) ?? 1
    let rule = try arguments.choice("rule", ruleNames) ?? .readout
    var (input, layers) = try description(network)
    if let precision = try arguments.choice("precision", precisionNames) {
      layers = layers.map { $0.stored(as: precision) }
    }
    let classes = Int(layers.last!.units)
    let report = ArenaReport(
      try Plan(
        input: input, layers: layers.span, batch: batch,
        purpose: arguments.has("inference")
          ? .inference : .training(digest: rule.digestCount(classes: classes)),
        constants: arguments.has("flash") ? .inFlash : .inArena),
      learns: rule.learns)
    let trains = !arguments.has("inference")
    if let path = arguments["svg"] {
      let title =
        arguments.has("inference")
        ? "\(network): prediction, batch \(batch)"
        : "\(network): training by \(rule.name), batch \(batch)"
      let chart = ArenaChart(report, title: title, steps: layers.map(\.text))
      try File.writeAtomically(Array(chart.svg.utf8), to: path)
    }
    if arguments.has("json") {
      console.print(object(network, report, trains: trains).description)
    } else {
      show(report, console)
      showWork(report, trains: trains, console)
    }
  }

  private static let presets = NetworkText.presets.map(\.name).joined(separator: ", ")

  /// The layers of a model file, of a line such as 784-500-10, or of a description or preset.
  private static func description(_ network: String) throws -> (Shape, [LayerDescription]) {
    let fields = network.split(separator: "-", omittingEmptySubsequences: false)
    let widths = fields.compactMap { Int($0) }
    if widths.count == fields.count && widths.count >= 2 {
      // A layer's description could not hold every number that may be typed.
      for (layer, units) in widths.dropFirst().enumerated() where UInt32(exactly: units) == nil {
        throw Failure.usage(unitsSentence(layer: layer, units: units))
      }
      return (
        Shape(widths[0]),
        widths[1..<widths.count - 1].map { .dense($0) } + [.output(widths.last!)]
      )
    }
    // What looks like widths was meant as widths, not as the name of a file.
    let looksLikeWidths = network.allSatisfy { $0 == "-" || $0.isASCII && $0.isNumber }
    let isFile = access(network, F_OK) == 0
    if looksLikeWidths && !isFile {
      throw Failure.usage("'\(network)' is neither widths such as 784-500-10 nor a model file")
    }
    let isPreset = NetworkText.presets.contains { $0.name == network }
    if !isFile && (isPreset || network.contains(" ")) {
      var text = try NetworkText(network, classes: 10)
      let image = Shape(rows: 28, columns: 28)
      guard text.layers[0].kind.readsSteps else { return (text.input ?? image, text.layers) }
      text.span(image.rows)
      return (text.input ?? Shape(image.columns), text.layers)
    }
    guard isFile else {
      throw Failure.failed(
        "cannot open \(network): there is no such file, nor is it a preset "
          + "(\(presets)) or widths such as 784-500-10"
          + suggestion(network, NetworkText.presets.map(\.name), prefix: ""))
    }
    let model = try SavedModel.read(network)
    return (model.inputShape, model.layers)
  }

  private static func object(
    _ network: String, _ report: ArenaReport, trains: Bool
  ) -> JSON {
    [
      "schema": "selvedge.profile/1",
      "network": .string(network),
      "parameter_bytes": .number(Double(report.footprint.parameterBytes)),
      "arena": report.footprint.json(given: report.footprint.total),
      "flash_bytes": .number(Double(report.footprint.flash)),
      "macs_inference": .number(Double(report.allWork.inference)),
      "macs_training": trains ? .number(Double(report.allWork.training)) : .null,
      "layers": .array(
        report.work.map { work in
          [
            "macs_inference": .number(Double(work.inference)),
            "macs_training": trains ? .number(Double(work.training)) : .null,
          ]
        }),
      "backpropagation_bytes": trains ? .number(Double(report.backpropagation.bytes)) : .null,
      "backpropagation_bytes_with_gradients": trains
        ? .number(Double(report.backpropagation.bytesWithGradients)) : .null,
      "tensors": .array(
        (report.flash + report.tensors).map { tensor in
          [
            "name": .string(tensorName(tensor.role, layer: tensor.layer)),
            "category": .string(tensor.category.name),
            "offset": .number(Double(tensor.offset)),
            "bytes": .number(Double(tensor.bytes)),
            "first_step": .number(Double(tensor.lives.lowerBound)),
            "last_step": .number(Double(tensor.lives.upperBound - 1)),
          ]
        }),
    ]
  }

  private static func show(_ report: ArenaReport, _ console: Console) {
    console.print(
      left("tensor", 20) + left("category", 13) + right("offset", 10) + right("bytes", 10)
        + "   steps")
    for tensor in report.flash + report.tensors {
      console.print(
        left(tensorName(tensor.role, layer: tensor.layer), 20) + left(tensor.category.name, 13)
          + right(String(tensor.offset), 10) + right(String(tensor.bytes), 10)
          + "   \(tensor.lives.lowerBound)-\(tensor.lives.upperBound - 1)")
    }
    let footprint = report.footprint
    console.print(
      "\narena \(footprint.total) bytes at the fullest step: weights \(footprint.weights), "
        + "activations \(footprint.activations), scratch \(footprint.scratch)")
    if footprint.flash > 0 {
      console.print("flash \(footprint.flash) bytes of the model's parameters, used where they lie")
    }
    console.print(
      "parameters \(footprint.parameterBytes) bytes; the arena is "
        + "\(decimal(Double(footprint.total) / Double(footprint.parameterBytes), 3)) times as large"
    )
  }

  /// The multiply-accumulates of a sample, and what backpropagation would hold instead.
  private static func showWork(_ report: ArenaReport, trains: Bool, _ console: Console) {
    func line(_ title: String, _ work: Work) {
      console.print(
        left(title, 20) + right(String(work.inference), 13)
          + right(trains ? String(work.training) : "-", 15))
    }
    console.print(
      "\n" + left("products a sample", 20) + right("prediction", 13) + right("training step", 15))
    for (k, work) in report.work.enumerated() { line("layers.\(k)", work) }
    line("all", report.allWork)
    guard trains else { return }
    let (total, other) = (report.footprint.total, report.backpropagation)
    console.print(
      "\nbackpropagation in place would hold "
        + (other.bytes <= total
          ? "no more than the arena, \(other.bytes) bytes"
          : "\(other.bytes) bytes, \(decimal(Double(other.bytes) / Double(total), 2)) times the arena")
        + ";\nwith a gradient of every parameter, as frameworks have it, "
        + "\(other.bytesWithGradients) bytes")
  }
}
