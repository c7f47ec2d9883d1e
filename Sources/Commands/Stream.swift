import CStandardLibrary
import Datasets
import Selvedge

/// selvedge stream --data DIR
enum Stream: Command {
  static let usage = Usage(
    name: "stream",
    summary: "Write training samples as a stream of bytes, for a program on a device.",
    examples: ["selvedge stream --data DIR --count 1000 | on-device-training"],
    options: [
      .data,
      .init("count", "N", "How many samples, from the first (default: all)."),
    ])

  /// "SELVSTRM", values and classes as 32-bit little-endian numbers; then for each sample its label
  /// and its values, a byte each.
  static func run(_ arguments: Arguments, _ console: Console) throws {
    let count = try arguments.integer("count", in: 1...Int.max)
    let data = try DataDirectory.loadTrain(arguments.required("data"))
    let classes = try data.classes()
    guard classes <= 256 else {
      throw Failure.failed("a label of a stream is one byte; there are \(classes) classes")
    }
    var header = Array("SELVSTRM".utf8)
    for number in [data.samples.valuesPerSample, classes] {
      for shift in [0, 8, 16, 24] { header.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    write(header)
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    var record = [UInt8](repeating: 0, count: values.count + 1)
    for index in 0..<min(data.count, count ?? data.count) {
      var span = values.mutableSpan
      data.samples.copy(index, into: &span)
      record[0] = UInt8(data.labels[index])
      for (i, value) in values.enumerated() {
        guard let byte = UInt8(exactly: value) else {
          throw Failure.failed(
            "sample \(index): value \(value) is not a whole number from 0 to 255")
        }
        record[i + 1] = byte
      }
      write(record)
    }
  }

  private static func write(_ bytes: [UInt8]) {
    fwrite(bytes, 1, bytes.count, standard_output())
  }
}
