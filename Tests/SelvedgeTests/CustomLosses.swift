@testable import Selvedge

/// A user's own elementwise rule: the squared loss, linear beyond half.
struct Huber: ElementwiseLoss {
  func error(_ y: Float, _ t: Float) -> Float { min(max(t - y, -0.5), 0.5) }
}

/// A user's own rule that needs the whole output: each unit's target, around the layer's mean.
struct Centred: LocalLoss {
  func digestCount(classes: Int) -> Int { 2 }

  func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
    var sum: Float = 0
    for u in y.indices { sum += y[u] }
    digest[0] = sum / Float(y.count)
    digest[1] = Float(target.label)
  }

  func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    let signs = target.projection.signs(class: Int(digest[1]), from: firstUnit)
    for u in y.indices {
      error[u] = (signs >> UInt64(u) & 1 == 1 ? 1 : -1) - (y[u] - digest[0])
    }
  }
}

/// The squared rule once more, without the help of `ElementwiseLoss`.
struct SquaredByHand: LocalLoss {
  func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    let signs = target.projection.signs(class: target.label, from: firstUnit)
    for u in y.indices { error[u] = (signs >> UInt64(u) & 1 == 1 ? 1 : -1) - y[u] }
  }
}
