import Files
import TestSupport
import Testing

/// `evaluate --stop-at`, on sequences whose first steps say it all.
@Suite struct EarlyStopTests {
  let directory = TemporaryDirectory()

  init() throws {
    var lines = ["@classLabel true low high", "@data"]
    for number in 0..<40 {
      let sign = number % 2 == 0 ? "-" : ""
      let steps = (0..<4 + number % 3).map { "\(sign)\(1 + ($0 + number) % 3)" }
      lines.append(steps.joined(separator: ",") + (number % 2 == 0 ? ":low" : ":high"))
    }
    for name in ["Made_TRAIN.ts", "Made_TEST.ts"] {
      try directory.write(Array((lines.joined(separator: "\n") + "\n").utf8), name)
    }
    _ = try directory.train(
      "--network", "oscillators 1, output", "--batch", "4", "--epochs", "60", "--output",
      directory("model"))
  }

  private func evaluate(_ words: String...) throws -> JSON {
    try directory.json(["evaluate", directory("model"), "--data", directory.path] + words)
  }

  @Test func fewerStepsAreReadWhereLessConfidenceIsAskedFor() throws {
    let whole = try evaluate()
    #expect(whole["test_accuracy"]?.number == 1 && whole["mean_steps"] == .null)
    var read: [Double] = []
    for bound in ["0", "0.6", "0.8", "0.9999999"] {
      let stopped = try evaluate("--stop-at", bound)
      read.append(try #require(stopped["mean_steps"]?.number))
      #expect(stopped["samples"]?.integer == 40)
      // 40 sequences of 4, 5 and 6 steps.
      let length = try #require(stopped["mean_length"]?.number)
      #expect(abs(length - 199.0 / 40) < 1e-9)
    }
    #expect(read[0] == 1 && read == read.sorted() && read[1] < read[3], "\(read)")
    // Read to the end, the classes are those of evaluate without the option.
    let all = try evaluate("--stop-at", "0.9999999")
    #expect(read[3] > 4.9 && all["confusion"] == whole["confusion"])
    let text = try directory.selvedge(
      "evaluate", directory("model"), "--data", directory.path, "--stop-at", "0")
    #expect(text.output.contains("steps read     1.0 of 5.0 in the mean"))
  }

  @Test func boundsAndNetworksThatMakeNoSenseAreRefused() throws {
    let line = ["evaluate", directory("model"), "--data", directory.path, "--stop-at"]
    for bound in ["1", "-0.1", "nan", "sure"] {
      try directory.expectFailure(2, line + [bound], says: ["--stop-at", bound])
    }
    let images = TemporaryDirectory()
    try Patterns(side: 2, training: 20, test: 4).write(to: images)
    _ = try images.train("--hidden", "3", "--epochs", "1", "--output", images("model"))
    try images.expectFailure(
      2, ["evaluate", images("model"), "--data", images.path, "--stop-at", "0.9"],
      says: ["--stop-at: the network does not read sequences"])
  }
}
