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
    let shape = try! shape(ofLayer: k)
    var weights = [Float](repeating: 0, count: shape.weightRows * shape.weightColumns)
    var biases = [Float](repeating: 0, count: shape.biases)
    var weightSpan = weights.mutableSpan
    var biasSpan = biases.mutableSpan
    try! copyLayer(k, weights: &weightSpan, biases: &biasSpan)
    return (weights, biases)
  }

  /// The bytes of all parameters, as a model file has them.
  var storedParameters: [UInt8] {
    var bytes: [UInt8] = []
    plan.forEachLayer { layer in
      parameters(of: layer).withUnsafeBytes { bytes += Array($0) }
    }
    return bytes
  }

  mutating func add(_ values: [Float], label: Int? = nil) throws(NetworkError) {
    try add(values.span, label: label)
  }

  borrowing func stateWeightsArray(ofLayer index: Int) throws -> [Float] {
    let shape = try shape(ofLayer: index)
    var weights = [Float](repeating: 0, count: shape.weightRows * shape.stateColumns)
    var span = weights.mutableSpan
    try copyStateWeights(ofLayer: index, into: &span)
    return weights
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

  /// What samples look like and a network for them, in which every other layer that can looks ahead.
  mutating func network(width: Int) -> (Shape, [LayerDescription]) {
    var (input, layers) = plainNetwork(width: width)
    for k in layers.indices.dropLast()
    where layers[k].canLookAhead(to: layers[k + 1]) && integer(0...1) == 0 {
      layers[k] = layers[k].lookingAhead()
    }
    return (input, layers)
  }

  /// Half of the time maps and layers that read maps in front of fully connected ones.
  private mutating func plainNetwork(width: Int) -> (Shape, [LayerDescription]) {
    let dense = layers(width: width)
    switch integer(0...6) {
    case 0, 1: return (Shape(integer(1...width)), dense)
    case 6:
      let recurrent = (0..<integer(1...2)).map { _ in
        let (steps, trace) = (integer(1...4), integer(0...2) == 0)
        let layer: LayerDescription =
          integer(0...1) == 0
          ? .gru(integer(1...width / 3), steps: steps, trace: trace)
          : .elman(
            integer(1...width / 3), steps: steps, leak: [1, 0.3][integer(0...1)], trace: trace)
        return layer.stored(as: [.float32, .float16, .int8][integer(0...2)])
      }
      return (Shape(integer(1...12)), recurrent + dense)
    case 2:
      let memory: LayerDescription =
        integer(0...1) == 0
        ? .legendre(integer(1...9), steps: integer(1...20))
        : .oscillators(integer(1...9), steps: integer(1...20), magnitude: integer(0...1) == 1)
      return (Shape(integer(1...12)), [memory] + dense)
    default: break
    }
    let input = Shape(rows: integer(1...9), columns: integer(1...9), channels: integer(1...3))
    var (maps, shape): ([LayerDescription], Shape) = ([], input)
    for k in 0..<integer(1...4) {
      let layer = mapLayer().stored(as: [.float32, .float16, .int8][integer(0...2)])
      // A window that does not fit is left out.
      guard let next = try? LayerShape(layer, at: k, reading: shape) else { continue }
      maps.append(layer)
      shape = next.output
    }
    return (input, maps + dense)
  }

  private mutating func mapLayer() -> LayerDescription {
    let window = Window(
      integer(1...4), integer(1...4), stride: integer(1...2),
      padding: integer(0...2) > 0 ? .same : .valid)
    let activation = [Activation.linear, .tanh, .relu, .sigmoid][integer(0...3)]
    let pool = [1, 1, 2, 3][integer(0...3)]
    switch integer(0...7) {
    case 0...3: return .convolution(integer(1...9), window, pool: pool, activation)
    case 4, 5: return .depthwise(window, pool: pool, activation)
    case 6: return [.maxPool(2), .averagePool(2), .globalPool][integer(0...2)]
    default: return .normalise
    }
  }

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
