import Files
import TestSupport
import Testing

@Suite struct FitTests {
  let directory = TemporaryDirectory()

  /// Whatever is listed trains in just its bytes, and in no byte less.
  @Test(arguments: [
    ["64-40-4", "--budget", "6K"],
    ["input 8x8, conv 8 3x3, pool 2, dense 24, output 4", "--budget", "9K"],
  ])
  func whatIsListedTrains(words: [String]) throws {
    try Patterns(training: 70, test: 8).write(to: directory)
    let found = try directory.json(["fit"] + words + ["--rows", "5"])
    let budget = try #require(found["budget"]?.integer)
    let choices = try #require(found["choices"]?.array)
    #expect(choices.count == 5)
    for choice in choices {
      let bytes = try #require(choice["bytes"]?.integer)
      #expect(bytes <= budget && bytes > 0)
      let options = try #require(choice["train"]?.array).compactMap(\.string)
      let run = try directory.json(
        ["train", "--data", directory.path, "--epochs", "1", "--no-test"] + options)
      #expect(run["arena"]?["total"]?.integer == bytes, "\(options)")
      let place = try #require(options.firstIndex(of: "--arena"))
      var less = options
      less[place + 1] = "\(bytes - 1)"
      try directory.expectFailure(
        1, ["train", "--data", directory.path, "--epochs", "1", "--no-test"] + less,
        says: ["1 missing"])
    }
  }

  @Test func wordsNarrowTheChoice() throws {
    let line = ["fit", "64-40-4", "--budget", "6K", "--rows", "100"]
    let all = try #require(try directory.json(line)["choices"]?.array)
    #expect(Set(all.compactMap { $0["precision"]?.string }) == ["float32", "float16", "int8"])
    #expect(all.contains { $0["frozen"]?.array?.isEmpty == false })
    let found = try directory.json(line + ["--precision", "float16", "--batch", "3"])
    let some = try #require(found["choices"]?.array)
    #expect(!some.isEmpty && found["found"]?.integer == some.count)
    #expect(some.allSatisfy { $0["precision"] == "float16" && $0["batch"]?.integer == 3 })
    let table = try directory.selvedge(line)
    #expect(table.code == 0 && table.lines.count == all.count + 4)
    #expect(table.lines.last?.hasPrefix("  selvedge train --data DIR --network 'dense") == true)
  }

  /// The first few are in the order of what they learned, as `train` says it.
  @Test func shortRunsRankTheFirst() throws {
    try Patterns(training: 200, test: 40).write(to: directory)
    let line = [
      "fit", "64-16-4", "--budget", "4K", "--data", directory.path, "--top", "3", "--seed", "2",
      "--samples", "150", "--epochs", "3",
    ]
    let found = try directory.json(line)
    let choices = try #require(found["choices"]?.array)
    let trained = choices.prefix(3)
    #expect(trained.allSatisfy { $0["samples"]?.integer == 135 && $0["epochs"]?.integer == 3 })
    let accuracies = try trained.map { try #require($0["validation"]?.number) }
    #expect(accuracies == accuracies.sorted(by: >))
    #expect(choices.dropFirst(3).allSatisfy { $0["test"] == nil })
    let options = try #require(choices[0]["train"]?.array).compactMap(\.string)
    let run = try directory.json(
      ["train", "--data", directory.path, "--samples", "150", "--epochs", "3", "--seed", "2"]
        + options)
    #expect(run["test_accuracy"] == choices[0]["test"] && run["test_accuracy"] != nil)
    #expect(try directory.json(line) == found)
  }

  @Test func faultsAreNamed() throws {
    try directory.expectFailure(2, ["fit", "64-16-4"], says: ["--budget or --board"])
    try directory.expectFailure(2, ["fit", "lenet5", "--budget", "1M"], says: ["mean lenet?"])
    try directory.expectFailure(
      2, ["fit", "64-16-4", "--budget", "100"],
      says: ["nothing of this network fits into the budget of 100 bytes; the least"])
    try directory.expectFailure(2, ["fit", "64-0-4", "--budget", "1K"], says: ["has 0 units"])
    try directory.expectFailure(
      2, ["fit", "64-16-4", "--budget", "4K", "--top", "2"], says: ["--top is for --data"])
    try directory.expectFailure(
      1, ["fit", "64-16-4", "--budget", "4K", "--data", directory("none")],
      says: [directory("none")])
    try directory.expectFailure(
      2, ["fit", "64-16-4", "--board", "teensy"], says: ["no board 'teensy'"])
  }
}
