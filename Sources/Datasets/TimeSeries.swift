import Files

/// Labelled sequences in the format `.ts` of the UCR and aeon archives.
///
///     # a comment
///     @univariate false         and other words of the header, of which only some matter here:
///     @timeStamps false         times before the values are not supported
///     @classLabel true a b      the classes, in the order of their numbers
///     @targetLabel true         or a value behind each sequence that is to be learned
///     @data
///     1,2,3:4,5,6:a             for each dimension its values, then the class; lengths may differ
public struct TimeSeries: Sendable {
  /// The sequences, step by step, and for each the number of its class, or its value.
  public let samples: LabelledSamples
  /// The names of the classes; none where there are values.
  public let classNames: [String]

  private static let (newline, colon, comma) = (
    UInt8(ascii: "\n"), UInt8(ascii: ":"), UInt8(ascii: ",")
  )

  /// The sequences in `text`, the whole file called `name`.
  ///
  /// - Parameter learnsValues: Whether values are to be learned, and not classes.
  /// - Throws: `DatasetError` with line and column, counted from 1, of what is wrong.
  public init(
    text: [UInt8], name: String, learnsValues: Bool = false
  ) throws(DatasetError) {
    var (classes, dimensions): ([String]?, Int?) = (nil, nil)
    var (values, starts, labels, targets): ([Float], [Int], [Int], [Float]) = ([], [0], [], [])
    var (line, hasData, hasTargets) = (0, false, false)
    for part in text.split(separator: Self.newline, omittingEmptySubsequences: false) {
      line += 1
      let content = Self.trimmed(part)
      guard let first = content.first, first != UInt8(ascii: "#") else { continue }
      if hasData {
        let row = try Self.row(
          content, name, line, learnsValues ? nil : classes ?? [], dimensions, part.startIndex)
        dimensions = row.series.count
        // Steps follow each other, the values of a step side by side.
        for step in row.series[0].indices {
          for series in row.series { values.append(series[step]) }
        }
        starts.append(values.count)
        if learnsValues { targets.append(row.target) } else { labels.append(row.label) }
      } else {
        let words = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace)
          .map(String.init)
        switch words[0].lowercased() {
        case "@data":
          guard learnsValues ? hasTargets : classes?.isEmpty == false else {
            throw .table(
              file: name, line: line, column: 1,
              expected: learnsValues
                ? "@targetLabel true before" : "@classLabel true and the classes before",
              found: "@data")
          }
          hasData = true
        case "@classlabel":
          if words.count > 1 && words[1].lowercased() == "true" {
            classes = Array(words.dropFirst(2))
          }
        case "@targetlabel": hasTargets = words.count > 1 && words[1].lowercased() == "true"
        case "@timestamps" where words.count > 1 && words[1].lowercased() == "true":
          throw .table(
            file: name, line: line, column: 1, expected: "values without time stamps",
            found: "@timeStamps true")
        case let word where word.hasPrefix("@"): break
        default:
          throw .table(
            file: name, line: line, column: 1, expected: "a line that begins with @ or #, or @data",
            found: "\"\(words[0].prefix(40))\"")
        }
      }
    }
    guard let dimensions, starts.count > 1 else {
      throw .table(
        file: name, line: line, column: 1, expected: "@data and a line for each sequence",
        found: "the end of the file")
    }
    classNames = classes ?? []
    let sequences = Samples(sequences: values, starts: starts, channels: dimensions, name: name)
    samples =
      learnsValues
      ? LabelledSamples(sequences, targets: targets)
      : LabelledSamples(sequences, labels: labels, name: name)
  }

  /// One line of data: a value behind the sequence, if there are no classes.
  private static func row(
    _ content: ArraySlice<UInt8>, _ name: String, _ line: Int, _ classes: [String]?,
    _ dimensions: Int?, _ start: Int
  ) throws(DatasetError) -> (series: [[Float]], label: Int, target: Float) {
    func error(_ place: Int, _ expected: String, _ found: String) -> DatasetError {
      .table(
        file: name, line: line, column: place - start + 1, expected: expected, found: found)
    }
    let fields = content.split(separator: colon, omittingEmptySubsequences: false)
    guard fields.count >= 2, dimensions == nil || fields.count == dimensions! + 1 else {
      throw error(
        content.startIndex, "\(dimensions.map { "\($0) dimensions" } ?? "dimensions") and a class",
        "\(fields.count - 1) dimensions")
    }
    var series: [[Float]] = []
    for field in fields.dropLast() {
      var numbers: [Float] = []
      for part in field.split(separator: comma, omittingEmptySubsequences: false) {
        let text = String(decoding: trimmed(part), as: UTF8.self)
        guard let number = Float(text), number.isFinite else {
          let found = text.isEmpty ? "nothing" : "\"\(text.prefix(40))\""
          throw error(
            part.startIndex, "a finite number",
            text == "?" ? "\"?\", a missing value; fill those in before" : found)
        }
        numbers.append(number)
      }
      guard series.isEmpty || series[0].count == numbers.count else {
        throw error(
          field.startIndex, "\(series[0].count) values, as in the first dimension",
          "\(numbers.count)")
      }
      series.append(numbers)
    }
    let last = fields[fields.count - 1]
    let word = String(decoding: trimmed(last), as: UTF8.self)
    guard let classes else {
      guard let target = Float(word), target.isFinite else {
        throw error(last.startIndex, "a finite number to learn", "\"\(word.prefix(40))\"")
      }
      return (series, 0, target)
    }
    guard let label = classes.firstIndex(of: word) else {
      throw error(
        last.startIndex, "one of the classes \(classes.prefix(12).joined(separator: ", "))",
        "\"\(word.prefix(40))\"")
    }
    return (series, label, 0)
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text
    while let last = text.last, last <= 0x20 { text.removeLast() }
    while let first = text.first, first <= 0x20 { text.removeFirst() }
    return text
  }
}
