/// As much of XML as tells whether a text is well-formed, and what elements it has.
public struct XMLScanner {
  public struct Element {
    public let name: String
    public let attributes: [String: String]
    public var text = ""
  }

  public struct Fault: Error { public let what: String }

  /// All elements, in the order in which they begin.
  public private(set) var elements: [Element] = []
  private var open: [Int] = []
  private var rest: Substring.UnicodeScalarView

  public init(_ text: String) throws {
    rest = text[...].unicodeScalars
    for scalar in rest where scalar.value < 32 && !"\t\n\r".unicodeScalars.contains(scalar) {
      throw Fault(what: "control character \(scalar.value)")
    }
    while !rest.isEmpty {
      if rest.first == "<" { try tag() } else { try words() }
    }
    guard open.isEmpty, !elements.isEmpty else { throw Fault(what: "unclosed or empty") }
  }

  private mutating func words() throws {
    let words = rest.prefix { $0 != "<" }
    rest = rest.dropFirst(words.count)
    let found = try Self.unescaped(String(words))
    if let last = open.last {
      elements[last].text += found
    } else if found.contains(where: { !$0.isWhitespace }) {
      throw Fault(what: "text outside: \(found)")
    }
  }

  private mutating func tag() throws {
    let tag = rest.prefix { $0 != ">" }
    guard tag.count < rest.count else { throw Fault(what: "no >") }
    rest = rest.dropFirst(tag.count + 1)
    var body = String(tag.dropFirst())
    if body.hasPrefix("/") {
      guard let last = open.popLast(), elements[last].name == String(body.dropFirst()) else {
        throw Fault(what: "<\(body)> closes nothing")
      }
      return
    }
    guard open.isEmpty == elements.isEmpty else { throw Fault(what: "a second root: \(body)") }
    let isClosed = body.hasSuffix("/")
    if isClosed { body.removeLast() }
    let name = body.prefix { $0.isLetter || $0.isNumber }
    guard name.first?.isLetter == true else { throw Fault(what: "no name in <\(body)>") }
    elements.append(
      Element(name: String(name), attributes: try Self.attributes(body.dropFirst(name.count))))
    if !isClosed { open.append(elements.count - 1) }
  }

  private static func attributes(_ text: Substring) throws -> [String: String] {
    var attributes: [String: String] = [:]
    var text = text
    while text.contains(where: { !$0.isWhitespace }) {
      guard text.first?.isWhitespace == true else { throw Fault(what: "no space: \(text)") }
      text = text.drop { $0.isWhitespace }
      let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "-" }
      text = text.dropFirst(name.count)
      guard !name.isEmpty, text.hasPrefix("=\"") else { throw Fault(what: "attribute: \(text)") }
      text = text.dropFirst(2)
      let value = text.prefix { $0 != "\"" }
      guard value.count < text.count, !value.contains("<") else {
        throw Fault(what: "value: \(value)")
      }
      text = text.dropFirst(value.count + 1)
      guard attributes.updateValue(try unescaped(String(value)), forKey: String(name)) == nil else {
        throw Fault(what: "\(name) twice")
      }
    }
    return attributes
  }

  private static func unescaped(_ text: String) throws -> String {
    var parts = text.unicodeScalars.split(separator: "&", omittingEmptySubsequences: false)
    var result = String(parts.removeFirst())
    for part in parts {
      let entities: [String: Character] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\""]
      let name = part.prefix { $0 != ";" }
      guard name.count < part.count, let character = entities[String(name)] else {
        throw Fault(what: "&\(String(part))")
      }
      result.append(character)
      result += String(part.dropFirst(name.count + 1))
    }
    return result
  }
}
