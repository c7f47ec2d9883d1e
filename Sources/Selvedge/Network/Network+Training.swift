/// What one training step saw before it changed anything.
public struct StepOutcome: Equatable, Sendable {
  /// Samples of the batch.
  public let samples: Int
  /// The mean cross-entropy of the last layer in nats, or nil if the step did not reach it.
  public let loss: Float?
  /// Samples whose largest logit was that of their label.
  public let correct: Int
}

extension Network {
  /// One training step on the samples that wait: layer by layer, forward, local error, update.
  ///
  /// Every layer reads what the layer before gave *before* its own update. The last layer learns from
  /// the label by softmax cross-entropy, the others from `loss`. Afterwards no sample waits.
  ///
  /// - Parameters:
  ///   - rates: The step sizes, decay applied; the update is the mean over the samples times the rate.
  ///   - layers: The layers that may change, all if nil; the sweep ends behind the last of them.
  ///   - rounding: How updates of int8 and float16 weights are rounded.
  /// - Throws: `NetworkError`; nothing has changed then.
  public mutating func train<Loss: LocalLoss>(
    _ loss: Loss, rates: Rates, layers: Range<Int>? = nil, rounding: Rounding = .automatic
  ) throws(NetworkError) -> StepOutcome {
    try checkTraining(loss)
    guard rates.areFinite else { throw .rates }
    let learning = layers ?? 0..<layerCount
    guard learning.lowerBound >= 0 else { throw .noLayer(learning.lowerBound) }
    guard learning.upperBound <= layerCount else { throw .noLayer(learning.upperBound - 1) }
    let samples = waiting
    var walk = Plan.Walk(plan)
    var outcome = StepOutcome(samples: samples, loss: nil, correct: 0)
    while walk.index < learning.upperBound, let layer = walk.next(plan) {
      let isLast = layer.description.kind == .output
      if !learning.contains(layer.index) || layer.description.isFrozen
        || !layer.description.kind.hasWeights
      {
        forward(layer, samples: samples, isTraining: true)
      } else if isLast {
        learn(CrossEntropy(), layer, samples, rates, rounding)
      } else if loss.learns {
        learn(loss, layer, samples, rates, rounding)
      } else {
        forward(layer, samples: samples, isTraining: true)
      }
      // An update leaves the outputs as they were before it.
      if isLast { outcome = measure(layer, samples) }
      if poisonsDeadMemory {
        poison(layer.input)
        layer.forEachScratch { poison($0) }
      }
    }
    (waiting, predicted) = (0, 0)
    steps &+= 1
    return outcome
  }

  private func checkTraining<Loss: LocalLoss>(_ loss: Loss) throws(NetworkError) {
    let needed = loss.digestCount(classes: classes)
    var planned = -1
    if case .training(let digest) = plan.purpose { planned = digest }
    // A network of one layer has no hidden layer that would need a digest.
    guard planned >= 0, (0...planned).contains(needed) || layerCount == 1 else {
      throw .notPlannedForTraining(digest: needed, planned: max(planned, 0))
    }
    guard waiting > 0 else { throw .noSamples }
    for s in 0..<waiting where labels[s] == Self.noLabel { throw .unlabelled(sample: s) }
  }

  private func learn<Loss: LocalLoss>(
    _ loss: Loss, _ layer: PlannedLayer, _ samples: Int, _ rates: Rates, _ rounding: Rounding
  ) {
    let digests = samples * loss.digestCount(classes: classes)
    let lesson = Lesson(
      loss: loss, projection: Projection(seed: seed, layer: layer.index),
      labels: UnsafeBufferPointer(rebasing: labels[0..<samples]),
      rate: rates.rate(of: layer.description.kind),
      digest: floats(layer.digest, count: digests))
    var generator: CounterGenerator?
    if rounding.isStochastic(layer.description.precision) {
      generator = UpdateRounding.generator(seed: seed, layer: layer.index, step: steps)
    }
    let x = input(of: layer, samples: samples)
    let y = output(of: layer, samples: samples)
    if layer.description.kind.isConvolution {
      convolution(layer).forwardAndLearn(
        lesson, generator, x, into: y, convolutionScratch(layer))
      return
    }
    let rounding = UpdateRounding(
      generator: generator, noise: elements(layer.noise, as: UInt32.self),
      deltas: elements(layer.roundedDelta, as: Int16.self))
    let scratch = Dense.Scratch(
      block: floats(layer.delta), values: floats(layer.values), rounding: rounding)
    dense(layer).forwardAndLearn(lesson, x, into: y, scratch)
  }

  private func measure(_ last: PlannedLayer, _ samples: Int) -> StepOutcome {
    let logits = floats(last.output, count: samples * classes).span
    var (loss, correct) = (Float(0), 0)
    for s in 0..<samples {
      let own = logits.extracting(s * classes..<(s + 1) * classes)
      let label = Int(labels[s])
      loss += Kernels.crossEntropy(own, label: label)
      if Self.largest(own) == label { correct += 1 }
    }
    return StepOutcome(samples: samples, loss: loss / Float(samples), correct: correct)
  }
}
