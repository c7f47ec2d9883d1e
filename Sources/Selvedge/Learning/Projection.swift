/// The fixed random projection of labels onto one layer's units, regenerated and never stored.
///
/// Entry P[class, unit] is +1 or -1 by a bit of a hash of (seed, layer, class, unit); one hash gives
/// the entries of 64 units. A second stream of bits, the care mask, makes half of the entries 0 for
/// rules that leave units free.
public struct Projection: Sendable {
  /// Units that one hash covers.
  public static let block = 64

  /// The layer that is projected onto, from 0.
  public let layer: Int
  private let generator: CounterGenerator

  /// The projection of a layer, counted from 0.
  public init(seed: UInt64, layer: Int) {
    self.layer = layer
    generator = CounterGenerator(seed: seed, stream: UInt64(widening: layer))
  }

  /// The signs of the units from `unit` to the end of its block of 64 for a class: bit u set is +1 for
  /// unit + u, clear is -1.
  public func signs(class label: Int, from unit: Int) -> UInt64 {
    word(stream: 0, class: label, from: unit)
  }

  /// The units, from `unit` to the end of its block, that a class cares about: bit u clear makes the entry
  /// of unit + u 0.
  public func careMask(class label: Int, from unit: Int) -> UInt64 {
    word(stream: 1, class: label, from: unit)
  }

  private func word(stream: UInt64, class label: Int, from unit: Int) -> UInt64 {
    let block = UInt64(widening: unit) &>> 6
    let word = generator[(stream &<< 56) &+ (UInt64(widening: label) &<< 32) &+ block]
    return word &>> (UInt64(widening: unit) & 63)
  }
}
