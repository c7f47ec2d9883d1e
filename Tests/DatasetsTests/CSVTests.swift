import Datasets
import TestSupport
import Testing

@Suite struct CSVTests {
  @Test(arguments: [
    "1,2\n3,-4.5e1\n", "1,2\r\n3,-45\r\n", "\u{FEFF}1,2\n3,-45", "\n\n1;2\n\n3;-45\n",
    "1\t2\n3\t-45",
    "a,b\n1,2\n3,-45", "label,0\n1,2\n3,-45", "\"a, b\",c\n 1 , +2.\n03,-4.5E+1",
    "x;y\r\n1;2\r\n3;-45",
  ])
  func spellingsOfATableAreTheSame(text: String) throws {
    let samples = try Samples(CSV(text: Array(text.utf8), name: "table"))
    #expect(values(samples) == [[1, 2], [3, -45]])
  }

  @Test(arguments: [
    ("1,2\n3\n", 2, 2), ("1,2\n3,4,5\n", 2, 3), ("1,2\n\n3,x\n", 3, 2), ("a,b\n1,nan\n", 2, 2),
    ("nan,1\n", 1, 1), ("1,inf\n", 1, 2), ("1,1e39\n", 1, 2), ("1,,2\n", 1, 2), ("1,2,\n", 1, 3),
    ("1,0x10\n", 1, 2), ("1.5x,2\n", 1, 1), ("1 2\n", 1, 1), ("1,5;2,5\n", 1, 1), ("", 1, 1),
    ("a,b\n", 2, 1), ("a,b\nc,d\n", 2, 1), ("1,2\na,b\n", 2, 1), ("1,\"2\"\n", 1, 2),
    ("1,--2\n", 1, 2), ("1,2e\n", 1, 2), ("1,.\n", 1, 2), ("1,\0", 1, 2),
  ])
  func faultIsNamedByLineAndColumn(text: String, line: Int, column: Int) {
    let complaint = complaint { _ = try CSV(text: Array(text.utf8), name: "/x/table") }
    #expect(complaint.hasPrefix("/x/table: line \(line), column \(column): "), "\(complaint)")
  }

  @Test func errorsAreSentences() {
    #expect(
      complaint { _ = try CSV(text: Array("1,2\n3,x\n".utf8), name: "f") }
        == "f: line 2, column 2: expected a finite number, found \"x\"")
    #expect(
      complaint { _ = try CSV(text: Array("1,2\n3\n".utf8), name: "f") }
        == "f: line 2, column 2: expected 2 columns, as in the first row, found 1")
  }

  @Test func noByteStringTraps() {
    var numbers = SeededNumbers(state: 1)
    let alphabet = Array("0123,;\t\r\n.-e x\"".utf8) + [0, 0xFF]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0..<40, using: &numbers)).map { _ in
        alphabet.randomElement(using: &numbers)!
      }
      guard let csv = try? CSV(text: text, name: "table") else { continue }
      #expect(csv.rows >= 1 && csv.values.count == csv.rows * csv.columns, "\(text)")
    }
  }
}
