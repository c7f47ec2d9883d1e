import Boards
import CStandardLibrary
import Datasets
import Files
import Profiler
import Selvedge
import Simulator

/// selvedge simulate NETWORK --board NAME --data DIR
enum Simulate: Command {
  static let usage = Usage(
    name: "simulate", operands: ["NETWORK"],
    summary: "Train on the host as a board would: its memory, its bits, what a step costs there.",
    examples: [
      "selvedge simulate 784-64-10 --board luckfox-pico --data /usr/share/datasets/fashion-mnist",
      "selvedge simulate 784-64-10 --board stm32f446 --data DIR --precision int8 --batch 4",
      "selvedge simulate fashion.selvedge --board raspberry-pi-zero-2w --data DIR --online "
        + "--drift rotate:3",
      "selvedge simulate lenet --board luckfox-pico --data DIR --samples 500 --epochs 1 --emulate",
    ],
    details: """
      NETWORK is a model file, which learns on, widths such as 784-64-10, a preset, or layers as
      'selvedge train --network' takes them. The weights are those that the board computes, to the
      last bit; instructions, time and energy are estimates, whose basis is printed with them.

      A stream (--online, or any of the options behind it) shows each sample once: it is predicted
      when it comes and learned from when its label does.
      """,
    options: [
      .board, .boards, .data,
      .init("emulate", "Run the board's own program under qemu too: its weights must be the same."),
      .init("online", "A stream: batches of one, each sample predicted before it is learned from."),
      .init("label-delay", "N", "A stream whose labels come N samples late."),
      .init("label-fraction", "PART", "A stream with labels for a part of the samples only."),
      .init("order", "NAME", "A stream in an order: shuffled (default), or sorted by class."),
      .init(
        "drift", "KIND",
        "A stream whose sensor changes at its middle, such as noise, gain or\n"
          + "rotate, or with a severity of 1 to 5 (default 3): rotate:5."),
      .init(
        "power-loss", "N",
        "Lose power at N random moments, and go on from a checkpoint in flash\n"
          + "each time."),
    ] + Train.usage.options.filter { shared.contains($0.name) } + [.json])

  /// What means the same as for `train`.
  private static let shared = [
    "sequence", "activation", "precision", "rounding", "rule", "step", "updates-per-label",
    "epochs", "batch", "rate", "convolution-rate", "recurrent-rate", "output-rate", "seed",
    "validation", "samples",
  ]

  static func run(_ arguments: Arguments, _ console: Console) throws {
    guard arguments["board"] != nil else { throw Failure.usage("--board is missing") }
    let catalogue = try arguments.catalogue()
    let board = try catalogue.board(named: arguments["board"]!)
    let wishes = try StreamWishes(arguments)
    let directory = try arguments.required("data")
    var run = try BoardRun(
      board, core: try Core(of: board, in: catalogue), directory, arguments, wishes)
    try run.train(console)
    if let losses = try arguments.integer("power-loss", in: 1...10_000) {
      try run.losePower(losses, console)
    }
    if arguments.has("emulate") { try run.emulate(console) }
    arguments.has("json") ? console.print(run.json.description) : run.show(console)
    if let emulated = run.emulated, emulated.checksum != run.checksum {
      throw Failure.failed(
        "the weights differ: CRC-32 \(run.checksum) simulated, \(emulated.checksum) emulated for "
          + board.name)
    }
  }
}

/// How samples are to come, if they do as a stream.
struct StreamWishes {
  let isStream: Bool
  let delay: Int
  let fraction: Double
  let isSorted: Bool
  let drift: (kind: Drift.Kind, severity: Int)?

  /// - Throws: `Failure.usage`, naming the option and what it takes.
  init(_ arguments: Arguments) throws {
    let options = ["online", "label-delay", "label-fraction", "order", "drift"]
    isStream = options.contains(where: arguments.has)
    if isStream, let other = ["epochs", "batch", "power-loss"].first(where: arguments.has) {
      throw Failure.usage("--\(other): a stream shows each sample once, in batches of one")
    }
    delay = try arguments.integer("label-delay", in: 0...1_000_000_000) ?? 0
    fraction = try arguments.number("label-fraction").map { Double($0) } ?? 1
    guard fraction > 0 && fraction <= 1 else {
      throw Failure.usage("--label-fraction takes a part above 0 and at most 1")
    }
    isSorted = try arguments.choice("order", [("shuffled", false), ("sorted", true)]) ?? false
    drift = try arguments.drift()
  }
}

extension Arguments {
  /// What --drift says: a kind and a severity.
  func drift() throws(Failure) -> (kind: Drift.Kind, severity: Int)? {
    guard let text = self["drift"] else {
      return nil
    }
    let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let severity = words.count > 1 ? Int(words[1]) : 3
    let kinds = Drift.Kind.allCases.map(\.rawValue)
    guard let kind = Drift.Kind(rawValue: String(words[0])) else {
      throw Failure.usage(
        "--drift takes \(kinds.joined(separator: ", ")), not '\(words[0])'"
          + suggestion(String(words[0]), kinds, prefix: ""))
    }
    guard let severity, 1...5 ~= severity else {
      throw Failure.usage("--drift \(words[0]): a severity is 1 to 5, not '\(words[1])'")
    }
    return (kind, severity)
  }
}

extension Drift {
  /// The drift that --drift says, of a sensor that gives such samples.
  init(
    _ wish: (kind: Kind, severity: Int), seed: UInt64, like samples: Samples, readsSequences: Bool
  ) throws(DriftError) {
    try self.init(
      wish.kind, severity: wish.severity, seed: seed, like: samples,
      .of(samples, readsSequences: readsSequences))
  }
}
