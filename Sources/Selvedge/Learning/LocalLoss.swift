/// What a layer wants of its own output, given the label and nothing later than the layer.
///
/// Conform to it to add a rule; no layer has to change. A loss whose error at a unit needs only that
/// unit's output and target conforms to ``ElementwiseLoss`` in one line. A loss that needs the whole
/// output first reduces it to a `digest`, a few numbers for each sample; the errors are then asked
/// for a few units at a time, at most 64, so that no layer needs memory for all of them at once.
public protocol LocalLoss {
  /// Whether layers learn from this loss at all.
  var learns: Bool { get }

  /// How many numbers the digest of a sample has.
  func digestCount(classes: Int) -> Int

  /// Reduces the whole output `y` [units] of one sample, as it was before the update, to `digest`.
  func digest(_ y: Span<Float>, _ target: Target, into digest: inout MutableSpan<Float>)

  /// Minus the gradient of the local loss at the outputs `y` of some units of one sample.
  ///
  /// - Parameters:
  ///   - y: The outputs of units firstUnit ..., all within one block of 64 (``Projection/block``).
  ///   - error: Where the errors go, as many as there are outputs.
  func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>)
}

extension LocalLoss {
  public var learns: Bool { true }
  public func digestCount(classes: Int) -> Int { 0 }
  public func digest(_ y: Span<Float>, _ target: Target, into digest: inout MutableSpan<Float>) {}
}

/// What one sample asks of one layer.
public struct Target: Sendable {
  /// The sample's class, 0 ..< classes.
  public let label: Int
  /// The layer's projection of labels, which also says which layer it is: a loss may treat layers
  /// differently.
  public let projection: Projection
}

/// A local loss whose error at a unit depends on that unit's output and target alone.
public protocol ElementwiseLoss: LocalLoss {
  /// Whether half of the targets are 0, "don't care", instead of all being +1 or -1.
  var isTernary: Bool { get }

  /// Minus the gradient of the local loss at output `y` for target `t` (-1, 0 or +1).
  func error(_ y: Float, _ t: Float) -> Float
}

extension ElementwiseLoss {
  public var isTernary: Bool { false }

  public func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    var signs = target.projection.signs(class: target.label, from: firstUnit)
    var cares = ~UInt64(0)
    if isTernary { cares = target.projection.careMask(class: target.label, from: firstUnit) }
    for u in y.indices {
      let sign: Float = signs & 1 == 1 ? 1 : -1
      error[u] = self.error(y[u], cares & 1 == 1 ? sign : 0)
      signs &>>= 1
      cares &>>= 1
    }
  }
}
