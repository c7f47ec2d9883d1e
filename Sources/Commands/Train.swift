import CStandardLibrary
import Files
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
      .init(
        "step", "NAME",
        "plain (default), or clipped: the gradient over the root of its layer's\n"
          + "mean square so far, each number clamped to 1.5, so that one rate fits\n"
          + "whatever the sensor's units are; or normalised, of dense layers with\n"
          + "--batch 1: the rate over the squared length of what the layer reads."),
      .init(
        "updates-per-label", "N",
        "Updates by each batch, 1 to 255 (default 1): more where labels are few."),
      .init("schedule", "NAME", "simultaneous (default), or sequential: a layer at a time."),
      .init("freeze", "LIST", "Layers that keep their initial weights, counted from 0."),
      .init("epochs", "N", "Passes over the data (default 8); of each layer, if sequential."),
      .init("batch", "N", "Samples of a step, 1 to 256 (default 64)."),
      .init(
        "rate", "RATE",
        "Rate of the hidden layers at the first step; it falls linearly to 0\n"
          + "(default auto: 0.05 x (batch/64)^(2/3); clipped 0.003 x\n"
          + "(batch/64)^(1/2), of less than four samples as of four;\n"
          + "normalised 1)."),
      .init(
        "convolution-rate", "RATE",
        "Rate of convolutions (default auto: 40 times --rate, clipped the same)."),
      .init(
        "recurrent-rate", "RATE",
        "Rate of recurrent layers over a sequence (default 20 times --rate where\n"
          + "there is a gru, otherwise 10 times)."),
      .init(
        "output-rate", "RATE",
        "Rate of the last layer (default auto: twice the hidden default; clipped\n"
          + "and normalised the same as --rate)."),
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
      .init(
        "plot", "FILE",
        "Draw the run as an SVG, anew after every epoch, for any browser to\n"
          + "reload: learning curves, confusion matrix, what int8 layers clipped."),
      .init(
        "roll-back", "N",
        "If training diverges, go back to the end of the last epoch and on with\n"
          + "half the rates, up to N times (default 0: stop)."),
      .init("stop-after", "EPOCHS", "Stop after so many epochs of the run, to go on by --resume."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let output = arguments["output"] ?? arguments["resume"]
    let session =
      try arguments["resume"].map { try resumed($0, directory, arguments) }
      ?? begun(directory, arguments)
    if let output {
      try refuseDataFile(output, option: "output", of: directory)
      try File.requireWritable(output)
    }
    let stop = try arguments.integer("stop-after", in: 1...1_000_000)
    if let stop, stop <= session.epochsDone {
      throw Failure.usage(
        "--stop-after \(stop): \(session.epochsDone) epochs of the run are done already")
    }
    // Read now, so that a fault in it is found before the work; used at the end, and by the plot.
    let test =
      arguments.has("no-test")
      ? nil : try loadTest(directory, session.device.network, shape: session.sampleShape)
    let plot = try arguments["plot"].map { path in
      if let output, path == output {
        throw Failure.usage("--plot and --output are the same file")
      }
      try refuseDataFile(path, option: "plot", of: directory)
      return try TrainingPlot(session, test: test, path: path)
    }
    if output == nil { console.note("without --output the model is not kept") }
    var run = TrainingRun(session, console, output: output, stopAfter: stop)
    run.isQuiet = arguments.has("json")
    run.plot = plot
    run.mostRollBacks = try arguments.integer("roll-back", in: 0...100) ?? 0
    let end = try run.train()
    var result: TestResult?
    if end == .complete && !arguments.has("no-test") {
      result = try Train.test(directory, session.device, console)
    }
    try run.report(result, json: arguments.has("json"))
  }

  /// What is written must not take the place of a file that the network is trained on.
  private static func refuseDataFile(
    _ output: String, option: String, of directory: String
  ) throws {
    guard let target = resolved(output) else { return }
    let marks = ["idx", ".ts", ".csv", ".npy"]
    for name in try File.names(inDirectory: directory) where marks.contains(where: name.contains) {
      if resolved("\(directory)/\(name)") == target {
        throw Failure.usage("--\(option) \(output) is one of the files of --data")
      }
    }
  }

  /// The path behind all links, or nil if there is no such file.
  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
