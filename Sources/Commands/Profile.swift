import Boards
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
      "selvedge profile 784-500-10 --board stm32f446 --precision int8",
      "selvedge profile fashion.selvedge --svg arena.svg --html arena.html",
      "selvedge profile 'input 28x28, conv 16 5x5, pool 2, dense 64, output 10'",
      "selvedge profile 'gru 64 steps 28, output 10' --batch 8",
      "selvedge profile 'conv 16 5x5 frozen, pool 2, dense 64, output 10' --flash",
    ],
    details: NetworkOperand.help + """

      With --board or --budget the exit code is 1 if it does not fit, and the message says which
      precision, batch or width would; 'selvedge fit' searches among all of them together.
      """,
    options: [
      .init("batch", "N", "Samples of a step, 1 to 256 (default 1)."),
      .init(
        "precision", "NAME",
        "What weights are stored as: float32 (default, or as in MODEL), float16\nor int8."),
      .init("rule", "NAME", "The rule of the hidden layers (default readout)."),
      .init("step", "NAME", "The step rule, plain (default), clipped or normalised."),
      .init("inference", "Plan for prediction only."),
      .init(
        "flash",
        "Leave frozen layers, with --inference all, in the model in flash, no\nbytes of the arena."),
      .budget, .board, .boards,
      .init("svg", "FILE", "Also draw the arena over the steps of a sweep, for any browser."),
      .init(
        "html", "FILE", "Also write all of it as one page, the picture in it, for any browser."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let network = arguments.operands[0]
    let batch = try arguments.integer("batch", in: 1...256) ?? 1
    let rule = try arguments.choice("rule", ruleNames) ?? .readout
    let precision = try arguments.choice("precision", precisionNames)
    let limit = try arguments.limit()
    var (input, layers) = try NetworkOperand.read(network)
    if let precision { layers = layers.map { $0.stored(as: precision) } }
    let step = try arguments.choice("step", stepRuleNames) ?? .plain
    let trains = !arguments.has("inference")
    let described = DescribedNetwork(
      input: input, layers: layers, rule: rule,
      constants: arguments.has("flash") ? .inFlash : .inArena)
    let plan = try Plan(
      input: input, layers: layers.span, batch: batch,
      purpose: trains
        ? .training(digest: rule.digestCount(classes: described.classes)) : .inference,
      constants: described.constants, step: step)
    let report = ArenaReport(plan, learns: rule.learns, constants: described.constants)
    let cost = (step == .plain ? limit?.speed : nil).map {
      StepCost(of: plan, rule: rule, on: $0.board, core: $0.core)
    }
    var misfit: Failure?
    if let limit, limit.bytes < report.footprint.total {
      misfit = failure(described, report, batch: batch, trains: trains, limit)
      // What can be changed nowhere is asked for wrongly.
      if case .usage = misfit { throw misfit! }
    }
    let title =
      trains
      ? "\(network): training by \(rule.name), batch \(batch)"
      : "\(network): prediction, batch \(batch)"
    let chart = ArenaChart(report, title: title, steps: layers.map(\.text))
    let profile = ProfileReport(
      network: network, report: report, trains: trains, limit: limit, step: step, cost: cost)
    if let path = arguments["svg"] {
      try File.writeAtomically(Array(chart.svg.utf8), to: path)
    }
    if let path = arguments["html"] {
      let page = profile.page(title: title, chart, layers: layers.map(\.text))
      try File.writeAtomically(Array(page.html.utf8), to: path)
    }
    arguments.has("json") ? console.print(profile.json.description) : profile.show(console)
    if let misfit { throw misfit }
  }

  /// That it does not fit, and what would.
  private static func failure(
    _ network: DescribedNetwork, _ report: ArenaReport, batch: Int, trains: Bool, _ limit: Limit
  ) -> Failure {
    let total = report.footprint.total
    let needs = "\(total) bytes, \(total - limit.bytes) more than the \(limit.text)"
    guard trains else { return .failed("prediction needs " + needs) }
    let search = ChoiceSearch(network)
    let changes = search.singleChanges(under: limit.bytes, batch: batch)
    let words = changes.map { change in
      if change.width < 1 { return "hidden layers as wide as \(change.hiddenUnits)" }
      return change.batch < batch
        ? "--batch \(change.batch)" : "--precision \(change.precision?.name ?? "")"
    }
    if !words.isEmpty {
      return .failed(
        "training needs \(needs); it would fit with " + words.joined(separator: " or ")
          + ", and 'selvedge fit' ranks all that does")
    }
    if let best = search.choices(under: limit.bytes).first {
      return .failed(
        "training needs \(needs); it would fit with --precision \(best.precision?.name ?? ""), "
          + "--batch \(best.batch) and hidden layers as wide as \(best.hiddenUnits)"
          + (best.frozen > 0 ? ", the first \(best.frozen) of them frozen" : ""))
    }
    return .usage(impossible(search, limit))
  }

  /// That nothing fits, and how far from it the smallest choice is.
  static func impossible(_ search: ChoiceSearch, _ limit: Limit) -> String {
    let least = search.smallest.map { "; the least that its layers can be made is \($0.bytes)" }
    return "nothing of this network fits into the \(limit.text)" + (least ?? "")
  }
}

/// The bytes that an arena may have, and who says so.
struct Limit {
  let bytes: Int
  /// The board whose limit it is.
  let board: Board?
  /// What is built for the board already.
  var library: BuiltLibrary?
  /// The board with what is known of its core's speed, if something is.
  var speed: (board: Board, core: Core)?

  /// Such as "budget of 262144 bytes".
  var text: String {
    board.map { "\(bytes) bytes of RAM that \($0.name) has for firmware" }
      ?? "budget of \(bytes) bytes"
  }
}

extension Usage.Option {
  static let budget = Usage.Option("budget", "BYTES", "What the arena may take, such as 64K or 1M.")
}

extension Arguments {
  /// What `--budget` or `--board` allows; nil without either.
  func limit() throws -> Limit? {
    guard let name = self["board"] else {
      guard let bytes = try bytes("budget") else { return nil }
      guard bytes > 0 else { throw Failure.usage("--budget 0: nothing fits into no bytes") }
      return Limit(bytes: bytes, board: nil)
    }
    guard !has("budget") else {
      throw Failure.usage("--budget and --board both say what there is; give one of them")
    }
    let catalogue = try catalogue()
    let board = try catalogue.board(named: name)
    return Limit(
      bytes: board.firmwareRAMBytes.value, board: board,
      library: BuiltLibrary(for: board, in: catalogue),
      speed: try Core(of: board, in: catalogue).map { (board, $0) })
  }
}

extension NetworkChoice {
  /// The units of its hidden layers with weights, such as 128 or 16, 32, 128.
  var hiddenUnits: String {
    layers.filter { $0.kind.hasWeights && !$0.kind.isHead && $0.units > 0 }
      .map { "\($0.units)" }.joined(separator: ", ")
  }
}
