/// A picture that is being drawn: an SVG of its own, legible on light and on dark ground.
///
/// Nothing is drawn outside of it: text that would leave it is shortened.
public struct Canvas: Sendable {
  /// Pixels.
  public let width: Double
  public let height: Double
  /// What the picture shows, for people who do not see it.
  public let title: String
  private var elements = ""
  private var paints: Set<Paint> = []

  /// Where a text stands to the x that is given.
  public enum Anchor: String, Sendable { case start, middle, end }

  public enum Ink: String, Sendable {
    /// What is to be read.
    case plain
    /// What explains the rest: axes, units.
    case faint
  }

  /// Room for a picture of `width` by `height` pixels.
  public init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
  }

  /// All of it.
  public var frame: Frame { Frame(left: 0, top: 0, right: width, bottom: height) }

  /// One SVG file.
  public var svg: String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" " + attributes + ">\n<style>\n" + Paint.styles
      + "</style>\n" + content + "</svg>\n"
  }

  /// The same for a page, which has the style sheet already.
  var inlineSVG: String { "<svg \(attributes)>\n\(content)</svg>\n" }

  private var attributes: String {
    "viewBox=\"0 0 \(coordinate(width)) \(coordinate(height))\" role=\"img\" "
      + "aria-label=\"\(escaped(title))\" font-family=\"system-ui, sans-serif\" font-size=\"12\""
  }

  private var content: String {
    let patterns = Paint.allCases.filter(paints.contains).map(\.pattern8).joined()
    return (patterns.isEmpty ? "" : "<defs>\n\(patterns)</defs>\n")
      + "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n" + elements
  }

  // MARK: Text

  /// Words on one line whose baseline is at `y`, shortened if they would leave the picture or are
  /// wider than `limit`.
  public mutating func text(
    _ words: String, _ x: Double, _ y: Double, anchor: Anchor = .start, size: Double = 12,
    ink: Ink = .plain, limit: Double = .infinity
  ) {
    let room =
      switch anchor {
      case .start: width - x
      case .middle: 2 * min(x, width - x)
      case .end: x
      }
    let fitting = shortened(words, toFit: min(room, limit), size: size)
    guard !fitting.isEmpty else { return }
    elements += textElement(fitting, x, y, anchor, size, ink, turned: false)
  }

  /// Words that run upwards, whose baseline is at `x` and which end, begin or have their middle at `y`.
  public mutating func turnedText(
    _ words: String, _ x: Double, _ y: Double, anchor: Anchor = .start, size: Double = 12,
    ink: Ink = .plain, limit: Double = .infinity
  ) {
    let room =
      switch anchor {
      case .start: y
      case .middle: 2 * min(y, height - y)
      case .end: height - y
      }
    let fitting = shortened(words, toFit: min(room, limit), size: size)
    guard !fitting.isEmpty else { return }
    elements += textElement(fitting, x, y, anchor, size, ink, turned: true)
  }

  private func textElement(
    _ words: String, _ x: Double, _ y: Double, _ anchor: Anchor, _ size: Double, _ ink: Ink,
    turned: Bool
  ) -> String {
    let (x, y) = (coordinate(x), coordinate(y))
    return "<text x=\"\(x)\" y=\"\(y)\""
      + (anchor == .start ? "" : " text-anchor=\"\(anchor)\"")
      + (size == 12 ? "" : " font-size=\"\(coordinate(size))\"")
      + (ink == .plain ? "" : " class=\"faint\"")
      + (turned ? " transform=\"rotate(-90 \(x) \(y))\"" : "") + ">\(escaped(words))</text>\n"
  }

  // MARK: Areas

  /// A rectangle in a paint and, within it, the first of some words that fits, along it or upwards.
  ///
  /// `title` appears where a pointer rests. `strength`, 0 to 1, is how much of the colour there is, then
  /// without the pattern: the words and the place must tell what it is.
  public mutating func band(
    _ frame: Frame, _ paint: Paint, _ words: [String] = [], title: String, strength: Double? = nil
  ) {
    var fill = "class=\"band\" fill=\"url(#\(paint))\""
    if let strength {
      fill = "class=\"band \(paint)\" fill-opacity=\"\(hundredths(strength))\""
    } else {
      paints.insert(paint)
    }
    let rectangle =
      "<rect \(fill) x=\"\(coordinate(frame.left))\" "
      + "y=\"\(coordinate(frame.top))\" width=\"\(coordinate(max(frame.width, 0)))\" "
      + "height=\"\(coordinate(max(frame.height, 0)))\"><title>\(escaped(title))</title></rect>"
    guard let words = fitting(words, frame) else {
      elements += rectangle + "\n"
      return
    }
    // A group tells that these words belong in this rectangle.
    elements += "<g>" + rectangle + words + "</g>\n"
  }

  /// The first of some words that fits into a frame, as an element.
  private func fitting(_ words: [String], _ frame: Frame) -> String? {
    let (x, y) = frame.middle
    for words in words where !words.isEmpty {
      let needed = textWidth(words, size: 12) + 6
      if needed <= frame.width && frame.height >= 15 {
        return textElement(words, x, y + 4, .middle, 12, .plain, turned: false)
      }
      if needed <= frame.height && frame.width >= 15 {
        return textElement(words, x + 4, y, .middle, 12, .plain, turned: true)
      }
    }
    return nil
  }

  private func hundredths(_ part: Double) -> String {
    let number = Int((min(max(part.isNaN ? 0 : part, 0), 1) * 100).rounded())
    return number == 100 ? "1" : "0." + (number < 10 ? "0" : "") + String(number)
  }

  // MARK: Lines

  /// A thin line, of an axis or, fainter, of a grid.
  public mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, isGrid: Bool = false
  ) {
    elements +=
      "<path class=\"\(isGrid ? "grid" : "line")\" d=\"M\(coordinate(x1)) \(coordinate(y1))"
      + "L\(coordinate(x2)) \(coordinate(y2))\"/>\n"
  }

  /// A line through points in a paint's colour and dashes, with its mark at some of them; a point
  /// that is nil interrupts it.
  public mutating func curve(_ points: [(x: Double, y: Double)?], _ paint: Paint) {
    var path = ""
    var isDrawing = false
    for point in points {
      if let point {
        path += "\(isDrawing ? "L" : "M")\(coordinate(point.x)) \(coordinate(point.y))"
      }
      isDrawing = point != nil
    }
    guard !path.isEmpty else { return }
    let dashes = paint.dashes.isEmpty ? "" : " stroke-dasharray=\"\(paint.dashes)\""
    elements += "<path class=\"\(paint)-line\"\(dashes) d=\"\(path)\"/>\n"
    // About twenty marks tell curves apart; more would hide them.
    let stride = max((points.count + 19) / 20, 1)
    var marks = ""
    for (index, point) in points.enumerated() {
      guard let point, index % stride == 0 || index == points.count - 1 else { continue }
      marks += paint.mark(point.x, point.y)
    }
    if !marks.isEmpty { elements += "<path class=\"\(paint)-mark\" d=\"\(marks)\"/>\n" }
  }
}
