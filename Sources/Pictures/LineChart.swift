/// Curves over steps of a run, each with its own colour, dashes and mark and its last value in words.
public struct LineChart: Chart {
  /// A curve; what is not a number interrupts it.
  public struct Curve: Sendable {
    let name: String
    let points: [(x: Double, y: Double?)]

    public init(_ name: String, _ points: [(x: Double, y: Double?)]) {
      self.name = name
      self.points = points.map { ($0.x, $0.y.flatMap { $0.isFinite ? $0 : nil }) }
    }
  }

  /// How the numbers of an axis become places on it.
  public enum Scale: Sendable {
    /// Equal distances for equal differences.
    case linear
    /// Counts, of which some are many times as large as others: a step for each power of ten, 0 included.
    case counts
  }

  private let title: String
  private let xTitle: String
  private let end: Int
  private let scale: Scale
  private let places: Int
  private let curves: [Curve]

  /// - Parameters:
  ///   - title: What stands upwards, with its unit.
  ///   - xTitle: What stands across, from 0 to `end`: of a run that still goes on, its end.
  ///   - places: How many digits behind the point the last values have.
  public init(
    _ title: String, over xTitle: String, upTo end: Int, scale: Scale = .linear, places: Int = 2,
    _ curves: [Curve]
  ) {
    self.title = title
    self.xTitle = xTitle
    self.end = end
    self.scale = scale
    self.places = places
    self.curves = curves
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    canvas.text(title, frame.left, frame.top + 14, size: 14, limit: frame.width)
    let top = legend(on: &canvas, frame.inset(top: 24)) + 12
    let values = curves.flatMap { $0.points.compactMap(\.y) }
    let vertical = Axis(values, scale, count: 5)
    let widest = vertical.ticks.map { textWidth($0.label, size: 12) }.max() ?? 0
    let plot = Frame(
      left: frame.left + min(widest, frame.width / 3) + 10, top: top, right: frame.right - 12,
      bottom: frame.bottom - 40)
    for tick in vertical.ticks {
      let y = plot.bottom - plot.height * vertical.place(tick.value)
      canvas.line(plot.left, y, plot.right, y, isGrid: true)
      canvas.text(
        tick.label, plot.left - 8, y + 4, anchor: .end, ink: .faint, limit: frame.width / 3)
    }
    let horizontal = Axis(upTo: end, count: 8)
    for tick in horizontal.ticks {
      let x = plot.left + plot.width * horizontal.place(tick.value)
      canvas.line(x, plot.bottom, x, plot.bottom + 4)
      // The outer ones stand within the frame.
      let half = textWidth(tick.label, size: 12) / 2
      canvas.text(
        tick.label, min(max(x, frame.left + half), frame.right - half), plot.bottom + 18,
        anchor: .middle, ink: .faint)
    }
    canvas.line(plot.left, plot.bottom, plot.right, plot.bottom)
    canvas.text(
      xTitle, plot.middle.x, plot.bottom + 35, anchor: .middle, ink: .faint, limit: plot.width)
    guard !values.isEmpty else {
      canvas.text("no figures yet", plot.middle.x, plot.middle.y, anchor: .middle, ink: .faint)
      return
    }
    for (index, curve) in curves.enumerated() {
      let points = curve.points.map { point in
        point.y.map { y in
          (
            x: plot.left + plot.width * horizontal.place(point.x),
            y: plot.bottom - plot.height * vertical.place(y)
          )
        }
      }
      canvas.curve(points, .number(index))
    }
  }

  /// A piece of each curve, its name and its last value; the result is where the next line would be.
  private func legend(on canvas: inout Canvas, _ frame: Frame) -> Double {
    // A mark reaches 4 pixels to each side.
    let left = frame.left + 4
    var (x, y) = (left, frame.top + 14)
    for (index, curve) in curves.enumerated() {
      let last = curve.points.last { $0.y != nil }?.y
      let words = shortened(
        curve.name + (last.map { ": " + decimal($0, places: places) } ?? ""),
        toFit: frame.width - 44, size: 12)
      let width = 36 + textWidth(words, size: 12)
      if x > left && x + width > frame.right {
        x = left
        y += 18
      }
      let middle = (x: x + 14, y: y - 4)
      canvas.curve([(x, middle.y), middle, (x + 28, middle.y)], .number(index))
      canvas.text(words, x + 34, y)
      x += width + 14
    }
    return y
  }
}
