extension JSONParser {
  /// The text between two quotes.
  mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var bytes: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw expected("an escape for a control character") }
      if byte == UInt8(ascii: "\\") {
        bytes += Array(String(Character(try escape())).utf8)
      } else {
        bytes.append(byte)
        position += 1
      }
    }
    guard take("\"") else { throw expected("a closing quote") }
    let string = String(decoding: bytes, as: UTF8.self)
    // Decoding repairs what is not UTF-8, so that only sound bytes come out as they went in.
    guard string.utf8.elementsEqual(bytes) else {
      throw JSONError(offset: start, expected: "a string in UTF-8", found: "other bytes")
    }
    return string
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let letter = next else { throw expected("an escape") }
    position += 1
    switch Unicode.Scalar(letter) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": break
    default: throw expected("one of \"\\/bfnrtu", at: start + 1)
    }
    let first = try hexadecimal()
    guard (0xD800..<0xDC00).contains(first) else {
      guard let scalar = Unicode.Scalar(first) else {
        throw expected("a high surrogate before this low one", at: start)
      }
      return scalar
    }
    let second = position
    guard take("\\"), take("u") else { throw expected("a low surrogate", at: second) }
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (low - 0xDC00))
    else { throw expected("a low surrogate", at: second) }
    return scalar
  }

  /// The value of four hexadecimal digits.
  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw expected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
