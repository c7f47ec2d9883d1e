import Files
import TestSupport
import Testing

@Suite struct StepTests {
  let directory = TemporaryDirectory()

  @Test(arguments: ["float32", "int8"])
  func clippedStepsLearnAtTheAutomaticRate(precision: String) throws {
    try Patterns(noise: 60).write(to: directory)
    let words = [
      "train", "--data", directory.path, "--hidden", "20", "--step", "clipped", "--precision",
      precision, "--epochs", "20",
    ]
    let run = try directory.json(words)
    let accuracy = try #require(run["test_accuracy"]?.number)
    #expect(accuracy > 0.9)
    let again = try directory.json(words + ["--rate", "auto", "--output-rate", "auto"])
    let plain = try directory.json(words.map { $0 == "clipped" ? "plain" : $0 })
    let checksum = try #require(run["weights_crc32"])
    #expect(again["weights_crc32"] == checksum && plain["weights_crc32"] != checksum)
  }

  @Test func clippedStepsAreNotForTraces() throws {
    try Patterns().write(to: directory)
    try directory.expectFailure(
      2,
      [
        "train", "--data", directory.path, "--network", "gru 2 trace, output", "--step", "clipped",
      ], says: ["layer 0", "clipped", "--step plain"])
    try directory.expectFailure(
      2, ["train", "--data", directory.path, "--step", "cliped"], says: ["clipped?"])
    try directory.expectFailure(
      2, ["train", "--data", directory.path, "--rate", "automatic"], says: ["--rate"])
  }

  @Test func moreUpdatesPerLabelLearnMoreOfFewSamples() throws {
    try Patterns(noise: 60).write(to: directory)
    let words = [
      "train", "--data", directory.path, "--hidden", "20", "--epochs", "1", "--batch", "1",
      "--samples", "60", "--rate", "0.002", "--updates-per-label",
    ]
    let runs = try ["1", "5"].map { try directory.json(words + [$0]) }
    let accuracies = try runs.map { try #require($0["test_accuracy"]?.number) }
    #expect(accuracies[1] > accuracies[0], "\(accuracies)")
    #expect(runs.map { $0["steps"]?.integer } == [54, 54])
    #expect(runs[1]["updates_per_label"]?.integer == 5)
    for number in ["0", "256", "few"] {
      try directory.expectFailure(2, words + [number], says: ["--updates-per-label"])
    }
  }

  @Test func normalisedStepsAreForOneSampleAtATime() throws {
    try Patterns(noise: 60).write(to: directory)
    let words = [
      "train", "--data", directory.path, "--step", "normalised", "--epochs", "2", "--network",
    ]
    let run = try directory.json(words + ["dense 20, output", "--batch", "1"])
    #expect(try #require(run["test_accuracy"]?.number) > 0.9)
    for (network, batch) in [("dense 20, output", "2"), ("conv 2 2x2, output", "1")] {
      try directory.expectFailure(
        2, words + [network, "--batch", batch], says: ["layer 0", "normalised", "--batch 1"])
    }
  }

  @Test func profileSaysWhatClippedStepsTake() throws {
    let plain = try directory.json("profile", "784-128-10", "--batch", "8")
    let clipped = try directory.json(
      "profile", "784-128-10", "--batch", "8", "--step", "clipped")
    let sums = try [plain, clipped].map { try #require($0["arena"]?["total"]?.integer) }
    // Of four rows of the first layer, which is the fullest step, the gradient, that of the biases and the deltas of
    // eight samples; and 16 bytes a layer.
    #expect(sums[1] - sums[0] == 4 * (784 + 1 + 8) * 4 + 32)
  }

  @Test func onlyPlainStepsAreEstimated() throws {
    let words = ["profile", "784-128-10", "--board", "raspberry-pi-4"]
    let plain = try directory.selvedge(words)
    let clipped = try directory.selvedge(words + ["--step", "clipped"])
    #expect(plain.output.contains("a training step, 1 sample"))
    #expect(!clipped.output.contains("a training step, 1 sample"))
    #expect(clipped.output.contains("clipped steps have not been counted"))
  }
}
