import ExampleSupport
import Selvedge

/// A network in memory of its own, which predicts each sample before it learns from it.
struct Learner: ~Copyable {
  private var network: Network
  private var samples = 0
  private var correct = 0

  /// Bytes that a learner takes.
  static func bytes(
    inputs: Int, classes: Int, _ precision: Precision
  ) throws(PlanError) -> Int {
    let layers = Self.layers(classes, precision)
    return try plan(inputs, layers.span, classes).footprint.total
  }

  init(
    inputs: Int, classes: Int, _ precision: Precision, in memory: UnsafeMutableRawBufferPointer
  ) throws(Failure) {
    let layers = Self.layers(classes, precision)
    guard
      let plan = try? Self.plan(inputs, layers.span, classes),
      var arena = try? Arena(memory),
      let network = try? Network(plan, seed: 1, in: &arena)
    else { throw .shape(inputs: inputs, classes: classes) }
    self.network = network
    // Mean and deviation of the pixels of Fashion-MNIST's training images.
    self.network.standardisation = Standardisation(mean: 72.94, deviation: 90.02)!
  }

  mutating func learn(_ values: Span<Float>, label: Int) throws(NetworkError) {
    try network.add(values, label: label)
    // The outcome of a step is measured before the step changes a weight.
    let outcome = try network.train(Readout(), rates: Rates(hidden: 0.003, output: 0.005))
    samples += 1
    correct += outcome.correct
    // Now that an int8 network has seen some data, its scales can fit it.
    if samples == 100 { network.chooseScales() }
  }

  /// Prints how it went, and the checksum of the weights.
  borrowing func report(_ precision: StaticString) {
    let output = Output.standard
    output.text(precision)
    output.text(": ", correct, " of ", samples, " predicted right before they were learned\n")
    output.checksum(network.weightsChecksum)
  }

  private static func layers(
    _ classes: Int, _ precision: Precision
  ) -> InlineArray<2, LayerDescription> {
    [.dense(24).stored(as: precision), .output(classes).stored(as: precision)]
  }

  @_lifetime(copy layers)
  private static func plan(
    _ inputs: Int, _ layers: Span<LayerDescription>, _ classes: Int
  ) throws(PlanError) -> Plan {
    try Plan(
      inputs: inputs, layers: layers, batch: 1,
      purpose: .training(digest: Readout().digestCount(classes: classes)))
  }
}
