/// The learning rules that come with the runtime, to be chosen while the program runs.
///
/// Firmware that uses one rule passes that rule's own type (``Readout``, say) and links no other.
public enum Rule: UInt8, LocalLoss, Sendable {
  /// ``Readout``
  case readout = 0
  /// ``Masked``
  case masked = 1
  /// ``Squared``
  case squared = 2
  /// ``Absolute``
  case absolute = 3
  /// ``Direct``
  case direct = 4
  /// ``Frozen``
  case frozen = 5

  public var learns: Bool { self != .frozen }

  public func digestCount(classes: Int) -> Int {
    self == .readout ? Readout().digestCount(classes: classes) : 0
  }

  public func digest(_ y: LayerOutput, _ target: Target, into digest: inout MutableSpan<Float>) {
    if self == .readout { Readout().digest(y, target, into: &digest) }
  }

  public func error(
    _ y: Span<Float>, firstUnit: Int, _ target: Target, digest: Span<Float>,
    into error: inout MutableSpan<Float>
  ) {
    switch self {
    case .readout: Readout().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    case .masked: Masked().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    case .squared: Squared().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    case .absolute: Absolute().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    case .direct: Direct().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    case .frozen: Frozen().error(y, firstUnit: firstUnit, target, digest: digest, into: &error)
    }
  }
}
