/// How a model is fitted to a sensor, or a place, that is not the one it was trained for: from nothing to all of
/// it, each with more numbers to train than the one before.
public enum Rung: UInt8, Sendable {
  /// The model as it is.
  case none = 0
  /// The sums of each unit shifted and scaled to the mean and deviation that they had in training; no label is
  /// used (adaptive batch normalisation, Li et al., arXiv 1603.04779, in front of the activation).
  case moments = 1
  /// Eight numbers in front of an image, four in front of a sequence, found by trying (``Prompt``).
  case prompt = 2
  /// A gain and an offset for each unit, learned from the layer's own readout.
  case scale = 3
  /// The last layer's own weights.
  case last = 4
  /// `scale`, a product of two narrow matrices beside each dense layer, and `last`.
  case lowRank = 5
  /// All weights, as in training.
  case full = 6

  /// Whether it needs labels.
  public var needsLabels: Bool { self != .none && self != .moments }

  /// Whether each unit has a gain and an offset.
  var corrects: Bool { self == .moments || self == .scale || self == .lowRank }

  /// The layer as a plan for this rung has it: frozen, or not.
  public func layer(_ layer: LayerDescription) -> LayerDescription {
    var own = layer
    switch self {
    case .full: break
    case .last, .lowRank: own.isFrozen = !layer.kind.isHead
    case .none, .moments, .prompt, .scale: own.isFrozen = true
    }
    return own
  }
}

extension LayerDescription.Kind {
  /// Whether adaptors can correct such a layer's sums: of a hidden layer that reads whole samples.
  var isCorrectable: Bool { self == .dense || isConvolution }
}
