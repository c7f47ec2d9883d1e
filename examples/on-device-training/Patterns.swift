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

  /// Writes the next sample as a label and 64 pixels, a pure function of its index; false behind the
  /// last.
  mutating func fill(_ record: UnsafeMutableBufferPointer<UInt8>) -> Bool {
    guard index < Self.count else { return false }
    let generator = CounterGenerator(seed: 2208, stream: index)
    index += 1
    let label = generator[0] & 3
    let negative = generator[0] &>> 2
    record[0] = UInt8(truncatingIfNeeded: label)
    var next = 1
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
        record[next] = UInt8(truncatingIfNeeded: 128 * isLight + (noise & 127))
        noise &>>= 8
        next += 1
      }
    }
    return true
  }
}
