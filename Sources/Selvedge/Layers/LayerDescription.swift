/// One layer of a network, as a user writes it down: 8 bytes, alike on every target.
public struct LayerDescription: Equatable, Sendable, BitwiseCopyable {
  /// What a layer computes, and what it learns from.
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// Fully connected, with a local loss.
    case dense = 1
    /// Fully connected logits under softmax cross-entropy; the last layer.
    case output = 2
  }

  /// What the layer computes, and what it learns from.
  public let kind: Kind
  /// What each unit makes of its weighted sum.
  public let activation: Activation
  /// What the weights are stored as; biases and activations are float32.
  public var precision: Precision
  /// Whether training leaves the layer as it is.
  public var isFrozen: Bool
  /// How many numbers the layer gives for a sample.
  public let units: UInt32

  /// A layer as its numbers; an output layer is linear whatever the activation says.
  public init(
    kind: Kind, activation: Activation, units: UInt32, precision: Precision = .float32,
    isFrozen: Bool = false
  ) {
    self.kind = kind
    self.precision = precision
    self.activation = kind == .output ? .linear : activation
    self.units = units
    self.isFrozen = isFrozen
  }

  /// The units that such a layer may have: an output layer at least two, to tell classes apart.
  var unitRange: ClosedRange<UInt32> { (kind == .output ? 2 : 1)...1 << 20 }

  /// A fully connected layer that learns from its own output.
  public static func dense(_ units: Int, _ activation: Activation = .tanh) -> LayerDescription {
    LayerDescription(kind: .dense, activation: activation, units: UInt32(clamping: units))
  }

  /// The last layer: a logit for each class.
  public static func output(_ classes: Int) -> LayerDescription {
    LayerDescription(kind: .output, activation: .linear, units: UInt32(clamping: classes))
  }

  /// The same layer with its weights in another precision.
  public func stored(as precision: Precision) -> LayerDescription {
    var layer = self
    layer.precision = precision
    return layer
  }
}
