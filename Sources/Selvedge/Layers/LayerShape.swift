/// What a layer makes of the shape of its input, and how many parameters it takes for that.
public struct LayerShape: Equatable, Sendable {
  /// What the layer reads.
  public let input: Shape
  /// What it gives, pooled.
  public let output: Shape
  /// Rows of the weights: a unit's each, or in a depthwise convolution one for each place of the window.
  public let weightRows: Int
  /// Numbers of a row.
  public let weightColumns: Int
  /// Numbers of a row of the weights by which a recurrent layer reads itself, which has as many rows; 0 in
  /// other layers.
  public let stateColumns: Int
  /// Biases, one for each channel of the output; of a memory what is taken off each value of a step,
  /// what the rest is multiplied by, and the same for each output.
  public let biases: Int

  /// The shape of `layer` at place `k` of a network, behind a layer that gives `input`.
  ///
  /// - Throws: `PlanError`, if such a layer cannot read such an input.
  init(_ layer: LayerDescription, at k: Int, reading input: Shape) throws(PlanError) {
    guard layer.unitRange.contains(layer.units) else { throw .units(layer: k, layer.units) }
    guard 1...11 ~= layer.pool else { throw .window(layer: k) }
    var (rows, columns, channels) = (1, 1, Int(truncatingIfNeeded: layer.units))
    var (weightRows, weightColumns) = (Int64(0), Int64(0))
    switch layer.kind {
    case .dense, .output, .regression:
      (weightRows, weightColumns) = (Int64(widening: channels), Int64(widening: input.count))
    case .oscillators, .legendre:
      guard k == 0 else { throw .memory(layer: k) }
      guard layer.steps >= 1 else { throw .steps(layer: k) }
      let isPair = layer.kind == .oscillators && !layer.givesMagnitude
      let outputs =
        Int64(widening: input.count) * Int64(widening: isPair ? 2 * channels - 1 : channels)
      guard outputs <= Shape.limit else { throw .outputs(layer: k, outputs) }
      channels = Int(truncatingIfNeeded: outputs)
    case .elman, .gru:
      guard layer.steps >= 1 else { throw .steps(layer: k) }
      guard layer.kind == .gru || 1...100 ~= layer.extra else { throw .leak(layer: k) }
      weightRows = Int64(widening: layer.kind.gates * channels)
      weightColumns = Int64(widening: input.count)
    case .readout: break
    case .normalise:
      (rows, columns, channels) = (input.rows, input.columns, input.channels)
    case .maxPool, .averagePool, .convolution, .depthwise:
      let window = layer.window.over(input)
      guard window.stride >= 1 else { throw .window(layer: k) }
      let side = Int(truncatingIfNeeded: layer.pool)
      rows = layer.window.count(along: input.rows, of: window.rows, stride: window.stride) / side
      columns =
        layer.window.count(along: input.columns, of: window.columns, stride: window.stride) / side
      guard rows >= 1 && columns >= 1 else { throw .window(layer: k) }
      let places = Int64(widening: window.rows * window.columns)
      if layer.kind == .convolution {
        weightRows = Int64(widening: channels)
        weightColumns = places * Int64(widening: input.channels)
      } else {
        channels = input.channels
        if layer.kind == .depthwise {
          (weightRows, weightColumns) = (places, Int64(widening: channels))
        }
      }
    }
    let outputs = Int64(widening: rows * columns) * Int64(widening: channels)
    guard outputs <= Shape.limit else { throw .outputs(layer: k, outputs) }
    guard weightColumns <= Shape.limit else { throw .row(layer: k, weightColumns) }
    if layer.precision == .int8 && weightColumns > Int64(widening: Kernels.longestInt8Row) {
      throw .int8Inputs(layer: k, Int(truncatingIfNeeded: weightColumns))
    }
    self.input = input
    output = Shape(rows: rows, columns: columns, channels: channels)
    self.weightRows = Int(truncatingIfNeeded: weightRows)
    self.weightColumns = Int(truncatingIfNeeded: weightColumns)
    stateColumns = layer.kind.isRecurrent ? channels : 0
    let statistics = 2 * (input.count + channels)
    biases =
      layer.kind.isMemory
      ? statistics : layer.kind.hasWeights ? layer.kind.gates * channels : 0
  }

  /// How many weights read the input, which may be more than a machine of 32 bits can count.
  var weights: Int64 { Int64(widening: weightRows) * Int64(widening: weightColumns) }
  /// How many of them read a recurrent layer itself.
  var stateWeights: Int64 { Int64(widening: weightRows) * Int64(widening: stateColumns) }
}
