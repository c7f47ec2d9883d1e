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

  /// A copy of the weights by which a recurrent layer reads itself; none of other layers.
  private borrowing func stateWeights(
    ofLayer index: Int, count: Int
  ) throws(NetworkError) -> [Float] {
    var weights = [Float](repeating: 0, count: count)
    var span = weights.mutableSpan
    try copyStateWeights(ofLayer: index, into: &span)
    return weights
  }

  /// The parameters of a layer as they are exchanged with other programs; none of a layer without any.
  ///
  /// - Throws: `NetworkError.noLayer`.
  public borrowing func tensors(ofLayer index: Int) throws(NetworkError) -> [LayerTensor] {
    let (layer, shape) = (try layer(index), try shape(ofLayer: index))
    let (weights, biases) = try parameters(ofLayer: index)
    var tensors: [LayerTensor] = []
    if !weights.isEmpty {
      let sides =
        layer.kind == .convolution
        ? [
          shape.weightRows, Int(layer.window.rows), Int(layer.window.columns), shape.input.channels,
        ]
        : [shape.weightRows, shape.weightColumns]
      tensors.append(LayerTensor(kind: .weight, shape: sides, values: weights))
    }
    if shape.stateColumns > 0 {
      let count = shape.weightRows * shape.stateColumns
      tensors.append(
        LayerTensor(
          kind: .stateWeight, shape: [shape.weightRows, shape.stateColumns],
          values: try stateWeights(ofLayer: index, count: count)))
    }
    if !biases.isEmpty {
      tensors.append(LayerTensor(kind: .bias, shape: [biases.count], values: biases))
    }
    return tensors
  }

  /// Replaces the parameters of a layer by tensors of the kinds, order and shapes that `tensors(ofLayer:)` gives.
  ///
  /// - Throws: `NetworkError`; the layer may then have changed in part.
  public mutating func setTensors(
    _ tensors: [LayerTensor], ofLayer index: Int
  ) throws(NetworkError) {
    let values = { (kind: LayerTensor.Kind) in
      tensors.first { $0.kind == kind }?.values ?? []
    }
    let (weights, biases) = (values(.weight), values(.bias))
    try setLayer(index, weights: weights.span, biases: biases.span)
    let stateWeights = values(.stateWeight)
    try setStateWeights(ofLayer: index, to: stateWeights.span)
  }
}

/// Some parameters of a layer as floats.
public struct LayerTensor: Equatable, Sendable {
  /// What the numbers are; the raw value names them in files.
  public enum Kind: String, Sendable {
    case weight
    case stateWeight = "state_weight"
    case bias
  }

  public let kind: Kind
  public let shape: [Int]
  public var values: [Float]
}
