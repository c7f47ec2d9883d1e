import Selvedge
import Simulator
import Testing

@Suite struct NetworkTextTests {
  @Test func layersAreWhatTheirWordsSay() throws {
    let text = try NetworkText(
      "input 28x28x3, conv 16 5x5 stride 2 valid relu, pool 2, depthwise 3x3 float16, pool 3 , "
        + "normalise,global, dense 64 frozen int8, output 10", classes: nil)
    #expect(text.input == Shape(rows: 28, columns: 28, channels: 3))
    var frozen = LayerDescription.dense(64).stored(as: .int8)
    frozen.isFrozen = true
    #expect(
      text.layers == [
        .convolution(16, Window(5, 5, stride: 2, padding: .valid), pool: 2, .relu),
        .depthwise(Window(3, 3), pool: 3).stored(as: .float16), .normalise, .globalPool, frozen,
        .output(10),
      ])
  }

  @Test func recurrentLayersAreWhatTheirWordsSay() throws {
    let text = try NetworkText(
      "elman 16 leak 0.25 steps 9 int8, gru 8 trace frozen, dense 5, output 3", classes: nil)
    var gru = LayerDescription.gru(8, steps: 12, trace: true)
    gru.isFrozen = true
    var spanning = text
    spanning.span(12)
    #expect(
      spanning.layers == [
        .elman(16, steps: 9, leak: 0.25).stored(as: .int8), gru, .dense(5), .output(3),
      ])
    let again = try NetworkText(spanning.layers.text(input: Shape(4)), classes: nil)
    #expect(again.layers == spanning.layers && again.input == Shape(4))
  }

  @Test func aPoolBehindAPoolOrAtTheBeginningStandsForItself() throws {
    let text = try NetworkText(
      "pool 2, conv 3 1x1, pool 2, pool 4, average 3, output 2", classes: nil)
    #expect(
      text.layers == [
        .maxPool(2), .convolution(3, Window(1, 1), pool: 2), .maxPool(4), .averagePool(3),
        .output(2),
      ])
  }

  @Test func classesAndActivationComeFromOutside() throws {
    let text = try NetworkText("dense 5, dense 6 relu, output", classes: 7, activation: .sigmoid)
    #expect(text.layers == [.dense(5, .sigmoid), .dense(6, .relu), .output(7)])
    #expect(try NetworkText("output 3", classes: 7).layers == [.output(3)])
  }

  @Test func headsAreReadAndWritten() throws {
    for (text, last) in [
      ("input 3, dense 5, readout 7", LayerDescription.readout(7)),
      ("input 3, dense 5, regression 2", .regression(2)),
      ("input 3, dense 5 lookahead, output 2 int8", .output(2).stored(as: .int8)),
      ("input 3, dense 5, regression 4 float16", .regression(4).stored(as: .float16)),
    ] {
      let network = try NetworkText(text, classes: nil)
      #expect(network.layers.last == last)
      #expect(network.layers.text(input: Shape(3)) == text)
    }
    #expect(try NetworkText("dense 5, readout", classes: 7).layers.last == .readout(7))
    #expect(try NetworkText("dense 5, regression", classes: 7).layers.last == .regression(1))
  }

  @Test(arguments: NetworkText.presets.map(\.name))
  func presetsCanBePlannedForFashionImages(name: String) throws {
    var text = try NetworkText(name, classes: 10)
    text.span(28)
    let layers = text.layers
    let plan = try Plan(
      input: Shape(rows: 28, columns: 28), layers: layers.span, batch: 1,
      purpose: .training(digest: 10))
    #expect(plan.classes == 10)
  }

  @Test func textsOfNetworksAreReadBackAsTheyWere() throws {
    for (_, text) in NetworkText.presets {
      var network = try NetworkText(text, classes: 4)
      network.span(28)
      let layers = network.layers
      let input = Shape(rows: 28, columns: 28)
      let written = layers.text(input: input)
      guard written.contains(" ") else { continue }
      #expect(try NetworkText(written, classes: nil).layers == layers)
      #expect(try NetworkText(written, classes: nil).input == input)
    }
    #expect([LayerDescription.dense(5), .output(2)].text(input: Shape(3)) == "3-5-2")
  }

  @Test(arguments: [
    ("", 1, "a layer", ""), ("dense", 6, "units, 1 to 1048576", ""),
    ("dense x, output", 7, "units", "x"), ("dense 0, output", 7, "units", "0"),
    ("dence 5, output", 1, "a layer (oscillators, legendre, elman", "dence"),
    ("dense 5 output", 9, "a comma or an option", "output"),
    ("dense 5, output 10 relu", 20, "a comma or an option of the layer (float32, ", "relu"),
    ("conv 3 3, output", 8, "a window", "3"), ("conv 3 3x, output", 8, "a window", "3x"),
    ("conv 3 3x300, output", 8, "a window", "3x300"),
    ("conv 3 3x3 stride 0, output", 19, "a stride", "0"), ("dense 5,", 9, "a layer", ""),
    ("dense 5, , output", 10, "a layer", ","),
    ("dense 5", 8, "output, readout or regression, as the last layer", ""),
    ("output 1", 8, "the number of classes", "1"), ("input 3x, output", 7, "a shape", "3x"),
    ("dense 5, readout 1", 18, "the number of classes", "1"),
    ("dense 5, readout 10 int8", 21, "a comma or the end", "int8"),
    ("dense 5, readout frozen", 18, "a comma or the end", "frozen"),
    ("regression 0", 12, "the number of values", "0"),
    ("regression 3 lookahead", 14, "a comma or an option", "lookahead"),
    ("pool 1, output", 6, "the side", "1"), ("conv 3 3x3, pool 12, output", 18, "the side", "12"),
    ("elman 4 leak 0, output 2", 14, "a leak", "0"),
    ("elman 4 leak 0.255, output 2", 14, "a leak", "0.255"),
    ("elman 4 leak 1.01, output 2", 14, "a leak", "1.01"),
    ("gru 4 leak 0.5, output 2", 7, "a comma or an option", "leak"),
    ("gru 4 relu, output 2", 7, "a comma or an option", "relu"),
    ("dense 4 int8 float16, output 2", 14, "one precision", "float16"),
    ("dense 4 relu tanh, output 2", 14, "one activation", "tanh"),
    ("gru 65537, output 2", 5, "units", "65537"),
    ("legendre 129, output 2", 10, "the order, 1 to 128", "129"),
    ("dense 99999999999999999999, output", 7, "units", "99999999999999999999"),
  ])
  func whatIsWrongIsNamedWithItsPlace(text: String, character: Int, expected: String, found: String)
  {
    do {
      _ = try NetworkText(text, classes: 10)
      Issue.record("'\(text)' was taken")
    } catch {
      #expect(error.character == character && error.found == found, "\(text): \(error)")
      #expect(error.expected.hasPrefix(expected), "\(text): \(error)")
    }
  }
}
