import Selvedge

/// The arena as a picture: on the left all of its bytes, on the right the workspace enlarged, bytes
/// upwards and the steps of a sweep from left to right, every tensor a band over the steps it lives.
public struct ArenaChart {
  private let report: ArenaReport
  private let title: String

  // Pixels.
  private let width = 860.0
  private let height = 470.0
  private let top = 84.0
  private let bottom = 408.0
  private let bar = (left: 92.0, right: 292.0)
  private let map = (left: 420.0, right: 840.0)
  private let letter = 6.6

  /// The picture of a plan; `title` says what was planned.
  public init(_ report: ArenaReport, title: String) {
    self.report = report
    // A long path would leave the picture; its ends say most. The title's letters are larger.
    let fitting = Int((width - 40) / (letter * 16 / 12))
    self.title =
      title.count <= fitting
      ? title : title.prefix(fitting / 2 - 1) + "\u{2026}" + title.suffix(fitting / 2 - 1)
  }

  /// One SVG file, legible on light and on dark ground.
  public var svg: String {
    let footprint = report.footprint
    let workspace = footprint.weights..<footprint.total
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
      font-family="system-ui, sans-serif" font-size="12">
      <style>
      .ground { fill: #ffffff } text { fill: #1f2328 } .faint { fill: #59636e }
      .line { stroke: #8c959f; fill: none } rect.band { stroke: #ffffff }
      .weights { fill: #9ec5f5 } .activations { fill: #a8dcae } .scratch { fill: #f3cf8a }
      @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #9198a1 }
      .line { stroke: #656c76 } rect.band { stroke: #0d1117 }
      .weights { fill: #1f4e8c } .activations { fill: #1f6b34 } .scratch { fill: #7d5a12 } }
      </style>
      <rect class="ground" width="100%" height="100%"/>
      <text x="20" y="30" font-size="16">\(escaped(title))</text>

      """
    svg += text(20, 50, summary, style: "faint")
    svg += text(bar.left, top - 12, "the arena")
    svg += text(map.left, top - 12, "the workspace, step by step")
    svg += bars(0..<footprint.total)
    svg += bands(workspace)
    svg += axis(bar.left, 0..<footprint.total) + axis(map.left, workspace)
    // The workspace is the uppermost part of the bar: two lines lead to its enlargement.
    let cut = y(workspace.lowerBound, in: 0..<footprint.total)
    svg += line(bar.right, top, map.left - 76, top) + line(bar.right, cut, map.left - 76, bottom)
    svg += legend
    return svg + "</svg>\n"
  }

  private var summary: String {
    let footprint = report.footprint
    let times = (Double(footprint.total) / Double(footprint.parameterBytes) * 1000).rounded() / 1000
    return
      "arena \(footprint.total) bytes, \(times) times the \(footprint.parameterBytes) bytes of "
      + "the parameters"
  }

  // MARK: Parts

  private func bars(_ range: Range<Int>) -> String {
    var svg = ""
    for tensor in report.tensors where tensor.category == .weights {
      svg += band(tensor, bar.left, bar.right, range)
    }
    let workspace = report.footprint.weights..<report.footprint.total
    let (above, below) = (y(workspace.upperBound, in: range), y(workspace.lowerBound, in: range))
    svg += rectangle("activations", bar.left, bar.right, above, below, "workspace")
    return svg + label("workspace", bar.left, bar.right, above, below)
  }

  private func bands(_ range: Range<Int>) -> String {
    let step = (map.right - map.left) / Double(report.steps)
    var svg = ""
    for tensor in report.tensors where tensor.category != .weights {
      let left = map.left + step * Double(tensor.lives.lowerBound)
      svg += band(tensor, left, map.left + step * Double(tensor.lives.upperBound), range)
    }
    for k in 0..<report.steps where step > 20 || k % 10 == 0 {
      let word = step > 60 ? "step \(k)" : "\(k)"
      let x = map.left + step * (Double(k) + 0.5) - Double(word.count) * letter / 2
      svg += text(x, bottom + 18, word, style: "faint")
    }
    return svg
  }

  private func band(
    _ tensor: Tensor, _ left: Double, _ right: Double, _ range: Range<Int>
  ) -> String {
    let name = tensorName(tensor.role, layer: tensor.layer)
    let (above, below) = (
      y(tensor.offset + tensor.reserved, in: range), y(tensor.offset, in: range)
    )
    let words = "\(name) \(tensor.bytes)"
    return rectangle(tensor.category.name, left, right, above, below, "\(words) bytes")
      + label(words, left, right, above, below)
  }

  private var legend: String {
    let footprint = report.footprint
    let rows: [(Tensor.Category, Int)] = [
      (.weights, footprint.weights), (.activations, footprint.activations),
      (.scratch, footprint.scratch),
    ]
    var svg = ""
    for (index, row) in rows.enumerated() {
      let x = bar.left + Double(index) * 250
      svg += rectangle(row.0.name, x, x + 14, height - 24, height - 10, row.0.name)
      svg += text(x + 20, height - 12, "\(row.0.name) \(row.1) bytes")
    }
    return svg
  }

  private func axis(_ x: Double, _ range: Range<Int>) -> String {
    var svg = line(x - 4, top, x - 4, bottom)
    for quarter in 0...4 {
      let bytes = range.lowerBound + range.count * quarter / 4
      let word = "\(bytes)"
      let height = y(bytes, in: range)
      svg += line(x - 8, height, x - 4, height)
      svg += text(max(x - 14 - Double(word.count) * letter, 2), height + 4, word, style: "faint")
    }
    return svg
  }

  // MARK: Marks

  private func y(_ bytes: Int, in range: Range<Int>) -> Double {
    bottom - (bottom - top) * Double(bytes - range.lowerBound) / Double(max(range.count, 1))
  }

  private func rectangle(
    _ style: String, _ left: Double, _ right: Double, _ above: Double, _ below: Double,
    _ title: String
  ) -> String {
    "<rect class=\"band \(style)\" x=\"\(number(left))\" y=\"\(number(above))\" "
      + "width=\"\(number(right - left))\" height=\"\(number(below - above))\">"
      + "<title>\(escaped(title))</title></rect>\n"
  }

  /// The words in a band, if they fit.
  private func label(
    _ words: String, _ left: Double, _ right: Double, _ above: Double, _ below: Double
  ) -> String {
    let needed = Double(words.count) * letter
    guard below - above >= 14, right - left >= needed + 8 else { return "" }
    return text((left + right - needed) / 2, (above + below) / 2 + 4, words)
  }

  private func text(_ x: Double, _ y: Double, _ words: String, style: String? = nil) -> String {
    let style = style.map { " class=\"\($0)\"" } ?? ""
    return "<text x=\"\(number(x))\" y=\"\(number(y))\"\(style)>\(escaped(words))</text>\n"
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<path class=\"line\" d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\"/>\n"
  }

  /// Tenths of a pixel are enough.
  private func number(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }

  private func escaped(_ words: String) -> String {
    var text = ""
    // By scalars: a letter that a mark follows is one character with it, and would slip through.
    for scalar in words.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      // XML has no way to write these.
      case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
