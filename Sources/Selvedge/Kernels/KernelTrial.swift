/// A kernel with made-up operands in memory of the caller's: the same on every target.
public struct KernelTrial {
  public let kernel: Kernel
  public let rows: Int
  public let columns: Int
  public let samples: Int

  let weights: UnsafeMutableRawPointer
  let inputs: UnsafeMutableRawPointer
  let deltas: UnsafeMutableRawPointer
  let outputs: UnsafeMutableBufferPointer<Float>
  let biases: UnsafeMutableBufferPointer<Float>
  let quantised: UnsafeMutableBufferPointer<Int8>
  let noise: UnsafeMutableBufferPointer<UInt32>

  /// Operands for weights [rows, columns] and so many samples, in bytes reserved from `arena`.
  ///
  /// - Throws: `ArenaError.exhausted`.
  public init(
    _ kernel: Kernel, rows: Int, columns: Int, samples: Int, in arena: inout Arena
  ) throws(ArenaError) {
    self.kernel = kernel
    self.rows = rows
    self.columns = columns
    self.samples = samples
    let sizes = Sizes(kernel, rows, columns, samples)
    func floats(_ count: Int, _ role: Tensor.Role) throws(ArenaError)
      -> UnsafeMutableBufferPointer<Float>
    {
      let bytes = try arena.reserve(count * 4, layer: 0, role: role)
      return UnsafeMutableBufferPointer(rebasing: bytes.bindMemory(to: Float.self)[0..<count])
    }
    weights = try arena.reserve(max(sizes.weightBytes, 1), layer: 0, role: .weight).baseAddress!
    inputs = try arena.reserve(sizes.inputBytes, layer: 0, role: .input).baseAddress!
    deltas = try arena.reserve(sizes.deltas * 4, layer: 0, role: .delta).baseAddress!
    outputs = try floats(sizes.outputs, .output)
    biases = try floats(sizes.biases, .bias)
    quantised = UnsafeMutableBufferPointer(
      rebasing: try arena.reserve(sizes.quantised, layer: 0, role: .output)
        .bindMemory(to: Int8.self)[0..<sizes.quantised])
    noise = UnsafeMutableBufferPointer(
      rebasing: try arena.reserve(columns * 4, layer: 0, role: .noise)
        .bindMemory(to: UInt32.self)[0..<columns])
  }

  /// How many of each operand there are.
  private struct Sizes {
    var weightBytes: Int
    var inputBytes: Int
    var deltas: Int
    var outputs: Int
    var biases: Int
    var quantised: Int

    init(_ kernel: Kernel, _ rows: Int, _ columns: Int, _ samples: Int) {
      weightBytes = kernel.hasWeights ? rows * columns * kernel.precision.bytes : 0
      inputBytes = samples * columns * (kernel.readsInt8 ? 1 : 4)
      (deltas, outputs, biases, quantised) = (samples * rows, samples * rows, rows, samples * rows)
      guard kernel.isOfMaps else { return }
      let longer = max(rows, columns)
      inputBytes = 2 * samples * rows * columns * 4
      (deltas, biases) = ((samples + 1) * longer, longer)
      outputs = max(9 * samples * rows, samples * rows * columns)
      quantised = max(samples * longer, rows * columns)
    }
  }

  /// Bytes of an arena that holds the operands.
  public static func bytes(_ kernel: Kernel, rows: Int, columns: Int, samples: Int) -> Int {
    let sizes = Sizes(kernel, rows, columns, samples)
    return Arena.rounded(max(sizes.weightBytes, 1)) + Arena.rounded(sizes.inputBytes)
      + Arena.rounded(sizes.deltas * 4) + Arena.rounded(sizes.outputs * 4)
      + Arena.rounded(sizes.biases * 4) + Arena.rounded(sizes.quantised)
      + Arena.rounded(columns * 4)
  }

  /// Multiplications and additions of weights; 0 for a kernel without.
  public var multiplyAccumulates: Int { kernel.hasWeights ? rows * columns * samples : 0 }
  /// Bytes of the weights.
  public var weightBytes: Int { kernel.hasWeights ? rows * columns * kernel.precision.bytes : 0 }

  /// What updates are rounded with.
  var generator: CounterGenerator { CounterGenerator(seed: 7, stream: 1) }
  /// Binary digits behind the points of int8 weights and inputs.
  var exponents: (weight: Int, input: Int) { (9, 7) }

  /// Puts the operands back to what they were at first.
  public func fill() {
    var dice = Source(CounterGenerator(seed: 7, stream: 0))
    let count = kernel.hasWeights ? rows * columns : 0
    switch kernel.precision {
    case .float32:
      let w = weights.bindMemory(to: Float.self, capacity: count)
      for i in 0..<count { w[i] = dice.next() * 0.25 }
    case .float16:
      let w = weights.bindMemory(to: Float16.self, capacity: count)
      for i in 0..<count { Float16.store(Lanes(repeating: dice.next() / 4), to: w + i, count: 1) }
    case .int8:
      let w = weights.bindMemory(to: Int8.self, capacity: count)
      for i in 0..<count { w[i] = dice.int8() }
      // Some at the ends of their range, that an update may try to leave.
      for i in 0..<count where i % 5 == 0 { w[i] = w[i] < 0 ? -127 : 127 }
    }
    if kernel.readsInt8 {
      let x = inputs.bindMemory(to: Int8.self, capacity: samples * columns)
      for i in 0..<samples * columns { x[i] = dice.int8() }
      let d = deltas.bindMemory(to: Int16.self, capacity: samples * rows)
      for i in 0..<samples * rows { d[i] = Int16(dice.int8()) &* 128 }
      var words = noise.mutableSpan
      let first = UnsafeBufferPointer(start: x, count: columns)
      Kernels.drawNoise(generator, first.span, into: &words)
    } else {
      let sizes = Sizes(kernel, rows, columns, samples)
      let x = inputs.bindMemory(to: Float.self, capacity: sizes.inputBytes / 4)
      for i in 0..<sizes.inputBytes / 4 { x[i] = dice.next() }
      let d = deltas.bindMemory(to: Float.self, capacity: sizes.deltas)
      for i in 0..<sizes.deltas { d[i] = dice.next() * 0.01 }
    }
    for i in outputs.indices { outputs[i] = dice.next() * 2 }
    for i in biases.indices { biases[i] = dice.next() }
    // Which place of a window of two was kept.
    for i in quantised.indices { quantised[i] = kernel.isOfMaps ? dice.int8() & 1 : 0 }
  }

  /// Runs the kernel as it is shipped.
  public func run() {
    switch kernel {
    case .multiplyFloat32: multiply(Float.self)
    case .multiplyFloat16: multiply(Float16.self)
    case .multiplyInt8:
      var y = outputs.mutableSpan
      Kernels.gemm(
        weights(Int8.self).span, bias: biases.span, inputs(Int8.self).span, samples: samples,
        exponent: exponents.weight + exponents.input, into: &y)
    case .updateFloat32: update(Float.self)
    case .updateFloat16: update(Float16.self)
    case .updateFloat16AtRandom:
      var w = weights(Float16.self).mutableSpan
      Kernels.addOuterProducts(
        deltas(Float.self).span, inputs(Float.self).span, samples: samples, generator,
        firstRow: 0, to: &w)
    case .updateInt8:
      var w = weights(Int8.self).mutableSpan
      Kernels.addOuterProducts(
        deltas(Int16.self).span, inputs(Int8.self).span, samples: samples, noise: noise.span,
        generator, firstRow: 0, to: &w)
    case .tanh:
      var y = outputs.mutableSpan
      Kernels.activate(.tanh, &y)
    case .softmax:
      for s in 0..<samples {
        var y = UnsafeMutableBufferPointer(rebasing: outputs[s * rows..<(s + 1) * rows]).mutableSpan
        Kernels.softmax(&y)
      }
    case .quantise:
      var q = quantised.mutableSpan
      _ = Kernels.quantise(outputs.span, exponent: 6, into: &q)
    default: runOfMaps()
    }
  }

  /// A checksum of everything that a kernel may write.
  public var checksum: UInt32 {
    var crc = CRC32()
    crc.update(UnsafeRawBufferPointer(start: weights, count: weightBytes).bytes)
    let size = Sizes(kernel, rows, columns, samples).inputBytes
    crc.update(UnsafeRawBufferPointer(start: inputs, count: size).bytes)
    crc.update(UnsafeRawBufferPointer(outputs).bytes)
    crc.update(UnsafeRawBufferPointer(biases).bytes)
    crc.update(UnsafeRawBufferPointer(quantised).bytes)
    return crc.value
  }

  @inline(__always)
  private func multiply<Weight: LaneElement>(_ type: Weight.Type) {
    var y = outputs.mutableSpan
    Kernels.gemm(
      weights(type).span, bias: biases.span, inputs(Float.self).span, samples: samples, into: &y)
  }

  @inline(__always)
  private func update<Weight: LaneElement>(_ type: Weight.Type) {
    var w = weights(type).mutableSpan
    var b = biases.mutableSpan
    Kernels.addOuterProducts(
      deltas(Float.self).span, inputs(Float.self).span, samples: samples, to: &w, bias: &b)
  }

  func weights<Element>(_ type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: weights.assumingMemoryBound(to: type), count: rows * columns)
  }
  func inputs<Element>(_ type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: inputs.assumingMemoryBound(to: type), count: samples * columns)
  }
  func deltas<Element>(_ type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: deltas.assumingMemoryBound(to: type), count: samples * rows)
  }
}

/// Made-up numbers, one behind the other.
private struct Source {
  private let generator: CounterGenerator
  private var place: UInt64 = 0

  init(_ generator: CounterGenerator) { self.generator = generator }

  /// Between -1 and 1, in 24 bits.
  mutating func next() -> Float {
    place &+= 1
    return Float(number: Int(truncatingIfNeeded: generator[place] &>> 40) &- 8_388_608) * 0x1p-23
  }

  /// From -127 to 127.
  mutating func int8() -> Int8 { Int8(truncatingIfNeeded: Int(next() * 127)) }
}
