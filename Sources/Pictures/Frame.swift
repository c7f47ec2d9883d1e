/// A rectangle of a picture in pixels; y grows downwards.
public struct Frame: Equatable, Sendable {
  public var left: Double
  public var top: Double
  public var right: Double
  public var bottom: Double

  public init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  public var width: Double { right - left }
  public var height: Double { bottom - top }
  public var middle: (x: Double, y: Double) { ((left + right) / 2, (top + bottom) / 2) }

  /// The part that is left when so much is cut from its sides.
  public func inset(
    left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0
  ) -> Frame {
    Frame(
      left: self.left + left, top: self.top + top, right: self.right - right,
      bottom: self.bottom - bottom)
  }
}
