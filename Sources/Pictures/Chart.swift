/// What can be drawn into a part of a picture.
public protocol Chart: Sendable {
  /// Draws all of itself, words included, within the frame.
  func draw(on canvas: inout Canvas, in frame: Frame)
}

/// Some charts on one picture, two beside each other, under a title.
public struct Sheet: Sendable {
  private let title: String
  private let summary: String
  private let charts: [any Chart]

  /// - Parameter summary: A line under the title.
  public init(title: String, summary: String, _ charts: [any Chart]) {
    self.title = title
    self.summary = summary
    self.charts = charts
  }

  /// The picture.
  public var picture: Canvas {
    let (width, height, gap, head) = (440.0, 340.0, 20.0, 72.0)
    let columns = min(max(charts.count, 1), 2)
    let rows = (charts.count + columns - 1) / columns
    var canvas = Canvas(
      width: max(Double(columns) * (width + gap) + gap, 520),
      height: head + Double(rows) * (height + gap), title: title)
    canvas.text(title, gap, 32, size: 16, limit: canvas.width - 2 * gap)
    canvas.text(summary, gap, 54, ink: .faint, limit: canvas.width - 2 * gap)
    for (index, chart) in charts.enumerated() {
      let left = gap + Double(index % columns) * (width + gap)
      let top = head + Double(index / columns) * (height + gap)
      chart.draw(
        on: &canvas, in: Frame(left: left, top: top, right: left + width, bottom: top + height))
    }
    return canvas
  }
}
