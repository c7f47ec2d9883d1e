/// The numbers by which a model is fitted to what it sees, and room to find them, in bytes of an arena.
///
/// A network that it is attached to computes with it; the parameters of the network stay as they are.
public struct Adaptor {
  public let plan: AdaptorPlan
  private let base: UnsafeMutableRawPointer
  /// The layer whose sums are being measured, if one is.
  var measured: Int?

  /// An adaptor that changes nothing yet, for networks of a plan. The bytes must outlive it.
  ///
  /// - Parameter seed: That of the network, from which the small layers of `lowRank` are drawn.
  /// - Throws: `ArenaError.exhausted`, with the bytes that are missing; the arena is then as it was.
  public init(
    _ plan: AdaptorPlan, of network: borrowing Plan, seed: UInt64, in arena: inout Arena
  ) throws(ArenaError) {
    base =
      try arena.reserve(plan.bytes, layer: 0, role: .correction).baseAddress
      ?? UnsafeMutableRawPointer(bitPattern: Arena.alignment)!
    self.plan = plan
    reset(network, seed: seed)
  }

  /// Makes it change nothing again.
  private func reset(_ network: borrowing Plan, seed: UInt64) {
    UnsafeMutableRawBufferPointer(start: base, count: plan.bytes)
      .initializeMemory(as: UInt8.self, repeating: 0)
    guard plan.rung.corrects else { return }
    let table = entries(plan.tensor(.table))
    var place = plan.tensor(.numbers).offset
    var walk = Plan.Walk(network)
    while let layer = walk.next(network) {
      guard layer.description.kind.isCorrectable else { continue }
      let sizes = CorrectionSizes(layer, rank: plan.rank)
      table[layer.index] = UInt32(truncatingIfNeeded: place)
      floats(at: place, sizes.channels).update(repeating: 1)
      let generator = CounterGenerator(seed: ~seed, stream: Self.stream(layer.index))
      let uniform = UniformWeights(count: layer.inputs)
      let down = floats(at: place + sizes.down, sizes.rank * sizes.inputs)
      for i in down.indices {
        down[i] = uniform.weight(
          Int(truncatingIfNeeded: generator[UInt64(widening: i)] &>> 40))
      }
      place += sizes.bytes
    }
  }

  /// The stream of random numbers, and of projections, of the small layer beside a layer: behind those of layers.
  static func stream(_ layer: Int) -> UInt64 { UInt64(widening: 2 * Plan.layerLimit + layer) }

  /// The bytes of all numbers that are fitted.
  var numbers: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: base + plan.tensor(.numbers).offset, count: plan.tensor(.numbers).bytes)
  }

  /// Where the numbers of a layer begin, or nil if it has none.
  private func start(ofLayer index: Int) -> Int? {
    guard plan.rung.corrects else { return nil }
    let place = entries(plan.tensor(.table))[index]
    return place == 0 ? nil : Int(truncatingIfNeeded: place)
  }

  /// The correction of a layer, or nil if it has none.
  func correction(of layer: PlannedLayer) -> Correction? {
    guard let start = start(ofLayer: layer.index) else { return nil }
    let sizes = CorrectionSizes(layer, rank: plan.rank)
    return Correction(
      gain: floats(at: start, sizes.channels),
      offset: floats(at: start + sizes.offset, sizes.channels),
      up: floats(at: start + sizes.up, sizes.channels * sizes.rank),
      reduced: floats(plan.tensor(.reduced), count: sizes.rank))
  }

  /// The small layer beside a layer, if it has one.
  func reduction(of layer: PlannedLayer) -> Dense? {
    guard plan.rank > 0, let start = start(ofLayer: layer.index) else { return nil }
    let sizes = CorrectionSizes(layer, rank: plan.rank)
    guard sizes.rank > 0 else { return nil }
    let weights = Weights(
      .float32, units: sizes.rank, inputs: sizes.inputs, scale: nil, at: base + start + sizes.down)
    return Dense(
      weights: weights, bias: floats(at: start + sizes.downBias, sizes.rank), activation: .tanh)
  }

  /// What the small layer gives for the sample that is computed.
  var reducedOutput: Activations {
    Activations(samples: 1, width: plan.rank, scale: nil, at: base + plan.tensor(.reduced).offset)
  }

  /// What the small layer reads: one sample of what its layer reads, as floats.
  func reducedInput(_ x: Activations) -> Activations {
    guard x.isInt8 else { return x }
    _ = x.values(0, 0..<x.width, in: floats(plan.tensor(.copy), count: x.width))
    return Activations(samples: 1, width: x.width, scale: nil, at: base + plan.tensor(.copy).offset)
  }

  /// Values of each channel that have been measured.
  var measuredCount: Int {
    get { Int(truncatingIfNeeded: entries(plan.tensor(.count))[0]) }
    nonmutating set {
      entries(plan.tensor(.count))[0] = UInt32(truncatingIfNeeded: newValue)
    }
  }

  // MARK: Memory

  func floats(_ tensor: Tensor, count: Int? = nil) -> UnsafeMutableBufferPointer<Float> {
    floats(at: tensor.offset, count ?? tensor.bytes / 4)
  }

  private func floats(at offset: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: (base + offset).bindMemory(to: Float.self, capacity: count), count: count)
  }

  private func entries(_ tensor: Tensor) -> UnsafeMutableBufferPointer<UInt32> {
    tensor.elements(as: UInt32.self, in: base)
  }
}
