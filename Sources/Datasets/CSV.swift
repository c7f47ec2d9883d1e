/// A table of numbers in a text, a row to a line.
///
/// Commas separate the numbers, or semicolons or tabs if the first line has them. A first line
/// with a word in it is a header. Empty lines are skipped.
public struct CSV: Sendable {
  /// The name of the file, for errors.
  public let name: String
  /// The numbers in a row.
  public private(set) var columns = 0
  /// The numbers of all rows, one row after the other; all are finite.
  public private(set) var values: [Float] = []
  /// The line, from 1, that each row stands in.
  private(set) var lines: [Int] = []

  /// The number of rows; at least 1.
  public var rows: Int { values.count / columns }

  /// The table in `text`, the whole file called `name`.
  ///
  /// - Throws: `DatasetError` with line and column, counted from 1, of what is no finite number or
  ///   makes a row longer or shorter than the first.
  public init(text: [UInt8], name: String) throws(DatasetError) {
    self.name = name
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = text.starts(with: mark) ? text[mark.count...] : text[...]
    var separator: UInt8?
    let newline = UInt8(ascii: "\n")
    var number = 0
    for line in text.split(separator: newline, omittingEmptySubsequences: false) {
      number += 1
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
      guard let separator else {
        let found = Self.separator(of: line)
        separator = found
        let fields = Self.fields(line, found)
        if !fields.contains(where: Self.isWord) { try append(fields, line: number) }
        continue
      }
      try append(Self.fields(line, separator), line: number)
    }
    guard !values.isEmpty else {
      throw .table(
        file: name, line: number, column: 1, expected: "a row of numbers",
        found: "the end of the file")
    }
  }

  private mutating func append(
    _ fields: [ArraySlice<UInt8>], line: Int
  ) throws(DatasetError) {
    if columns == 0 { columns = fields.count }
    for (index, field) in fields.enumerated() {
      guard index < columns else { break }
      guard let value = Self.number(field), value.isFinite else {
        let text = String(decoding: field.prefix(40), as: UTF8.self)
        throw .table(
          file: name, line: line, column: index + 1, expected: "a finite number",
          found: text.isEmpty ? "nothing" : "\"\(text)\"")
      }
      values.append(value)
    }
    guard fields.count == columns else {
      throw .table(
        file: name, line: line, column: min(fields.count, columns) + 1,
        expected: "\(columns) columns, as in the first row", found: "\(fields.count)")
    }
    lines.append(line)
  }

  private static func separator(of line: ArraySlice<UInt8>) -> UInt8 {
    for separator in [UInt8(ascii: "\t"), UInt8(ascii: ";")] where line.contains(separator) {
      return separator
    }
    return UInt8(ascii: ",")
  }

  /// The parts of a line between separators, without spaces around them.
  private static func fields(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> [ArraySlice<UInt8>] {
    line.split(separator: separator, omittingEmptySubsequences: false).map { field in
      var field = field
      while field.first == UInt8(ascii: " ") { field.removeFirst() }
      while field.last == UInt8(ascii: " ") { field.removeLast() }
      return field
    }
  }

  /// Whether a field belongs in a header: a number with a slip of the pen does not.
  private static func isWord(_ field: ArraySlice<UInt8>) -> Bool {
    let field = field.drop { $0 == UInt8(ascii: "\"") }
    guard let first = field.first, first > 0x20, !"+-.0123456789".utf8.contains(first) else {
      return false
    }
    return !["nan", "inf", "infinity"].contains(String(decoding: field, as: UTF8.self).lowercased())
  }

  /// The number that the whole field spells in decimal, whatever the locale.
  private static func number(_ field: ArraySlice<UInt8>) -> Float? {
    // A float may also be spelled in hexadecimal or be infinite, which no table means.
    guard field.allSatisfy(isDecimal) else { return nil }
    return Float(String(decoding: field, as: UTF8.self))
  }

  private static func isDecimal(_ byte: UInt8) -> Bool {
    switch Unicode.Scalar(byte) {
    case "0"..."9", "+", "-", ".", "e", "E": true
    default: false
    }
  }
}
