import Files
import Testing

@testable import Selvedge

@Suite struct GoldenTests {
  @Test func projectionWordsAreTheOracles() {
    for word in Golden.section("words") {
      let projection = Projection(
        seed: UInt64(word["seed"]!.string!)!, layer: word["layer"]!.integer!)
      let (label, block) = (word["class"]!.integer!, word["block"]!.integer!)
      let found =
        word["stream"]!.integer! == 0
        ? projection.signs(class: label, from: block * 64)
        : projection.careMask(class: label, from: block * 64)
      #expect("0x" + String(found, radix: 16) == word["word"]!.string!)
    }
  }

  @Test func projectionsAreTheOracles() {
    for entry in Golden.section("projections") {
      let projection = Projection(
        seed: UInt64(entry["seed"]!.string!)!, layer: entry["layer"]!.integer!)
      for (label, row) in entry["values"]!.array!.enumerated() {
        for (unit, value) in row.floats.enumerated() {
          let sign = projection.signs(class: label, from: unit) & 1
          let cares = projection.careMask(class: label, from: unit) & 1
          let isTernary = entry["ternary"]!.bool!
          #expect((isTernary && cares == 0 ? 0 : sign == 1 ? 1 : -1) == value)
        }
      }
    }
  }

  @Test func initialWeightsAreTheOraclesToTheBit() throws {
    for entry in Golden.section("weights") {
      let rows = entry["w"]!.array!
      // Layers before the one in question only give it its index and its inputs.
      let (index, inputs, units) = (entry["layer"]!.integer!, rows.count, rows[0].array!.count)
      let layers =
        [LayerDescription](repeating: .dense(inputs), count: index) + [.dense(units), .output(2)]
      let memory = TestMemory(1 << 20)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      let plan = try Plan(inputs: inputs, layers: layers.span, batch: 1, purpose: .inference)
      let network = try Network(plan, seed: UInt64(entry["seed"]!.string!)!, in: &arena)
      let found = network.parameters(ofLayer: index)
      #expect(found.weights == entry["w"]!.transposed)
      #expect(found.biases.allSatisfy { $0 == 0 })
    }
  }

  /// One step of one layer, given explicitly.
  private func step<Loss: LocalLoss>(
    _ loss: Loss, _ section: JSON, activation: Activation, weights: [Float], digest: Int
  ) -> (y: [Float], w: [Float], b: [Float]) {
    let x = section["inputs"]!.flattened
    let classes = section["labels"]!.integers.map { UInt32($0) }
    let units = weights.count * classes.count / x.count
    var (w, b) = (weights, [Float](repeating: 0, count: units))
    var y = [Float](repeating: 9, count: units * classes.count)
    var digests = [Float](repeating: 9, count: digest * classes.count)
    var deltas = [Float](repeating: 9, count: min(units, 64) * classes.count)
    var read = x
    classes.withUnsafeBufferPointer { labels in
      w.withUnsafeMutableBytes { weights in
        b.withUnsafeMutableBufferPointer { bias in
          let dense = Dense(
            weights: Weights(
              .float32, units: units, inputs: x.count / labels.count, scale: nil,
              at: weights.baseAddress!),
            bias: bias, activation: activation)
          digests.withUnsafeMutableBufferPointer { digests in
            deltas.withUnsafeMutableBufferPointer { deltas in
              let none = UpdateRounding(
                generator: nil, noise: .init(start: nil, count: 0),
                deltas: .init(start: nil, count: 0))
              read.withUnsafeMutableBytes { read in
                y.withUnsafeMutableBytes { y in
                  dense.forwardAndLearn(
                    Lesson(
                      loss: loss,
                      projection: Projection(
                        seed: UInt64(section["seed"]!.integer!), layer: section["layer"]!.integer!),
                      targets: Targets(
                        samples: labels.count, outputs: 0,
                        at: UnsafeMutablePointer(mutating: labels.baseAddress!)),
                      rate: section["rate"]!.float, digest: digests),
                    Activations(
                      samples: labels.count, width: x.count / labels.count, scale: nil,
                      at: read.baseAddress!),
                    into: Activations(
                      samples: labels.count, width: units, scale: nil, at: y.baseAddress!),
                    Dense.Scratch(block: deltas, values: deltas, rounding: none))
                }
              }
            }
          }
        }
      }
    }
    return (y, w, b)
  }

  private func weights(_ section: JSON, units: Int) -> [Float] {
    let inputs = section["inputs"]!.array![0].array!.count
    let generator = CounterGenerator(
      seed: ~UInt64(section["seed"]!.integer!), stream: UInt64(section["layer"]!.integer!))
    return (0..<units).flatMap { u in
      (0..<inputs).map { i in
        let uniform = Double(generator[UInt64(i * units + u)] >> 40) / 16_777_216
        return Float((2 * uniform - 1) / Double(inputs).squareRoot())
      }
    }
  }

  @Test(arguments: ["dense", "wide"])
  func oneStepOfEveryRuleAndActivationIsTheOracles(name: String) {
    let section = Golden.values[name]!
    let cases = section["cases"]!.array!
    #expect(cases.count >= 2)
    for entry in cases {
      let units = entry["b"]!.array!.count
      let rule = entry["rule"]!.rule
      let found = step(
        rule, section, activation: entry["activation"]!.activation,
        weights: weights(section, units: units),
        digest: rule.digestCount(classes: section["classes"]!.integer!))
      let comment: Comment = "\(name) \(rule) \(entry["activation"]!.string!)"
      #expect(agree(found.y, entry["y"]!.flattened), comment)
      #expect(agree(found.w, entry["w"]!.transposed), comment)
      #expect(agree(found.b, entry["b"]!.floats), comment)
    }
  }

  @Test func oneStepOfTheOutputLayerIsTheOracles() {
    let section = Golden.values["output"]!
    let found = step(
      HeadLoss(), section, activation: .linear, weights: weights(section, units: 3), digest: 3)
    #expect(agree(found.y, section["logits"]!.flattened))
    #expect(agree(found.w, section["w"]!.transposed))
    #expect(agree(found.b, section["b"]!.floats))
  }

  @Test func wholeNetworksAreTheOraclesAfterOneStepAndAfterThree() throws {
    for entry in Golden.section("networks") {
      let sizes = entry["sizes"]!.integers
      let layers =
        sizes[1..<sizes.count - 1].map { .dense($0, entry["activation"]!.activation) }
        + [LayerDescription.output(sizes.last!)]
      let plan = try Plan(
        inputs: sizes[0], layers: layers.span, batch: entry["batch"]!.integer!,
        purpose: .training(digest: sizes.last!))
      let memory = TestMemory(plan.footprint.total)
      defer { #expect(memory.guardsAreIntact) }
      var arena = memory.arena()
      var network = try Network(plan, seed: UInt64(entry["seed"]!.integer!), in: &arena)
      let (inputs, labels) = (entry["inputs"]!.array!, entry["labels"]!.integers)
      let rates = Rates(
        hidden: entry["hidden_rate"]!.float, output: entry["output_rate"]!.float)
      for step in 0..<3 {
        for i in (step * 4)..<min(step * 4 + 4, inputs.count) {
          try network.add(inputs[i].floats.span, label: labels[i])
        }
        _ = try network.train(entry["rule"]!.rule, rates: rates.decayed(step: step, of: 3))
        guard let expected = entry["layers_after"]!["\(step + 1)"] else { continue }
        for (k, layer) in expected.array!.enumerated() {
          let found = network.parameters(ofLayer: k)
          #expect(agree(found.weights, layer["w"]!.transposed), "step \(step) layer \(k)")
          #expect(agree(found.biases, layer["b"]!.floats), "step \(step) layer \(k)")
        }
      }
    }
  }

  @Test func softmaxRowsAreTheOracles() {
    for row in Golden.section("softmax") {
      var p = row["logits"]!.floats
      var span = p.mutableSpan
      Kernels.softmax(&span)
      #expect(agree(p, row["probabilities"]!.floats))
    }
  }
}
