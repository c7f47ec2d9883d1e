/// How training has run away: what the network has learned is worth nothing any more.
public enum Divergence: Error, Equatable, Sendable {
  /// The loss of a step is infinite or not a number.
  case loss
  /// A parameter of the layer is not finite.
  case parameter(layer: Int)
  /// So many int8 weights of the layer are at the end of their range.
  case saturation(layer: Int, weights: Int)
}

extension StepOutcome {
  /// Checks that the loss is finite, as far as there is one.
  ///
  /// - Throws: `Divergence.loss`.
  public func checkLoss() throws(Divergence) {
    if let loss, !loss.isFinite { throw .loss }
  }
}

extension Network {
  /// Checks that training has not run away, which a loss shows a step later, or not at all where hidden layers learn by
  /// themselves. All parameters are read, so call it now and then.
  ///
  /// What to do then: restore a checkpoint, and go on with lower rates.
  ///
  /// - Parameter limit: Of 1000 int8 weights of a layer that learns, how many may be at the end of their range.
  /// - Throws: `Divergence.parameter` or `saturation`, for the first layer of which it is true.
  public borrowing func checkParameters(saturationLimit limit: Int = 500) throws(Divergence) {
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan) {
      guard isUsable(layer) else { throw .parameter(layer: layer.index) }
      guard !layer.description.isFrozen, layer.scale.bytes > 0 else { continue }
      let saturated = saturatedWeights(of: layer)
      let weights = Int64(widening: layer.weightCount) + Int64(widening: layer.stateWeightCount)
      guard Int64(widening: saturated) * 1000 <= weights * Int64(widening: limit) else {
        throw .saturation(layer: layer.index, weights: saturated)
      }
    }
  }
}
