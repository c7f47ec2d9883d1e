import CStandardLibrary
import ExampleSupport
import Selvedge

/// The networks that the environment's NETWORK can ask for, by name.
enum Architecture {
  /// One hidden layer; the samples are plain lists.
  case mlp
  /// Convolutions of every kind that look ahead; the samples are square maps.
  case cnn
  /// A bank of oscillators before a hidden layer that looks ahead; a row of the square is a step.
  case oscillators
  /// A Legendre memory before the same.
  case legendre
  /// Two recurrent layers that learn at every step, a row of the square.
  case elman
  /// The same with gates, the first with a trace.
  case gru
  /// A hidden layer whose own projection predicts.
  case readout
  /// A hidden layer that learns through the last layer's weights.
  case joint
  /// A hidden layer before one that learns the class's number as a value.
  case regression

  /// What NETWORK says; the first without it, nil if it says something else.
  static var chosen: Architecture? {
    let variable = Environment("NETWORK")
    if variable.isUnset || variable.says("mlp") { return .mlp }
    if variable.says("cnn") { return .cnn }
    if variable.says("oscillators") { return .oscillators }
    if variable.says("legendre") { return .legendre }
    if variable.says("elman") { return .elman }
    if variable.says("gru") { return .gru }
    if variable.says("readout") { return .readout }
    if variable.says("joint") { return .joint }
    return variable.says("regression") ? .regression : nil
  }

  static var hiddenUnits: Int { 64 }

  /// What a Legendre memory gives is small, as nobody has standardised it here.
  var rates: Rates {
    self == .legendre ? Rates(hidden: 0.1, output: 0.1) : Rates(hidden: 0.003, output: 0.005)
  }

  /// Prints what it is.
  func print(to output: Output) {
    switch self {
    case .mlp: output.text("", Self.hiddenUnits, " tanh, ")
    case .cnn: output.text("convolutions, ")
    case .oscillators: output.text("oscillators, ")
    case .legendre: output.text("Legendre memory, ")
    case .elman: output.text("Elman, ")
    case .gru: output.text("GRU, ")
    case .readout: output.text("readout, ")
    case .joint: output.text("joint head, ")
    case .regression: output.text("regression, ")
    }
  }

  /// Whether its layers learn at every step of a sequence.
  var isRecurrent: Bool { self == .elman || self == .gru }

  /// Whether samples are plain lists, and not squares.
  private var readsLists: Bool {
    switch self {
    case .mlp, .readout, .joint, .regression: true
    default: false
    }
  }

  /// The layers, as many as `count` says; the others are there for the room.
  struct Layers {
    let layers: InlineArray<5, LayerDescription>
    let count: Int
    /// What the network reads: a sample, or a step of one.
    let input: Shape
  }

  /// The layers for samples of so many values, with weights of a precision; nil if they must be squares
  /// and are not.
  func layers(inputs: Int, classes: Int, precision: Precision) -> Layers? {
    let side = Self.root(inputs)
    guard readsLists || side * side == inputs else { return nil }
    let none = LayerDescription.output(classes)
    let all: Layers
    switch self {
    case .mlp:
      all = Layers(
        layers: [.dense(Self.hiddenUnits), .output(classes), none, none, none], count: 2,
        input: Shape(inputs))
    case .cnn:
      let window = Window(3, 3)
      all = Layers(
        layers: [
          .depthwise(window).lookingAhead(), .convolution(8, window, pool: 2).lookingAhead(),
          .convolution(12, window, pool: 2).lookingAhead(), .dense(24), .output(classes),
        ], count: 5, input: Shape(rows: side, columns: side))
    case .oscillators:
      all = Layers(
        layers: [
          .oscillators(5, steps: side), .dense(24).lookingAhead(), .output(classes), none, none,
        ], count: 3, input: Shape(side))
    case .legendre:
      all = Layers(
        layers: [
          .legendre(6, steps: side), .dense(24).lookingAhead(), .output(classes), none, none,
        ], count: 3, input: Shape(side))
    case .elman:
      all = Layers(
        layers: [
          .elman(24, steps: side, leak: 0.5), .elman(16, steps: side), .output(classes), none, none,
        ], count: 3, input: Shape(side))
    case .gru:
      all = Layers(
        layers: [
          .gru(24, steps: side, trace: true), .gru(16, steps: side), .output(classes), none, none,
        ], count: 3, input: Shape(side))
    case .readout:
      all = Layers(
        layers: [.dense(Self.hiddenUnits), .readout(classes), none, none, none], count: 2,
        input: Shape(inputs))
    case .joint:
      all = Layers(
        layers: [
          .dense(Self.hiddenUnits).lookingAhead(), .output(classes), none, none, none,
        ], count: 2, input: Shape(inputs))
    case .regression:
      all = Layers(
        layers: [.dense(Self.hiddenUnits), .regression(1), none, none, none], count: 2,
        input: Shape(inputs))
    }
    var stored = all.layers
    for i in 0..<5 { stored[i] = stored[i].stored(as: precision) }
    return Layers(layers: stored, count: all.count, input: all.input)
  }

  /// The largest number whose square is not larger.
  private static func root(_ square: Int) -> Int {
    var root = 0
    while (root + 1) * (root + 1) <= square { root += 1 }
    return root
  }
}

/// A variable of the environment.
struct Environment {
  private let value: UnsafeMutablePointer<CChar>?

  init(_ name: StaticString) { value = getenv(Self.text(name)) }

  var isUnset: Bool { value == nil }

  func says(_ word: StaticString) -> Bool {
    guard let value else { return false }
    return strcmp(value, Self.text(word)) == 0
  }

  /// A constant for C, which a String would put on the heap.
  private static func text(_ constant: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(constant.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
