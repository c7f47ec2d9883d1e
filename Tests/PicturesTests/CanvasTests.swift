import Pictures
import TestSupport
import Testing

@Suite struct CanvasTests {
  static let hostile = [
    "a < b & \"c\" > d", "</text><script>", "&amp;", "<\u{301}>\u{20DD}", "bell \u{7} and \u{0}",
    "\u{1F600} \u{FFFE}", "\r\n", "", String(repeating: "long", count: 200), "\u{9B}31m",
  ]

  @Test(arguments: hostile)
  func wordsAreEscapedAndStayInThePicture(words: String) throws {
    for anchor in [Canvas.Anchor.start, .middle, .end] {
      var canvas = Canvas(width: 300, height: 200, title: words)
      canvas.text(words, 120, 40, anchor: anchor)
      canvas.turnedText(words, 40, 120, anchor: anchor)
      canvas.band(
        Frame(left: 0, top: 50, right: 100, bottom: 80), .rose, [words, "b"], title: words)
      let elements = try XMLScanner(canvas.svg).elements
      #expect(!elements.contains { $0.name == "script" })
      let texts = elements.filter { $0.name == "text" }
      #expect(texts.allSatisfy { textWidth($0.text, size: 12) <= 240 })
      #expect(texts.count == (words.isEmpty ? 1 : 3))
    }
  }

  @Test(arguments: [0.0, 3, 10, 50, 100, 1000])
  func shortenedWordsFitAndKeepTheirEnds(width: Double) {
    for words in Self.hostile + ["narrow", "WWWWWWWW", "/a/long/path/of/a/model.selvedge"] {
      let short = shortened(words, toFit: width, size: 12)
      #expect(textWidth(short, size: 12) <= width)
      if textWidth(words, size: 12) <= width { #expect(short == words) }
      if short != words && short.count > 1 {
        #expect(short.contains("\u{2026}") && words.first == short.first)
        // One letter more would not have fitted: nothing is cut without need.
        #expect(textWidth(short, size: 12) > width - 2 * 18.1)
      }
    }
  }

  @Test func coordinatesAreNumbersOfXML() throws {
    var canvas = Canvas(width: 10, height: 10, title: "t")
    for number in [0.0, -0.04, -0.05, 1.25, .infinity, -.infinity, .nan, 1e300, -3.99] {
      canvas.line(number, 0, 1, number)
      canvas.band(
        Frame(left: number, top: 0, right: number, bottom: number), .blue, title: "",
        strength: number)
      canvas.curve([(number, number), nil, (1, 2)], .green)
    }
    let svg = canvas.svg
    _ = try XMLScanner(svg)
    for word in ["nan", "inf", "e+", "--", "\"-\""] {
      #expect(!svg.lowercased().replacing("fill", with: "").contains(word), "\(word)")
    }
  }

  @Test func everyPaintIsDefinedWhereItIsUsed() throws {
    for paint in Paint.allCases {
      var canvas = Canvas(width: 100, height: 100, title: "t")
      canvas.band(canvas.frame, paint, title: "t")
      let elements = try XMLScanner(canvas.svg).elements
      let used = elements.compactMap { $0.attributes["fill"] }.filter { $0.hasPrefix("url") }
      #expect(used == ["url(#\(paint))"])
      #expect(elements.contains { $0.name == "pattern" && $0.attributes["id"] == "\(paint)" })
      #expect(canvas.svg.contains(".\(paint) { fill"))
    }
  }

  @Test(arguments: [
    (0, "0"), (-1, "-1"), (999, "999"), (1000, "1,000"), (-411_088, "-411,088"),
    (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func thousandsHaveCommas(number: Int, words: String) { #expect(grouped(number) == words) }
}
