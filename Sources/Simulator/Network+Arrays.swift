import Selvedge

extension Network {
  /// Copies of the weights, in the order of `Network.copyLayer`, and the biases of a layer.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public borrowing func parameters(
    ofLayer index: Int
  ) throws(NetworkError) -> (weights: [Float], biases: [Float]) {
    let shape = try shape(ofLayer: index)
    var weights = [Float](repeating: 0, count: shape.weightRows * shape.weightColumns)
    var biases = [Float](repeating: 0, count: shape.biases)
    var weightSpan = weights.mutableSpan
    var biasSpan = biases.mutableSpan
    try copyLayer(index, weights: &weightSpan, biases: &biasSpan)
    return (weights, biases)
  }
}
