import Files
import TestSupport
import Testing

@Suite struct JSONTests {
  static let sample: JSON = [
    "name": "a \"quoted\" \\ line\nand \u{1}, é, 😀", "empty": [:], "none": [], "yes": true,
    "no": false, "nothing": nil, "numbers": [0, -1, 9_007_199_254_740_992, 0.1, -2.5e-300, 1e300],
    "deep": [[["x": [1]]]],
  ]

  @Test func textReadsBackTheSame() throws {
    let text = Self.sample.description
    #expect(!text.contains("\n"))
    #expect(try JSON(parsing: text) == Self.sample)
    #expect(try JSON(parsing: " \t\r\n" + text + "\n") == Self.sample)
  }

  @Test func everyTruncationIsAnError() {
    let text = Array(Self.sample.description.utf8)
    for count in 0..<text.count {
      #expect(throws: JSONError.self, "\(count) bytes") { try JSON(parsing: Array(text[..<count])) }
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func randomNumbersReadBackTheSame(seed: UInt64) throws {
    var numbers = SeededNumbers(state: seed)
    for _ in 0..<5000 {
      let number = Double(bitPattern: numbers.next())
      let json = JSON.number(number)
      #expect(try JSON(parsing: json.description) == (number.isFinite ? json : .null))
    }
  }

  @Test(arguments: [
    (JSON.number(1), "1"), (.number(-3), "-3"), (.number(0x1p53), "9007199254740992"),
    (.number(0.5), "0.5"), (.number(-0.0), "-0.0"), (.number(.nan), "null"),
    (.number(.infinity), "null"), (.string("\u{0}\t/"), "\"\\u0000\\t/\""),
    (["a": [1, nil], "b": [:]] as JSON, "{\"a\": [1, null], \"b\": {}}"),
  ])
  func valuesAreSpelled(value: JSON, text: String) { #expect(value.description == text) }

  @Test(arguments: [
    ("\"\\u0041\\u00e9\\ud83d\\ude00\\/\\b\\f\"", JSON.string("Aé😀/\u{8}\u{C}")),
    ("-0", .number(-0.0)), ("1E+2", .number(100)), ("1e-2", .number(0.01)),
    ("\"\\u0000\"", .string("\0")), ("\"\u{7f}\"", .string("\u{7f}")), ("[ ]", .array([])),
  ])
  func textsAreRead(text: String, value: JSON) throws {
    #expect(try JSON(parsing: text) == value)
  }

  @Test(arguments: [
    ("", 0), ("  ", 2), ("nul", 3), ("nulL", 3), ("truefalse", 4), ("01", 1), ("-", 1), ("+1", 0),
    (".5", 0), ("1.", 2), ("1.e3", 2), ("1e", 2), ("1e+", 3), ("1e999", 0), ("0x10", 1), ("NaN", 0),
    ("[1,]", 3), ("[1 2]", 3), ("[,1]", 1), ("[1", 2), ("]", 0), ("[1]]", 3), ("{\"a\"}", 4),
    ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{\"a\":1 \"b\":2}", 7), ("{'a':1}", 1),
    ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("\"", 1), ("\"\n\"", 1),
    ("\"\t\"", 1), ("\"\\x\"", 2), ("\"\\u12\"", 5), ("\"\\u12g4\"", 5), ("\"\\ud800\"", 7),
    ("\"\\udc00\"", 1), ("\"\\ud800\\u0041\"", 7), ("\"\\ud800x\"", 7), ("// x\n1", 0),
    ("\u{FEFF}1", 0), ("1\u{0}", 1),
  ])
  func invalidTextIsRefusedAtItsByte(text: String, offset: Int) {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
    #expect(error?.offset == offset, "\(text): \(error.map { "\($0)" } ?? "")")
  }

  @Test(arguments: [
    [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
  ])
  func stringsOutsideUTF8AreRefused(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
  }

  @Test func nestingIsLimited() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSON(parsing: nested(64))
    let error = #expect(throws: JSONError.self) { try JSON(parsing: nested(65)) }
    #expect(error?.offset == 64)
    #expect(throws: JSONError.self) {
      try JSON(parsing: String(repeating: "[{\"a\":", count: 1_000_000))
    }
  }

  @Test func errorsAreSentences() {
    #expect(
      complaint { _ = try JSON(parsing: "[1 2]") } == "at byte 3: expected ',' or ']', found '2'")
  }

  @Test func membersAreFoundByKind() throws {
    let json = try JSON(parsing: "{\"n\": 3, \"h\": 0.5, \"s\": \"t\", \"a\": [1], \"b\": true}")
    #expect(json["n"]?.integer == 3 && json["n"]?.number == 3 && json["h"]?.integer == nil)
    #expect(json["s"]?.string == "t" && json["a"]?.array == [1] && json["b"]?.bool == true)
    #expect(json["x"] == nil && json["s"]?.number == nil && json["n"]?["x"] == nil)
    // The next integer would read as the same number.
    #expect(try JSON(parsing: "9007199254740992").integer == nil)
    #expect(try JSON(parsing: "9007199254740991").integer == 9_007_199_254_740_991)
  }
}
