/// The softmax cross-entropy against the true label: what the last layer, whose outputs are logits,
/// learns from. The digest is minus its gradient, onehot - softmax(y).
public struct CrossEntropy: LocalLoss {
  /// The loss of the last layer.
  public init() {}

  public func digestCount(classes: Int) -> Int { classes }

  public func digest(_ y: Span<Float>, _ target: Target, into digest: inout MutableSpan<Float>) {
    for c in y.indices { digest[c] = y[c] }
    Self.errorOfLogits(&digest, label: target.label)
  }

  public func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    for u in y.indices { error[u] = digest[firstUnit + u] }
  }

  /// Replaces logits by onehot - softmax(logits).
  static func errorOfLogits(_ logits: inout MutableSpan<Float>, label: Int) {
    Kernels.softmax(&logits)
    for c in logits.indices { logits[c] = (c == label ? 1 : 0) - logits[c] }
  }
}
