import Files

/// The fields of an object in a board's file, which must all be known.
struct Fields {
  let path: String
  /// Where the object lies in the file, with a point behind; empty at the top.
  private let prefix: String
  private let json: JSON

  /// - Throws: `BoardError` if `json` is no object, or has a field that is not `known`.
  init(_ json: JSON, path: String, prefix: String, known: [String]) throws(BoardError) {
    (self.path, self.prefix, self.json) = (path, prefix, json)
    guard let members = json.members else {
      let place = prefix.isEmpty ? "the file" : String(prefix.dropLast())
      throw .field(path: path, field: place, expected: "an object", found: Self.shown(json))
    }
    for member in members where !known.contains(member.key) {
      let hint = nearestName(to: member.key, among: known)
      throw error(
        member.key, hint.map { "a known field, such as \($0)" } ?? "a known field",
        "an unknown one")
    }
  }

  func error(_ field: String, _ expected: String, _ found: String) -> BoardError {
    .field(path: path, field: prefix + field, expected: expected, found: found)
  }

  func has(_ field: String) -> Bool { json[field] != nil }

  func value(_ field: String) throws(BoardError) -> JSON {
    guard let value = json[field] else { throw error(field, "the field", "nothing") }
    return value
  }

  func object(_ field: String, known: [String]) throws(BoardError) -> Fields {
    try Fields(try value(field), path: path, prefix: prefix + field + ".", known: known)
  }

  func array(_ field: String) throws(BoardError) -> [JSON] {
    guard let array = try value(field).array else {
      throw error(field, "an array", Self.shown(try value(field)))
    }
    return array
  }

  /// A text of at least a letter.
  func string(_ field: String) throws(BoardError) -> String {
    guard let text = try value(field).string, !text.isEmpty else {
      throw error(field, "a text", Self.shown(try value(field)))
    }
    return text
  }

  /// The name of a program, machine or board: it may become a word of a command line.
  func word(_ field: String) throws(BoardError) -> String {
    let text = try string(field)
    guard text.first != "-",
      text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.,=+".contains($0)) })
    else { throw error(field, "a name of letters, digits and hyphens", Self.shown(.string(text))) }
    return text
  }

  func strings(_ field: String) throws(BoardError) -> [String] {
    var texts: [String] = []
    for element in try array(field) {
      guard let text = element.string, !text.isEmpty else {
        throw error(field, "an array of texts", Self.shown(element))
      }
      texts.append(text)
    }
    return texts
  }

  func whole(_ field: String, _ range: ClosedRange<Int>) throws(BoardError) -> Int {
    guard let number = try value(field).integer, range.contains(number) else {
      throw error(
        field, "a whole number from \(range.lowerBound) to \(range.upperBound)",
        Self.shown(try value(field)))
    }
    return number
  }

  // MARK: Figures

  /// A whole number with its source.
  func integer(_ field: String, _ range: ClosedRange<Int>) throws(BoardError) -> Figure<Int> {
    let fields = try figure(field)
    return try fields.sourced(try fields.whole("value", range))
  }

  /// A number with its source.
  func number(
    _ field: String, _ range: ClosedRange<Double>
  ) throws(BoardError) -> Figure<Double> {
    let fields = try figure(field)
    let value = try fields.value("value")
    guard let number = value.number, range.contains(number) else {
      throw fields.error(
        "value", "a number from \(range.lowerBound) to \(range.upperBound)", Self.shown(value))
    }
    return try fields.sourced(number)
  }

  private func figure(_ field: String) throws(BoardError) -> Fields {
    try object(field, known: ["value", "source", "estimate"])
  }

  private func sourced<Value>(_ value: Value) throws(BoardError) -> Figure<Value> {
    var isEstimate = false
    if has("estimate") {
      guard let bool = try self.value("estimate").bool else {
        throw error("estimate", "true or false", Self.shown(try self.value("estimate")))
      }
      isEstimate = bool
    }
    return Figure(value: value, source: try string("source"), isEstimate: isEstimate)
  }

  /// A value in an error: short, whatever the file holds.
  private static func shown(_ json: JSON) -> String {
    let text = json.description
    return text.count <= 40 ? text : text.prefix(39) + "\u{2026}"
  }
}
