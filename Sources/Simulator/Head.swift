import Selvedge

/// What a network predicts with, and what its last hidden layer learns from.
public enum Head: String, CaseIterable, Sendable {
  /// A last layer of its own learns behind hidden layers that learn from their local losses alone.
  case last
  /// The last hidden layer's own fixed projection; no last layer has weights.
  case readout
  /// A last layer of its own, through whose weights the last hidden layer learns too.
  case joint

  /// The head that a network has.
  public init(_ layers: [LayerDescription]) {
    let joins = layers.count > 1 && layers[layers.count - 2].looksAhead
    self = layers.last?.kind == .readout ? .readout : joins ? .joint : .last
  }
}

extension NetworkText {
  /// Gives a network that ends in a last layer of its own another head; whether it is possible, the plan says.
  ///
  /// - Precondition: The last layer is an output, or the head is not the readout.
  public mutating func end(in head: Head) {
    let last = layers.count - 1
    switch head {
    case .last: break
    case .readout:
      precondition(layers[last].kind == .output, "end: a readout gives classes")
      layers[last] = .readout(classes)
    case .joint: layers[max(last - 1, 0)] = layers[max(last - 1, 0)].lookingAhead()
    }
  }

  /// Whether the network learns values and not classes.
  public var learnsValues: Bool { layers[layers.count - 1].kind == .regression }
}
