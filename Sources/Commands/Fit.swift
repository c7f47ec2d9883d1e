import Boards
import Files
import Profiler
import Selvedge
import Simulator

/// selvedge fit NETWORK
enum Fit: Command {
  static let usage = Usage(
    name: "fit", operands: ["NETWORK"],
    summary:
      "Find the precision, batch, width and trained layers that fit a network into a budget.",
    examples: [
      "selvedge fit 784-500-10 --budget 256K",
      "selvedge fit lenet --board stm32f446",
      "selvedge fit 784-500-10 --budget 256K --data /usr/share/datasets/fashion-mnist",
    ],
    details: NetworkOperand.help + """

      NETWORK is the widest that is tried. Every choice is planned to the byte and trains in just
      so much; the order is a rule of thumb made of what Fashion-MNIST has shown. With --data the
      first few are trained for a short run, and the order is that of their validation accuracy.
      """,
    options: [
      .budget, .board, .boards,
      .init("precision", "NAME", "Only this one of float32, float16 and int8."),
      .init("batch", "N", "Only this one of 64, 32, 16, 8, 4 and 1, or any other to 256."),
      .init("rule", "NAME", "The rule of the hidden layers (default readout)."),
      .init("rows", "N", "Choices to show (default 10)."),
      .init(
        "data", "DIR", "Train the first few on these data, as 'selvedge train --data' has them."),
      .init("sequence", "VALUES", "How samples are sequences, as 'selvedge train' has it."),
      .init("top", "N", "How many choices to train (default 4)."),
      .init("samples", "N", "Training samples of a short run (default 10000, or all)."),
      .init("epochs", "N", "Passes over them (default 2)."),
      .init("seed", "N", "Seed of the short runs (default 1)."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let rows = try arguments.integer("rows", in: 1...10_000) ?? 10
    let top = try arguments.integer("top", in: 1...100) ?? 4
    guard let limit = try arguments.limit() else {
      throw Failure.usage("--budget or --board has to say what there is")
    }
    let rule = try arguments.choice("rule", ruleNames) ?? .readout
    for name in ["sequence", "top", "samples", "epochs", "seed"] where arguments.has(name) {
      guard arguments.has("data") else { throw Failure.usage("--\(name) is for --data") }
    }
    let (input, layers) = try NetworkOperand.read(arguments.operands[0])
    // What is impossible whatever the choice is named as it is for other commands.
    _ = try Plan(input: input, layers: layers.span, batch: 1, purpose: .inference)
    var search = ChoiceSearch(DescribedNetwork(input: input, layers: layers, rule: rule))
    if let precision = try arguments.choice("precision", precisionNames) {
      search.precisions = [precision]
    }
    if let batch = try arguments.integer("batch", in: 1...256) { search.batches = [batch] }
    search.speed = limit.speed
    let choices = search.choices(under: limit.bytes)
    guard !choices.isEmpty else { throw Failure.usage(Profile.impossible(search, limit)) }
    var table = FitTable(
      network: arguments.operands[0], rule: rule, limit: limit, found: choices.count,
      rows: choices.prefix(rows).map { FitTable.Row(choice: $0) })
    if let data = arguments["data"] {
      let outputs = layers.last!.kind == .regression ? Int(layers.last!.units) : nil
      let trial = try FitTrial(
        directory: data, learnsValues: outputs, rule: rule, limit: limit, arguments)
      try table.train(top, by: trial, console)
    }
    arguments.has("json") ? console.print(table.json.description) : table.show(console)
  }
}
