// The rules whose error at a unit needs that unit alone (t is the unit's target).

/// Local loss 1/2 sum (t - y)^2: the paper's l2 (Lomnitz et al., arXiv 2208.08503).
public struct Squared: ElementwiseLoss {
  /// The rule.
  public init() {}
  public func error(_ y: Float, _ t: Float) -> Float { t - y }
}

/// Local loss sum |t - y|: the paper's l1. The error is 0 where y hits t.
public struct Absolute: ElementwiseLoss {
  /// The rule.
  public init() {}
  public func error(_ y: Float, _ t: Float) -> Float { y < t ? 1 : y > t ? -1 : t - y }
}

/// The squared loss on the half of the units that a class cares about; the others stay free.
public struct Masked: ElementwiseLoss {
  /// The rule.
  public init() {}
  public var isTernary: Bool { true }
  public func error(_ y: Float, _ t: Float) -> Float { t == 0 ? 0 : t - y }
}

/// The target itself as the error: direct random target projection (Frenkel, Lefebvre and Bol,
/// arXiv 1909.01311).
public struct Direct: ElementwiseLoss {
  /// The rule.
  public init() {}
  public func error(_ y: Float, _ t: Float) -> Float { t }
}

/// No learning in the hidden layers: the honest baseline of random features.
public struct Frozen: ElementwiseLoss {
  /// The rule.
  public init() {}
  public var learns: Bool { false }
  public func error(_ y: Float, _ t: Float) -> Float { 0 }
}
