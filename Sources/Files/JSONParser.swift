/// A reader of JSON, from the first byte of a text to the last.
struct JSONParser {
  let text: [UInt8]
  var position = 0
  private var depth = 0

  init(_ text: [UInt8]) { self.text = text }

  mutating func document() throws(JSONError) -> JSON {
    let value = try value()
    skipSpace()
    guard position == text.count else { throw expected("the end of the text") }
    return value
  }

  var next: UInt8? { position < text.count ? text[position] : nil }

  func expected(_ what: String, at offset: Int? = nil) -> JSONError {
    let offset = offset ?? position
    let found: String
    if offset >= text.count {
      found = "the end of the text"
    } else if (0x21...0x7E).contains(text[offset]) {
      found = "'\(Character(Unicode.Scalar(text[offset])))'"
    } else {
      found = "byte 0x\(String(text[offset], radix: 16))"
    }
    return JSONError(offset: offset, expected: what, found: found)
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(JSONError) -> JSON {
    skipSpace()
    guard let next else { throw expected("a value") }
    switch next {
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "["): return try nested { (parser) throws(JSONError) in try parser.array() }
    case UInt8(ascii: "{"): return try nested { (parser) throws(JSONError) in try parser.object() }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw expected("a value")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for byte in "\(word)".utf8 {
      guard next == byte else { throw expected("\(word)") }
      position += 1
    }
    return value
  }

  private mutating func nested(
    _ parse: (inout JSONParser) throws(JSONError) -> JSON
  ) throws(JSONError) -> JSON {
    guard depth < JSON.depthLimit else {
      throw expected("nesting no deeper than \(JSON.depthLimit)")
    }
    position += 1
    depth += 1
    let value = try parse(&self)
    depth -= 1
    return value
  }

  private mutating func array() throws(JSONError) -> JSON {
    var elements: [JSON] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw expected("',' or ']'") }
    }
  }

  private mutating func object() throws(JSONError) -> JSON {
    var members: [JSON.Member] = []
    var keys: Set<String> = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw expected("a name in quotes") }
      let key = try string()
      guard keys.insert(key).inserted else {
        throw JSONError(offset: start, expected: "a new name", found: "\"\(key)\" again")
      }
      skipSpace()
      guard take(":") else { throw expected("':'") }
      members.append(JSON.Member(key, try value()))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw expected("',' or '}'") }
    }
  }

  private mutating func number() throws(JSONError) -> Double {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      try digits()
    }
    let spelling = String(decoding: text[start..<position], as: UTF8.self)
    guard let number = Double(spelling), number.isFinite else {
      throw JSONError(
        offset: start, expected: "a number that a double can hold", found: spelling)
    }
    return number
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    guard position > start else { throw expected("a digit") }
  }
}
