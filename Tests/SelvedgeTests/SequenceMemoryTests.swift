import Files
import Testing

@testable import Selvedge

/// Memories of sequences against Tests/Vectors/memories.json, which Tests/Oracles/memory_steps.py makes.
@Suite struct SequenceMemoryTests {
  static let cases: [JSON] = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/memories.json"))["cases"]!.array!
  }()

  private func withNetwork(
    _ memory: LayerDescription, channels: Int, batch: Int = 2, next: Precision = .float32,
    _ body: (inout Network) throws -> Void
  ) throws {
    let layers = [memory, LayerDescription.dense(5).stored(as: next), .output(3)]
    let plan = try Plan(
      inputs: channels, layers: layers.span, batch: batch, purpose: .training(digest: 3))
    let own = TestMemory(plan.footprint.total)
    defer { #expect(own.guardsAreIntact) }
    var arena = own.arena()
    var network = try Network(plan, seed: 5, in: &arena)
    network.poisonsDeadMemory = true
    try body(&network)
  }

  private static func error(
    _ network: inout Network, _ body: (inout Network) throws -> Void
  ) -> NetworkError? {
    do {
      try body(&network)
      return nil
    } catch {
      return error as? NetworkError
    }
  }

  private func outputs(of network: borrowing Network) throws -> [Float] {
    var values = [Float](repeating: 0, count: try network.shape(ofLayer: 0).output.count)
    var span = values.mutableSpan
    try network.copyMemory(into: &span)
    return values
  }

  @Test(arguments: 0..<12, [Precision.float32, .int8])
  func whatIsRememberedIsTheOracles(number: Int, next: Precision) throws {
    let entry = Self.cases[number]
    let (count, steps) = (entry["number"]!.integer!, entry["steps"]!.integer!)
    let isLegendre = entry["kind"]!.string! == "legendre"
    let memory =
      isLegendre
      ? LayerDescription.legendre(count, steps: steps)
      : .oscillators(
        count, steps: steps, magnitude: entry["magnitude"]!.bool!,
        forgets: entry["forgetting"]!.bool!)
    try withNetwork(memory, channels: entry["channels"]!.integer!, next: next) { network in
      let values = entry["values"]!.floats
      try network.read(values.span)
      let (found, expected) = (try outputs(of: network), entry["outputs"]!.floats)
      let largest = expected.map(\.magnitude).max()!
      let far = zip(found, expected).map { abs($0 - $1) }.max()!
      #expect(found.count == expected.count && largest > 0)
      // The series is cut: where the order is high for the window, rounding is not what is lost.
      #expect(far <= (isLegendre ? 3e-3 : 2e-5) * largest, "\(far) of \(largest)")
    }
  }

  @Test func stepsMayComeInPiecesAndSamplesDoNotMix() throws {
    var dice = Dice(seed: 3)
    let values = dice.floats(3 * 20)
    for memory in [LayerDescription.oscillators(4, steps: 9), .legendre(6, steps: 9)] {
      try withNetwork(memory, channels: 3) { network in
        try network.add(values, label: 1)
        for step in 0..<20 { try network.read(Array(values[3 * step..<3 * step + 3]).span) }
        let read = network.stepsRead
        #expect(read == 20)
        try network.add(label: 2)
        let counts = (network.stepsRead, network.waiting)
        #expect(counts == (0, 2))
        try network.predict()
        let (first, second) = (network.logitsArray(of: 0), network.logitsArray(of: 1))
        #expect(first == second)
        // The memory is empty again.
        #expect(try outputs(of: network).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func aForgettingBankGoesOnBehindASample() throws {
    let memory = LayerDescription.oscillators(3, steps: 4, forgets: true)
    try withNetwork(memory, channels: 1) { network in
      let ones: [Float] = [1, 1, 1]
      try network.add(ones)
      let before = try outputs(of: network)
      #expect(before[0] > 1)
      try network.add(ones)
      // e-fold less in four steps, and as much again.
      let decay =
        before[0] * Float(Rotation.decay(in: 4) * Rotation.decay(in: 4) * Rotation.decay(in: 4))
      #expect(abs(try outputs(of: network)[0] - before[0] - decay) < 1e-5)
    }
  }

  @Test func standardisedOutputsReachTheNextLayer() throws {
    try withNetwork(.oscillators(2, steps: 4), channels: 2, batch: 1) { network in
      let (means, factors): ([Float], [Float]) = ([1, -1], [2, 0.5])
      try network.standardiseSteps(means: means.span, factors: factors.span)
      let twoOne: [Float] = [2, 1]
      try network.read(twoOne.span)
      // (2 - 1) * 2 and (1 + 1) / 2; all numbers of a bank stand where the first step put them.
      #expect(try outputs(of: network) == [2, 1, 2, 1, 0, 0])
      let (offsets, scales): ([Float], [Float]) = (
        [2, 1, 2, 1, -1, -1], [1, 1, 1, 1, 1, 3]
      )
      try network.standardiseMemory(means: offsets.span, factors: scales.span)
      let (weights, biases): ([Float], [Float]) = (
        (0..<5).flatMap { u in (0..<6).map { $0 == u + 1 ? 0.5 : 0 } }, [0, 0, 0, 0, 0]
      )
      try network.setLayer(1, weights: weights.span, biases: biases.span)
      var logits: [Float] = []
      try network.add(label: 0)
      try network.predict()
      logits = network.logitsArray(of: 0)
      // Only the last two outputs are not zero: 1 and 3, through tanh(0.5 x).
      var expected: [Float] = [0, 0, 0, 0.5, 1.5]
      var span = expected.mutableSpan
      Kernels.activate(.tanh, &span)
      let last = network.parameters(ofLayer: 2)
      for c in 0..<3 {
        let sum = (0..<5).reduce(last.biases[c]) { $0 + last.weights[c * 5 + $1] * expected[$1] }
        #expect(abs(sum - logits[c]) < 1e-6)
      }
    }
  }

  @Test func refusedCallsChangeNothing() throws {
    let (none, one, two): ([Float], [Float], [Float]) = ([], [1], [1, 2])
    let (three, bad): ([Float], [Float]) = ([1, 2, 3], [1, .nan])
    try withNetwork(.oscillators(2, steps: 4), channels: 2) { network in
      #expect(Self.error(&network) { try $0.add(label: 0) } == .noSteps)
      #expect(
        Self.error(&network) { try $0.read(three.span) }
          == .valueCount(expected: 2, found: 3))
      #expect(
        Self.error(&network) { try $0.read(none.span) }
          == .valueCount(expected: 2, found: 0))
      #expect(
        Self.error(&network) { try $0.read(bad.span) } == .notFinite(index: 1))
      #expect(Self.error(&network) { try $0.add([1, 2], label: 3) } == .label(3, classes: 3))
      #expect(try outputs(of: network) == [0, 0, 0, 0, 0, 0])
      try network.read(two.span)
      let held = try outputs(of: network)
      #expect(Self.error(&network) { try $0.add([1, 2]) } == .sequenceIsOpen(steps: 1))
      #expect(Self.error(&network) { try $0.add(label: -1) } == .label(-1, classes: 3))
      let waiting = network.waiting
      #expect(try outputs(of: network) == held && waiting == 0)
      try network.add(label: 0)
      try network.add([1, 2], label: 0)
      #expect(Self.error(&network) { try $0.add([1, 2]) } == .batchFull(2))
      #expect(Self.error(&network) { try $0.read(two.span) } == .batchFull(2))
      #expect(
        Self.error(&network) {
          try $0.standardiseMemory(means: held.span, factors: one.span)
        } != nil)
    }
    let layers: [LayerDescription] = [.output(2)]
    let plan = try Plan(inputs: 2, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 1, in: &arena)
    #expect(Self.error(&network) { try $0.read(two.span) } == .noSequences)
  }

  /// However long a sequence and however wild its values, what comes out is a number.
  @Test func wildValuesStayNumbers() throws {
    for memory in [
      LayerDescription.oscillators(4, steps: 3, magnitude: true), .legendre(9, steps: 3),
    ] {
      try withNetwork(memory, channels: 1) { network in
        let wild = (0..<500).map { Float($0 % 3 == 0 ? 3e38 : -3e38) }
        try network.add(wild, label: 1)
        #expect(try outputs(of: network).allSatisfy { $0 == 0 })
        try network.add(wild, label: 0)
        _ = try network.train(Readout(), rates: Rates(hidden: 0.1, output: 0.1))
        let isFinite = network.isFinite
        #expect(isFinite)
      }
    }
  }

  @Test func memoriesOutOfPlaceAreRefused() {
    func error(_ layers: [LayerDescription]) -> PlanError? {
      thrown(PlanError.self) {
        _ = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
      }
    }
    let bank = LayerDescription.oscillators(2, steps: 4)
    #expect(error([bank, .output(2)]) == nil)
    #expect(error([.dense(3), bank, .output(2)]) == .memory(layer: 1))
    #expect(error([.oscillators(2, steps: 0), .output(2)]) == .steps(layer: 0))
    #expect(error([.oscillators(0, steps: 4), .output(2)]) == .units(layer: 0, 0))
    #expect(error([.oscillators(4097, steps: 4), .output(2)]) == .units(layer: 0, 4097))
    #expect(error([.legendre(128, steps: 4), .output(2)]) == nil)
    #expect(error([.legendre(129, steps: 4), .output(2)]) == .units(layer: 0, 129))
    #expect(error([bank]) == .outputLayer(at: 0))
  }
}
