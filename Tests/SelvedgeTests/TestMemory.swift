@testable import Selvedge

/// Aligned bytes with guards behind them, for an arena that a test watches.
///
/// An arena does not keep its bytes alive, and the optimiser frees an object after its last use: a
/// test that builds a network checks `guardsAreIntact` in a `defer`, behind all that it does.
final class TestMemory {
  static let pattern: UInt8 = 0x5C
  private let all: UnsafeMutableRawBufferPointer
  private let pattern: UInt8
  let bytes: UnsafeMutableRawBufferPointer

  init(_ count: Int, pattern: UInt8 = TestMemory.pattern) {
    self.pattern = pattern
    all = .allocate(byteCount: count + 256, alignment: 16)
    all.initializeMemory(as: UInt8.self, repeating: pattern)
    bytes = UnsafeMutableRawBufferPointer(rebasing: all[0..<count])
  }

  deinit { all.deallocate() }

  /// Whether nothing was written behind the arena.
  var guardsAreIntact: Bool { all[bytes.count...].allSatisfy { $0 == pattern } }

  func arena() -> Arena { try! Arena(bytes) }
}

extension Network {
  /// All parameters of a layer as arrays.
  borrowing func parameters(ofLayer k: Int) -> (weights: [Float], biases: [Float]) {
    let inputs = k == 0 ? self.inputs : Int(try! layer(k - 1).units)
    let units = Int(try! layer(k).units)
    var (weights, biases) = (
      [Float](repeating: 0, count: inputs * units), [Float](repeating: 0, count: units)
    )
    var weightSpan = weights.mutableSpan
    var biasSpan = biases.mutableSpan
    try! copyLayer(k, weights: &weightSpan, biases: &biasSpan)
    return (weights, biases)
  }

  mutating func add(_ values: [Float], label: Int? = nil) throws(NetworkError) {
    try add(values.span, label: label)
  }

  borrowing func logitsArray(of sample: Int) -> [Float] {
    let logits = logits(of: sample)
    return logits.indices.map { logits[$0] }
  }
}

/// A seeded stream of made-up numbers, so that a failing case can be replayed.
struct Dice {
  private let generator: CounterGenerator
  private var counter: UInt64 = 0

  init(seed: UInt64) { generator = CounterGenerator(seed: seed, stream: 0xD1CE) }

  mutating func bits() -> UInt64 {
    defer { counter += 1 }
    return generator[counter]
  }
  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(bits() % UInt64(range.count))
  }
  /// Uniform in [-1, 1).
  mutating func float() -> Float { Float(Int(bits() >> 40)) / 8_388_608 - 1 }
  /// Whole numbers in `range`, its ends more often than the others.
  mutating func integers<Number: FixedWidthInteger>(
    _ count: Int, in range: ClosedRange<Int>
  ) -> [Number] {
    (0..<count).map { _ in
      switch integer(0...9) {
      case 0: Number(range.lowerBound)
      case 1: Number(range.upperBound)
      default: Number(integer(range))
      }
    }
  }
  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }

  /// A network of 1 to 5 layers with 1 to `width` units, each in a precision of its own.
  mutating func layers(width: Int = 80) -> [LayerDescription] {
    let activations: [Activation] = [.linear, .tanh, .relu, .sigmoid]
    let hidden = (0..<integer(0...4)).map { _ in
      LayerDescription.dense(integer(1...width), activations[integer(0...3)])
    }
    return (hidden + [.output(integer(2...12))]).map {
      $0.stored(as: [.float32, .float16, .int8][integer(0...2)])
    }
  }
}
