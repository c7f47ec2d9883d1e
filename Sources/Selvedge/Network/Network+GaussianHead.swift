extension Network {
  /// Counts a sample in a Gaussian head, by what the last layer would read of it. Nothing of the network changes; it
  /// may be planned for inference alone.
  ///
  /// - Parameters:
  ///   - values: Raw values, as `add` takes them.
  ///   - label: The sample's class.
  /// - Throws: `GaussianHeadError`; nothing has changed then.
  public mutating func count(
    _ values: Span<Float>, label: Int, in head: inout GaussianHead
  ) throws(GaussianHeadError) {
    try check(head)
    guard head.sampleCount < head.plan.sampleLimit else { throw .full(head.plan.sampleLimit) }
    guard waiting == 0 else { throw .network(.samplesWait(waiting)) }
    guard (0..<classes).contains(label) else {
      throw .network(.label(label, classes: classes))
    }
    do throws(NetworkError) { try add(values) } catch { throw .network(error) }
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan) {
      guard layer.description.kind.isHead else {
        forward(layer, samples: 1, isTraining: false)
        continue
      }
      let features = input(of: layer, samples: 1).values(0, 0..<layer.inputs, in: head.sampleValues)
      head.add(features.span, label: label)
    }
    (waiting, predicted) = (0, 0)
    forgetStates(0..<1)
  }

  /// Gives the last layer the weights and biases that follow from what a Gaussian head has counted. All classes count
  /// as equally likely, however many samples each had.
  ///
  /// - Parameters:
  ///   - shrinkage: The part of every variance, 0 to 1, that is replaced by the mean of all variances, so that few
  ///     samples do for many features.
  ///   - isPartial: Whether classes without a sample may be left out: they are then never predicted.
  /// - Throws: `GaussianHeadError`, `noSamples` among them; the network is then as it was.
  public mutating func setOutput(
    from head: inout GaussianHead, shrinkage: Float = 0.01, isPartial: Bool = false
  ) throws(GaussianHeadError) {
    try check(head)
    for c in 0..<classes where !isPartial && head.sampleCount(ofClass: c) == 0 {
      throw .noSamples(class: c)
    }
    try head.solve(shrinkage: shrinkage)
    do throws(NetworkError) {
      try setLayer(
        layerCount - 1, weights: head.foundWeights.span, biases: head.foundBiases.span)
    } catch {
      throw .network(error)
    }
  }

  private func check(_ head: borrowing GaussianHead) throws(GaussianHeadError) {
    let last = table[layerCount - 1]
    var features = 0
    plan.forEachLayer { features = $0.inputs }
    guard last.kind == .output, classes == head.plan.classes, features == head.plan.features else {
      throw .otherNetwork(features: head.plan.features, classes: head.plan.classes)
    }
  }
}
