/// How well the numbers of an int8 layer fit.
public struct Saturation: Equatable, Sendable {
  /// Weights of the layer that are at either end of their range now.
  public let weights: Int
  /// Inputs that training met since the scale was chosen and that were clipped.
  public let inputs: Int
  /// Deltas since then that were too large and were clipped.
  public let deltas: Int

  /// What there was in both of two spells: what was clipped adds up, weights are those of the later one.
  public func followed(by later: Saturation) -> Saturation {
    Saturation(
      weights: later.weights, inputs: inputs + later.inputs, deltas: deltas + later.deltas)
  }
}

extension Network {
  /// What the integers of a layer stand for, or nil if it is not an int8 layer.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public borrowing func scale(ofLayer index: Int) throws(NetworkError) -> Scale? {
    scale(try planned(index).scale)?.pointee
  }

  /// How much of an int8 layer was clipped, or nil if it is not an int8 layer.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public borrowing func saturation(ofLayer index: Int) throws(NetworkError) -> Saturation? {
    let layer = try planned(index)
    guard let scale = scale(layer.scale)?.pointee else { return nil }
    return Saturation(
      weights: saturatedWeights(of: layer),
      inputs: Int(truncatingIfNeeded: scale.clippedInputs),
      deltas: Int(truncatingIfNeeded: scale.clippedDeltas))
  }

  /// Weights of an int8 layer that are at either end of their range.
  func saturatedWeights(of layer: PlannedLayer) -> Int {
    weights(layer).saturatedCount
      + (layer.description.kind.isRecurrent ? stateWeights(layer).saturatedCount : 0)
  }

  /// Chooses the scales of all int8 layers anew, from their weights and from what training has met since
  /// the last choice; samples that wait are forgotten.
  ///
  /// Steps of training at rates 0 show the network data without changing its weights. Choose once behind
  /// a few of those, then now and then: the range of weights doubles where more than one in 128 is at its
  /// end. In a deep network choose again soon, where `saturation` counts many inputs: what random layers give
  /// is small, and grows as they learn. Neither floats nor layers in flash are touched.
  public mutating func chooseScales() {
    plan.forEachLayer { layer in
      guard !layer.isInFlash else { return }
      weights(layer).chooseScale()
      if layer.description.kind.isRecurrent { stateWeights(layer).chooseScale() }
    }
    discard()
    predicted = 0
  }
}
