import Datasets
import Files
import Selvedge
import Simulator

/// selvedge stream NETWORK --data DIR
enum Stream: Command {
  static let usage = Usage(
    name: "stream", operands: ["NETWORK"],
    summary: "Learn from a stream that shows every sample once, its classes in any order.",
    examples: [
      "selvedge stream 784-128-10 --data DIR --order disjoint --replay 200 --balanced --mask",
      "selvedge stream 784-128-10 --data DIR --order blurry --head gaussian --plot curve.svg",
    ],
    details: NetworkOperand.help + """

      It is tested ten times on the classes seen so far. Forgetting is what a class has lost since
      the test at which it did best. In the orders:

      iid       all classes all the time
      disjoint  the classes dealt to five tasks, one task after the other
      blurry    half of the classes in one task only, the others cut at random places, a tenth of
                their samples dealt anew (Si-Blurry)

      The softmax head is trained, with the hidden layers, a sample a step. The Gaussian head is
      counted, behind hidden layers that stay as they are: its weights do not depend on the order.
      """,
    options: [
      .data,
      .init("order", "NAME", "iid, disjoint or blurry (default iid)."),
      .init("tasks", "N", "Tasks of the orders disjoint and blurry (default 5)."),
      .init("samples", "N", "Samples to show (default: all)."),
      .init("head", "NAME", "softmax or gaussian (default softmax)."),
      .init("replay", "N", "Old samples that are kept, a byte a value (default 0)."),
      .init("rehearse", "N", "Old samples that are learned from with each new one (default 3)."),
      .init("balanced", "Keep classes alike, not all samples with the same chance."),
      .init("mask", "Only classes of a step's samples compete in it."),
      .init("rate", "N", "Rate of the hidden layers, for a sample (default 0.003)."),
      .init("output-rate", "N", "Rate of the last layer, for a sample (default 0.005)."),
      .init("seed", "N", "Seed of weights, order and buffer (default 1)."),
      .init("plot", "FILE.svg", "A picture of the tests."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let network = arguments.operands[0]
    let settings = try settings(arguments)
    let seed = try arguments.seed("seed") ?? 1
    let tasks = try arguments.integer("tasks", in: 1...1000) ?? 5
    let orders: [(String, ClassOrder)] = [
      ("iid", .mixed), ("disjoint", .tasks(tasks)),
      ("blurry", .blurry(tasks: tasks, disjoint: 0.5, blurred: 0.1)),
    ]
    let classOrder = try arguments.choice("order", orders) ?? .mixed
    let wanted = try arguments.integer("samples", in: 1...1 << 30)
    if let plot = arguments["plot"] { try File.requireWritable(plot) }
    let model = NetworkOperand.isFile(network) ? try SavedModel.read(network) : nil
    let (input, layers) =
      try model.map { ($0.inputShape, $0.layers) } ?? NetworkOperand.read(network)
    guard layers[layers.count - 1].kind != .regression else {
      throw Failure.usage("a stream is for classes; the network learns values")
    }
    guard !layers[0].kind.readsSteps else {
      throw Failure.usage("a stream has whole samples; the network reads sequences step by step")
    }
    let device = try StreamDevice(
      input: input, layers: layers, model: model, seed: seed, settings)
    let classes = device.device.network.classes
    let (data, _) = try Train.loadTrain(directory, classes: classes, values: nil)
    guard data.samples.valuesPerSample == device.device.network.inputs else {
      throw Failure.failed(
        "\(directory): a sample has \(data.samples.valuesPerSample) values; the network reads "
          + "\(device.device.network.inputs)")
    }
    let test = try Train.loadTest(
      directory, device.device.network, shape: data.samples.shape)
    let order = SampleOrder(count: data.count, validation: 0, seed: seed, shuffles: true)
    let shown = Set(order.epoch(0).prefix(wanted ?? data.count))
    let samples = order.epoch(0, labels: data.labels, classes: classOrder)
      .filter(shown.contains)
    if model == nil {
      device.device.network.standardisation = try Train.standardisation(data, shown.sorted())
    }
    let curve = try device.follow(
      data, order: samples, test: test, progress: console.progress(of: samples.count, "learning"))
    console.clearProgress()
    let report = StreamReport(
      network: network, order: arguments["order"] ?? "iid", head: arguments["head"] ?? "softmax",
      seed: seed, samples: samples.count, device: device, curve: curve)
    if let plot = arguments["plot"] { try report.picture.write(to: plot) }
    if arguments.has("json") {
      console.print(report.json.description)
    } else {
      for line in report.lines { console.print(line) }
    }
  }

  private static func settings(_ arguments: Arguments) throws -> StreamSettings {
    let heads = [("softmax", false), ("gaussian", true)]
    let capacity = try arguments.integer("replay", in: 0...1 << 24) ?? 0
    let isGaussian = try arguments.choice("head", heads) ?? false
    for name in ["replay", "rehearse", "balanced", "mask", "rate", "output-rate"]
    where isGaussian && arguments.has(name) {
      throw Failure.usage("--\(name) is for --head softmax; the Gaussian head is counted")
    }
    for name in ["rehearse", "balanced", "mask"] where capacity == 0 && arguments.has(name) {
      throw Failure.usage("--\(name) is for --replay with a number of samples")
    }
    let rates = Rates(
      hidden: try arguments.number("rate") ?? 0.003,
      output: try arguments.number("output-rate") ?? 0.005)
    var settings = StreamSettings(isGaussian ? .counts : .steps(rates))
    settings.capacity = capacity
    settings.rehearsed = try arguments.integer("rehearse", in: 1...255) ?? settings.rehearsed
    settings.replacement = arguments.has("balanced") ? .balanced : .reservoir
    settings.onlyBatchCompetes = arguments.has("mask")
    return settings
  }
}
