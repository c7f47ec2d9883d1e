import Files
import TestSupport
import Testing

@Suite struct SimulateTests {
  let directory = TemporaryDirectory()

  private func words(_ extra: String...) -> [String] {
    ["simulate", "dense 16, output", "--data", directory.path] + extra
  }

  private let board = ["--board", "raspberry-pi-4"]

  @Test func weightsAreThoseOfATrainingRun() throws {
    try Patterns().write(to: directory)
    let options = ["--epochs", "2", "--batch", "8", "--precision", "int8", "--seed", "5"]
    let trained = try directory.json(
      ["train", "--data", directory.path, "--hidden", "16"] + options)
    let simulated = try directory.json(words() + board + options)
    #expect(simulated["weights_crc32"] == trained["weights_crc32"])
    #expect(simulated["test_accuracy"] == trained["test_accuracy"])
    #expect(simulated["arena"]?["total"] == trained["arena"]?["total"])
    #expect(simulated["steps"] == trained["steps"])
    #expect(simulated["stream"] == .null && simulated["emulation"] == .null)
  }

  @Test(arguments: [["clipped", "3"], ["plain", "2"]])
  func stepsAndUpdatesAreThoseOfATrainingRun(rule: [String]) throws {
    try Patterns().write(to: directory)
    let options = [
      "--epochs", "1", "--batch", "8", "--step", rule[0], "--updates-per-label", rule[1],
    ]
    let trained = try directory.json(
      ["train", "--data", directory.path, "--hidden", "16"] + options)
    let simulated = try directory.json(words("--power-loss", "3") + board + options)
    #expect(simulated["weights_crc32"] == trained["weights_crc32"])
    #expect(simulated["arena"]?["total"] == trained["arena"]?["total"])
    let steps = try #require(simulated["steps"]?.number)
    let updates = try #require(Double(rule[1]))
    if rule[0] == "plain" {
      let step = try #require(simulated["estimates"]?["training_step"]?["seconds"]?.number)
      let run = try #require(simulated["estimates"]?["run_seconds"]?.number)
      #expect(abs(run - steps * updates * step) < 1e-9)
    } else {
      #expect(simulated["estimates"] == .null)
      let basis = try #require(simulated["basis"]?.array?.first?.string)
      #expect(basis.contains("clipped steps"))
    }
  }

  @Test func estimatesComeWithTheirBasis() throws {
    try Patterns().write(to: directory)
    let options = ["--epochs", "1", "--batch", "1", "--board", "raspberry-pi-zero-2w"]
    let run = try directory.json(words() + options)
    let step = try #require(run["estimates"]?["training_step"])
    let instructions = try #require(step["instructions"]?.number)
    let seconds = try #require(step["seconds"]?.number)
    // 64-16-4 at about a gigahertz: microseconds.
    #expect((5_000...200_000).contains(instructions))
    #expect((1e-6...1e-3).contains(seconds))
    let steps = try #require(run["steps"]?.number)
    let all = try #require(run["estimates"]?["run_seconds"]?.number)
    #expect(abs(all - steps * seconds) < 1e-9)
    let shown = try directory.selvedge(words() + options)
    #expect(shown.code == 0)
    for sentence in try #require(run["basis"]?.array) {
      #expect(shown.output.contains(try #require(sentence.string)))
    }
    #expect(shown.output.contains("estimates"))
  }

  @Test func streamsCountWhatWasPredictedAndLearned() throws {
    try Patterns().write(to: directory)
    let all = try directory.json(words("--online") + board)
    #expect(all["stream"]?["samples"] == 180 && all["stream"]?["learned"] == 180)
    let late = try directory.json(words("--label-delay", "30") + board)
    #expect(late["stream"]?["samples"] == 180 && late["stream"]?["learned"] == 150)
    let few = try directory.json(words("--label-fraction", "0.25") + board)
    let learned = try #require(few["stream"]?["learned"]?.integer)
    #expect((20...70).contains(learned))
    let sorted = try directory.json(words("--order", "sorted") + board)
    let drifted = try directory.json(words("--drift", "invert") + board)
    let checksums = [all, late, few, sorted, drifted].map { $0["weights_crc32"]?.string }
    #expect(Set(checksums).count == 5)
    // What comes sorted by class is forgotten by what follows; what turns to its negative surprises.
    let accuracy = { (run: JSON, part: String) in run["stream"]?[part]?.number ?? -1 }
    #expect(accuracy(drifted, "second_half_accuracy") < accuracy(all, "second_half_accuracy"))
  }

  @Test func aModelLearnsOn() throws {
    try Patterns().write(to: directory)
    let model = directory("model")
    _ = try directory.train("--hidden", "16", "--epochs", "2", "--output", model)
    let before = try directory.json("evaluate", model, "--data", directory.path)
    let words = ["simulate", model, "--data", directory.path] + board
    let run = try directory.json(words + ["--online", "--drift", "gain:4"])
    #expect(run["stream"]?["accuracy"]?.number ?? 0 > 0.5)
    #expect(before["test_accuracy"] != nil)
    try directory.expectFailure(
      2, words + ["--precision", "int8"], says: ["--precision is what the model says"])
  }

  @Test func powerLossesChangeNothing() throws {
    try Patterns().write(to: directory)
    let run = try directory.json(
      words("--epochs", "3", "--batch", "8", "--power-loss", "5") + board)
    #expect(run["power_losses"]?["count"] == 5)
    #expect(run["power_losses"]?["checkpoints"]?.integer ?? 0 > 5)
  }

  @Test func faultsAreNamed() throws {
    try Patterns().write(to: directory)
    try directory.expectFailure(2, words(), says: ["--board is missing"])
    try directory.expectFailure(
      2, words("--board", "raspbery-pi-4"), says: ["did you mean raspberry-pi-4?"])
    try directory.expectFailure(
      2, words("--drift", "rotat") + board, says: ["not 'rotat'", "did you mean rotate?"])
    try directory.expectFailure(2, words("--drift", "rotate:9") + board, says: ["1 to 5", "'9'"])
    try directory.expectFailure(
      2, words("--online", "--batch", "4") + board, says: ["--batch", "batches of one"])
    try directory.expectFailure(
      2, words("--label-fraction", "0") + board, says: ["--label-fraction"])
    try directory.expectFailure(
      2, words("--online", "--step", "cliped") + board, says: ["did you mean clipped?"])
    try directory.expectFailure(
      2, words("--emulate", "--updates-per-label", "2") + board,
      says: ["leave out --updates-per-label"])
    try directory.expectFailure(2, words("--order", "sort") + board, says: ["sorted, not 'sort'"])
  }

  /// 64 x 2,000 weights of four bytes do not fit 112 KiB; with the missing bytes they would.
  @Test func aBoardThatIsTooSmallSaysHowManyBytesAreMissing() throws {
    try Patterns().write(to: directory)
    let profile = try directory.json("profile", "64-2000-4", "--batch", "1")
    let total = try #require(profile["arena"]?["total"]?.integer)
    let outcome = try directory.selvedge([
      "simulate", "64-2000-4", "--board", "stm32f446", "--data", directory.path, "--online",
    ])
    #expect(outcome.code == 1 && outcome.bytes.isEmpty)
    #expect(outcome.errors.contains("stm32f446 has 114688 bytes"))
    #expect(outcome.errors.contains("\(total - 114_688) are missing"))
  }
}
