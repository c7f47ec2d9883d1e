import Selvedge

/// 2,000 noisy images of 8 x 8 pixels in four classes: rows, columns, blocks and diagonals.
///
/// Half of them are negatives, so that the mean of every class is the same grey: no linear classifier
/// can tell them apart.
struct Patterns {
  static var inputs: Int { 64 }
  static var classes: Int { 4 }
  private static var count: UInt64 { 2000 }

  /// Samples handed out; 64 bits, because 32-bit targets cannot widen a number without a heap.
  private var index: UInt64 = 0

  /// Writes the 64 pixels of the next sample, a pure function of its index, and gives its label; nil behind the
  /// last.
  mutating func fill(_ values: UnsafeMutableBufferPointer<Float>) -> Int? {
    guard index < Self.count else { return nil }
    let generator = CounterGenerator(seed: 2208, stream: index)
    index += 1
    let label = generator[0] & 3
    let negative = generator[0] &>> 2
    var next = 0
    for y: UInt64 in 0..<8 {
      var noise = generator[y + 1]
      for x: UInt64 in 0..<8 {
        let stripe =
          switch label {
          case 0: y
          case 1: x
          case 2: x ^ y
          default: x + y
          }
        let isLight = (stripe &>> 1 ^ negative) & 1
        values[next] = Float(Int(truncatingIfNeeded: 128 * isLight + (noise & 127)))
        noise &>>= 8
        next += 1
      }
    }
    return Int(truncatingIfNeeded: label)
  }
}
