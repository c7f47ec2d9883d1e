import CStandardLibrary
import Datasets
import Selvedge
import Simulator

/// selvedge stream --data DIR
enum Stream: Command {
  static let usage = Usage(
    name: "stream",
    summary: "Write samples as a stream of bytes, for a program on a device.",
    examples: [
      "selvedge stream --data DIR --count 1000 | on-device-training",
      "selvedge stream --data DIR --sequence rows --epochs 10 --shuffle --test | gestures",
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
    let records = try Records(
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

/// How samples become bytes.
private struct Records {
  let valuesPerStep: Int
  /// Steps of the longest sample.
  let longest: Int
  /// Whether every value is a whole number from 0 to 255.
  let areBytes: Bool

  init(valuesPerStep: Int, _ training: Samples, _ test: Samples?) throws(Failure) {
    self.valuesPerStep = valuesPerStep
    let all = [training] + (test.map { [$0] } ?? [])
    for samples in all {
      for index in 0..<samples.count
      where !samples.valueCount(index).isMultiple(of: valuesPerStep) {
        throw .failed(
          "\(samples.name): sample \(index) has \(samples.valueCount(index)) values, which are no whole "
            + "number of steps of \(valuesPerStep); give --sequence rows, or values of a step")
      }
    }
    longest = all.map { $0.valuesPerSample }.max()! / valuesPerStep
    guard longest <= 65_535 else {
      throw .failed("a sample of a stream has at most 65535 steps; there is one of \(longest)")
    }
    guard valuesPerStep <= 65_536 else {
      throw .failed("a step of a stream has at most 65536 values; there are \(valuesPerStep)")
    }
    areBytes = all.allSatisfy { samples in
      (0..<samples.count).allSatisfy { index in
        samples.values(index).allSatisfy { UInt8(exactly: $0) != nil }
      }
    }
  }

  func header(classes: Int) -> [UInt8] {
    let numbers = [2, classes, valuesPerStep, longest, areBytes ? 1 : 4]
    return Array("SELVSTRM".utf8) + numbers.flatMap { littleEndian(UInt32($0)) }
  }

  func record(_ samples: Samples, _ index: Int, label: Int, isTest: Bool) -> [UInt8] {
    let values = samples.values(index)
    let steps = UInt16(values.count / valuesPerStep)
    let head = [UInt8(label), isTest ? 1 : 0] + littleEndian(steps)
    return areBytes
      ? head + values.map { UInt8($0) } : head + values.flatMap { littleEndian($0.bitPattern) }
  }

  private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

extension Samples {
  fileprivate func values(_ index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: valueCount(index)) { buffer, count in
      buffer.initialize(repeating: 0)
      var span = buffer.mutableSpan
      count = copy(index, into: &span)
    }
  }
}
