import Selvedge

/// A network as people write it: `conv 16 5x5, pool 2, dense 256, output 10`.
///
///     network   [input ROWSxCOLUMNS[xCHANNELS] | input VALUES,] layer, ..., output [CLASSES]
///               | readout [CLASSES] | regression [VALUES]
///     layer     oscillators NUMBER | legendre ORDER (for sequences, as the first layer)
///               | elman UNITS | gru UNITS (for sequences, as the first layers)
///               | conv CHANNELS ROWSxCOLUMNS | depthwise ROWSxCOLUMNS | pool SIDE | average SIDE | global
///               | normalise | dense UNITS
///     options   behind a layer: steps N (of a layer for sequences); magnitude, forgetting (of a memory); leak
///               PART (of elman); trace (of elman and gru); stride N, same, valid; tanh, relu, sigmoid,
///               linear; float32, float16, int8; lookahead (learn from the next layer's error too); frozen
///
/// `output` has weights and gives logits; `readout` gives those of the layer before, by that layer's own fixed
/// projection; `regression` has weights and gives values.
/// `pool` behind a convolution belongs to it: only the largest of each window is kept and learned from.
public struct NetworkText: Equatable, Sendable {
  /// What a sample looks like, if it was written.
  public var input: Shape?
  /// The layers; the last is the output.
  public var layers: [LayerDescription]

  /// Outputs of the last layer: classes, or the values of a regression.
  public var classes: Int { Int(layers[layers.count - 1].units) }

  /// Networks with a name.
  public static let presets: [(name: String, text: String)] = [
    ("mlp", "dense 500, output"),
    ("lenet", "conv 16 5x5, pool 2, conv 32 3x3, pool 2, dense 256, output"),
    ("oscillators", "oscillators 5, dense 128, output"),
    ("legendre", "legendre 8, dense 128, output"),
    ("elman", "elman 128, output"),
    ("gru", "gru 128, output"),
    ("gru-2", "gru 64, gru 64, output"),
    (
      "vgg-small",
      "conv 16 3x3, conv 16 3x3, pool 2, conv 32 3x3, conv 32 3x3, pool 2, "
        + "conv 64 3x3, conv 64 3x3, pool 2, dense 128, output"
    ),
  ]

  /// The words that a layer begins with.
  private static let layerNames = [
    "oscillators", "legendre", "elman", "gru", "conv", "depthwise", "pool", "average", "global",
    "normalise", "dense", "output", "readout", "regression",
  ]

  /// The network that `text` describes, or the preset of that name.
  ///
  /// - Parameters:
  ///   - classes: Classes of an `output` or a `readout` without a number; a `regression` has one value then.
  ///   - activation: The activation of layers that name none.
  /// - Throws: `NetworkTextError`, with the place of what is wrong.
  public init(
    _ text: String, classes: Int?, activation: Activation = .tanh
  ) throws(NetworkTextError) {
    let text = Self.presets.first { $0.name == text }?.text ?? text
    var words = Words(text)
    var layers: [LayerDescription] = []
    var input: Shape?
    repeat {
      let word = try words.word("a layer such as dense, conv or output")
      if word == "input" && layers.isEmpty && input == nil {
        input = try words.shape()
      } else if word == "pool", let last = layers.last, last.canTakePool {
        let side = try words.number("the side of the pool's windows", 2...11)
        layers[layers.count - 1] = last.pooled(side)
      } else {
        layers.append(try Self.layer(word, &words, classes, activation))
      }
    } while try words.separator()
    if layers.last?.kind.isHead != true {
      throw words.expected("output, readout or regression, as the last layer")
    }
    self.input = input
    self.layers = layers
  }

  /// Lets layers for sequences without a number of steps span so many.
  public mutating func span(_ steps: Int) {
    layers = layers.map {
      $0.kind.readsSteps && $0.steps == 0 ? $0.spanning(steps) : $0
    }
  }

  private static func layer(
    _ word: String, _ words: inout Words, _ classes: Int?, _ activation: Activation
  ) throws(NetworkTextError) -> LayerDescription {
    let units = 1...1 << 20
    let (kind, count, window): (LayerDescription.Kind, Int, Window)
    switch word {
    case "dense": (kind, count, window) = (.dense, try words.number("units", units), Window(1, 1))
    case "regression":
      (kind, window) = (.regression, Window(1, 1))
      count = words.hasNumber ? try words.number("the number of values", units) : 1
    case "output", "readout":
      (kind, window) = (word == "output" ? .output : .readout, Window(1, 1))
      if let classes, !words.hasNumber {
        count = classes
      } else {
        count = try words.number("the number of classes", 2...1 << 20)
      }
    case "conv":
      (kind, count) = (.convolution, try words.number("output channels", units))
      window = try words.window()
    case "depthwise": (kind, count, window) = (.depthwise, 0, try words.window())
    case "pool", "average":
      let side = try words.number("the side of the windows", 2...255)
      kind = word == "pool" ? .maxPool : .averagePool
      (count, window) = (0, Window(side, side, stride: side, padding: .valid))
    case "oscillators", "legendre":
      kind = word == "legendre" ? .legendre : .oscillators
      count =
        word == "legendre"
        ? try words.number("the order", 1...128) : try words.number("oscillators", 1...4096)
      window = Window(1, 1)
    case "elman", "gru":
      kind = word == "gru" ? .gru : .elman
      (count, window) = (try words.number("units", 1...1 << 16), Window(1, 1))
    case "global": (kind, count, window) = (.averagePool, 0, LayerDescription.globalPool.window)
    case "normalise": (kind, count, window) = (.normalise, 0, Window(1, 1))
    default:
      let presets = words.isAlone ? Self.presets.map(\.name) : []
      throw words.expectedInstead(
        "a layer (\(layerNames.joined(separator: ", ")))"
          + (presets.isEmpty ? "" : " or a preset (\(presets.joined(separator: ", ")))"),
        oneOf: layerNames + presets)
    }
    return try words.options(kind, count, window, activation)
  }
}

/// What is wrong with the text of a network.
public struct NetworkTextError: Error, Equatable {
  /// Which character, counted from 1.
  public let character: Int
  /// What should have been there.
  public let expected: String
  /// What was there; empty at the end.
  public let found: String
  /// The words that could have been there, if words were expected.
  public let choices: [String]
}

extension LayerDescription {
  fileprivate var canTakePool: Bool {
    (kind == .convolution || kind == .depthwise) && pool == 1
  }
}

/// The words of a text, with their places.
private struct Words {
  private var words: [(text: String, place: Int)] = []
  private var index = 0
  private let end: Int

  init(_ text: String) {
    var (word, start, place) = ("", 1, 0)
    for character in text + " " {
      place += 1
      let isSeparator = character == ","
      if isSeparator || character.isWhitespace {
        if !word.isEmpty { words.append((word, start)) }
        if isSeparator { words.append((",", place)) }
        word = ""
      } else {
        if word.isEmpty { start = place }
        word.append(character)
      }
    }
    end = place
  }

  private var current: (text: String, place: Int) {
    index < words.count ? words[index] : ("", end)
  }

  /// Whether the text is a single word.
  var isAlone: Bool { words.count == 1 }

  func expected(_ what: String, oneOf choices: [String] = []) -> NetworkTextError {
    NetworkTextError(
      character: current.place, expected: what, found: current.text, choices: choices)
  }

  /// The error of the word just read.
  func expectedInstead(_ what: String, oneOf choices: [String]) -> NetworkTextError {
    let word = words[index - 1]
    return NetworkTextError(
      character: word.place, expected: what, found: word.text, choices: choices)
  }

  /// The options that a layer of a kind may have.
  private static func options(of kind: LayerDescription.Kind) -> [String] {
    let hasWindow = kind == .convolution || kind == .depthwise
    let hasActivation = hasWindow || kind == .dense
    var options: [String] = []
    if hasActivation { options += Activation.all.map(\.name) + ["lookahead"] }
    if hasWindow { options += ["stride", "same", "valid"] }
    if kind.readsSteps { options += ["steps"] }
    if kind == .oscillators { options += ["magnitude", "forgetting"] }
    if kind == .elman { options += ["leak"] }
    if kind.isRecurrent { options += ["trace"] }
    if kind.hasWeights { options += Precision.all.map(\.name) + ["frozen"] }
    return options
  }

  mutating func word(_ what: String) throws(NetworkTextError) -> String {
    guard index < words.count, words[index].text != "," else { throw expected(what) }
    defer { index += 1 }
    return words[index].text
  }

  /// Whether another layer follows; nothing but a comma or the end may.
  mutating func separator() throws(NetworkTextError) -> Bool {
    guard index < words.count else { return false }
    guard words[index].text == "," else { throw expected("a comma or the end") }
    index += 1
    return true
  }

  var hasNumber: Bool { Int(current.text) != nil }

  mutating func number(
    _ what: String, _ range: ClosedRange<Int>
  ) throws(NetworkTextError) -> Int {
    guard let number = Int(current.text), range.contains(number) else {
      throw expected("\(what), \(range.lowerBound) to \(range.upperBound)")
    }
    index += 1
    return number
  }

  /// A part of one, in whole hundredths.
  private mutating func leak() throws(NetworkTextError) -> Float {
    guard let number = Float(current.text), number > 0, number <= 1,
      (number * 100).rounded() >= 1, abs(number * 100 - (number * 100).rounded()) < 1e-3
    else { throw expected("a leak of two decimals, 0.01 to 1") }
    index += 1
    return number
  }

  /// Numbers joined by x, such as 5x5.
  private mutating func numbers(
    _ what: String, _ counts: ClosedRange<Int>, _ range: ClosedRange<Int>
  ) throws(NetworkTextError) -> [Int] {
    let fields = current.text.split(separator: "x", omittingEmptySubsequences: false)
    let numbers = fields.compactMap { Int($0) }
    guard numbers.count == fields.count, counts.contains(numbers.count),
      numbers.allSatisfy(range.contains)
    else { throw expected(what) }
    index += 1
    return numbers
  }

  mutating func shape() throws(NetworkTextError) -> Shape {
    let sides = try numbers("a shape such as 28x28, 28x28x3 or 784", 1...3, 1...1 << 24)
    return sides.count == 1
      ? Shape(sides[0])
      : Shape(rows: sides[0], columns: sides[1], channels: sides.count == 3 ? sides[2] : 1)
  }

  mutating func window() throws(NetworkTextError) -> Window {
    let sides = try numbers("a window such as 3x3, at most 255x255", 2...2, 1...255)
    return Window(sides[0], sides[1])
  }

  /// The layer with the options that follow.
  mutating func options(
    _ kind: LayerDescription.Kind, _ count: Int, _ window: Window, _ activation: Activation
  ) throws(NetworkTextError) -> LayerDescription {
    var (stride, padding) = (Int(window.stride), window.padding)
    var (named, precision, isFrozen) = (nil as Activation?, nil as Precision?, false)
    let choices = Self.options(of: kind)
    var (steps, isMagnitude, forgets, looksAhead) = (0, false, false, false)
    var (leakage, keepsTrace) = (Float(1), false)
    while index < words.count, words[index].text != "," {
      let word = words[index].text
      guard choices.contains(word) else {
        throw expected(
          choices.isEmpty
            ? "a comma or the end"
            : "a comma or an option of the layer (\(choices.joined(separator: ", ")))",
          oneOf: choices)
      }
      if let activation = Activation(name: word) {
        guard named == nil else { throw expected("one activation only") }
        named = activation
      } else if let stored = Precision(name: word) {
        guard precision == nil else { throw expected("one precision only") }
        precision = stored
      }
      index += 1
      switch word {
      case "stride": stride = try number("a stride", 1...255)
      case "steps": steps = try number("the steps of a sequence", 1...65_535)
      case "leak": leakage = try leak()
      case "same": padding = .same
      case "valid": padding = .valid
      case "magnitude": isMagnitude = true
      case "forgetting": forgets = true
      case "trace": keepsTrace = true
      case "lookahead": looksAhead = true
      case "frozen": isFrozen = true
      default: break
      }
    }
    if kind == .legendre { return .legendre(count, steps: steps) }
    if kind == .oscillators {
      return .oscillators(count, steps: steps, magnitude: isMagnitude, forgets: forgets)
    }
    if kind.isRecurrent {
      var layer =
        kind == .gru
        ? LayerDescription.gru(count, steps: steps, trace: keepsTrace)
        : .elman(count, steps: steps, leak: leakage, trace: keepsTrace)
      layer.isFrozen = isFrozen
      return layer.stored(as: precision ?? .float32)
    }
    let sides = (Int(window.rows), Int(window.columns))
    let layer = LayerDescription(
      kind: kind, activation: named ?? activation, units: UInt32(count),
      window: Window(sides.0, sides.1, stride: stride, padding: padding),
      precision: precision ?? .float32, isFrozen: isFrozen)
    return looksAhead ? layer.lookingAhead() : layer
  }
}
