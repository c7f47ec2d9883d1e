import Selvedge

/// The multiplications that a layer adds up for one sample.
///
/// Counted from the shapes, for sequences of as many steps as their layer spans: products of weights, of deltas with inputs, and of a memory's constants with its
/// state. Activations, signs of projections and rounding are none.
public struct Work: Equatable, Sendable {
  /// For a prediction.
  public internal(set) var inference = 0
  /// For a training step: forward, the update, and for a layer that looks ahead the next one's forward and what
  /// it sends back.
  public internal(set) var training = 0

  static func + (a: Work, b: Work) -> Work {
    Work(inference: a.inference + b.inference, training: a.training + b.training)
  }

  /// The work of `layer`.
  ///
  /// - Parameters:
  ///   - next: The layer behind it.
  ///   - learns: Whether hidden layers do.
  init(of layer: PlannedLayer, next: PlannedLayer?, learns: Bool) {
    inference = layer.forwardProducts
    training = inference
    let kind = layer.description.kind
    guard kind.hasWeights, !layer.description.isFrozen, learns || kind.isHead else { return }
    training += layer.keptProducts
    // A trace fades and grows by a product each, beside the one that it adds to its weight.
    if layer.description.keepsTrace { training += 2 * layer.keptProducts }
    guard layer.description.looksAhead, let next else { return }
    training += next.forwardProducts + next.keptProducts
  }

  public init(inference: Int = 0, training: Int = 0) {
    (self.inference, self.training) = (inference, training)
  }
}

extension PlannedLayer {
  /// Products of a forward pass: of a pooled convolution at every place, kept or not.
  fileprivate var forwardProducts: Int {
    let side = Int(description.pool)
    switch description.kind {
    case .dense, .output, .regression, .elman, .gru: return keptProducts
    case .convolution, .depthwise: return keptProducts * side * side
    // The signs of a readout's projection are added up, not multiplied.
    case .maxPool, .averagePool, .normalise, .readout: return 0
    // A rotation is four products, that of the first by no angle one.
    case .oscillators:
      return (4 * Int(description.units) - 3) * shape.input.count * Int(description.steps)
    // Eight terms of three products a number, of as many parts of a step as the kernel takes.
    case .legendre:
      let (order, steps) = (Int(description.units), Int(description.steps))
      return 24 * order * (1 + 5 * order / max(steps, 1)) * shape.input.count * steps
    }
  }

  /// Products of an update, or of sending deltas back: only what a pool has kept has any.
  fileprivate var keptProducts: Int {
    switch description.kind {
    case .dense, .output, .regression: weightCount
    case .elman, .gru: (weightCount + stateWeightCount) * Int(description.steps)
    case .convolution, .depthwise: shape.output.places * weightCount
    default: 0
    }
  }
}
