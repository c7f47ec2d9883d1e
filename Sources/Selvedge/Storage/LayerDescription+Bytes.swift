/// A layer as the 16 bytes by which a model file describes it, and a C program too.
extension LayerDescription {
  /// The layer that 16 bytes describe: kind, activation, frozen and precision, a byte each; units u32; rows,
  /// columns, stride and padding of the window (1, 1, 1, 0 where there is none); pool, or hundredths of a leak
  /// (otherwise 1); options (1 magnitude, 2 forgetting, 4 lookahead, 8 trace); steps u16.
  ///
  /// - Parameter offset: Where the bytes lie in a file, for the error.
  /// - Throws: `ModelFileError`, naming the byte that no such layer can have. Whether layers fit together is not
  ///   said: `Plan` checks that.
  public init(_ row: RawSpan, offset: Int = 0) throws(ModelFileError) {
    let kind = LayerDescription.Kind(rawValue: try row.number(at: 0, as: UInt8.self))
    guard let kind else { throw .value(offset: offset) }
    let activation = Activation(rawValue: try row.number(at: 1, as: UInt8.self))
    guard let activation, kind == .dense || kind.isConvolution || activation == .linear else {
      throw .value(offset: offset + 1)
    }
    let frozen = try row.number(at: 2, as: UInt8.self)
    guard frozen <= 1 else { throw .value(offset: offset + 2) }
    let precision = Precision(rawValue: try row.number(at: 3, as: UInt8.self))
    guard let precision, kind.hasWeights || precision == .float32 else {
      throw .value(offset: offset + 3)
    }
    let padding = Window.Padding(rawValue: try row.number(at: 11, as: UInt8.self))
    guard let padding else { throw .value(offset: offset + 11) }
    let window = Window(
      Int(truncatingIfNeeded: try row.number(at: 8, as: UInt8.self)),
      Int(truncatingIfNeeded: try row.number(at: 9, as: UInt8.self)),
      stride: Int(truncatingIfNeeded: try row.number(at: 10, as: UInt8.self)),
      padding: padding)
    guard kind.hasWindow || window == .none else { throw .value(offset: offset + 8) }
    let extra = try row.number(at: 12, as: UInt8.self)
    guard kind.hasExtra || extra == 1 else { throw .value(offset: offset + 12) }
    let options = try row.number(at: 13, as: UInt8.self)
    let possible: UInt8 =
      switch kind {
      case .oscillators: 3
      case .dense, .convolution, .depthwise: 4
      case .elman, .gru: 8
      default: 0
      }
    guard options & ~possible == 0 else {
      throw .value(offset: offset + 13)
    }
    let steps = try row.number(at: 14, as: UInt16.self)
    guard (steps > 0) == kind.readsSteps else { throw .value(offset: offset + 14) }
    self.init(
      kind: kind, activation: activation, units: try row.number(at: 4, as: UInt32.self),
      window: window, extra: extra, options: LayerDescription.Options(bits: options),
      steps: steps, precision: precision, isFrozen: frozen == 1)
  }
}
