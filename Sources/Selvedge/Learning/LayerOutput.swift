/// The whole output of a layer for one sample where it lies, [units]: floats, or integers of 8 bits where an
/// int8 layer reads them.
public struct LayerOutput: ~Escapable {
  /// Empty if they are integers.
  private let floats: Span<Float>
  private let integers: Span<Int8>
  /// What an integer is multiplied by.
  private let factor: Float

  @_lifetime(copy floats)
  init(_ floats: Span<Float>) {
    self.floats = floats
    integers = Span()
    factor = 1
  }

  @_lifetime(copy integers)
  init(_ integers: Span<Int8>, exponent: Int) {
    floats = Span()
    self.integers = integers
    factor = .powerOfTwo(-exponent)
  }

  private var isIntegers: Bool { Linked.int8 && floats.isEmpty }
  /// How many units the layer has.
  public var count: Int { isIntegers ? integers.count : floats.count }
  /// The units.
  public var indices: Range<Int> { 0..<count }

  /// The output of a unit.
  public subscript(unit: Int) -> Float {
    isIntegers ? Float(number: Int(integers[unit])) * factor : floats[unit]
  }

  /// One row of a sign projection times the output.
  func signedSum(_ signs: (_ unit: Int) -> UInt64) -> Float {
    isIntegers
      ? Kernels.signedSum(integers, factor: factor, signs) : Kernels.signedSum(floats, signs)
  }
}
