import Profiler
import Selvedge
import TestSupport
import Testing

@Suite struct ArenaChartTests {
  static func report(
    _ widths: [Int], batch: Int = 1, purpose: Plan.Purpose? = nil
  ) throws -> ArenaReport {
    var layers = widths.dropFirst().dropLast().map { LayerDescription.dense($0) }
    layers.append(.output(widths.last!))
    return ArenaReport(
      try Plan(
        inputs: widths[0], layers: layers.span, batch: batch,
        purpose: purpose ?? .training(digest: widths.last!)))
  }

  static func number(_ element: XMLScanner.Element, _ name: String) throws -> Double {
    let number = try #require(element.attributes[name].flatMap { Double($0) }, "\(element)")
    try #require(number.isFinite)
    return number
  }

  /// From a crumb to the largest network that can be planned.
  static let networks: [[Int]] =
    (1...12).map { count in [64] + (1..<count).map { 8 * $0 } + [4] }
    + [
      [1, 2], [784, 500, 10], [784, 128, 128, 128, 10], [1 << 24, 1 << 20, 1 << 20],
      [3] + [Int](repeating: 5, count: 100) + [2],
    ]

  @Test(arguments: networks, [1, 256])
  func chartIsWellFormedAndInsideThePicture(network: [Int], batch: Int) throws {
    for purpose in [nil, Plan.Purpose.inference] {
      let report = try Self.report(network, batch: batch, purpose: purpose)
      let title = network.map(String.init).joined(separator: "-") + ": training, batch \(batch)"
      let svg = ArenaChart(report, title: title).svg
      for word in ["nan", "inf", "e+"] {
        #expect(!svg.lowercased().contains("\"\(word)") && !svg.contains("-\(word)"), "\(word)")
      }
      let scanner = try XMLScanner(svg)
      let (width, height) = try scanner.size()
      let texts = try scanner.textBoxes()
      for box in texts { #expect(box.isInside(width, height), "\(box)") }
      var bands = 0
      for element in scanner.elements where element.attributes["class"]?.hasPrefix("band") == true {
        bands += 1
        let (x, y) = (try Self.number(element, "x"), try Self.number(element, "y"))
        let (w, h) = (try Self.number(element, "width"), try Self.number(element, "height"))
        #expect(w >= 0 && h >= 0 && x >= 0 && y >= 0)
        #expect(x + w <= width + 0.1 && y + h <= height + 0.1)
      }
      #expect(texts.count >= 14 && bands == report.tensors.count + 4)
    }
  }

  /// Bands of the enlarged workspace are tensors over bytes and steps: two must not share a place.
  @Test(arguments: networks.prefix(12))
  func bandsDoNotOverlap(network: [Int]) throws {
    let elements = try XMLScanner(
      ArenaChart(Self.report(network, batch: 16), title: "t").svg
    ).elements
    var rectangles: [(x: Range<Double>, y: Range<Double>)] = []
    for element in elements where element.attributes["class"]?.hasPrefix("band") == true {
      let (x, y) = (try Self.number(element, "x"), try Self.number(element, "y"))
      let (w, h) = (try Self.number(element, "width"), try Self.number(element, "height"))
      // Coordinates are rounded to tenths: what overlaps by less touches.
      guard w > 0.4 && h > 0.4 else { continue }
      rectangles.append((x + 0.2..<x + w - 0.2, y + 0.2..<y + h - 0.2))
    }
    #expect(rectangles.count > 4)
    for (i, a) in rectangles.enumerated() {
      for b in rectangles[..<i] {
        #expect(!(a.x.overlaps(b.x) && a.y.overlaps(b.y)), "\(a) over \(b)")
      }
    }
  }

  @Test func stepsAreNamedWhereThereIsRoom() throws {
    for count in [1, 3, 12, 200] {
      let report = try Self.report([64] + [Int](repeating: 8, count: count - 1) + [4])
      let names = (0..<count).map { "dense number \($0)" }
      let elements = try XMLScanner(ArenaChart(report, title: "t", steps: names).svg).elements
      let named = elements.count { $0.name == "text" && names.contains($0.text) }
      #expect(named == (count < 100 ? count : 0))
    }
  }

  @Test func titleIsEscapedAndShortened() throws {
    for title in ["a < b & \"c\"", String(repeating: "long", count: 200)] {
      let elements = try XMLScanner(ArenaChart(Self.report([8, 4, 2]), title: title).svg).elements
      let shown = try #require(elements.first { $0.attributes["font-size"] == "16" }).text
      if title.count < 20 { #expect(shown == title) } else { #expect(shown.contains("\u{2026}")) }
    }
  }

  @Test func scannerFindsFaults() {
    for text in [
      "", "<a>", "<a></b>", "<a/><b/>", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "<a>&</a>", "<a><", "x",
      "<a>\u{1}</a>", "<a x=\"1\"y=\"2\"/>", "</a>",
    ] {
      #expect(throws: XMLScanner.Fault.self, "\(text)") { try XMLScanner(text) }
    }
  }
}
