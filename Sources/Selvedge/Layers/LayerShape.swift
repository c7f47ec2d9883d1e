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
    self.input = input
    output = try Self.output(of: layer, at: k, reading: input)
    let weights = Self.weights(of: layer, reading: input)
    guard weights.columns <= Shape.limit else { throw .row(layer: k, weights.columns) }
    if layer.precision == .int8 && weights.columns > Int64(widening: Kernels.longestInt8Row) {
      throw .int8Inputs(layer: k, Int(truncatingIfNeeded: weights.columns))
    }
    weightRows = Int(truncatingIfNeeded: weights.rows)
    weightColumns = Int(truncatingIfNeeded: weights.columns)
    let channels = output.channels
    stateColumns = layer.kind.isRecurrent ? channels : 0
    let statistics = 2 * (input.count + channels)
    biases =
      layer.kind.isMemory
      ? statistics : layer.kind.hasWeights ? layer.kind.gates * channels : 0
  }

  private static func output(
    of layer: LayerDescription, at k: Int, reading input: Shape
  ) throws(PlanError) -> Shape {
    let units = Int(truncatingIfNeeded: layer.units)
    switch layer.kind {
    case .dense, .output, .regression, .readout: break
    case .oscillators, .legendre:
      guard k == 0 else { throw .memory(layer: k) }
      guard layer.steps >= 1 else { throw .steps(layer: k) }
      let isPair = layer.kind == .oscillators && !layer.givesMagnitude
      let outputs =
        Int64(widening: input.count) * Int64(widening: isPair ? 2 * units - 1 : units)
      guard outputs <= Shape.limit else { throw .outputs(layer: k, outputs) }
      return Shape(Int(truncatingIfNeeded: outputs))
    case .elman, .gru:
      guard layer.steps >= 1 else { throw .steps(layer: k) }
      guard layer.kind == .gru || 1...100 ~= layer.extra else { throw .leak(layer: k) }
    case .normalise: return input
    case .maxPool, .averagePool, .convolution, .depthwise:
      return try map(of: layer, at: k, reading: input)
    }
    return try shape(1, 1, units, at: k)
  }

  /// What is left of a map when windows have moved over it and were pooled.
  private static func map(
    of layer: LayerDescription, at k: Int, reading input: Shape
  ) throws(PlanError) -> Shape {
    let window = layer.window.over(input)
    guard window.stride >= 1 else { throw .window(layer: k) }
    let side = Int(truncatingIfNeeded: layer.pool)
    let rows = layer.window.count(along: input.rows, of: window.rows, stride: window.stride) / side
    let columns =
      layer.window.count(along: input.columns, of: window.columns, stride: window.stride) / side
    guard rows >= 1 && columns >= 1 else { throw .window(layer: k) }
    let units = Int(truncatingIfNeeded: layer.units)
    return try shape(
      rows, columns, layer.kind == .convolution ? units : input.channels, at: k)
  }

  private static func shape(
    _ rows: Int, _ columns: Int, _ channels: Int, at k: Int
  ) throws(PlanError) -> Shape {
    let outputs = Int64(widening: rows * columns) * Int64(widening: channels)
    guard outputs <= Shape.limit else { throw .outputs(layer: k, outputs) }
    return Shape(rows: rows, columns: columns, channels: channels)
  }

  /// Rows and columns of the weights, which may be more than can be.
  private static func weights(
    of layer: LayerDescription, reading input: Shape
  ) -> (rows: Int64, columns: Int64) {
    let units = Int64(widening: Int(truncatingIfNeeded: layer.units))
    let (inputs, channels) = (Int64(widening: input.count), Int64(widening: input.channels))
    let window = layer.window.over(input)
    let places = Int64(widening: window.rows * window.columns)
    switch layer.kind {
    case .dense, .output, .regression: return (units, inputs)
    case .elman, .gru: return (Int64(widening: layer.kind.gates) * units, inputs)
    case .convolution: return (units, places * channels)
    case .depthwise: return (places, channels)
    case .oscillators, .legendre, .readout, .maxPool, .averagePool, .normalise: return (0, 0)
    }
  }

  /// How many weights read the input, which may be more than a machine of 32 bits can count.
  var weights: Int64 { Int64(widening: weightRows) * Int64(widening: weightColumns) }
  /// How many of them read a recurrent layer itself.
  var stateWeights: Int64 { Int64(widening: weightRows) * Int64(widening: stateColumns) }
}
