import Pictures
import TestSupport
import Testing

@Suite struct ChartTests {
  /// Numbers as runs have them, and as they should not have them.
  static let values: [[Double?]] = [
    [], [nil], [0.5], [0.1, 0.2, nil, 0.4], [88.41, 88.42, 88.43], [0, 0, 0], [-3, 1e6, 2],
    [.nan, 1, .infinity], [1e300, -1e300], [1e-300, 1e-12], (0..<100).map { Double($0 % 37) },
  ]

  static func picture(_ charts: [any Chart]) throws -> (XMLScanner, String) {
    let svg = Sheet(title: "a title", summary: "a summary", charts).picture.svg
    return (try XMLScanner(svg), svg)
  }

  @Test(arguments: values, [LineChart.Scale.linear, .counts])
  func curvesAndWordsStayInThePicture(values: [Double?], scale: LineChart.Scale) throws {
    let points = values.enumerated().map { (x: Double($0.offset + 1), y: $0.element) }
    for end in [1, 123_456_789] {
      for count in [0, 1, 7] {
        let name = String(repeating: "validation ", count: count)
        let curves = (0..<count).map { LineChart.Curve(name + "\($0)", points) }
        let chart = LineChart(
          "accuracy in %", over: "epoch", upTo: end, scale: scale, places: 4, curves)
        let (scanner, svg) = try Self.picture([chart])
        for word in ["\"nan", " nan", "\"inf", " inf"] { #expect(!svg.contains(word)) }
        let (width, height) = try scanner.size()
        let boxes = try scanner.textBoxes()
        for box in boxes { #expect(box.isInside(width, height), "\(box)") }
        #expect(boxes.count >= 7)
        let isEmpty = count == 0 || !values.contains { $0?.isFinite ?? false }
        #expect(boxes.contains { $0.text == "no figures yet" } == isEmpty)
      }
    }
  }

  @Test func ticksAreWholeStepsAroundTheValues() throws {
    for (values, labels) in [
      ([82.9, 88.8], ["82", "84", "86", "88", "90"]), ([0.3166, 0.54], ["0.30", "0.55"]),
      ([3, 3], ["2.4", "3.0", "3.6"]), ([0, 1200], ["0", "500", "1,000", "1,500"]),
    ] as [([Double], [String])] {
      let points = values.enumerated().map { (x: Double($0.offset), y: Optional($0.element)) }
      let chart = LineChart("t", over: "x", upTo: 1, [.init("c", points)])
      let texts = try Self.picture([chart]).0.textBoxes().map(\.text)
      for label in labels { #expect(texts.contains(label), "\(label) in \(texts)") }
    }
  }

  @Test func everyCurveHasItsOwnDashesMarkAndName() throws {
    let curves = (0..<6).map { LineChart.Curve("curve \($0)", [(1, Double($0)), (2, 1)]) }
    let scanner = try Self.picture([LineChart("t", over: "x", upTo: 2, curves)]).0
    let lines = scanner.elements.filter { $0.attributes["class"]?.hasSuffix("-line") == true }
    // A piece of each in the legend, and the curve itself.
    #expect(lines.count == 12)
    #expect(Set(lines.map { $0.attributes["stroke-dasharray"] ?? "" }).count == 6)
    let marks = scanner.elements.filter { $0.attributes["class"]?.hasSuffix("-mark") == true }
    #expect(Set(marks.compactMap { $0.attributes["class"] }).count == 6)
    let texts = try scanner.textBoxes().map(\.text)
    for k in 0..<6 { #expect(texts.contains("curve \(k): 1.00")) }
  }

  @Test(arguments: [0, 1, 2, 10, 37, 41, 100, 200])
  func gridsKeepEveryCount(classes: Int) throws {
    let counts = (0..<classes).map { row in (0..<classes).map { row == $0 ? 900 : ($0 + row) % 3 } }
    let (scanner, _) = try Self.picture([
      GridChart("confusion", rows: "is class", columns: "taken for class", counts)
    ])
    let (width, height) = try scanner.size()
    for box in try scanner.textBoxes() { #expect(box.isInside(width, height), "\(box)") }
    // What a square stands for is said where a pointer rests.
    let sums = scanner.elements.filter { $0.name == "title" }.compactMap { title in
      title.text.split(separator: " ").first.flatMap { Int($0) }
    }
    #expect(sums.reduce(0, +) == counts.reduce(0) { $0 + $1.reduce(0, +) })
    #expect(sums.count <= 1600 && (classes > 40 || sums.count == classes * classes))
    if classes == 10 { #expect(try scanner.textBoxes().contains { $0.text == "900" }) }
  }
}
