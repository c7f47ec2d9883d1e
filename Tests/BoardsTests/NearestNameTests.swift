import TestSupport
import Testing

@testable import Boards

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3),
    ("ab", "ba", 2), ("flaw", "lawn", 2),
  ])
  func distanceIsLevenshteins(a: String, b: String, distance: Int) {
    #expect(editDistance(a, b) == distance && editDistance(b, a) == distance)
  }

  /// Against the recursion that defines it.
  @Test func distanceIsTheRecursions() {
    func defined(_ a: ArraySlice<Character>, _ b: ArraySlice<Character>) -> Int {
      guard let x = a.last, let y = b.last else { return a.count + b.count }
      let (shorterA, shorterB) = (a.dropLast(), b.dropLast())
      return min(
        defined(shorterA, b) + 1, defined(a, shorterB) + 1,
        defined(shorterA, shorterB) + (x == y ? 0 : 1))
    }
    var numbers = SeededNumbers(state: 1)
    for _ in 0..<100 {
      let words = (0..<2).map { _ in
        String((0..<Int(numbers.next() % 6)).map { _ in "abc".randomElement(using: &numbers)! })
      }
      let (a, b) = (Array(words[0]), Array(words[1]))
      #expect(editDistance(words[0], words[1]) == defined(a[...], b[...]), "\(words)")
    }
  }

  @Test func nearIsNearAndFarIsNothing() {
    let names = ["float32", "float16", "int8"]
    #expect(nearestName(to: "flaot16", among: names) == "float16")
    #expect(nearestName(to: "Int8", among: names) == "int8")
    #expect(nearestName(to: "double", among: names) == nil)
    #expect(nearestName(to: "float", among: []) == nil)
    // Of equally near ones the first.
    #expect(nearestName(to: "float", among: names) == "float32")
  }
}
