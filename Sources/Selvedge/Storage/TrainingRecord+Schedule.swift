// Which step of a run does what: the same on the host that simulates and on the device that trains.

extension TrainingRecord {
  /// Samples that a run of so many trains on, the validation part held back.
  public static func trainingSamples(of samples: Int, validation: Float) -> Int {
    let part = Double(number: samples) * Double(validation)
    // To the nearest, without a function of the C library.
    var held = Int(part)
    if part - Double(number: held) >= 0.5 { held += 1 }
    return samples - held
  }

  /// Samples that the run trains on.
  public var trainingSamples: Int {
    Self.trainingSamples(of: samples, validation: validation)
  }
  /// Steps of one pass over them.
  public var stepsPerEpoch: Int { trainingSamples / batch + (trainingSamples % batch > 0 ? 1 : 0) }
  /// Samples of the present step: as many as a batch has, or what is left of an epoch.
  public var samplesOfStep: Int {
    min(batch, trainingSamples - step % max(stepsPerEpoch, 1) * batch)
  }

  /// Whether a layer learns in the run at all.
  public func learns(_ layer: LayerDescription) -> Bool {
    !layer.isFrozen && layer.kind.hasWeights && (layer.kind.isHead || rule.learns)
  }

  /// How many layers learn in the run.
  public func learners(in network: borrowing Network) -> Int {
    var count = 0
    for layer in network.table where learns(layer) { count += 1 }
    return count
  }

  /// Epochs of the whole run: with a sequential schedule, those of every layer.
  public func epochs(of network: borrowing Network) -> Int {
    Self.product(epochs, schedule == .sequential ? learners(in: network) : 1)
  }

  /// Steps of the whole run.
  public func steps(of network: borrowing Network) -> Int {
    Self.product(epochs(of: network), stepsPerEpoch)
  }

  /// A product of counts of a file, which a machine may have no number for: then its largest.
  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, isTooLarge) = a.multipliedReportingOverflow(by: b)
    return isTooLarge ? .max : product
  }

  /// The layers that learn in the present step; nil means all.
  public func activeLayers(of network: borrowing Network) -> Range<Int>? {
    guard schedule == .sequential else { return nil }
    let all = learners(in: network)
    let turn = min(step / max(stepsPerEpoch, 1) / epochs, all - 1)
    var (seen, active) = (0, 0)
    for k in network.table.indices where learns(network.table[k]) {
      if seen == turn { active = k }
      seen += 1
    }
    // Behind the last of them is at most a readout, whose loss is then known.
    return active..<(turn == all - 1 ? network.layerCount : active + 1)
  }

  /// The rates of the present step.
  public func rates(in network: borrowing Network) -> Rates {
    let phase = Self.product(epochs, stepsPerEpoch)
    return schedule == .sequential
      ? rates.decayed(step: step % max(phase, 1), of: phase)
      : rates.decayed(step: step, of: steps(of: network))
  }

  /// Counts a step that was made, behind which scales may be chosen anew; not behind the last: its counts are the
  /// result's.
  public mutating func advance(_ network: inout Network) {
    step += 1
    if scalesAreDue(in: network) && step < steps(of: network) { network.chooseScales() }
  }

  /// Whether the scales of int8 layers are chosen anew behind the step that was just counted: where an epoch ends,
  /// or within the first if they are outgrown.
  public func scalesAreDue(in network: borrowing Network) -> Bool {
    step % max(stepsPerEpoch, 1) == 0 || scalesAreOutgrown(in: network)
  }

  /// Whether an int8 layer of maps or units has clipped much of what it read in the first epoch.
  ///
  /// The scales were chosen before anything was learned, and what deep layers give then is small: it grows as
  /// they learn, and whoever waited for the end of the epoch would learn nothing from it. What the first layer
  /// reads stays as it is, and states never leave -1 to 1. It depends on the step and on counts that are
  /// saved alone, so that a run goes on as it would have.
  private func scalesAreOutgrown(in network: borrowing Network) -> Bool {
    guard step < stepsPerEpoch && step % 8 == 0 else { return false }
    var outgrown = false
    var inputs = 0
    network.plan.forEachLayer { layer in
      if layer.index > 0 && !layer.description.kind.isRecurrent,
        let scale = network.scale(layer.scale)?.pointee
      {
        // Neither more steps than 2^28 nor more clipped numbers than 2^31 are told apart, so nothing overflows.
        let steps = Int64(widening: min(step, 1 << 28))
        let seen = steps * Int64(widening: batch) * Int64(widening: inputs)
        let clipped = Int64(widening: Int(truncatingIfNeeded: scale.clippedInputs))
        if clipped * 32 > seen { outgrown = true }
      }
      inputs = layer.outputs
    }
    return outgrown
  }
}
