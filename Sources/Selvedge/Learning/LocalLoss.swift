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
  func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>)

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
  public func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {}
}

/// What one sample asks of one layer: its class, or for regression the values that the network is to give.
public struct Target: ~Escapable {
  /// The sample's class, 0 ..< classes; 0 where there are values.
  public let label: Int
  /// The values, standardised; none where there is a class.
  public let values: Span<Float>
  private let competitors: Competitors
  /// The layer's projection of labels, or of values, which also says which layer it is: a loss may treat
  /// layers differently.
  public let projection: Projection

  /// Whether there is a class and not values.
  public var isLabel: Bool { values.isEmpty }

  @_lifetime(immortal)
  init(label: Int, competitors: Competitors, projection: Projection) {
    self.label = label
    values = Span()
    self.competitors = competitors
    self.projection = projection
  }

  /// Whether a class competes for the sample: all do, unless only those of the batch are to.
  public func competes(_ label: Int) -> Bool { competitors.contains(label) }

  /// Takes every chance from the classes that do not compete.
  func mask(_ logits: inout MutableSpan<Float>) {
    guard !competitors.labels.isEmpty else { return }
    for c in logits.indices where !competes(c) { logits[c] = -.infinity }
  }

  /// - Precondition: There is a value.
  @_lifetime(copy values)
  init(values: Span<Float>, projection: Projection) {
    label = 0
    self.values = values
    competitors = Competitors()
    self.projection = projection
  }
}

/// A local loss whose error at a unit depends on that unit's output and target alone.
///
/// The target of a unit is the projection's entry for the class; for regression what the projection makes of
/// the values r, the sum over outputs of P[output, unit] r[output] / sqrt(outputs).
public protocol ElementwiseLoss: LocalLoss {
  /// Whether half of the targets are 0, "don't care", instead of all being +1 or -1.
  var isTernary: Bool { get }

  /// Minus the gradient of the local loss at output `y` for target `t`: -1, 0 or +1 for a class, any number for
  /// values.
  func error(_ y: Float, _ t: Float) -> Float
}

extension ElementwiseLoss {
  public var isTernary: Bool { false }

  public func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    guard target.isLabel else {
      project(target, firstUnit: firstUnit, into: &error)
      for u in y.indices { error[u] = self.error(y[u], error[u]) }
      return
    }
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

  /// The targets of some units for values.
  private func project(
    _ target: Target, firstUnit: Int, into targets: inout MutableSpan<Float>
  ) {
    let factor = 1 / Float(number: target.values.count).squareRoot()
    for u in targets.indices { targets[u] = 0 }
    for c in target.values.indices {
      var signs = target.projection.signs(class: c, from: firstUnit)
      var cares = ~UInt64(0)
      if isTernary { cares = target.projection.careMask(class: c, from: firstUnit) }
      let value = target.values[c] * factor
      for u in targets.indices {
        if cares & 1 == 1 { targets[u] += signs & 1 == 1 ? value : -value }
        signs &>>= 1
        cares &>>= 1
      }
    }
  }
}
