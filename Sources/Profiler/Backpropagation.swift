import Selvedge

/// What backpropagation would hold for the same layers, precisions and batch, at the least; through time for
/// recurrent layers.
public struct Backpropagation: Equatable, Sendable {
  /// Bytes with updates in place, layer by layer, from the last down: the parameters, at each step every output
  /// that is still needed, the deltas in float32 of the layer and of the one below, and which places
  /// pooled convolutions kept.
  public internal(set) var bytes = 0
  /// The same beside a float32 gradient of every parameter, and all outputs to the end, as frameworks have it.
  public internal(set) var bytesWithGradients = 0
  /// Bytes of the parameters among both.
  public internal(set) var parameters = 0
  /// Bytes of outputs at the fullest moment of updates in place, deltas among them.
  public var outputs: Int { bytes - parameters }
  /// Bytes of the gradients among `bytesWithGradients`.
  public internal(set) var gradients = 0

  init(_ plan: Plan) {
    var (held, below, fullest, largest) = (0, 0, 0, 0)
    var learnsBelow = false
    plan.forEachTensor { tensor in
      if tensor.role == .input { held += tensor.bytes }
      // What lies in flash is nobody's memory, and has no gradients.
      if tensor.category == .weights { parameters += tensor.bytes }
    }
    plan.forEachLayer { layer in
      if !layer.isInFlash {
        gradients += 4 * (layer.weightCount + layer.stateWeightCount + layer.shape.biases)
      }
      let description = layer.description
      let delta = layer.outputs * plan.batch * 4
      if layer.index == 0 && description.kind.readsSteps {
        // A memory, which is not learned through, reads one step after the other; the rest needs them all.
        let steps = description.kind.isMemory ? 0 : Int(description.steps)
        held = layer.inputs * plan.batch * 4 * steps
      }
      if description.kind.isRecurrent {
        // The state of every step; with gates also r, u, n and what r multiplies.
        held += delta * Int(description.steps) * (description.kind == .gru ? 5 : 1)
      } else {
        held += layer.output.bytes + layer.winners.bytes
      }
      let deltas = delta + (learnsBelow ? below : 0)
      learnsBelow = learnsBelow || description.kind.hasWeights && !layer.isInFlash
      if learnsBelow {
        fullest = max(fullest, held + deltas)
        largest = max(largest, deltas)
      }
      below = delta
    }
    bytes = parameters + fullest
    bytesWithGradients = parameters + gradients + held + largest
  }
}
