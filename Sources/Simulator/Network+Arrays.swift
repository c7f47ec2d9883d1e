import Selvedge

extension Network {
  /// Copies of the weights [units, inputs] and the biases of a layer.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public borrowing func parameters(
    ofLayer index: Int
  ) throws(NetworkError) -> (weights: [Float], biases: [Float]) {
    let inputs = index == 0 ? self.inputs : Int(try layer(index - 1).units)
    let units = Int(try layer(index).units)
    var weights = [Float](repeating: 0, count: units * inputs)
    var biases = [Float](repeating: 0, count: units)
    var weightSpan = weights.mutableSpan
    var biasSpan = biases.mutableSpan
    try copyLayer(index, weights: &weightSpan, biases: &biasSpan)
    return (weights, biases)
  }
}
