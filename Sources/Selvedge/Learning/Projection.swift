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

  /// The signs of units 64 * block ..< 64 * block + 64 for a class: bit u set is +1, clear is -1.
  public func signs(class label: Int, block: Int) -> UInt64 {
    word(stream: 0, class: label, block: block)
  }

  /// The units that a class cares about: bit u clear makes the entry 0.
  public func careMask(class label: Int, block: Int) -> UInt64 {
    word(stream: 1, class: label, block: block)
  }

  private func word(stream: UInt64, class label: Int, block: Int) -> UInt64 {
    generator[(stream &<< 56) &+ (UInt64(widening: label) &<< 32) &+ UInt64(widening: block)]
  }
}
