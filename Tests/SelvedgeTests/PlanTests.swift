import Testing

@testable import Selvedge

@Suite struct PlanTests {
  @Test func layersHaveNothingThatTheyDoNotUse() throws {
    var compared = 0
    for number in 1...13 as ClosedRange<UInt8> where number != 10 {
      let kind = try #require(LayerDescription.Kind(rawValue: number))
      let layer = LayerDescription(
        kind: kind, activation: .relu, units: 3, window: Window(3, 2, stride: 2), pool: 2,
        precision: .int8)
      #expect(kind.hasWeights || layer.stored(as: .float16) == layer)
      #expect((layer.precision == .int8) == kind.hasWeights)
      let isConvolution = kind == .convolution || kind == .depthwise
      #expect((layer.pool == 2) == isConvolution)
      let isPool = kind == .maxPool || kind == .averagePool
      #expect((layer.window == Window(3, 2, stride: 2)) == (isConvolution || isPool))
      compared += 1
    }
    #expect(compared == 12)
  }

  @Test(arguments: 0..<500 as Range<UInt64>)
  func planNeverOverlapsLiveTensorsAndCountsEveryByte(seed: UInt64) throws {
    let sketch = Sketch(seed: seed)
    for reusesMemory in [true, false] {
      let plan = try Plan(sketch.terms(reusesMemory: reusesMemory), layers: sketch.layers.span)
      let (tensors, footprint) = (plan.tensors, plan.footprint)
      var compared = 0
      for (i, a) in tensors.enumerated() {
        #expect(a.bytes > 0 && a.offset >= 0 && a.offset % 16 == 0, "\(a), seed \(seed)")
        #expect(a.extent.upperBound <= footprint.total, "\(a), seed \(seed)")
        #expect(!a.lives.isEmpty && a.lives.upperBound <= sketch.layers.count)
        for b in tensors[..<i] where a.lives.overlaps(b.lives) || !reusesMemory {
          compared += 1
          #expect(!a.extent.overlaps(b.extent), "\(a) over \(b), seed \(seed)")
        }
      }
      #expect(compared > 3, "an empty comparison proves nothing")
      #expect(tensors.map(\.extent.upperBound).max() == footprint.total, "seed \(seed)")
      #expect(footprint.weights + footprint.activations + footprint.scratch == footprint.total)
      let weights = tensors.filter { $0.category == .weights }
      #expect(weights.reduce(0) { $0 + $1.reserved } == footprint.weights, "seed \(seed)")
      #expect(weights.allSatisfy { $0.extent.upperBound <= footprint.weights })
    }
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func tensorsAreTheOnesThatTheLayersNeed(seed: UInt64) throws {
    let sketch = Sketch(seed: seed)
    let plan = try Plan(sketch.terms(), layers: sketch.layers.span)
    let classes = Int(sketch.layers.last!.units)
    let first = sketch.layers[0].precision == .int8 ? 1 : 4
    var expected: [String: Int] = ["0 input": sketch.inputs * sketch.batch * first]
    expected["0 layers"] = sketch.layers.count * 16
    if sketch.purpose != .inference {
      let name = sketch.learnsValues ? "0 targets" : "0 labels"
      expected[name] = sketch.batch * (sketch.learnsValues ? classes : 1) * 4
    }
    var (shape, parameters, parameterBytes) = (sketch.input, 0, 0)
    for (k, layer) in sketch.layers.enumerated() {
      let isInt8 = layer.precision == .int8
      let size = isInt8 ? 1 : layer.precision == .float32 ? 4 : 2
      let isLast = k == sketch.layers.count - 1
      let givesInt8 = !isLast && sketch.layers[k + 1].precision == .int8
      let window = Int(layer.window.rows) * Int(layer.window.columns)
      let next = Self.output(of: layer, reading: shape)
      let (width, units) = (shape.count, next.count)
      let digest: Int? =
        if case .training(let digest) = sketch.purpose { isLast ? classes : digest } else { nil }
      let weights: Int
      switch layer.kind {
      case .readout: weights = 0
      case .dense, .output, .regression:
        weights = width * units
        if givesInt8 { expected["\(k) delta"] = min(units, 64) * sketch.batch * 4 }
        if digest != nil {
          if givesInt8 { expected["\(k) values"] = 4 * min(units, 64) }
          if isInt8 {
            expected["\(k) noise"] = width * 4
            expected["\(k) roundedDelta"] = min(units, 64) * sketch.batch * 2
          }
          expected["\(k) delta"] = min(units, 64) * sketch.batch * 4
        }
      case .convolution, .depthwise:
        let patch = window * shape.channels
        weights = layer.kind == .depthwise ? patch : patch * next.channels
        let side = Int(layer.pool)
        let kept = min(next.columns, [1: 16, 2: 4, 3: 1][side]!)
        let places = kept * side * side
        let read = isInt8 && layer.kind == .convolution ? 1 : 4
        var parts = 1
        if size != 4 && layer.kind == .convolution && !(layer.looksAhead && sketch.batch > 1) {
          let rows = window / Int(layer.window.columns)
          parts = [1, rows].first { weights * 4 / $0 <= 8192 } ?? window
        }
        let learned = digest == nil ? 0 : patch / parts * 4
        expected["\(k) patches"] = places * max(patch * read, learned)
        expected["\(k) delta"] = places * next.channels * 4
        if digest != nil {
          if side > 1 {
            expected["\(k) winners"] = units * sketch.batch
          }
          if size != 4 { expected["\(k) gradient"] = weights / parts * 4 }
          if givesInt8 {
            expected["\(k) values"] = 4 * kept * next.channels
          }
        }
      case .elman, .gru:
        let (rows, learns) = (units * (layer.kind == .gru ? 3 : 1), digest != nil)
        let (traces, leaks) = (learns && layer.keepsTrace, learns && layer.leak < 1)
        weights = rows * width
        let (batch, both) = (sketch.batch, width + units)
        expected["\(k) stateWeight"] = rows * units * size
        if isInt8 { expected["\(k) stateScale"] = 32 }
        let history = traces ? rows * (both + 1) : leaks ? both : 0
        let bytes = isInt8 ? (batch * units + 3) / 4 : 0
        expected["\(k) memory"] = 4 * (batch * (units + history) + bytes)
        let samples = learns ? batch : 1
        var numbers = samples * (2 * rows + units) + rows
        if learns { numbers += traces ? 2 * batch * units : units }
        if traces && size != 4 || leaks && isInt8 { numbers += max(width, units) }
        if isInt8 && (traces || leaks) { numbers += batch * width }
        expected["\(k) delta"] = 4 * numbers
        if isInt8 && learns && !traces && !leaks {
          expected["\(k) noise"] = 4 * max(width, units)
          expected["\(k) roundedDelta"] = 2 * batch * rows
        }
        parameters += rows * units
        parameterBytes += rows * units * size + (isInt8 ? 32 : 0)
      case .oscillators, .legendre:
        weights = 0
        // Each value of a step and each output has a mean and a factor.
        expected["\(k) bias"] = 4 * 2 * (width + units)
        expected["\(k) input"] = nil
        let count = Int(layer.units)
        let state = width * (layer.kind == .legendre ? count : 2 * count - 1)
        let table = layer.kind == .legendre ? 0 : 2 * count
        let block = !givesInt8 ? 0 : layer.kind == .legendre ? state : min(state, 64)
        expected["\(k) memory"] = 4 * (table + state + width + block)
        parameters += 2 * (width + units)
        parameterBytes += 4 * 2 * (width + units)
      case .maxPool, .averagePool, .normalise:
        weights = 0
        expected["\(k) delta"] = min(next.channels, 64) * 4
      }
      if let digest, layer.looksAhead {
        expected["\(k) ahead"] = Self.aheadBytes(layer, next, sketch, k, digest: digest)
      }
      let biases = weights == 0 ? 0 : next.channels * (layer.kind == .gru ? 3 : 1)
      if isInt8 { expected["\(k) scale"] = 32 }
      if weights > 0 { expected["\(k) weight"] = weights * size }
      if weights > 0 { expected["\(k) bias"] = biases * 4 }
      expected["\(k) output"] = units * sketch.batch * (givesInt8 ? 1 : 4)
      // A dense layer that looks ahead has no error of its own.
      if let digest, digest > 0, weights > 0, layer.kind != .dense || !layer.looksAhead {
        expected["\(k) digest"] = digest * sketch.batch * 4
      }
      parameters += weights + biases
      parameterBytes += weights * size + biases * 4 + (isInt8 ? 32 : 0)
      shape = next
    }
    let found = plan.tensors.map { ("\($0.layer) \($0.role)", $0.bytes) }
    #expect(Dictionary(uniqueKeysWithValues: found) == expected, "seed \(seed)")
    #expect(plan.footprint.parameterCount == parameters)
    #expect(plan.footprint.parameterBytes == parameterBytes, "seed \(seed)")
    #expect(plan.classes == classes)
  }

  /// Bytes of what a layer with outputs `map` computes of the next one.
  private static func aheadBytes(
    _ layer: LayerDescription, _ map: Shape, _ sketch: Sketch, _ k: Int, digest: Int
  ) -> Int {
    let next = sketch.layers[k + 1]
    let (outputs, isDense) = (output(of: next, reading: map), layer.kind == .dense)
    let samples = isDense ? sketch.batch : 1
    let kept = next.kind.isHead ? outputs.count : digest
    var bytes = 4 * samples * (outputs.count + kept)
    bytes += 4 * max(isDense ? min(map.count, 64) : map.count, min(outputs.count, 64))
    guard next.kind == .convolution else { return bytes }
    let side = Int(next.pool)
    let places = min(outputs.columns, [1: 16, 2: 4, 3: 1][side]!) * side * side
    let window = Int(next.window.rows) * Int(next.window.columns) * map.channels
    bytes += 4 * places * (outputs.channels + window)
    return bytes + (side > 1 ? outputs.count : 0)
  }

  /// The shape of an output, counted window by window.
  private static func output(of layer: LayerDescription, reading map: Shape) -> Shape {
    func count(_ size: Int, _ window: UInt8) -> Int {
      if window == 0 { return 1 }
      let stride = Int(layer.window.stride)
      let starts = Swift.stride(from: 0, to: size, by: stride)
      let fitting = starts.filter {
        layer.window.padding == .same || $0 + Int(window) <= size
      }
      return fitting.count / Int(layer.pool)
    }
    switch layer.kind {
    case .dense, .output, .readout, .regression, .elman, .gru: return Shape(Int(layer.units))
    case .normalise: return map
    case .oscillators:
      let count = Int(layer.units)
      return Shape(map.count * (layer.givesMagnitude ? count : 2 * count - 1))
    case .legendre: return Shape(map.count * Int(layer.units))
    default:
      return Shape(
        rows: count(map.rows, layer.window.rows),
        columns: count(map.columns, layer.window.columns),
        channels: layer.kind == .convolution ? Int(layer.units) : map.channels)
    }
  }

  /// The bytes that must be there at once, step by step, computed from the lives alone.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func totalIsNoMoreThanTheFullestStepNeeds(seed: UInt64) throws {
    let sketch = Sketch(seed: seed)
    let plan = try Plan(sketch.terms(), layers: sketch.layers.span)
    let tensors = plan.tensors
    let steps = sketch.layers.indices.map { step in
      tensors.filter { $0.lives.contains(step) }.reduce(0) { $0 + $1.reserved }
    }
    #expect(plan.footprint.total == steps.max(), "seed \(seed)")
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func networkTakesExactlyTheTotalAndMissingBytesAreExactlyEnough(seed: UInt64) throws {
    let sketch = Sketch(seed: seed)
    let plan = try Plan(sketch.terms(), layers: sketch.layers.span)
    let total = plan.footprint.total
    var dice = Dice(seed: ~seed)
    let before = dice.integer(0...3) * 16
    for short in [0, 1, 15, 16, 17, total / 2, total] {
      let memory = TestMemory(before + total - short)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      _ = try arena.reserve(before, layer: 0, role: .weight)
      let error = thrown(ArenaError.self) { _ = try Network(plan, seed: seed, in: &arena) }
      if short == 0 {
        #expect(error == nil && arena.used == before + total && arena.highWater == before + total)
        continue
      }
      #expect(arena.used == before && memory.bytes.allSatisfy { $0 == TestMemory.pattern })
      guard case .exhausted(let layer, let role, let asked, let missing) = error else {
        Issue.record("\(String(describing: error)), seed \(seed)")
        continue
      }
      #expect(missing == short, "seed \(seed)")
      let named = plan.tensors.first { $0.extent.upperBound > (total - short) & ~15 }!
      #expect((layer, role, asked) == (named.layer, named.role, named.bytes), "seed \(seed)")
      for (more, suffices) in [(missing, true), (missing - 1, false)] {
        let larger = TestMemory(memory.bytes.count + more)
        defer { #expect(larger.guardsAreIntact) }
        var arena = larger.arena()
        _ = try arena.reserve(before, layer: 0, role: .weight)
        let error = thrown(ArenaError.self) { _ = try Network(plan, seed: seed, in: &arena) }
        #expect((error == nil) == suffices, "seed \(seed)")
      }
    }
  }

  /// The promise for deep networks of maps: hardly more than the weights and the largest maps, two of them or
  /// with lookahead three. What is sent back to one sample's largest map, and the deltas it comes from, are
  /// floats in every precision.
  @Test(arguments: [1, 8, 64], [Precision.float32, .float16, .int8])
  func deepNetworksTakeTheirWeightsAndTheLargestMaps(batch: Int, precision: Precision) throws {
    for looksAhead in [false, true] {
      func convolution(_ channels: Int, pool: Int) -> LayerDescription {
        let layer = LayerDescription.convolution(channels, Window(3, 3), pool: pool)
        return looksAhead ? layer.lookingAhead() : layer
      }
      var layers = [16, 32, 64].flatMap { [convolution($0, pool: 1), convolution($0, pool: 2)] }
      layers += [.dense(128), .output(10)]
      layers = layers.map { $0.stored(as: precision) }
      let plan = try Plan(
        input: Shape(rows: 28, columns: 28), layers: layers.span, batch: batch,
        purpose: .training(digest: 10))
      var maps: [Int] = []
      plan.forEachLayer { maps.append($0.output.bytes) }
      let largest = maps.sorted().suffix(looksAhead ? 3 : 2).reduce(0, +)
      let (total, weights) = (plan.footprint.total, plan.footprint.weights)
      let errors = looksAhead && precision != .float32 ? (28 * 28 + 14 * 14) * 16 * 4 : 0
      let bound = 1.1 * Double(weights) + Double(largest + errors)
      #expect(Double(total) <= bound, "\(total) of \(bound), \(weights), ahead: \(looksAhead)")
      #expect(total > weights + maps.max()!)
    }
  }

  @Test func everyPlanErrorNamesWhatIsOutOfRange() {
    let output = LayerDescription.output(3)
    func error(
      inputs: Int = 4, _ layers: [LayerDescription], batch: Int = 1,
      _ purpose: Plan.Purpose = .training(digest: 3)
    ) -> PlanError? {
      thrown(PlanError.self) {
        _ = try Plan(inputs: inputs, layers: layers.span, batch: batch, purpose: purpose)
      }
    }
    #expect(error([output]) == nil)
    #expect(error([]) == .noLayers)
    for inputs in [0, -1, .min, 1 << 24 + 1, .max] {
      #expect(error(inputs: inputs, [output]) == .inputs(inputs))
    }
    #expect(error(inputs: 1 << 24, [output]) == nil)
    for batch in [0, -1, .min, 257, .max] {
      #expect(error([output], batch: batch) == .batch(batch))
    }
    #expect(error([output], batch: 256) == nil)
    for digest in [-1, .min, 1 << 20 + 1, .max] {
      #expect(error([output], .training(digest: digest)) == .digest(digest))
    }
    #expect(error([.dense(0), output]) == .units(layer: 0, 0))
    #expect(error([.dense(1), .dense(1 << 20 + 1), output]) == .units(layer: 1, 1 << 20 + 1))
    #expect(error([.dense(.max), output]) == .units(layer: 0, .max))
    #expect(error([.dense(-1), output]) == .units(layer: 0, 0))
    #expect(error([.dense(2), .output(1)]) == .units(layer: 1, 1))
    #expect(error([.dense(2)]) == .outputLayer(at: 0))
    #expect(error([output, .dense(2)]) == .outputLayer(at: 0))
    #expect(error([.dense(2), output, output]) == .outputLayer(at: 1))
    let many = [LayerDescription](repeating: .dense(1), count: 1 << 16)
    #expect(error(many + [output]) == .layers(1 << 16 + 1))
    #expect(error(many.dropLast() + [output]) == nil)
  }

  @Test func theLargestPlansDoNotOverflow() throws {
    let layers =
      [LayerDescription](repeating: .dense(1 << 20), count: 1 << 16 - 1) + [.output(1 << 20)]
    let largest = try Plan(
      inputs: 1 << 24, layers: layers.span, batch: 256, purpose: .training(digest: 1 << 20))
    let parameters = (1 << 24 + 1) << 20 + (1 << 16 - 1) * (1 << 20 + 1) << 20
    #expect(largest.footprint.parameterCount == parameters)
    #expect(largest.footprint.total > parameters * 4)
    let memory = TestMemory(64)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    let error = thrown(ArenaError.self) { _ = try Network(largest, seed: 0, in: &arena) }
    #expect(
      error
        == .exhausted(
          layer: 0, role: .weight, asked: 1 << 46, missing: largest.footprint.total - 64))
  }
}
