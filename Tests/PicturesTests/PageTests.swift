import Pictures
import TestSupport
import Testing

@Suite struct PageTests {
  @Test(arguments: CanvasTests.hostile)
  func pageIsWellFormedAndNeedsNothingElse(words: String) throws {
    var page = Page(title: words)
    page.heading(words)
    page.paragraph(words)
    page.lines([words, words])
    page.table([.init(words), .init("bytes", isNumber: true)], [[words, "1"], ["x", words]])
    var canvas = Canvas(width: 300, height: 200, title: words)
    canvas.text(words, 0, 20)
    page.picture(canvas)
    page.picture(canvas)
    let html = page.html
    let doctype = "<!DOCTYPE html>\n"
    try #require(html.hasPrefix(doctype))
    let elements = try XMLScanner(String(html.dropFirst(doctype.count))).elements
    #expect(elements.count { $0.name == "svg" } == 2 && elements.count { $0.name == "style" } == 1)
    #expect(elements.count { $0.name == "td" } == 4 && elements.count { $0.name == "th" } == 2)
    for element in elements {
      #expect(!["script", "link", "img", "iframe"].contains(element.name))
      for name in ["src", "href", "onload"] { #expect(element.attributes[name] == nil) }
    }
    #expect(!html.contains("http"))
  }
}
