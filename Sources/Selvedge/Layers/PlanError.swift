/// Why a network cannot be planned. Nothing has been touched when it is thrown.
public enum PlanError: Error, Equatable, Sendable {
  /// A network needs at least its output layer.
  case noLayers
  /// A sample has from 1 to 16,777,216 values, a map at least one row and one column.
  case inputs(Int)
  /// A batch has from 1 to 256 samples.
  case batch(Int)
  /// The digest of a local loss has from 0 to 1,048,576 numbers.
  case digest(Int)
  /// A layer has from 1 to 1,048,576 units; an output or readout at least 2.
  case units(layer: Int, UInt32)
  /// An int8 layer reads at most 131,072 numbers, so that its sums stay within 32 bits.
  case int8Inputs(layer: Int, Int)
  /// A window is larger than the map, or moves by no place.
  case window(layer: Int)
  /// A layer that looks ahead is dense or a convolution, and the next dense, the output or a regression;
  /// behind a convolution also a convolution.
  case lookahead(layer: Int)
  /// A memory is the first layer.
  case memory(layer: Int)
  /// A recurrent layer is the first, or stands behind another one.
  case recurrent(layer: Int)
  /// The leak of an Elman layer is from 0.01 to 1.
  case leak(layer: Int)
  /// A memory or a recurrent layer spans from 1 to 65,535 steps.
  case steps(layer: Int)
  /// The step rule is for no such layer: clipped steps not for traces, normalised ones for dense layers alone and for
  /// a batch of one.
  case step(StepRule, layer: Int)
  /// The program was built without what the layer needs (Package.swift has the traits).
  case notLinked(layer: Int)
  /// A layer gives at most 16,777,216 numbers for a sample.
  case outputs(layer: Int, Int64)
  /// A unit reads at most 16,777,216 numbers.
  case row(layer: Int, Int64)
  /// A readout stands behind a layer with weights: it has none, and shows what that layer has learned.
  case readout(layer: Int)
  /// The last layer, and no other, is an output, a readout or a regression.
  case outputLayer(at: Int)
  /// There are more than 65,536 layers.
  case layers(Int)
  /// The network needs more bytes than an address of this machine can count.
  case tooLarge(bytes: Int64)
}
