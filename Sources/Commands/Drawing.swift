import Files
import Pictures
import Simulator

extension Canvas {
  /// Writes the picture as an SVG file: all of it or nothing, so that a browser may read it at any time.
  func write(to path: String) throws { try File.writeAtomically(Array(svg.utf8), to: path) }
}

extension GridChart {
  /// The confusion matrix of an evaluation.
  init(_ title: String, _ evaluation: Evaluation) {
    self.init(title, rows: "is class", columns: "taken for class", evaluation.confusion)
  }
}

/// A confusion matrix as a picture of its own.
func confusionPicture(_ evaluation: Evaluation, title: String) -> Canvas {
  let side = min(max(Double(evaluation.confusion.count) * 36, 360), 1100)
  var canvas = Canvas(width: side + 160, height: side + 120, title: title)
  canvas.text(title, 20, 32, size: 16, limit: canvas.width - 40)
  GridChart("confusion matrix", evaluation).draw(
    on: &canvas, in: canvas.frame.inset(left: 20, top: 52, right: 20, bottom: 10))
  return canvas
}
