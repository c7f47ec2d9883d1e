import Files
import TestSupport
import Testing

@Suite struct InferenceTests {
  let directory = TemporaryDirectory()

  /// Data that leave mistakes to be made, and a model of them.
  func trained(batch: Int) throws -> (test: Patterns.Set, run: JSON) {
    let data = try Patterns(noise: 230).write(to: directory)
    let run = try directory.train(
      "--hidden", "12", "--epochs", "2", "--batch", "\(batch)", "--output", directory("model"))
    return (data.test, run)
  }

  func predicted(_ file: String) throws -> [Int] {
    let outcome = try directory.selvedge("predict", directory("model"), file)
    #expect(outcome.code == 0)
    return try outcome.lines.enumerated().map { index, line in
      let fields = line.split(separator: "\t")
      try #require(fields.count == 3 && fields[0] == "\(index)", "\(line)")
      let probability = try #require(Double(fields[2]))
      #expect(probability >= 0.25 && probability <= 1)
      return try #require(Int(fields[1]))
    }
  }

  /// Batches of training, of evaluation and of prediction differ; the numbers may not.
  @Test(arguments: [1, 7, 100]) func evaluatePrintsWhatTrainPrinted(batch: Int) throws {
    let (test, run) = try trained(batch: batch)
    let evaluation = try directory.json("evaluate", directory("model"), "--data", directory.path)
    let accuracy = try #require(run["test_accuracy"]?.number)
    #expect(evaluation["test_accuracy"]?.number == accuracy)
    #expect(accuracy > 0.3 && accuracy < 1, "no mistakes, no confusion")
    #expect(evaluation["samples"]?.integer == 80)
    let correct = try #require(evaluation["correct"]?.integer)
    #expect(Double(correct) / 80 == accuracy)
    let confusion = try #require(evaluation["confusion"]?.array).map {
      try #require($0.array).map { try #require($0.integer) }
    }
    #expect(confusion.count == 4 && confusion.allSatisfy { $0.count == 4 })
    for label in 0..<4 {
      let count = test.labels.count { $0 == label }
      #expect(confusion[label].reduce(0, +) == count)
      let recall = Double(confusion[label][label]) / Double(count)
      #expect(evaluation["recall"]?.array?[label].number == recall)
    }
    #expect((0..<4).reduce(0) { $0 + confusion[$1][$1] } == correct)

    let classes = try predicted(directory("t10k-images-idx3-ubyte"))
    var found = [[Int]](repeating: [0, 0, 0, 0], count: 4)
    for (label, taken) in zip(test.labels, classes) { found[Int(label)][taken] += 1 }
    #expect(found == confusion)
  }

  @Test func textHasAccuracyAndConfusion() throws {
    let (_, run) = try trained(batch: 20)
    let outcome = try directory.selvedge(
      "evaluate", directory("model"), "--data", directory.path)
    #expect(outcome.code == 0 && outcome.errors.isEmpty && outcome.lines.count == 12)
    let correct = Int((try #require(run["test_accuracy"]?.number) * 80).rounded())
    #expect(outcome.lines[0].contains("(\(correct) of 80)"))
    let rows = try outcome.lines[3..<7].map { line in
      try line.split(separator: " ").map { try #require(Int($0)) }
    }
    #expect(rows.map { $0[0] } == [0, 1, 2, 3])
    #expect(rows.reduce(0) { $0 + $1.dropFirst().reduce(0, +) } == 80)
  }

  @Test func everyFormatGivesTheSameClasses() throws {
    let (test, _) = try trained(batch: 20)
    let images = (0..<80).map { Array(test.images[$0 * 64..<($0 + 1) * 64]) }
    let csv = images.map { $0.map { "\($0)" }.joined(separator: ",") }.joined(separator: "\n")
    try directory.write(Array(csv.utf8), "table.csv")
    try directory.write(Array(("a" + String(repeating: ",a", count: 63) + "\n" + csv).utf8), "b")
    let floats = test.images.flatMap { bigEndian(Float($0).bitPattern) }
    try directory.write(idx(0x0D, [80, 64], floats), "floats")
    let classes = try predicted(directory("t10k-images-idx3-ubyte"))
    #expect(Set(classes).count == 4)
    for name in ["table.csv", "b", "floats"] { #expect(try predicted(directory(name)) == classes) }

    let object = try directory.json("predict", directory("model"), directory("table.csv"))
    let rows = try #require(object["predictions"]?.array)
    #expect(rows.map { $0["class"]?.integer } == classes)
    for row in rows {
      let probabilities = try #require(row["probabilities"]?.array).map { $0.number ?? -1 }
      #expect((probabilities.reduce(0, +) - 1).magnitude < 1e-5 && probabilities.count == 4)
      #expect(
        probabilities.allSatisfy { $0 == Double(Float($0).description) }, "digits of no float")
      #expect(probabilities.max() == probabilities[row["class"]?.integer ?? 0])
    }
  }

  @Test func samplesOfAnotherKindAreRefused() throws {
    _ = try trained(batch: 20)
    let table = try directory.write(Array("1,2,3\n4,5,6\n".utf8), "short.csv")
    try directory.expectFailure(
      1, ["predict", directory("model"), table],
      says: [table, "3 values", "reads 64"])
    let nan = try directory.write(Array("1,2\n3,nan\n".utf8), "nan.csv")
    try directory.expectFailure(
      1, ["predict", directory("model"), nan], says: [nan, "line 2, column 2", "nan"])
    let picture = try directory.write(Array("GIF89a".utf8), "picture")
    try directory.expectFailure(
      1, ["predict", directory("model"), picture],
      says: ["\(picture) (not IDX or NPY, read as CSV): line 1"])
    let row = (0..<64).map { $0 == 5 ? "3e38" : "0" }.joined(separator: ",")
    _ = try directory.write(Array(row.utf8), "large.csv")
    #expect(try predicted(directory("large.csv")).count == 1)
  }
}
