import Pictures
import Selvedge

/// The arena as a picture: on the left all of its bytes, on the right the workspace enlarged, bytes
/// upwards and the steps of a sweep from left to right, every tensor a band over the steps it lives.
public struct ArenaChart {
  private let report: ArenaReport
  private let title: String
  private let steps: [String]

  // Pixels.
  private let top = 84.0
  private let bottom = 444.0
  private let bar = (left: 96.0, right: 306.0)
  private let mapLeft = 436.0
  private let stepWidth: Double
  private let turnsSteps: Bool
  private let height: Double

  /// The picture of a plan; `title` says what was planned, `steps` what each step runs, such as
  /// "conv 32 3x3", if that is known.
  public init(_ report: ArenaReport, title: String, steps: [String] = []) {
    self.report = report
    self.title = title
    self.steps = steps.count == report.steps ? steps : []
    // Wide enough for words that run upwards, until the picture would be too wide for any screen.
    stepWidth = min(max(430 / Double(report.steps), 36), max(1200 / Double(report.steps), 2))
    let longest = self.steps.map { textWidth($0, size: 12) }.max() ?? 0
    // Where steps are narrow only some have a number, and none has a name.
    turnsSteps = longest > stepWidth - 8 && stepWidth >= 24
    height = bottom + 40 + (turnsSteps ? min(longest, 170) : 0) + 40
  }

  /// One SVG file, legible on light and on dark ground.
  public var svg: String { picture.svg }

  /// The picture, for a page too.
  public var picture: Canvas {
    let footprint = report.footprint
    let (arena, workspace) = (0..<footprint.total, footprint.weights..<footprint.total)
    let mapRight = mapLeft + stepWidth * Double(report.steps)
    var canvas = Canvas(width: max(mapRight, mapLeft + 430) + 20, height: height, title: title)
    canvas.text(title, 20, 32, size: 16)
    canvas.text(summary, 20, 54, ink: .faint)
    canvas.text("the arena", bar.left, top - 10)
    canvas.text("the workspace, step by step", mapLeft, top - 10)
    for tensor in report.tensors where tensor.category == .weights {
      band(tensor, bar.left, bar.right, arena, on: &canvas)
    }
    let above = y(workspace.upperBound, in: arena)
    let below = y(workspace.lowerBound, in: arena)
    canvas.band(
      Frame(left: bar.left, top: above, right: bar.right, bottom: below), .grey,
      ["workspace \(grouped(workspace.count))", "workspace"],
      title: "workspace \(grouped(workspace.count)) bytes")
    for tensor in report.tensors where tensor.category != .weights {
      let left = mapLeft + stepWidth * Double(tensor.lives.lowerBound)
      let right = mapLeft + stepWidth * Double(tensor.lives.upperBound)
      band(tensor, left, right, workspace, on: &canvas)
    }
    axis(bar.left, arena, on: &canvas)
    axis(mapLeft, workspace, on: &canvas)
    // The workspace is the uppermost part of the bar: two lines lead to its enlargement.
    canvas.line(bar.right, above, bar.right + 30, top)
    canvas.line(bar.right, below, bar.right + 30, bottom)
    labelSteps(on: &canvas)
    legend(on: &canvas)
    return canvas
  }

  private var summary: String {
    let footprint = report.footprint
    let thousandths = footprint.total * 1000 / max(footprint.parameterBytes, 1)
    let times = "\(thousandths / 1000)." + String(String(1000 + thousandths % 1000).dropFirst())
    let fullest = fullestStep
    return "arena \(grouped(footprint.total)) bytes, \(times) times the "
      + "\(grouped(footprint.parameterBytes)) bytes of the parameters; fullest in step \(fullest)"
      + (steps.isEmpty ? "" : " (\(steps[fullest]))")
      + (footprint.flash > 0 ? "; \(grouped(footprint.flash)) bytes in flash" : "")
  }

  /// The first of the steps during which most bytes must stay.
  private var fullestStep: Int {
    var bytes = [Int](repeating: 0, count: report.steps)
    for tensor in report.tensors where tensor.category != .weights {
      for step in tensor.lives.clamped(to: 0..<report.steps) { bytes[step] += tensor.reserved }
    }
    return bytes.firstIndex(of: bytes.max() ?? 0) ?? 0
  }

  // MARK: Parts

  private func band(
    _ tensor: Tensor, _ left: Double, _ right: Double, _ range: Range<Int>,
    on canvas: inout Canvas
  ) {
    let name = tensorName(tensor.role, layer: tensor.layer)
    let bytes = grouped(tensor.bytes)
    let frame = Frame(
      left: left, top: y(tensor.offset + tensor.reserved, in: range), right: right,
      bottom: y(tensor.offset, in: range))
    let short = name.split(separator: ".").last.map(String.init) ?? name
    canvas.band(
      frame, paint(tensor.category), ["\(name) \(bytes)", name, "\(short) \(tensor.layer)", short],
      title: "\(name) \(bytes) bytes, step"
        + (tensor.lives.count == 1
          ? " \(tensor.lives.lowerBound)"
          : "s \(tensor.lives.lowerBound) to \(tensor.lives.upperBound - 1)"))
  }

  private func paint(_ category: Tensor.Category) -> Paint {
    switch category {
    case .weights: .blue
    case .activations: .green
    case .scratch: .amber
    case .flash: .grey
    case .stream: .violet
    }
  }

  /// The number of each step, of some if they are narrow, and what it runs.
  private func labelSteps(on canvas: inout Canvas) {
    let every = Int((24 / stepWidth).rounded(.up))
    for step in stride(from: 0, to: report.steps, by: every) {
      let x = mapLeft + stepWidth * (Double(step) + 0.5)
      canvas.text("\(step)", x, bottom + 18, anchor: .middle, ink: .faint)
      guard every == 1, !steps.isEmpty else { continue }
      if turnsSteps {
        canvas.turnedText(steps[step], x + 4, bottom + 28, anchor: .end, ink: .faint, limit: 170)
      } else {
        canvas.text(steps[step], x, bottom + 34, anchor: .middle, ink: .faint)
      }
    }
    canvas.text("step", mapLeft - 8, bottom + 18, anchor: .end, ink: .faint)
  }

  private func legend(on canvas: inout Canvas) {
    let footprint = report.footprint
    let rows: [(Tensor.Category, Int)] = [
      (.weights, footprint.weights), (.activations, footprint.activations),
      (.scratch, footprint.scratch),
    ]
    for (index, row) in rows.enumerated() {
      let x = bar.left + Double(index) * 255
      let words = "\(row.0.name) \(grouped(row.1)) bytes"
      canvas.band(
        Frame(left: x, top: height - 30, right: x + 16, bottom: height - 14), paint(row.0),
        title: words)
      canvas.text(words, x + 24, height - 18, limit: 225)
    }
  }

  private func axis(_ x: Double, _ range: Range<Int>, on canvas: inout Canvas) {
    canvas.line(x - 4, top, x - 4, bottom)
    for quarter in 0...4 {
      let bytes = range.lowerBound + range.count * quarter / 4
      let height = y(bytes, in: range)
      canvas.line(x - 8, height, x - 4, height)
      canvas.text(grouped(bytes), x - 12, height + 4, anchor: .end, ink: .faint)
    }
  }

  private func y(_ bytes: Int, in range: Range<Int>) -> Double {
    bottom - (bottom - top) * Double(bytes - range.lowerBound) / Double(max(range.count, 1))
  }
}
