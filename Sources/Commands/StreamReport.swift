import Files
import Pictures
import Selvedge
import Simulator

/// What came of a stream, as people and as programs read it.
struct StreamReport {
  let network: String
  let order: String
  let head: String
  let seed: UInt64
  let samples: Int
  let device: StreamDevice
  let curve: StreamCurve

  private var classes: Int { device.device.network.classes }

  private var checksum: String { hexadecimal(device.device.network.weightsChecksum) }

  var lines: [String] {
    var lines = [
      "\(samples) samples once, order \(order), head \(head), seed \(seed)",
      "arena \(device.arenaBytes) bytes: network \(device.device.arenaBytes), replay buffer "
        + "\(device.bufferBytes), Gaussian head \(device.headBytes)",
      "",
      " samples  classes  accuracy on them",
    ]
    for point in curve.checkpoints {
      lines.append(
        right(String(point.samples), 8) + right(String(point.seen.count), 9)
          + right(percent(point.accuracy), 18))
    }
    lines += ["", "   class     best   at end  forgotten"]
    for label in 0..<classes {
      lines.append(
        right(String(label), 8) + right(percent(curve.best(label)), 9)
          + right(percent(curve.last(label)), 9) + right(percent(curve.forgetting(label)), 11))
    }
    lines += [
      "",
      "final accuracy   \(percent(curve.finalAccuracy))",
      "area under curve \(percent(curve.area))",
      "mean forgetting  \(percent(curve.forgetting))",
      "weights' CRC-32  \(checksum)",
    ]
    return lines
  }

  var json: JSON {
    let points = curve.checkpoints.map { point in
      JSON.object([
        .init("samples", .number(Double(point.samples))),
        .init("classes", .array(point.seen.sorted().map { .number(Double($0)) })),
        .init("accuracy", JSON(point.accuracy)),
        .init("recalls", .array(point.recalls.map { JSON($0) })),
      ])
    }
    return .object([
      .init("schema", "selvedge.stream/1"), .init("network", .string(network)),
      .init("order", .string(order)), .init("head", .string(head)),
      .init("seed", .string(String(seed))), .init("samples", .number(Double(samples))),
      .init("arena_bytes", .number(Double(device.arenaBytes))),
      .init("network_bytes", .number(Double(device.device.arenaBytes))),
      .init("buffer_bytes", .number(Double(device.bufferBytes))),
      .init("head_bytes", .number(Double(device.headBytes))),
      .init("final_accuracy", JSON(curve.finalAccuracy)), .init("area", JSON(curve.area)),
      .init("mean_forgetting", JSON(curve.forgetting)),
      .init("forgetting", .array((0..<classes).map { JSON(curve.forgetting($0)) })),
      .init("weights_crc32", .string(checksum)),
      .init("checkpoints", .array(points)),
    ])
  }

  /// The tests over the stream: of all classes seen so far, and of each.
  var picture: Canvas {
    let points = curve.checkpoints
    let all = LineChart.Curve(
      "classes seen so far", points.map { (Double($0.samples), $0.accuracy.map { $0 * 100 }) })
    let each = (0..<min(classes, 10)).map { label in
      LineChart.Curve(
        "class \(label)",
        points.map { (Double($0.samples), $0.recalls[label].map { $0 * 100 }) })
    }
    return Sheet(
      title: "\(network), order \(order), head \(head)",
      summary: "\(samples) samples once, seed \(seed); final accuracy "
        + "\(percent(curve.finalAccuracy)), area under the curve \(percent(curve.area))",
      [
        LineChart("accuracy in %", over: "sample", upTo: samples, [all]),
        LineChart("accuracy of each class in %", over: "sample", upTo: samples, each),
      ]
    ).picture
  }
}

/// What an error of a replay buffer means, in words.
func sentence(_ error: ReplayError) -> String {
  switch error {
  case .notLinked: "this build has no rehearsal"
  case .capacity(let count): "a replay buffer has 1 to 16777216 samples, not \(count)"
  case .values(let count): "a sample of a replay buffer has 1 to 16777216 values, not \(count)"
  case .classes(let count): "a replay buffer is for 1 to 256 classes, not \(count)"
  case .learnsValues: "the network learns values; a replay buffer is for classes"
  case .readsSequences: "the network reads sequences, for which a replay buffer has no room"
  case .tooLarge(let bytes): "the replay buffer needs \(bytes) bytes, more than can be addressed"
  case .memory(let error): sentence(error, capacity: 0)
  case .otherPlan: "the replay buffer is for samples of another size, or other classes"
  case .network(let error): sentence(error)
  }
}

/// What an error of a Gaussian head means, in words.
func sentence(_ error: GaussianHeadError) -> String {
  switch error {
  case .noOutputLayer:
    "the network does not end in an output layer, whose weights a Gaussian head could find"
  case .tooLarge(let features):
    "a Gaussian head of \(features) features needs more bytes than can be addressed"
  case .otherNetwork(let features, let classes):
    "the Gaussian head is for \(features) features and \(classes) classes"
  case .network(let error): sentence(error)
  case .full(let count): "a Gaussian head counts \(count) samples; give --samples \(count)"
  case .noSamples(let label): "no sample of class \(label) was seen"
  case .noVariance: "the samples of each class are all the same to the last layer"
  case .shrinkage: "a shrinkage is from 0 to 1"
  case .dependent(let feature):
    "feature \(feature) follows from others: a Gaussian head cannot be found"
  }
}
