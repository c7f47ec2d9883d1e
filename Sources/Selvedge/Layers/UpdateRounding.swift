/// What the update of one layer in one step is rounded with.
struct UpdateRounding {
  /// The random bits, or nil to round to the nearest.
  let generator: CounterGenerator?
  /// For int8: a word a column, drawn before the first block of units.
  let noise: UnsafeMutableBufferPointer<UInt32>
  /// For int8: room for the deltas of a block of units in 16 bits, [samples, block].
  let deltas: UnsafeMutableBufferPointer<Int16>

  /// The bits of a layer in a step of a network.
  static func generator(seed: UInt64, layer: Int, step: UInt64) -> CounterGenerator {
    CounterGenerator(seed: mix64(seed) &+ UInt64(widening: layer), stream: step)
  }

  /// Where the bits for the deltas of a sample begin, behind those of all columns and rows.
  func place(sample: Int, unit: Int) -> UInt64 {
    (UInt64(widening: sample) &<< 20 &+ UInt64(widening: unit)) &+ 0x100_0000_0000
  }
}
