import CStandardLibrary
import Selvedge
import Simulator

/// Networks that seeds are made of.
let sketches: [(input: Shape, layers: [LayerDescription])] = [
  (Shape(3), [.dense(3, .relu), .output(2)]),
  (Shape(5), [.dense(7, .tanh).stored(as: .int8), .dense(3).stored(as: .float16), .output(4)]),
  (
    Shape(rows: 6, columns: 6),
    [.convolution(3, Window(3, 3), pool: 2, .tanh), .dense(4).lookingAhead(), .output(3)]
  ),
  (Shape(2), [.gru(3, steps: 4).stored(as: .int8), .dense(5), .output(2).stored(as: .int8)]),
  (Shape(1), [.legendre(4, steps: 9), .dense(4), .regression(3)]),
  (Shape(2), [.elman(3, steps: 4, leak: 0.5, trace: true), .output(2)]),
]

/// A device for a description, if it is small enough to be tried often.
func smallDevice(
  _ input: Shape, _ layers: [LayerDescription], batch: Int, purpose: Plan.Purpose, seed: UInt64
) -> Device? {
  guard
    let plan = try? Plan(input: input, layers: layers.span, batch: batch, purpose: purpose),
    plan.footprint.total <= 1 << 15
  else { return nil }
  // In bytes of the heap, just as many as are needed: the address sanitizer sees who goes beyond.
  return try? Device(input: input, layers: layers, batch: batch, purpose: purpose, seed: seed)
}

/// What a network shows of itself.
struct State: Equatable {
  let parameters: UInt32
  let waiting: Int
  let predicted: Int
  let begun: Int
  let stepsRead: Int

  init(_ network: borrowing Network) {
    parameters = network.weightsChecksum
    (waiting, predicted) = (network.waiting, network.predicted)
    (begun, stepsRead) = (network.begun, network.stepsRead)
  }
}

extension FuzzTarget {
  static let model = FuzzTarget(
    name: "model",
    seeds: sketches.flatMap { input, layers -> [[UInt8]] in
      guard
        let device = smallDevice(input, layers, batch: 1, purpose: .inference, seed: 3)
      else { return [] }
      let record = TrainingRecord(
        rule: .masked, schedule: .sequential, shuffles: true, batch: 7, epochs: 12,
        rates: Rates(hidden: 0.125, output: -3), validation: 0.25, samples: 1234,
        dataChecksum: 5, step: 99)
      return [
        SavedModel.bytes(of: device.network), SavedModel.bytes(of: device.network, record: record),
      ]
    }
  ) { input in
    tryModel(input)
    var forged = input
    forgeModel(&forged)
    tryModel(forged)
  }

  /// The first bytes say what samples look like, batch, purpose and seed; then layers by their 16 bytes, then calls.
  static let network = FuzzTarget(name: "network", seeds: networkSeeds) { input in
    var choices = Choices(input)
    let shape = Shape(
      rows: choices.number(below: 9), columns: choices.number(below: 9),
      channels: choices.number(below: 9))
    let batch = choices.number(below: 5)
    let digest = choices.number(below: 9)
    let purpose: Plan.Purpose = digest == 8 ? .inference : .training(digest: digest)
    let seed = UInt64(choices.byte())
    var layers: [LayerDescription] = []
    for _ in 0..<choices.number(below: 7) {
      let row = choices.take(16)
      guard let layer = try? LayerDescription(row.span.bytes) else { return }
      layers.append(layer)
    }
    guard let device = smallDevice(shape, layers, batch: batch, purpose: purpose, seed: seed) else {
      return
    }
    for _ in 0..<64 where !choices.isAtEnd { callNetwork(device, &choices) }
    _ = device.network.weightsChecksum
  }

  private static var networkSeeds: [[UInt8]] {
    sketches.flatMap { sketch -> [[UInt8]] in
      guard
        let device = smallDevice(
          sketch.input, sketch.layers, batch: 2, purpose: .inference, seed: 3)
      else { return [] }
      let model = SavedModel.bytes(of: device.network)
      let rows = model[(96 + 48)..<(96 + 48 + 16 * sketch.layers.count)]
      let head = [
        sketch.input.rows, sketch.input.columns, sketch.input.channels, 2, 4, 9,
        sketch.layers.count,
      ].map { UInt8($0) }
      return [
        head + rows + (0..<60).map { UInt8($0 * 7 & 255) },
        head + rows + [UInt8](repeating: 2, count: 30) + (0..<30).map { UInt8($0 * 11 & 255) },
      ]
    }
  }

  static let networkText = FuzzTarget(
    name: "text",
    seeds: (NetworkText.presets.map(\.text) + [
      "input 28x28x3, conv 16 5x5 stride 2 valid relu int8 frozen, depthwise 3x3, average 2, global, normalise, "
        + "dense 10 lookahead float16, readout 10",
      "oscillators 8 magnitude forgetting steps 9, regression 2", "legendre 8 steps 100, output 2",
      "elman 32 leak 0.5 trace, gru 8, output", "input 784, dense 10 sigmoid, output 3",
      "pool 2, output",
    ]).map { Array($0.utf8) }
  ) { input in
    let text = String(decoding: input, as: UTF8.self)
    guard var network = try? NetworkText(text, classes: 3) else { return }
    network.span(5)
    let shape = network.input ?? Shape(rows: 12, columns: 12)
    let written = (["input \(shape.name)"] + network.layers.map(\.text)).joined(separator: ", ")
    guard let again = try? NetworkText(written, classes: nil) else {
      promise(false, "'\(text)' is written as '\(written)', which cannot be read")
      return
    }
    promise(again.layers == network.layers, "'\(text)' is written as '\(written)'")
    _ = try? Plan(
      input: shape, layers: network.layers.span, batch: 64, purpose: .training(digest: 3))
  }
}

private func tryModel(_ bytes: [UInt8]) {
  guard let model = try? SavedModel(bytes) else { return }
  let purpose = Plan.Purpose.training(digest: min(model.classes, 1 << 20))
  guard
    let plan = try? Plan(
      input: model.inputShape, layers: model.layers.span, batch: 2, purpose: purpose),
    plan.footprint.total <= 1 << 15
  else { return }
  guard let device = try? Device(model, batch: 2, purpose: { _ in purpose }) else {
    promise(false, "a sound model has no device")
    return
  }
  promise(
    SavedModel.bytes(of: device.network, record: model.record) == bytes,
    "a model is written as other bytes")
  let values = [Float](repeating: 0.5, count: model.inputs)
  try? device.network.add(values.span)
  try? device.network.predict()
  try? device.network.add(values.span, label: 0)
  _ = try? device.network.train(Rule.readout, rates: Rates(hidden: 0.1, output: 0.1))
}

/// Makes all checksums right that can be right, so that what lies behind them is tried.
private func forgeModel(_ bytes: inout [UInt8]) {
  guard bytes.count >= 32 else { return }
  let end = 32 + 32 * min(Int(number(bytes, at: 12, size: 4)), 3)
  guard end <= bytes.count else { return }
  put(UInt64(bytes.count), size: 8, at: 16, in: &bytes)
  for entry in stride(from: 32, to: end, by: 32) {
    let (offset, size) = (
      number(bytes, at: entry + 8, size: 8), number(bytes, at: entry + 16, size: 8)
    )
    let (upper, overflows) = offset.addingReportingOverflow(size)
    guard !overflows, upper <= UInt64(bytes.count) else { continue }
    let section = Array(bytes[Int(offset)..<Int(upper)])
    put(UInt64(CRC32.of(section.span.bytes)), size: 4, at: entry + 4, in: &bytes)
  }
  let header = Array(bytes[0..<28] + bytes[32..<end])
  put(UInt64(CRC32.of(header.span.bytes)), size: 4, at: 28, in: &bytes)
}

func number(_ bytes: [UInt8], at offset: Int, size: Int) -> UInt64 {
  (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
}

func put(_ number: UInt64, size: Int, at offset: Int, in bytes: inout [UInt8]) {
  for i in 0..<size { bytes[offset + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i)) }
}

/// Makes one call, with what it is given; one that is refused changes nothing.
private func callNetwork(_ device: Device, _ choices: inout Choices) {
  let kind = choices.number(below: 20)
  let counts = [device.network.inputs, device.network.inputs * 2, device.network.classes, 0, 1, 7]
  let count = min(counts[choices.number(below: counts.count)], 256)
  let values = (0..<count).map { _ in choices.float() }
  let label = choices.number(below: 5) - 1
  let layer = choices.number(below: 7) - 1
  let rates = Rates(hidden: choices.float(), output: choices.float())
  let before = State(device.network)
  do throws(NetworkError) {
    switch kind {
    case 0, 1: try device.network.add(values.span, label: label)
    case 2: try device.network.add(values.span)
    case 3: try device.network.add(values.span, targets: values.span)
    case 4, 5:
      let rule = Rule(rawValue: choices.byte() % 6)!
      let layers = choices.number(below: 3) == 0 ? layer..<max(layer, 2) : nil
      _ = try device.network.train(
        rule, rates: rates, layers: layers, rounding: Rounding(rawValue: choices.byte() % 3)!)
      return
    case 6: try device.network.predict()
    case 7: try device.network.read(values.span)
    case 8: try device.network.predictSoFar()
    case 9: try device.network.add(label: label)
    case 10: try device.network.add(targets: values.span)
    case 11:
      let labels = (0..<choices.number(below: 4)).map { _ in choices.number(below: 4) - 1 }
      try device.network.begin(labels.span)
    case 12: try device.network.begin(targets: values.span)
    case 13:
      _ = try device.network.learn(values.span, from: Rule.readout, rates: rates)
      return
    case 14: try device.network.setFrozen(label > 0, layer: layer)
    case 15: device.network.chooseScales()
    case 16: device.network.discard()
    case 17:
      try device.network.setLayer(layer, weights: values.span, biases: values.span)
    case 18:
      let bytes = choices.take(min(device.network.footprint.weights, 4096))
      try device.network.setParameters(bytes.span.bytes)
    default:
      _ = try device.network.saturation(ofLayer: layer)
      for s in 0..<device.network.predicted {
        _ = device.network.predictedClass(of: s)
        _ = device.network.confidence(of: s)
      }
    }
  } catch {
    promise(
      State(device.network) == before,
      "call \(kind) was refused with \(error) and changed something")
  }
}
