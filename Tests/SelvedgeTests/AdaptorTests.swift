import Testing

@testable import Selvedge

/// Made-up samples of a network's input, of which the first have labels.
struct MadeUpField: FieldSamples {
  let values: [[Float]]
  let labels: [Int]
  var labelledCount: Int
  var count: Int { values.count }
  var longest: Int { values.map(\.count).max() ?? 0 }

  init(_ sketch: Sketch, count: Int, labelled: Int? = nil) {
    var dice = Dice(seed: sketch.seed &+ 5)
    let classes = Int(sketch.layers.last!.units)
    let steps = sketch.layers[0].kind.readsSteps ? 3 : 1
    values = (0..<count).map { _ in dice.floats(sketch.inputs * steps) }
    labels = (0..<count).map { $0 % classes }
    labelledCount = labelled ?? count
  }

  func copy(_ index: Int, into span: inout MutableSpan<Float>) -> Int {
    for i in values[index].indices { span[i] = values[index][i] }
    return values[index].count
  }
  func label(of index: Int) -> Int { labels[index] }
}

/// A model in memory that can only be read.
private func model(_ sketch: Sketch) throws -> ReadOnlyBytes {
  let plan = try Plan(
    input: sketch.input, layers: sketch.layers.span, batch: 1, purpose: .inference)
  let memory = TestMemory(plan.footprint.total)
  var arena = memory.arena()
  var network = try Network(plan, seed: sketch.seed &* 77, in: &arena)
  network.standardisation = Standardisation(mean: 0.125, deviation: 1.5)!
  return ReadOnlyBytes(ModelBytes.bytes(of: network, record: nil))
}

private let rungs: [Rung] = [.none, .moments, .prompt, .scale, .last, .lowRank, .full]

private var quick: AdaptationSettings {
  var settings = AdaptationSettings()
  (settings.batch, settings.passes, settings.rank) = (3, 2, 5)
  (settings.promptSteps, settings.promptBatch) = (4, 4)
  (settings.scaleRate, settings.lowRankRate, settings.lastRate) = (0.01, 0.01, 0.01)
  settings.fullRates = Rates(hidden: 0.001, output: 0.001)
  return settings
}

extension Sketch {
  /// Networks that end in classes and learn from whole samples.
  static func adaptable(_ seed: UInt64) -> Sketch? {
    let sketch = Sketch(seed: seed, trains: false, width: 24)
    guard !sketch.learnsValues, !sketch.layers.contains(where: { $0.kind.isRecurrent }) else {
      return nil
    }
    return sketch
  }
}

/// Numbers that fit a frozen network to another sensor.
@Suite struct AdaptorTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func plannedBytesAreUsedBytesAndTheModelIsOnlyRead(seed: UInt64) throws {
    guard let sketch = Sketch.adaptable(seed) else { return }
    let model = try model(sketch)
    let before = model.array
    var field = MadeUpField(sketch, count: 13)
    let adaptation = try Adaptation(ModelFile(model.bytes.bytes), settings: quick)
    let layers = TestMemory(sketch.layers.count * 16)
    for rung in rungs {
      var small = layers.arena()
      let bytes = try adaptation.bytes(for: rung, longest: field.longest, in: &small)
      let memory = TestMemory(bytes)
      defer { #expect(memory.guardsAreIntact, "seed \(seed), \(rung)") }
      var arena = memory.arena()
      do {
        let moments = try moments(adaptation, &field, rung)
        let result = try adaptation.fit(rung, &field, moments: moments.span, in: &arena)
        #expect(result.bytes == bytes && arena.used == 0 && arena.highWater == bytes)
        #expect(result.heldBack == 2 && result.loss.isFinite)
        let less = TestMemory(bytes - 16)
        var lesser = less.arena()
        do {
          _ = try adaptation.fit(rung, &field, moments: moments.span, in: &lesser)
          Issue.record("seed \(seed), \(rung): a byte less was enough")
        } catch AdaptationError.memory(.exhausted(_, _, _, let missing)) {
          #expect(missing <= 16 && missing > 0)
        } catch AdaptationError.model(.memory(.exhausted)) {
          // The network itself had no room, so its size is known and not that of all.
        }
      } catch AdaptationError.nothingToFit(let which) {
        #expect(which == rung)
      }
    }
    #expect(model.array == before)
  }

  private func moments(
    _ adaptation: borrowing Adaptation, _ field: inout MadeUpField, _ rung: Rung
  ) throws -> [Float] {
    guard rung == .moments else { return [] }
    let memory = TestMemory(1 << 22)
    var arena = memory.arena()
    var count = 0
    _ = try adaptation.fit(.none, &field, in: &arena) {
      (network: inout Network, _: RungResult) throws(AdaptationError) in
      count = adaptation.momentCount(network)
    }
    guard count > 0 else { throw AdaptationError.nothingToFit(.moments) }
    var moments = [Float](repeating: 0, count: count)
    var span = moments.mutableSpan
    try adaptation.measureMoments(&field, in: &arena, into: &span)
    return moments
  }

  /// The logits of every sample, in the bits of a network.
  private static func logits(
    _ network: inout Network, _ field: MadeUpField
  ) throws -> [UInt32] {
    var bits: [UInt32] = []
    for values in field.values {
      try network.add(values.span)
      try network.predict()
      let logits = network.logits(of: 0)
      for c in logits.indices { bits.append(logits[c].bitPattern) }
    }
    return bits
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func aFileIsTheNetworkThatWroteItAndWithoutItTheModelIsAsItWas(seed: UInt64) throws {
    guard let sketch = Sketch.adaptable(seed) else { return }
    let model = try model(sketch)
    var field = MadeUpField(sketch, count: 13)
    let adaptation = try Adaptation(ModelFile(model.bytes.bytes), settings: quick)
    let memory = TestMemory(1 << 22)
    var (compared, changed) = (0, 0)
    for rung in rungs {
      var arena = memory.arena()
      var (file, fitted): ([UInt8], [UInt32]) = ([], [])
      do {
        var source = MadeUpField(sketch, count: 13, drift: { 0.5 * $0 + 1 })
        let moments = try moments(adaptation, &source, rung)
        let own = field
        _ = try adaptation.fit(rung, &field, moments: moments.span, in: &arena) {
          (network: inout Network, _: RungResult) throws(AdaptationError) in
          file = Self.file(network, rung, adaptation)
          do { fitted = try Self.logits(&network, own) } catch { Issue.record("\(error)") }
        }
      } catch AdaptationError.nothingToFit {
        continue
      }
      let plan = try Plan(
        input: sketch.input, layers: sketch.layers.span, batch: 1, purpose: .inference)
      let other = TestMemory(plan.footprint.total + file.count + 1 << 20)
      var room = other.arena()
      var network = try Network(plan, of: ModelFile(model.bytes.bytes), in: &room)
      let before = try Self.logits(&network, field)
      let used = room.used
      let opened = try AdaptorFile(file.span.bytes)
      try network.adapt(to: opened, in: &room)
      #expect(room.used - used == network.adaptorPlan(for: opened).bytes)
      let after = try Self.logits(&network, field)
      let isFitted = after == fitted
      #expect(isFitted, "seed \(seed), \(rung)")
      if after != before { changed += 1 }
      network.detach()
      try network.setParameters(ModelFile(model.bytes.bytes).parameters)
      let isAsItWas = try Self.logits(&network, field) == before
      #expect(isAsItWas, "seed \(seed), \(rung)")
      compared += 1
    }
    #expect(compared > 1)
    #expect(changed > 0)
  }

  private static func file(
    _ network: borrowing Network, _ rung: Rung, _ adaptation: borrowing Adaptation
  ) -> [UInt8] {
    var file = [UInt8](repeating: 0xEE, count: AdaptorFile.byteCount(of: network, rung: rung))
    var span = file.mutableSpan
    var raw = span.mutableBytes
    AdaptorFile.write(
      network, rung: rung, form: adaptation.form, modelChecksum: adaptation.modelChecksum,
      into: &raw)
    return file
  }

  @Test func aDamagedFileAndOneOfAnotherModelAreRefused() throws {
    let (sketch, other) = (Sketch(seed: 0, dense: [5, 4]), Sketch(seed: 9, dense: [5, 4]))
    let (bytes, others) = (try model(sketch), try model(other))
    var field = MadeUpField(sketch, count: 10)
    let memory = TestMemory(1 << 16)
    var arena = memory.arena()
    let adaptation = try Adaptation(ModelFile(bytes.bytes.bytes), settings: quick)
    var file: [UInt8] = []
    _ = try adaptation.fit(.lowRank, &field, in: &arena) {
      (network: inout Network, _: RungResult) throws(AdaptationError) in
      file = Self.file(network, .lowRank, adaptation)
    }
    for i in file.indices {
      var damaged = file
      damaged[i] ^= 4
      #expect(throws: AdaptorFileError.self, "byte \(i)") {
        _ = try AdaptorFile(damaged.span.bytes)
      }
    }
    for count in 0..<file.count {
      let cut = Array(file.prefix(count))
      #expect(throws: AdaptorFileError.self, "\(count) bytes") {
        _ = try AdaptorFile(cut.span.bytes)
      }
    }
    let plan = try Plan(
      input: other.input, layers: other.layers.span, batch: 1, purpose: .inference)
    var network = try Network(plan, of: ModelFile(others.bytes.bytes), in: &arena)
    let before = try Self.logits(&network, field)
    do {
      try network.adapt(to: AdaptorFile(file.span.bytes), in: &arena)
      Issue.record("it was taken")
    } catch AdaptorFileError.otherModel(let expected, let found) {
      #expect(expected == adaptation.modelChecksum && found == network.parametersChecksum)
    }
    let isAsItWas = try Self.logits(&network, field) == before
    #expect(isAsItWas)
    // A plan that leaves the last layer in flash has no room for another.
    let flash = try Plan(
      input: sketch.input, layers: sketch.layers.span, batch: 1, purpose: .inference,
      constants: .inFlash)
    var own = try Network(flash, of: ModelFile(bytes.bytes.bytes), in: &arena)
    #expect(throws: AdaptorFileError.inFlash(layer: 1)) {
      try own.adapt(to: AdaptorFile(file.span.bytes), in: &arena)
    }
  }

  @Test func momentsMakeTheSumsWhatTheyWere() throws {
    let sketch = Sketch(seed: 3, dense: [12, 8, 3])
    let bytes = try model(sketch)
    let adaptation = try Adaptation(ModelFile(bytes.bytes.bytes), settings: quick)
    var field = MadeUpField(sketch, count: 300, labelled: 0)
    let source = try moments(adaptation, &field, .moments)
    // A sensor with another gain and offset.
    var drifted = MadeUpField(sketch, count: 300, drift: { 0.25 * $0 + 2 })
    drifted.labelledCount = 300
    let memory = TestMemory(1 << 16)
    var arena = memory.arena()
    let changedValues = drifted.values
    _ = try adaptation.fit(.moments, &drifted, moments: source.span, in: &arena) {
      (network: inout Network, _: RungResult) throws(AdaptationError) in
      do {
        // With the sums the outputs are what they were.
        let plan = try Plan(
          input: sketch.input, layers: sketch.layers.span, batch: 1, purpose: .inference)
        let room = TestMemory(plan.footprint.total)
        var other = room.arena()
        var clean = try Network(plan, of: ModelFile(bytes.bytes.bytes), in: &other)
        for (raw, changed) in zip(field.values, changedValues) {
          try clean.add(raw.span)
          try network.add(changed.span)
          try clean.predict()
          try network.predict()
          for c in 0..<3 {
            #expect(abs(clean.logits(of: 0)[c] - network.logits(of: 0)[c]) < 1e-3)
          }
        }
      } catch { Issue.record("\(error)") }
    }
  }

  @Test func oneClassAloneIsNoDrift() throws {
    let sketch = Sketch(seed: 3, dense: [12, 8, 3])
    let bytes = try model(sketch)
    let adaptation = try Adaptation(ModelFile(bytes.bytes.bytes), settings: quick)
    var field = MadeUpField(sketch, count: 60)
    let source = try moments(adaptation, &field, .moments)
    var sorted = MadeUpField(sketch, count: 60, label: { _ in 1 })
    let memory = TestMemory(1 << 16)
    var arena = memory.arena()
    #expect(throws: AdaptationError.oneSided(entropy: 0)) {
      _ = try adaptation.fit(.moments, &sorted, moments: source.span, in: &arena)
    }
    // Without labels, by what the model takes the same sample for.
    var same = MadeUpField(sketch, count: 60, labelled: 0, drift: { _ in 0.5 })
    #expect(throws: AdaptationError.oneSided(entropy: 0)) {
      _ = try adaptation.fit(.moments, &same, moments: source.span, in: &arena)
    }
    #expect(arena.used == 0)
  }

  @Test func aRungThatNeedsLabelsSaysSo() throws {
    let sketch = Sketch(seed: 3, dense: [12, 8, 3])
    let bytes = try model(sketch)
    let adaptation = try Adaptation(ModelFile(bytes.bytes.bytes), settings: quick)
    let memory = TestMemory(1 << 16)
    var arena = memory.arena()
    var none = MadeUpField(sketch, count: 60, labelled: 0)
    for rung in rungs where rung.needsLabels {
      #expect(throws: AdaptationError.labels(needed: 5, found: 0)) {
        _ = try adaptation.fit(rung, &none, in: &arena)
      }
    }
    #expect(throws: AdaptationError.moments(expected: 40, found: 0)) {
      _ = try adaptation.fit(.moments, &none, in: &arena)
    }
    var wrong = MadeUpField(sketch, count: 60, label: { $0 == 7 ? 3 : 0 })
    #expect(throws: AdaptationError.label(3, classes: 3)) {
      _ = try adaptation.fit(.last, &wrong, in: &arena)
    }
    var notFinite = MadeUpField(sketch, count: 60, drift: { _ in .nan })
    do {
      _ = try adaptation.fit(.last, &notFinite, in: &arena)
      Issue.record("it was taken")
    } catch AdaptationError.sample(_, let error) {
      #expect(error == .notFinite(index: 0))
    }
  }

  @Test func everyFifthLabelledSampleIsHeldBack() {
    for labelled in 0..<40 {
      let field = MadeUpField(Sketch(seed: 1, dense: [3, 2]), count: 50, labelled: labelled)
      let all =
        (0..<field.fittingCount).map(field.fitting) + (0..<field.heldBackCount).map(field.heldBack)
      #expect(all.sorted() == Array(0..<labelled))
    }
  }

  /// One step of `scale` against the formula in doubles.
  @Test func aStepOfScaleIsTheFormula() throws {
    let sketch = Sketch(seed: 4, dense: [6, 3])
    let bytes = try model(sketch)
    var settings = quick
    (settings.batch, settings.passes, settings.scaleRate) = (16, 1, 0.25)
    let adaptation = try Adaptation(ModelFile(bytes.bytes.bytes), settings: settings)
    // Five labelled samples: four are fitted on, and one is held back.
    var field = MadeUpField(sketch, count: 5)
    let memory = TestMemory(1 << 16)
    var arena = memory.arena()
    var (gains, offsets): ([Float], [Float]) = ([], [])
    var (weights, biases): ([Float], [Float]) = ([], [])
    var order: [Int] = []
    _ = try adaptation.fit(.scale, &field, in: &arena) {
      (network: inout Network, _: RungResult) throws(AdaptationError) in
      let correction = network.correction(of: network.firstLayer)!
      (gains, offsets) = (Array(correction.gain), Array(correction.offset))
      (weights, biases) = network.parameters(ofLayer: 0)
    }
    let steps = Order(4, seed: settings.seed, pass: 0)
    order = (0..<4).map { steps[$0] }
    #expect(order.sorted() == [0, 1, 2, 3])
    let projection = Projection(seed: sketch.seed &* 77, layer: 0)
    var (g, c) = ([Double](repeating: 1, count: 6), [Double](repeating: 0, count: 6))
    for index in order {
      let x = field.values[index].map { (Double($0) - 0.125) / 1.5 }
      let a = (0..<6).map { u in
        (0..<x.count).reduce(Double(biases[u])) { $0 + Double(weights[u * x.count + $1]) * x[$1] }
      }
      let y = (0..<6).map { u in
        let s = g[u] * a[u] + c[u]
        return 1 - 2 / (Self.exponential(2 * s) + 1)
      }
      let sign = { (label: Int, u: Int) in
        projection.signs(class: label, from: 0) >> UInt64(u) & 1 == 1 ? 1.0 : -1.0
      }
      let logits = (0..<3).map { l in
        (0..<6).reduce(0) { $0 + sign(l, $1) * y[$1] } / 6.0.squareRoot()
      }
      let total = logits.reduce(0) { $0 + Self.exponential($1) }
      let q = (0..<3).map {
        ($0 == field.labels[index] ? 1 : 0) - Self.exponential(logits[$0]) / total
      }
      for u in 0..<6 {
        let e = (0..<3).reduce(0) { $0 + sign($1, u) * q[$1] }
        let d = 0.25 / 4 * e * (1 - y[u] * y[u])
        g[u] += d * a[u]
        c[u] += d
      }
    }
    for u in 0..<6 {
      #expect(abs(Double(gains[u]) - g[u]) < 1e-5, "unit \(u): \(gains[u]) and \(g[u])")
      #expect(abs(Double(offsets[u]) - c[u]) < 1e-5)
    }
  }

  private static func exponential(_ x: Double) -> Double {
    // A series of x / 1024, squared ten times: enough digits for these, and no library.
    var (sum, term) = (1.0, 1.0)
    for k in 1...12 {
      term *= x / 1024 / Double(k)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}

extension MadeUpField {
  init(
    _ sketch: Sketch, count: Int, labelled: Int? = nil, label: ((Int) -> Int)? = nil,
    drift: (Float) -> Float = { $0 }
  ) {
    let field = MadeUpField(sketch, count: count, labelled: labelled)
    values = field.values.map { $0.map(drift) }
    labels = label.map { label in (0..<count).map(label) } ?? field.labels
    labelledCount = field.labelledCount
  }
}

extension Sketch {
  /// Dense layers of these widths, the last one of classes, over 10 values.
  init(seed: UInt64, dense: [Int]) {
    self.init(
      seed: seed, input: Shape(10),
      layers: dense.dropLast().map { .dense($0) } + [.output(dense.last!)])
  }
}
