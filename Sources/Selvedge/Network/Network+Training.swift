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
  /// - Throws: `NetworkError`; nothing has changed then.
  public mutating func train<Loss: LocalLoss>(
    _ loss: Loss, rates: Rates, layers: Range<Int>? = nil
  ) throws(NetworkError) -> StepOutcome {
    try checkTraining(loss)
    guard rates.hidden.isFinite && rates.output.isFinite else { throw .rates }
    let learning = layers ?? 0..<layerCount
    guard learning.lowerBound >= 0 else { throw .noLayer(learning.lowerBound) }
    guard learning.upperBound <= layerCount else { throw .noLayer(learning.upperBound - 1) }
    let samples = waiting
    var walk = Plan.Walk(plan)
    var outcome = StepOutcome(samples: samples, loss: nil, correct: 0)
    while walk.index < learning.upperBound, let layer = walk.next(plan) {
      forward(layer, samples: samples)
      let isLast = layer.description.kind == .output
      if isLast { outcome = measure(layer, samples) }
      if learning.contains(layer.index) && !layer.description.isFrozen {
        if isLast {
          learn(CrossEntropy(), layer, samples, rate: rates.output)
        } else if loss.learns {
          learn(loss, layer, samples, rate: rates.hidden)
        }
      }
      if poisonsDeadMemory {
        poison(layer.input)
        poison(layer.digest)
        poison(layer.delta)
      }
    }
    (waiting, predicted) = (0, 0)
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
    _ loss: Loss, _ layer: PlannedLayer, _ samples: Int, rate: Float
  ) {
    let digests = samples * loss.digestCount(classes: classes)
    var digest = floats(layer.digest, count: digests).mutableSpan
    var delta = floats(layer.delta).mutableSpan
    dense(layer).learn(
      loss, Projection(seed: seed, layer: layer.index),
      labels: labels.span.extracting(0..<samples), rate: rate,
      floats(layer.input, count: samples * layer.inputs).span,
      floats(layer.output, count: samples * layer.units).span,
      digest: &digest, delta: &delta)
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
