/// One HTML file that needs no other: headings, words, tables and pictures.
public struct Page: Sendable {
  private let title: String
  private var body = ""

  /// A page that is empty but for its title.
  public init(title: String) { self.title = title }

  /// A column of a table.
  public struct Column: Sendable {
    let name: String
    let isNumber: Bool

    /// A column; numbers stand at its right.
    public init(_ name: String, isNumber: Bool = false) {
      self.name = name
      self.isNumber = isNumber
    }
  }

  public mutating func heading(_ words: String) { body += "<h2>\(escaped(words))</h2>\n" }

  public mutating func paragraph(_ words: String) { body += "<p>\(escaped(words))</p>\n" }

  /// Lines as they are, such as a command.
  public mutating func lines(_ words: [String]) {
    body += "<pre>" + words.map(escaped).joined(separator: "\n") + "</pre>\n"
  }

  /// A table.
  ///
  /// - Precondition: Every row has a cell for each column.
  public mutating func table(_ columns: [Column], _ rows: [[String]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row is not as wide as the table")
    func row(_ cells: [String], _ name: String) -> String {
      zip(columns, cells).map { column, cell in
        "<\(name)\(column.isNumber ? " class=\"number\"" : "")>\(escaped(cell))</\(name)>"
      }.joined()
    }
    // What is too wide for a window scrolls in a frame of its own.
    let head = row(columns.map(\.name), "th")
    body += "<div class=\"wide\"><table>\n<thead><tr>\(head)</tr></thead>\n"
    body += "<tbody>\n" + rows.map { "<tr>\(row($0, "td"))</tr>\n" }.joined()
    body += "</tbody>\n</table></div>\n"
  }

  /// A picture, as wide as it was drawn or as the window has room for.
  public mutating func picture(_ canvas: Canvas) {
    let width = "max-width: \(coordinate(canvas.width))px"
    body += "<figure style=\"\(width)\">\n\(canvas.inlineSVG)</figure>\n"
  }

  /// The file.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    <title>\(escaped(title))</title>
    <style>
    body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto;
      padding: 0 1rem; color: #1f2328; background: #ffffff; overflow-wrap: anywhere }
    figure { margin: 1rem 0 } svg { display: block; width: 100% } .wide, pre { overflow-x: auto }
    table { border-collapse: collapse; font-size: 14px; overflow-wrap: normal }
    th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #d5dae0 }
    .number { text-align: right; font-variant-numeric: tabular-nums }
    @media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
      th, td { border-color: #30363d } }
    \(Paint.styles)</style>
    </head>
    <body>
    <h1>\(escaped(title))</h1>
    \(body)</body>
    </html>

    """
  }
}
