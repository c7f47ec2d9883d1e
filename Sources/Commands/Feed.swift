import CStandardLibrary
import Datasets
import Selvedge
import Simulator

/// selvedge feed --data DIR
enum Feed: Command {
  static let usage = Usage(
    name: "feed",
    summary: "Write samples as a stream of bytes, for a program on a device.",
    examples: [
      "selvedge feed --data DIR --count 1000 | on-device-training",
      "selvedge feed --data DIR --sequence rows --epochs 10 --shuffle --test | gestures",
    ],
    options: [
      .data,
      .init("count", "N", "How many training samples, from the first (default: all)."),
      .init(
        "sequence", "WHAT",
        "Values of a step, or rows: each row of an image is one, or each step\n"
          + "of a sequence (default: a whole sample is one step)."),
      .init("epochs", "N", "How often the training samples are written (default 1)."),
      .init("shuffle", "Write them in another order each time, not in that of the files."),
      .init("seed", "N", "Seed of the order (default 1)."),
      .init("test", "Write the test samples too, behind all others, to be predicted only."),
    ])

  /// The format is that of `SampleStream` in examples/support.
  static func run(_ arguments: Arguments, _ console: Console) throws {
    let directory = try arguments.required("data")
    let limit = try arguments.integer("count", in: 1...Int.max) ?? .max
    let epochs = try arguments.integer("epochs", in: 1...1_000_000) ?? 1
    let seed = try arguments.seed("seed") ?? 1
    let data = try DataDirectory.loadTrain(directory)
    let test = arguments.has("test") ? try DataDirectory.loadTest(directory) : nil
    let classes = try data.classes()
    guard classes <= 256 else {
      throw Failure.failed("a label of a stream is one byte; there are \(classes) classes")
    }
    try test?.requireLabels(below: classes)
    let sequence = arguments["sequence"]
    let step = try sequence.map { try Train.valuesPerStep(data.samples, $0) }
    let records = try FeedRecords(
      valuesPerStep: step ?? data.samples.valuesPerSample, data.samples, test?.samples)
    write(records.header(classes: classes))
    let order = SampleOrder(
      count: min(data.count, limit), validation: 0, seed: seed, shuffles: arguments.has("shuffle"))
    for epoch in 0..<epochs {
      for index in order.epoch(epoch) {
        write(records.record(data.samples, index, label: data.labels[index], isTest: false))
      }
    }
    if let test {
      for index in 0..<test.count {
        write(records.record(test.samples, index, label: test.labels[index], isTest: true))
      }
    }
  }

  private static func write(_ bytes: [UInt8]) {
    fwrite(bytes, 1, bytes.count, standard_output())
  }
}
