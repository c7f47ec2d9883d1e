/// One layer of a network, as a user writes it down: 16 bytes, alike on every target.
public struct LayerDescription: Equatable, Sendable, BitwiseCopyable {
  /// What a layer computes, and what it learns from.
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// Fully connected, with a local loss.
    case dense = 1
    /// Fully connected logits under softmax cross-entropy; the last layer.
    case output = 2
    /// Every place of a map from a window of all channels, with a local loss on what it gives.
    case convolution = 3
    /// The same, each channel from itself alone.
    case depthwise = 4
    /// The largest of each window, channel by channel; nothing is learned.
    case maxPool = 5
    /// The mean of each window, channel by channel; nothing is learned.
    case averagePool = 6
    /// Every sample by itself to mean 0 and deviation 1; nothing is learned and nothing remembered.
    case normalise = 7
    /// A bank of oscillators that turns a sequence into a vector; the first layer, which learns nothing.
    case oscillators = 8
    /// A Legendre memory of the last steps of a sequence; the first layer, which learns nothing.
    case legendre = 9
    /// A recurrent layer, whose units read a step of a sequence and all of themselves one step before
    /// (Elman 1990), with a leak and a local loss on every step.
    case elman = 10
    /// A recurrent layer whose units each open and shut two gates (Cho et al., arXiv 1406.1078, with the
    /// reset behind the product), with a local loss on every step.
    case gru = 11
    /// Logits that the projection of the layer before gives, without weights; the last layer.
    case readout = 12
    /// Fully connected values under mean squared error; the last layer.
    case regression = 13

    /// Whether the layer has weights, which may learn.
    public var hasWeights: Bool {
      switch self {
      case .dense, .output, .regression, .convolution, .depthwise, .elman, .gru: true
      case .maxPool, .averagePool, .normalise, .oscillators, .legendre, .readout: false
      }
    }
    /// Whether it is a last layer: what the network is asked for.
    public var isHead: Bool { self == .output || self == .readout || self == .regression }
    /// Whether the layer turns sequences into vectors and learns nothing.
    public var isMemory: Bool { Linked.memories && (self == .oscillators || self == .legendre) }
    /// Whether the layer reads sequences step by step and learns from every step.
    public var isRecurrent: Bool { Linked.recurrence && (self == .elman || self == .gru) }
    /// Whether the layer reads a step of a sequence at a time.
    public var readsSteps: Bool { isMemory || isRecurrent }
    /// Blocks of rows that each recurrent unit has a row of.
    var gates: Int { self == .gru ? 3 : 1 }
    /// Whether it is computed from windows of a map and learns.
    var isConvolution: Bool { Linked.maps && (self == .convolution || self == .depthwise) }
    /// Whether it is computed from windows of a map.
    var hasWindow: Bool {
      isConvolution || Linked.maps && (self == .maxPool || self == .averagePool)
    }
    /// Whether `extra` says something of the layer, which is 1 otherwise.
    var hasExtra: Bool { isConvolution || self == .elman }
  }

  /// What the layer computes, and what it learns from.
  public var kind: Kind { Linked.certain(storedKind) }
  private let storedKind: Kind
  /// What each unit makes of its weighted sum.
  public let activation: Activation
  /// What the weights are stored as; biases and activations are float32.
  public var precision: Precision { Linked.certain(storedPrecision) }
  private var storedPrecision: Precision
  /// Whether training leaves the layer as it is.
  public var isFrozen: Bool
  /// How many numbers the layer gives for a sample, or for a place of a map; 0 where the layer before
  /// says so.
  public let units: UInt32
  /// What a number of a map is computed from.
  public let window: Window
  /// The side of `pool`, or of an Elman layer the leak in hundredths.
  let extra: UInt8
  /// Choices of one bit each.
  let options: Options
  /// The steps that a memory or a recurrent layer spans; 0 in other layers.
  public let steps: UInt16

  /// Side of the windows, side by side, of which a convolution keeps the largest number alone; 1 keeps
  /// all. The local loss sees what is kept.
  public var pool: UInt8 { kind.isRecurrent ? 1 : extra }
  /// How much of an Elman layer's state each step replaces, from 0.01 to 1: all of it in other layers.
  public var leak: Float {
    kind == .elman ? Float(number: Int(truncatingIfNeeded: extra)) / 100 : 1
  }

  /// Choices of a layer, a bit each.
  ///
  /// (No option set: one is made of arrays, which firmware has no heap for.)
  struct Options: Equatable, Sendable, BitwiseCopyable {
    let bits: UInt8

    static var none: Options { Options(bits: 0) }
    static var magnitude: Options { Options(bits: 1) }
    static var forgetting: Options { Options(bits: 2) }
    static var lookahead: Options { Options(bits: 4) }
    static var trace: Options { Options(bits: 8) }

    func contains(_ other: Options) -> Bool { bits & other.bits != 0 }
    func union(_ other: Options) -> Options { Options(bits: bits | other.bits) }
  }

  /// Whether a bank of oscillators gives how far each is from the middle instead of where it is.
  public var givesMagnitude: Bool { options.contains(.magnitude) }
  /// Whether a bank of oscillators forgets by itself, e-fold in `steps` steps, for a stream without end.
  /// Other memories are emptied behind every sample.
  public var forgets: Bool { options.contains(.forgetting) }

  /// Whether the layer learns from what the next layer sends back: a fully connected layer from that alone, a
  /// convolution from its own error too.
  public var looksAhead: Bool { Linked.lookahead && options.contains(.lookahead) }

  /// Whether the program has been linked with what the layer needs.
  var isLinked: Bool {
    storedKind == kind && storedPrecision == precision
      && (Linked.lookahead || !options.contains(.lookahead))
  }

  /// Whether a recurrent layer remembers how each of its weights has shaped the present state: the diagonal of
  /// real-time recurrent learning (SnAp-1; Menick et al., arXiv 2006.07232), a float for each weight and sample.
  public var keepsTrace: Bool { options.contains(.trace) }

  /// Bytes of a description.
  static let bytes = 16

  /// A layer as its numbers. What it does not use is left out whatever is said of it: an activation, where it
  /// does not learn from its own output; a window and a pool, where it reads no map; a precision, where it has
  /// no weights.
  public init(
    kind: Kind, activation: Activation, units: UInt32, window: Window = Window(1, 1),
    pool: UInt8 = 1, precision: Precision = .float32, isFrozen: Bool = false
  ) {
    self.init(
      kind: kind, activation: activation, units: units, window: window, extra: pool, options: .none,
      steps: 0, precision: precision, isFrozen: isFrozen)
  }

  init(
    kind: Kind, activation: Activation, units: UInt32, window: Window = Window(1, 1),
    extra: UInt8 = 1, options: Options, steps: UInt16,
    precision: Precision = .float32, isFrozen: Bool = false
  ) {
    storedKind = kind
    storedPrecision = kind.hasWeights ? precision : .float32
    self.activation = kind == .dense || kind.isConvolution ? activation : .linear
    self.units = units
    self.window = kind.hasWindow ? window : .none
    self.extra = kind.hasExtra ? extra : 1
    self.options = options
    self.steps = kind.readsSteps ? steps : 0
    self.isFrozen = isFrozen
  }

  func canLookAhead(to next: LayerDescription) -> Bool {
    switch (kind, next.kind) {
    case (.dense, .dense), (.dense, .output), (.dense, .regression): true
    case (.convolution, .dense), (.convolution, .output), (.convolution, .regression): true
    case (.depthwise, .dense), (.depthwise, .output), (.depthwise, .regression): true
    case (.convolution, .convolution), (.depthwise, .convolution): true
    default: false
    }
  }

  /// Whether the layer can stand behind `previous`, or be the first: a readout shows what a layer has learned.
  func canFollow(_ previous: LayerDescription?) -> Bool {
    kind != .readout || previous?.kind.hasWeights == true
  }

  /// The units that such a layer may have: at least two logits, to tell classes apart.
  var unitRange: ClosedRange<UInt32> {
    switch kind {
    case .output, .readout: 2...1 << 20
    case .dense, .convolution, .regression: 1...1 << 20
    case .elman, .gru: 1...1 << 16
    case .depthwise, .maxPool, .averagePool, .normalise: 0...0
    case .oscillators: 1...4096
    // Above, the series of its step loses digits in float32: 2e-4 of a state at 128, 0.1 at 200, all at 256.
    case .legendre: 1...128
    }
  }

  /// A number of units; what is too large to be one stays too large.
  private static func count(_ units: Int) -> UInt32 {
    units < 0 ? 0 : units > 0x7FFF_FFFF ? .max : UInt32(truncatingIfNeeded: units)
  }

  /// A fully connected layer that learns from its own output.
  public static func dense(_ units: Int, _ activation: Activation = .tanh) -> LayerDescription {
    LayerDescription(kind: .dense, activation: activation, units: count(units))
  }

  /// The last layer: a logit for each class.
  public static func output(_ classes: Int) -> LayerDescription {
    LayerDescription(kind: .output, activation: .linear, units: count(classes))
  }

  /// The last layer without weights: a logit for each class, read from the layer before through that layer's
  /// own fixed projection, P y / sqrt(units), as ``Readout`` reads it to teach it. So nothing is learned behind
  /// the hidden layers.
  public static func readout(_ classes: Int) -> LayerDescription {
    LayerDescription(kind: .readout, activation: .linear, units: count(classes))
  }

  /// The last layer of a network that learns values: as many as `outputs`, under mean squared error.
  public static func regression(_ outputs: Int) -> LayerDescription {
    LayerDescription(kind: .regression, activation: .linear, units: count(outputs))
  }

  /// A convolution that gives `channels` numbers for each place.
  ///
  /// - Parameters:
  ///   - window: What one place is computed from.
  ///   - pool: Side of the windows of which only the largest number is kept; 1 keeps all.
  public static func convolution(
    _ channels: Int, _ window: Window, pool: Int = 1, _ activation: Activation = .tanh
  ) -> LayerDescription {
    LayerDescription(
      kind: .convolution, activation: activation, units: count(channels),
      window: window, pool: UInt8(truncatingIfNeeded: max(0, min(pool, 255))))
  }

  /// A convolution of each channel by itself.
  public static func depthwise(
    _ window: Window, pool: Int = 1, _ activation: Activation = .tanh
  ) -> LayerDescription {
    LayerDescription(
      kind: .depthwise, activation: activation, units: 0, window: window,
      pool: UInt8(truncatingIfNeeded: max(0, min(pool, 255))))
  }

  /// The largest number of each window of `side` x `side` places, side by side.
  public static func maxPool(_ side: Int) -> LayerDescription {
    LayerDescription(
      kind: .maxPool, activation: .linear, units: 0,
      window: Window(side, side, stride: side, padding: .valid))
  }

  /// The mean of each window of `side` x `side` places, side by side.
  public static func averagePool(_ side: Int) -> LayerDescription {
    LayerDescription(
      kind: .averagePool, activation: .linear, units: 0,
      window: Window(side, side, stride: side, padding: .valid))
  }

  /// The mean of each channel over the whole map.
  public static var globalPool: LayerDescription { averagePool(0) }

  /// Every sample by itself to mean 0 and deviation 1.
  public static var normalise: LayerDescription {
    LayerDescription(kind: .normalise, activation: .linear, units: 0)
  }

  /// A bank of `number` oscillators for each value of a step, for sequences of up to `steps` steps.
  ///
  /// - Parameters:
  ///   - magnitude: Whether it gives how far each is from the middle, whatever the phase: for gestures and
  ///     vibrations.
  ///   - forgets: Whether it forgets by itself, for a stream without end.
  public static func oscillators(
    _ number: Int, steps: Int, magnitude: Bool = false, forgets: Bool = false
  ) -> LayerDescription {
    LayerDescription(
      kind: .oscillators, activation: .linear, units: count(number),
      options: (magnitude ? Options.magnitude : .none).union(forgets ? .forgetting : .none),
      steps: UInt16(truncatingIfNeeded: max(0, min(steps, 65_535))))
  }

  /// A memory of the last `steps` steps, `order` numbers (1 to 128) for each value of a step.
  public static func legendre(_ order: Int, steps: Int) -> LayerDescription {
    LayerDescription(
      kind: .legendre, activation: .linear, units: count(order),
      options: .none, steps: UInt16(truncatingIfNeeded: max(0, min(steps, 65_535))))
  }

  /// A recurrent layer, h <- (1 - leak) h + leak tanh(W x + U h + b), for sequences of up to `steps` steps.
  ///
  /// - Parameters:
  ///   - leak: How much of the state each step replaces, from 0.01 to 1, in hundredths. With less than 1 the
  ///     update reads inputs and states that fade by the same leak instead of the latest.
  ///   - trace: Whether to learn by the trace of each weight; see `keepsTrace`.
  public static func elman(
    _ units: Int, steps: Int, leak: Float = 1, trace: Bool = false
  ) -> LayerDescription {
    let hundredths = leak > 0 && leak <= 1 ? Int(leak * 100 + 0.5) : 0
    return LayerDescription(
      kind: .elman, activation: .linear, units: count(units),
      extra: UInt8(truncatingIfNeeded: hundredths), options: trace ? .trace : .none,
      steps: UInt16(truncatingIfNeeded: max(0, min(steps, 65_535))))
  }

  /// A gated recurrent layer, h <- u h + (1 - u) tanh(W_n x + b_n + r (U_n h)), with the gates
  /// r, u = logistic(W x + b + U h), for sequences of up to `steps` steps.
  ///
  /// - Parameter trace: Whether to learn by the trace of each weight; see `keepsTrace`.
  public static func gru(_ units: Int, steps: Int, trace: Bool = false) -> LayerDescription {
    LayerDescription(
      kind: .gru, activation: .linear, units: count(units), options: trace ? .trace : .none,
      steps: UInt16(truncatingIfNeeded: max(0, min(steps, 65_535))))
  }

  /// The same convolution, of what it gives only the largest of each window of `side` x `side` places kept;
  /// other layers stay as they are.
  public func pooled(_ side: Int) -> LayerDescription {
    guard kind.isConvolution else { return self }
    return LayerDescription(
      kind: kind, activation: activation, units: units, window: window,
      extra: UInt8(truncatingIfNeeded: max(0, min(side, 255))), options: options, steps: steps,
      precision: precision, isFrozen: isFrozen)
  }

  /// The same layer, learning from what the next one sends one step back. In front of the last layer that is
  /// the joint head: the hidden layer learns through the last layer's weights, and a network with one hidden
  /// layer by backpropagation, the rate of the hidden layer times the root of its units.
  ///
  /// It is a hidden dense layer or a convolution; the next one is dense, the output or a regression, or
  /// behind a convolution also a convolution.
  public func lookingAhead() -> LayerDescription {
    LayerDescription(
      kind: kind, activation: activation, units: units, window: window, extra: extra,
      options: options.union(.lookahead), steps: steps, precision: precision, isFrozen: isFrozen)
  }

  /// The same memory or recurrent layer for sequences of up to `steps` steps.
  public func spanning(_ steps: Int) -> LayerDescription {
    LayerDescription(
      kind: kind, activation: activation, units: units, window: window, extra: extra,
      options: options, steps: UInt16(truncatingIfNeeded: max(0, min(steps, 65_535))),
      precision: precision, isFrozen: isFrozen)
  }

  /// The same layer with another number of units, or of channels.
  public func resized(to units: Int) -> LayerDescription {
    LayerDescription(
      kind: kind, activation: activation, units: Self.count(units), window: window, extra: extra,
      options: options, steps: steps, precision: precision, isFrozen: isFrozen)
  }

  /// The same layer with its weights in another precision; a layer without weights has none.
  public func stored(as precision: Precision) -> LayerDescription {
    var layer = self
    if kind.hasWeights { layer.storedPrecision = precision }
    return layer
  }
}

extension Linked {
  /// A kind of layer that is linked: the same, if it is.
  @inline(__always)
  static func certain(_ kind: LayerDescription.Kind) -> LayerDescription.Kind {
    switch kind {
    case .dense, .output, .readout, .regression: kind
    case .convolution, .depthwise, .maxPool, .averagePool, .normalise: maps ? kind : .dense
    case .oscillators, .legendre: memories ? kind : .dense
    case .elman, .gru: recurrence ? kind : .dense
    }
  }
}
