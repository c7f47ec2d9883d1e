import Testing

@testable import Selvedge

/// A last layer that is counted and not trained.
@Suite struct GaussianHeadTests {
  /// Samples of three classes around means of their own.
  static func samples(_ count: Int, inputs: Int, seed: UInt64) -> [(values: [Float], label: Int)] {
    var dice = Dice(seed: seed)
    let means = (0..<3).map { _ in dice.floats(inputs) }
    return (0..<count).map { _ in
      let label = dice.integer(0...2)
      return (zip(means[label], dice.floats(inputs)).map { $0 + 0.7 * $1 }, label)
    }
  }

  static let layers: [LayerDescription] = [.dense(12), .output(3)]

  /// A network and a head, side by side in one arena of just the bytes that are planned.
  struct Learner: ~Copyable {
    let memory: TestMemory
    var network: Network
    var head: GaussianHead

    init(
      _ layers: [LayerDescription] = GaussianHeadTests.layers, inputs: Int = 7,
      purpose: Plan.Purpose = .inference
    ) throws {
      let plan = try Plan(inputs: inputs, layers: layers.span, batch: 1, purpose: purpose)
      let own = try GaussianHeadPlan(of: plan)
      let memory = TestMemory(plan.footprint.total + own.bytes)
      var arena = memory.arena()
      let network = try Network(plan, seed: 5, in: &arena)
      let head = try GaussianHead(own, in: &arena)
      #expect(arena.available == 0)
      self.memory = memory
      self.network = network
      self.head = head
    }

    mutating func count(_ values: [Float], label: Int) throws {
      try network.count(values.span, label: label, in: &head)
    }

    mutating func count(_ samples: [(values: [Float], label: Int)]) throws {
      for sample in samples { try count(sample.values, label: sample.label) }
    }

    mutating func solve(shrinkage: Float = 0.01, isPartial: Bool = false) throws {
      try network.setOutput(from: &head, shrinkage: shrinkage, isPartial: isPartial)
    }

    mutating func accuracy(_ samples: [(values: [Float], label: Int)]) throws -> Double {
      var correct = 0
      for sample in samples {
        try network.add(sample.values)
        try network.predict()
        if network.predictedClass(of: 0) == sample.label { correct += 1 }
      }
      return Double(correct) / Double(samples.count)
    }
  }

  @Test func weightsAreTheSameBitsInAnyOrder() throws {
    let samples = Self.samples(300, inputs: 7, seed: 1)
    let orders = [
      samples, samples.reversed(), samples.sorted { $0.label < $1.label },
      samples.sorted { $0.values[0] < $1.values[0] },
    ]
    var found: [[UInt8]] = []
    for order in orders {
      var learner = try Learner()
      let before = learner.network.storedParameters
      try learner.count(order)
      let counted = learner.network.storedParameters
      #expect(counted == before, "counting changes nothing")
      try learner.solve()
      found.append(learner.network.storedParameters)
      let guardsAreIntact = learner.memory.guardsAreIntact
      #expect(found.last != before && guardsAreIntact)
    }
    #expect(Set(found).count == 1)
  }

  @Test func itTellsClassesApartAsSortedAsTheyCame() throws {
    let samples = Self.samples(1000, inputs: 7, seed: 2)
    var learner = try Learner()
    let before = try learner.accuracy(samples)
    try learner.count(samples.prefix(500).sorted { $0.label < $1.label })
    try learner.solve()
    let after = try learner.accuracy(Array(samples.dropFirst(500)))
    #expect(before < 0.6 && after > 0.9, "\(before) \(after)")
  }

  /// Against the same sums in Double, solved by elimination.
  @Test(arguments: [Float(0), 0.01, 0.5], [Precision.float32, .float16, .int8])
  func weightsAreTheTextbooks(shrinkage: Float, precision: Precision) throws {
    let layers: [LayerDescription] = [.dense(6), LayerDescription.output(3).stored(as: precision)]
    var learner = try Learner(layers, inputs: 5)
    let samples = Self.samples(200, inputs: 5, seed: 3)
    try learner.count(samples)
    try learner.solve(shrinkage: shrinkage)

    let (weights, biases) = learner.network.parameters(ofLayer: 0)
    let features = samples.map { sample in
      (0..<6).map { u in
        var sum = Double(biases[u])
        for i in 0..<5 { sum += Double(weights[u * 5 + i]) * Double(sample.values[i]) }
        // Integers, 6 binary digits behind the point; an int8 layer reads 7.
        let read = precision == .int8 ? (64 * tanh(sum)).rounded() / 64 : tanh(sum)
        return (64 * read).rounded() / 64
      }
    }
    let (expected, expectedBiases) = Textbook.discriminant(
      features, samples.map(\.label), shrinkage: Double(shrinkage))
    let (found, foundBiases) = learner.network.parameters(ofLayer: 1)
    let tolerance = precision == .float32 ? 2e-3 : precision == .float16 ? 4e-3 : 0.1
    let largest = expected.map(abs).max()!
    for (value, other) in zip(found, expected) {
      #expect(abs(Double(value) - other) <= tolerance * largest)
    }
    for (value, other) in zip(foundBiases, expectedBiases) {
      #expect(abs(Double(value) - other) <= max(2e-3, tolerance / 10) * largest)
    }
  }

  private func tanh(_ x: Double) -> Double {
    var values = [Float(x)]
    var span = values.mutableSpan
    Kernels.activate(.tanh, &span)
    return Double(values[0])
  }

  @Test func aClassThatWasNotSeenIsRefusedOrNeverPredicted() throws {
    var learner = try Learner()
    let samples = Self.samples(200, inputs: 7, seed: 4)
    try learner.count(samples.filter { $0.label != 1 })
    let before = learner.network.storedParameters
    var error = thrown(GaussianHeadError.self) {
      try learner.solve()
    }
    #expect(error == .noSamples(class: 1))
    let after = learner.network.storedParameters
    #expect(after == before)
    try learner.solve(isPartial: true)
    let unseen = try learner.accuracy(samples.filter { $0.label == 1 })
    let seen = try learner.accuracy(samples.filter { $0.label != 1 })
    #expect(unseen == 0 && seen > 0.9)
    learner.head.reset()
    error = thrown(GaussianHeadError.self) {
      try learner.solve(isPartial: true)
    }
    #expect(error == .noVariance)
  }

  @Test func refusedCallsChangeNothing() throws {
    var learner = try Learner()
    let sample = Self.samples(1, inputs: 7, seed: 5)[0].values
    try learner.count([(sample, 0), (sample, 1), (sample, 2)])
    let before = learner.network.storedParameters
    let refused = { (body: () throws -> Void) in thrown(GaussianHeadError.self, body) }
    #expect(
      refused { try learner.count(sample, label: 3) } == .network(.label(3, classes: 3)))
    #expect(
      refused { try learner.count(Array(sample.dropLast()), label: 0) }
        == .network(.valueCount(expected: 7, found: 6)))
    #expect(refused { try learner.solve(shrinkage: .nan) } == .shrinkage)
    // All samples of a class are alike.
    #expect(refused { try learner.solve() } == .noVariance)
    var (counted, waiting) = (learner.head.sampleCount, learner.network.waiting)
    #expect(counted == 3 && waiting == 0)
    try learner.network.add(sample)
    #expect(refused { try learner.count(sample, label: 0) } == .network(.samplesWait(1)))
    let parameters = learner.network.storedParameters
    (counted, waiting) = (learner.head.sampleCount, learner.network.waiting)
    #expect(parameters == before && counted == 3 && waiting == 1)

    var other = try Learner([.dense(11), .output(3)])
    let error = refused {
      try other.network.count(sample.span, label: 0, in: &learner.head)
    }
    #expect(error == .otherNetwork(features: 12, classes: 3))
  }

  @Test func onlyAnOutputLayerHasAHead() throws {
    for layers in [[LayerDescription.dense(4), .regression(2)], [.dense(4), .readout(2)]] {
      let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
      let error = thrown(GaussianHeadError.self) { _ = try GaussianHeadPlan(of: plan) }
      #expect(error == .noOutputLayer)
    }
    let wide: [LayerDescription] = [.dense(1 << 20), .output(2)]
    let plan = try Plan(inputs: 3, layers: wide.span, batch: 1, purpose: .inference)
    // A terabyte and more is no trouble to a host's integers.
    if Int.bitWidth == 64 { #expect(try GaussianHeadPlan(of: plan).bytes > 1 << 41) }
  }

  @Test func bytesAreThosePlannedAndOneLessIsRefused() throws {
    for (features, classes) in [(1, 2), (12, 3), (65, 10)] {
      let layers: [LayerDescription] = [.dense(features), .output(classes)]
      let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
      let own = try GaussianHeadPlan(of: plan)
      var (sum, end) = (0, 0)
      own.forEachTensor { tensor in
        #expect(tensor.offset == end && tensor.category == .stream)
        end = tensor.extent.upperBound
        sum += tensor.reserved
      }
      #expect(sum == own.bytes)
      let memory = TestMemory(own.bytes - 1)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      let error = thrown(ArenaError.self) { _ = try GaussianHead(own, in: &arena) }
      guard case .exhausted(_, _, _, missing: 1) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  /// Where units give -1 to 1 there is room for more samples, and never more than 32 bits hold.
  @Test func sumsCannotOverflow() throws {
    for (activation, limit) in [(Activation.tanh, 524_287), (.relu, 133_144)] {
      let layers: [LayerDescription] = [.dense(4, activation), .output(2)]
      let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
      #expect(try GaussianHeadPlan(of: plan).sampleLimit == limit)
    }
    let peaks = [Int8](repeating: -127, count: 3)
    var (sums, products) = ([Int32](repeating: 0, count: 3), [Int32](repeating: 0, count: 6))
    for _ in 0..<133_144 {
      var s = sums.mutableSpan
      var p = products.mutableSpan
      Kernels.addMoments(peaks.span, sums: &s, products: &p)
    }
    #expect(sums == Array(repeating: -127 * 133_144, count: 3))
    #expect(products == Array(repeating: 127 * 127 * 133_144, count: 6))
  }
}

/// Linear discriminant analysis as books have it, in Double.
private enum Textbook {
  static func discriminant(
    _ x: [[Double]], _ labels: [Int], shrinkage: Double
  ) -> (weights: [Double], biases: [Double]) {
    let (size, classes) = (x[0].count, labels.max()! + 1)
    let means = (0..<classes).map { (c: Int) -> [Double] in
      let own = x.indices.filter { labels[$0] == c }
      return (0..<size).map { (i: Int) -> Double in
        var sum = 0.0
        for sample in own { sum += x[sample][i] }
        return sum / Double(own.count)
      }
    }
    var covariance = [[Double]](repeating: Array(repeating: 0, count: size), count: size)
    for (values, label) in zip(x, labels) {
      for i in 0..<size {
        for j in 0..<size {
          let product = (values[i] - means[label][i]) * (values[j] - means[label][j])
          covariance[i][j] += product / Double(x.count)
        }
      }
    }
    let mean = (0..<size).map { covariance[$0][$0] }.reduce(0, +) / Double(size)
    for i in 0..<size {
      for j in 0..<size { covariance[i][j] *= 1 - shrinkage }
      covariance[i][i] += shrinkage * mean
    }
    let weights = means.map { solve(covariance, $0) }
    let biases = zip(weights, means).map { (w: [Double], m: [Double]) -> Double in
      var sum = 0.0
      for i in w.indices { sum += w[i] * m[i] }
      return -sum / 2
    }
    return (weights.flatMap { $0 }, biases)
  }

  private static func solve(_ a: [[Double]], _ b: [Double]) -> [Double] {
    var rows = zip(a, b).map { $0 + [$1] }
    let size = b.count
    for i in 0..<size {
      for j in 0..<size where j != i {
        let factor = rows[j][i] / rows[i][i]
        for k in i...size { rows[j][k] -= factor * rows[i][k] }
      }
    }
    return (0..<size).map { rows[$0][size] / rows[$0][$0] }
  }
}
