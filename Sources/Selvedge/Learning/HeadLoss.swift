/// What the last layer learns from: the softmax cross-entropy against the label, or for regression half the
/// squared distance to the values. The digest is minus its gradient, onehot - softmax(y) or r - y.
struct HeadLoss: LocalLoss {
  func digestCount(classes: Int) -> Int { classes }

  func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
    for c in y.indices { digest[c] = y[c] }
    Self.errors(&digest, target)
  }

  func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    for u in y.indices { error[u] = digest[firstUnit + u] }
  }

  /// Replaces a network's outputs by minus the gradient of the loss.
  static func errors(_ outputs: inout MutableSpan<Float>, _ target: Target) {
    if target.isLabel {
      target.mask(&outputs)
      Kernels.softmax(&outputs)
      for c in outputs.indices { outputs[c] = (c == target.label ? 1 : 0) - outputs[c] }
    } else {
      for c in outputs.indices { outputs[c] = target.values[c] - outputs[c] }
    }
  }

  /// The loss of a network's outputs: in nats, or half the sum of squares. Outputs of classes that do not compete
  /// are lost.
  static func loss(of outputs: inout MutableSpan<Float>, _ target: Target) -> Float {
    if target.isLabel {
      target.mask(&outputs)
      return Kernels.crossEntropy(outputs.span, label: target.label)
    }
    var squares: Float = 0
    for c in outputs.indices {
      let error = target.values[c] - outputs[c]
      squares += error * error
    }
    return squares / 2
  }
}

/// The loss of a layer that may be the last one: one learning step serves both kinds of layers, and firmware has it
/// once.
struct HiddenOrHeadLoss<Loss: LocalLoss>: LocalLoss {
  private let loss: Loss
  private let isHead: Bool

  init(_ loss: Loss, isHead: Bool) {
    self.loss = loss
    self.isHead = isHead
  }

  func digestCount(classes: Int) -> Int {
    isHead ? HeadLoss().digestCount(classes: classes) : loss.digestCount(classes: classes)
  }

  func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
    if isHead {
      HeadLoss().digest(y, target, into: &digest)
    } else {
      loss.digest(y, target, into: &digest)
    }
  }

  func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    if isHead {
      HeadLoss().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    } else {
      loss.error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    }
  }
}
