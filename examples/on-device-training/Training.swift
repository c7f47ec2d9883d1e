import CStandardLibrary
import ExampleSupport
import Selvedge

/// Prequential training: every sample is first predicted, then learned from, then forgotten.
enum Training {
  static var seed: UInt64 { 1 }
  /// Mean and deviation of the pixels of Fashion-MNIST's training images.
  static var standardisation: Standardisation { Standardisation(mean: 72.94, deviation: 90.02)! }

  /// What weights are stored as: the environment's PRECISION, float32 without one.
  private static var precision: Precision? {
    let variable = Environment("PRECISION")
    if variable.isUnset || variable.says("float32") { return .float32 }
    if variable.says("float16") { return .float16 }
    return variable.says("int8") ? .int8 : nil
  }

  /// Trains on all samples; gives the exit code.
  static func run(in bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    do throws(Failure) {
      try train(in: bytes)
      return EXIT_SUCCESS
    } catch {
      error.explain()
      return EXIT_FAILURE
    }
  }

  private static func train(in bytes: UnsafeMutableRawBufferPointer) throws(Failure) {
    guard let precision else { throw .precision }
    guard let architecture = Architecture.chosen else { throw .architecture }
    var samples = try Samples()
    guard
      let chosen = architecture.layers(
        inputs: samples.inputs, classes: samples.classes, precision: precision)
    else { throw .square(inputs: samples.inputs) }
    let layers = chosen.layers
    let plan: Plan
    do throws(PlanError) {
      plan = try Plan(
        input: chosen.input, layers: layers.span.extracting(0..<chosen.count), batch: 1,
        purpose: .training(digest: Readout().digestCount(classes: samples.classes)))
    } catch {
      throw .shape(inputs: samples.inputs, classes: samples.classes)
    }

    // The network and the one sample that it is shown share the arena.
    let sampleBytes = Arena.rounded(4 * samples.inputs)
    let asked = plan.footprint.total + sampleBytes
    var network: Network
    let values: UnsafeMutableBufferPointer<Float>
    do throws(ArenaError) {
      var arena = try Arena(bytes)
      let bytes = try arena.reserve(4 * samples.inputs, layer: 0, role: .input)
      values = UnsafeMutableBufferPointer(
        rebasing: bytes.bindMemory(to: Float.self)[..<samples.inputs])
      network = try Network(plan, seed: seed, in: &arena)
    } catch {
      throw .memory(asked: asked, missing: asked - bytes.count)
    }
    network.standardisation = standardisation
    if network.learnsValues { network.targetStandardisation = numbers(below: samples.classes) }
    let output = Output.standard
    output.text("network ", samples.inputs, " inputs, ")
    architecture.print(to: output)
    output.text("", samples.classes, " classes\n")

    var (recent, all) = (Tally(), Tally())
    while let label = try samples.next(into: values) {
      do throws(NetworkError) {
        let own = values.span.extracting(0..<samples.inputs)
        if architecture.isRecurrent {
          try read(own, label, architecture.rates, &network)
        } else if network.learnsValues {
          let number: InlineArray<1, Float> = [Float(label)]
          try network.add(own, targets: number.span)
        } else {
          try network.add(own, label: label)
        }
        // The outcome of a step is measured before the step changes a weight.
        let outcome = try network.train(Readout(), rates: architecture.rates)
        recent.add(outcome)
        all.add(outcome)
      } catch {
        throw .sample(samples.count)
      }
      // Now that int8 layers have seen some data, their scales can fit it.
      if all.samples == 100 { network.chooseScales() }
      if all.samples % 1000 == 0 {
        recent.print("samples ", all.samples, hasClasses: !network.learnsValues)
        recent = Tally()
      }
    }
    guard all.samples > 0 else { throw .noSamples }
    let footprint = network.footprint
    output.text("bytes: weights ", footprint.weights, ", activations ", footprint.activations)
    output.text(", scratch ", footprint.scratch, ", sample ", sampleBytes)
    output.text(", given ", bytes.count, "\n")
    all.print("total ", all.samples, hasClasses: !network.learnsValues)
    output.checksum(network.weightsChecksum)
  }

  /// What the numbers of equally frequent classes have as mean and, roughly, as deviation.
  private static func numbers(below classes: Int) -> Standardisation {
    Standardisation(mean: Float(classes - 1) / 2, deviation: 0.29 * Float(classes))!
  }

  /// Reads a sequence into layers that learn from each of its steps.
  private static func read(
    _ values: Span<Float>, _ label: Int, _ rates: Rates, _ network: inout Network
  ) throws(NetworkError) {
    let labels: InlineArray<1, Int> = [label]
    try network.begin(labels.span)
    var first = 0
    while first < values.count {
      let last = first + network.inputs
      try network.learn(values.extracting(first..<last), from: Readout(), rates: rates)
      first = last
    }
  }
}
