/// The cross-entropy of a fixed random classifier that reads the layer: logits P y / sqrt(units).
///
/// The layer learns whatever makes its label readable through the projection, instead of being told
/// its outputs. e = P^T (onehot - softmax(P y / sqrt(units))); the true gradient carries one more
/// factor 1 / sqrt(units), which the learning rate absorbs. The digest is onehot - softmax.
/// For regression it is the squared error of the same fixed reader, e = P^T (r - P y / sqrt(units)).
public struct Readout: LocalLoss {
  /// The rule.
  public init() {}

  public func digestCount(classes: Int) -> Int { classes }

  public func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
    Self.read(y, target.projection, into: &digest)
    HeadLoss.errors(&digest, target)
  }

  /// What the fixed classifier makes of a layer's whole output: P y / sqrt(units).
  static func read(
    _ y: LayerOutput, _ projection: Projection, into logits: inout MutableSpan<Float>
  ) {
    let scale = 1 / Float(number: y.count).squareRoot()
    for c in logits.indices {
      logits[c] = y.signedSum { projection.signs(class: c, from: $0) } * scale
    }
  }

  public func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    Kernels.signedColumns(digest, into: &error) {
      target.projection.signs(class: $0, from: firstUnit)
    }
  }
}
