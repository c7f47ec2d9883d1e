import Datasets
import Files
import Selvedge
import Simulator

/// selvedge predict MODEL FILE
enum Predict: Command {
  static let usage = Usage(
    name: "predict", operands: ["MODEL", "FILE"],
    summary: "Print each sample's class and its probability, or its values.",
    examples: [
      "selvedge predict fashion.selvedge t10k-images-idx3-ubyte.gz",
      "selvedge predict gestures.selvedge samples.csv --json",
    ],
    details: """
      FILE is IDX, NPY, CSV or .ts, plain or .gz. The columns of a CSV or NPY file are what the
      network reads: neither a class nor values to learn stand behind them.
      """,
    options: [.adaptor, .json])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let model = try SavedModel.read(arguments.operands[0])
    let device = try Device.forInference(model, batch: 1, adaptor: arguments["adaptor"])
    let samples = try Samples(contentsOf: arguments.operands[1])
    try model.requireReadable(samples, of: arguments.operands[1])
    var rows: [JSON] = []
    var values = [Float](repeating: 0, count: samples.valuesPerSample)
    var outputs = [Float](repeating: 0, count: model.classes)
    // Lines of results on a terminal are progress enough.
    let progress =
      console.showsResults && !arguments.has("json")
      ? { _ in } : console.progress(of: samples.count, "predicting")
    for index in 0..<samples.count {
      defer { progress(index + 1) }
      do throws(NetworkError) {
        var span = values.mutableSpan
        let count = samples.copy(index, into: &span)
        try device.network.add(values.span.extracting(0..<count))
        try device.network.predict()
      } catch {
        throw SampleError(file: arguments.operands[1], index: index, error: error)
      }
      if model.learnsValues {
        var span = outputs.mutableSpan
        device.network.copyOutputs(of: 0, into: &span)
        if arguments.has("json") {
          rows.append(["values": .array(outputs.map { JSON($0) })])
        } else {
          console.print(([index.description] + outputs.map(\.description)).joined(separator: "\t"))
        }
        continue
      }
      let label = device.network.predictedClass(of: 0)
      var span = outputs.mutableSpan
      device.network.probabilities(of: 0, into: &span)
      if arguments.has("json") {
        rows.append([
          "class": .number(Double(label)),
          "probabilities": .array(outputs.map { JSON($0) }),
        ])
      } else {
        console.print("\(index)\t\(label)\t\(decimal(Double(outputs[label]), 4))")
      }
    }
    console.clearProgress()
    if arguments.has("json") {
      console.print(
        JSON.object([
          .init("schema", "selvedge.predict/1"), .init("predictions", .array(rows)),
        ]).description)
    }
  }
}
