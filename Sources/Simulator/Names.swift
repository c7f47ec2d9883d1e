import Selvedge

// What people call the choices of the runtime: on the command line, in descriptions and in reports.

extension Activation {
  /// All, the usual one first.
  public static let all: [Activation] = [.tanh, .relu, .sigmoid, .linear]

  public var name: String {
    switch self {
    case .linear: "linear"
    case .tanh: "tanh"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    }
  }

  public init?(name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }
}

extension Precision {
  public static let all: [Precision] = [.float32, .float16, .int8]

  public var name: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .int8: "int8"
    }
  }

  public init?(name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }
}

extension Rounding {
  public static let all: [Rounding] = [.automatic, .nearest, .stochastic]

  public var name: String {
    switch self {
    case .automatic: "automatic"
    case .nearest: "nearest"
    case .stochastic: "stochastic"
    }
  }
}

extension Rule {
  public static let all: [Rule] = [.readout, .masked, .squared, .absolute, .direct, .frozen]

  public var name: String {
    switch self {
    case .readout: "readout"
    case .masked: "masked"
    case .squared: "squared"
    case .absolute: "absolute"
    case .direct: "direct"
    case .frozen: "frozen"
    }
  }
}

extension StepRule {
  public static let all: [StepRule] = [.plain, .clipped, .normalised]

  public var name: String {
    switch self {
    case .plain: "plain"
    case .clipped: "clipped"
    case .normalised: "normalised"
    }
  }
}

extension Shape {
  /// Such as 28x28, 28x28x3, or 784 for a plain list.
  public var name: String {
    if places == 1 { return "\(channels)" }
    return channels == 1 ? "\(rows)x\(columns)" : "\(rows)x\(columns)x\(channels)"
  }
}

extension LayerDescription {
  /// The layer as people write it, such as `conv 16 5x5 relu, pool 2`.
  public var text: String {
    var words: [String]
    switch kind {
    case .dense: words = ["dense", "\(units)"]
    case .output: words = ["output", "\(units)"]
    case .readout: words = ["readout", "\(units)"]
    case .regression: words = ["regression", "\(units)"]
    case .convolution: words = ["conv", "\(units)", "\(window.rows)x\(window.columns)"]
    case .depthwise: words = ["depthwise", "\(window.rows)x\(window.columns)"]
    case .maxPool: words = ["pool", "\(window.rows)"]
    case .averagePool: words = window.rows == 0 ? ["global"] : ["average", "\(window.rows)"]
    case .normalise: words = ["normalise"]
    case .oscillators, .legendre:
      words = [kind == .oscillators ? "oscillators" : "legendre", "\(units)", "steps", "\(steps)"]
      if givesMagnitude { words.append("magnitude") }
      if forgets { words.append("forgetting") }
    case .elman, .gru:
      words = [kind == .gru ? "gru" : "elman", "\(units)", "steps", "\(steps)"]
      if leak < 1 { words += ["leak", "\(leak)"] }
      if keepsTrace { words.append("trace") }
    }
    if kind == .convolution || kind == .depthwise {
      if window.stride != 1 { words += ["stride", "\(window.stride)"] }
      if window.padding == .valid { words.append("valid") }
    }
    if !kind.isHead && kind.hasWeights && !kind.isRecurrent && activation != .tanh {
      words.append(activation.name)
    }
    if precision != .float32 { words.append(precision.name) }
    if looksAhead { words.append("lookahead") }
    if isFrozen { words.append("frozen") }
    return words.joined(separator: " ") + (pool > 1 ? ", pool \(pool)" : "")
  }
}

extension [LayerDescription] {
  /// The network as people write it: 784-500-10 if it is of fully connected layers alone.
  public func text(input: Shape) -> String {
    let isPlain = allSatisfy { ($0.kind == .dense || $0.kind == .output) && !$0.looksAhead }
    if isPlain && input.places == 1 || isPlain && !contains(where: \.isFrozen) {
      return ([input.count] + map { Int($0.units) }).map(String.init).joined(separator: "-")
    }
    return (["input \(input.name)"] + map(\.text)).joined(separator: ", ")
  }
}
