import Files
import TestSupport
import Testing

@Suite struct FeedTests {
  let directory = TemporaryDirectory()

  /// What is written for sequences of two channels and different lengths.
  private func writeSequences(training: String = "1,2:3,4:a\n5:6:b\n0.5,7,8:9,10,11:b\n") throws {
    let header = "@classLabel true a b\n@data\n"
    try directory.write(Array((header + training).utf8), "Made_TRAIN.ts")
    try directory.write(Array((header + "1,2:-3,4:b\n").utf8), "Made_TEST.ts")
  }

  private func stream(_ words: String...) throws -> [UInt8] {
    let outcome = try directory.selvedge(["feed", "--data", directory.path] + words)
    try #require(outcome.code == 0 && outcome.errors.isEmpty, "\(words): \(outcome.errors)")
    return outcome.bytes
  }

  private func header(classes: UInt32, values: UInt32, steps: UInt32, bytes: UInt32) -> [UInt8] {
    Array("SELVSTRM".utf8) + [2, classes, values, steps, bytes].flatMap { littleEndian($0) }
  }

  private func floats(_ label: UInt8, _ purpose: UInt8, _ steps: UInt8, _ values: [Float])
    -> [UInt8]
  {
    [label, purpose, steps, 0] + values.flatMap { littleEndian($0.bitPattern) }
  }

  @Test func imagesAreStepsOfBytes() throws {
    let data = try Patterns().write(to: directory).training
    for (words, count) in [([], 200), (["--count", "3"], 3), (["--count", "999"], 200)] {
      let outcome = try directory.selvedge(["feed", "--data", directory.path] + words)
      #expect(outcome.code == 0 && outcome.errors.isEmpty)
      var expected = header(classes: 4, values: 64, steps: 1, bytes: 1)
      for sample in 0..<count {
        expected += [data.labels[sample], 0, 1, 0]
        expected += data.images[sample * 64..<(sample + 1) * 64]
      }
      #expect(outcome.bytes == expected, "\(words)")
    }
    let rows = try stream("--sequence", "rows", "--count", "1")
    #expect(rows.prefix(28) == header(classes: 4, values: 8, steps: 8, bytes: 1)[...])
    #expect(rows.count == 28 + 4 + 64 && Array(rows[28..<32]) == [data.labels[0], 0, 8, 0])
  }

  @Test func sequencesAreStepsOfFloats() throws {
    try writeSequences()
    let training = [
      floats(0, 0, 2, [1, 3, 2, 4]), floats(1, 0, 1, [5, 6]),
      floats(1, 0, 3, [0.5, 9, 7, 10, 8, 11]),
    ]
    let head = header(classes: 2, values: 2, steps: 3, bytes: 4)
    #expect(try stream("--sequence", "rows") == head + training.flatMap { $0 })
    let test = floats(1, 1, 2, [1, -3, 2, 4])
    let twice = training.flatMap { $0 } + training.flatMap { $0 }
    #expect(
      try stream("--sequence", "rows", "--epochs", "2", "--test") == head + twice + test)
    // Other orders of the same samples, by the seed.
    var orders: Set<[UInt8]> = []
    for seed in 0..<8 {
      let bytes = try stream("--sequence", "rows", "--shuffle", "--seed", "\(seed)")
      #expect(bytes.count == 28 + training.reduce(0) { $0 + $1.count })
      #expect(bytes.sorted() == (head + training.flatMap { $0 }).sorted())
      orders.insert(bytes)
    }
    #expect(orders.count > 1)
  }

  @Test func whatNoStepsCanCarryIsRefused() throws {
    try writeSequences()
    let line = ["feed", "--data", directory.path]
    try directory.expectFailure(
      1, line, says: ["sample 0 has 4 values", "steps of 6", "--sequence"])
    try directory.expectFailure(2, line + ["--sequence", "4"], says: ["sample 1 has 2 values"])
    try directory.expectFailure(2, line + ["--epochs", "0"], says: ["--epochs"])
    try directory.expectFailure(2, line + ["--sequence", "columns"], says: ["rows or a number"])
    try directory.write(Array("@classLabel true b a\n@data\n1:2:a\n".utf8), "Made_TEST.ts")
    try directory.expectFailure(
      1, line + ["--sequence", "rows", "--test"], says: ["Made_TEST.ts has the classes b a", "a b"])
  }
}
