import Files
import TestSupport
import Testing

@Suite struct FirstStepTests {
  let directory = TemporaryDirectory()

  @Test(arguments: FirstStep.Rule.allCases)
  func firstStepIsTheDefinitions(rule: FirstStep.Rule) throws {
    let data = try Patterns().write(to: directory).training
    let seed: UInt64 = 77
    let run = try directory.train(
      "--hidden", "70,9", "--epochs", "1", "--batch", "200", "--shuffle", "none", "--validation",
      "0", "--rate", "0.5", "--output-rate", "0.25", "--seed", "\(seed)", "--rule", rule.rawValue,
      "--output", directory("model"))
    #expect(run["steps"]?.integer == 1)
    let step = FirstStep(
      widths: [64, 70, 9, 4], seed: seed, rule: rule, rate: 0.5, outputRate: 0.25)
    let (layers, loss) = step.parameters(data.images, data.labels)
    let tensors = try exported(directory("model"), in: directory)
    try #require(tensors.count == 6)
    var (compared, moved) = (0, 0.0)
    for (k, layer) in layers.enumerated() {
      #expect(tensors[2 * k].shape == [layer.biases.count, layer.weights[0].count])
      let found = tensors[2 * k].values + tensors[2 * k + 1].values
      let expected = layer.weights.joined() + layer.biases
      try #require(found.count == expected.count)
      let furthest = zip(found, expected).map { (Double($0) - $1).magnitude }.max()
      #expect(try #require(furthest) < 1e-5, "layer \(k)")
      compared += found.count
      moved = layer.biases.reduce(moved) { max($0, $1.magnitude) }
    }
    #expect(compared == 64 * 70 + 70 * 9 + 9 * 4 + 70 + 9 + 4)
    #expect(moved > 1e-2, "a step that moves nothing proves nothing")
    let found = try #require(run["epochs"]?.array?.first?["loss"]?.number)
    #expect((found - loss).magnitude < 1e-5)
  }

  @Test func checksumIsThatOfTheExportedTensors() throws {
    #expect(crc32(Array("123456789".utf8)) == "cbf43926")
    try Patterns().write(to: directory)
    // 9 biases and 7 x 9 weights: neither fills its last 16 bytes.
    let run = try directory.train(
      "--hidden", "7,9", "--epochs", "2", "--output", directory("model"))
    let tensors = try exported(directory("model"), in: directory)
    #expect(
      tensors.map(\.name) == (0..<3).flatMap { ["layers.\($0).weight", "layers.\($0).bias"] })
    let bytes = tensors.flatMap { $0.values.flatMap { littleEndian($0.bitPattern) } }
    #expect(bytes.count == run["parameter_bytes"]?.integer)
    #expect(run["weights_crc32"]?.string == crc32(bytes))
  }
}
