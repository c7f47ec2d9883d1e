/// A table of counts as squares, such as a confusion matrix: the more of a row's samples, the stronger.
public struct GridChart: Chart {
  private let title: String
  private let rowTitle: String
  private let columnTitle: String
  private let counts: [[Int]]
  /// How many neighbouring rows and columns a square stands for.
  private let run: Int
  /// The number of classes.
  private let classes: Int

  /// - Parameters:
  ///   - counts: As many rows as columns. Of more than 40, neighbours share a square.
  public init(_ title: String, rows: String, columns: String, _ counts: [[Int]]) {
    self.title = title
    rowTitle = rows
    columnTitle = columns
    classes = counts.count
    run = max((counts.count + 39) / 40, 1)
    let squares = (counts.count + run - 1) / run
    var sums = [[Int]](repeating: [Int](repeating: 0, count: squares), count: squares)
    for (row, line) in counts.enumerated() {
      precondition(line.count == counts.count, "a matrix of classes is square")
      for (column, count) in line.enumerated() { sums[row / run][column / run] += count }
    }
    self.counts = sums
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    canvas.text(title, frame.left, frame.top + 14, size: 14, limit: frame.width)
    guard !counts.isEmpty else { return }
    let widest = counts.indices.map { textWidth(name($0), size: 12) }.max()!
    let grid = Frame(
      left: frame.left + 24 + widest, top: frame.top + 28, right: frame.right,
      bottom: frame.bottom - 40)
    let (width, height) = (
      grid.width / Double(counts.count), grid.height / Double(counts.count)
    )
    for (row, line) in counts.enumerated() {
      let all = line.reduce(0, +)
      for (column, count) in line.enumerated() {
        let left = grid.left + width * Double(column)
        let top = grid.top + height * Double(row)
        let part = all > 0 ? Double(count) / Double(all) : 0
        canvas.band(
          Frame(left: left, top: top, right: left + width, bottom: top + height),
          row == column ? .blue : .rose, ["\(count)"],
          title: "\(count) of \(rowTitle) \(name(row)), \(columnTitle) \(name(column))",
          // What is wrong is seldom much of a row, and is to be seen all the same.
          strength: row == column ? part : min(part * 4, 1))
      }
    }
    // Names where a line, and where a column, is high and wide enough for them.
    let every = max(Int((14 / height).rounded(.up)), Int(((widest + 6) / width).rounded(.up)))
    for index in stride(from: 0, to: counts.count, by: every) {
      let y = grid.top + height * (Double(index) + 0.5) + 4
      let x = grid.left + width * (Double(index) + 0.5)
      canvas.text(name(index), grid.left - 6, y, anchor: .end, ink: .faint)
      canvas.text(
        name(index), min(x, frame.right - widest / 2), grid.bottom + 16, anchor: .middle,
        ink: .faint)
    }
    canvas.turnedText(
      rowTitle, frame.left + 12, grid.middle.y, anchor: .middle, ink: .faint, limit: grid.height)
    canvas.text(
      columnTitle, grid.middle.x, grid.bottom + 34, anchor: .middle, ink: .faint,
      limit: grid.width)
  }

  /// The class, or the first and the last class, of a row.
  private func name(_ index: Int) -> String {
    let last = min((index + 1) * run, classes) - 1
    return last == index * run ? "\(last)" : "\(index * run)-\(last)"
  }
}
