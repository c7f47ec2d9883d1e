import Files
import TestSupport
import Testing

@Suite struct TrainingTests {
  let directory = TemporaryDirectory()

  /// Bytes of the parameters of a network with these widths.
  func bytes(_ widths: Int...) -> Int {
    var count = 0
    for (inputs, units) in zip(widths, widths.dropFirst()) { count += inputs * units + units }
    return count * 4
  }

  @Test func textHasALineAnEpochAccuracyAndArena() throws {
    try Patterns().write(to: directory)
    let outcome = try directory.selvedge(
      "train", "--data", directory.path, "--hidden", "16", "--epochs", "3", "--output",
      directory("model"))
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let lines = outcome.lines
    try #require(lines.count == 8)
    for epoch in 1...3 {
      #expect(lines[epoch - 1].hasPrefix("epoch \(epoch)/3  loss "))
      for word in ["validation ", " %", " samples/s"] { #expect(lines[epoch - 1].contains(word)) }
    }
    #expect(lines[3].hasPrefix("test accuracy  ") && lines[3].hasSuffix(" %"))
    #expect(lines[4].hasPrefix("arena          ") && lines[4].contains(" bytes: weights "))
    #expect(lines[5] == "parameters     \(bytes(64, 16, 4)) bytes")
    #expect(lines[6].hasPrefix("weights CRC-32 "))
    #expect(lines[7] == "model          \(directory("model"))")
  }

  @Test func jsonHasEveryNumberOnce() throws {
    try Patterns().write(to: directory)
    let seed = "18446744073709551615"
    let run = try directory.train("--hidden", "16,9", "--epochs", "2", "--seed", seed)
    let accuracy = try #require(run["test_accuracy"]?.number)
    #expect((0...1).contains(accuracy) && Int(exactly: (accuracy * 80).rounded()) != nil)
    let validation = try #require(run["validation_accuracy"]?.number)
    #expect((validation * 20 - (validation * 20).rounded()).magnitude < 1e-9)
    #expect(try #require(run["samples_per_second"]?.number) > 0)
    #expect(run["parameter_bytes"]?.integer == bytes(64, 16, 9, 4))
    let arena = try #require(run["arena"])
    let parts = try ["weights", "activations", "scratch"].map {
      try #require(arena[$0]?.integer)
    }
    #expect(parts.allSatisfy { $0 > 0 } && arena["total"]?.integer == parts.reduce(0, +))
    let checksum = try #require(run["weights_crc32"]?.string)
    #expect(checksum.count == 8 && UInt32(checksum, radix: 16) != nil)
    // A JSON number could not hold it.
    #expect(run["seed"]?.string == seed)
    #expect(run["epochs"]?.array?.count == 2 && run["complete"]?.bool == true)
  }

  @Test func whatIsNotKeptIsSaid() throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    let words = ["train", "--data", directory.path, "--hidden", "4", "--epochs", "1"]
    let outcome = try directory.selvedge(words)
    #expect(outcome.code == 0)
    #expect(outcome.errors == "without --output the model is not kept\n")
  }

  @Test func ratesInJSONAreWhatWasTyped() throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    let run = try directory.train(
      "--hidden", "4", "--epochs", "1", "--rate", "0.05", "--output-rate", "1e-7")
    #expect(run["rate"]?.number == 0.05 && run["output_rate"]?.number == 1e-7)
  }

  @Test func withoutValidationThereIsNull() throws {
    try Patterns().write(to: directory)
    let run = try directory.train(
      "--hidden", "8", "--epochs", "1", "--validation", "0", "--no-test")
    #expect(run["validation_accuracy"] == JSON.null && run["test_accuracy"] == JSON.null)
    #expect(run["seed"]?.integer == 1)
    #expect(run["epochs"]?.array?.first?["validation_accuracy"] == JSON.null)
    #expect(run["steps"]?.integer == 4)
  }

  @Test func nothingLeftToTrainOnIsAnError() throws {
    try Patterns().write(to: directory)
    let words = ["train", "--data", directory.path, "--hidden", "4", "--samples", "4"]
    try directory.expectFailure(
      1, words + ["--validation", "0.9"], says: ["nothing is left to train on", "4 samples"])
  }

  @Test(arguments: ["readout", "masked", "squared", "absolute", "direct", "frozen"])
  func everyRuleLearns(rule: String) throws {
    try Patterns(noise: 90).write(to: directory)
    let run = try directory.train("--hidden", "24", "--epochs", "8", "--batch", "8", "--rule", rule)
    let floor = rule == "frozen" ? 0.6 : 0.85
    #expect(try #require(run["test_accuracy"]?.number) > floor, "\(rule)")
    #expect(run["rule"]?.string == rule)
  }

  /// Labels that say nothing about the pictures: an accuracy from nowhere would show here.
  @Test func nothingIsLearnedFromNothing() throws {
    try Patterns(noise: 0, seed: 5).write(to: directory)
    var numbers = SeededNumbers(state: 2)
    let labels = (0..<80).map { _ in UInt8.random(in: 0..<4, using: &numbers) }
    try directory.write(idx(8, [80], labels), "t10k-labels-idx1-ubyte")
    let run = try directory.train("--hidden", "8", "--epochs", "4", "--batch", "8")
    #expect(try #require(run["test_accuracy"]?.number) < 0.5)
    #expect(try #require(run["validation_accuracy"]?.number) > 0.9)
  }

  @Test func seedDecidesEveryBit() throws {
    try Patterns().write(to: directory)
    var checksums: [String: Set<String>] = [:]
    for (seed, extra) in [
      ("1", []), ("1", []), ("2", []), ("3", []), ("1", ["--shuffle", "none"]),
      ("1", ["--shuffle", "none"]), ("1", ["--batch", "7"]), ("1", ["--rate", "0.011"]),
    ] {
      let words = ["train", "--data", directory.path, "--hidden", "8", "--epochs", "1"]
      let run = try directory.json(words + ["--seed", seed] + extra)
      let checksum = try #require(run["weights_crc32"]?.string)
      checksums[([seed] + extra).joined(separator: " "), default: []].insert(checksum)
    }
    #expect(checksums.values.allSatisfy { $0.count == 1 })
    #expect(checksums.count == 6 && Set(checksums.values.flatMap { $0 }).count == 6)
  }

  @Test(arguments: [
    ["--activation", "relu"], ["--activation", "sigmoid", "--rate", "0.5"],
    ["--activation", "linear"], ["--hidden", "8,8,8"], ["--batch", "1"], ["--batch", "256"],
    ["--schedule", "sequential"], ["--shuffle", "none"], ["--samples", "77"],
    ["--classes", "9"], ["--precision", "float16"], ["--precision", "int8"],
    ["--precision", "float16", "--rounding", "stochastic"],
  ])
  func everyOptionTrains(options: [String]) throws {
    try Patterns(noise: 20).write(to: directory)
    var words = ["train", "--data", directory.path, "--epochs", "6", "--output-rate", "0.2"]
    if options[0] != "--hidden" { words += ["--hidden", "12"] }
    if options[0] != "--batch" { words += ["--batch", "10"] }
    let run = try directory.json(words + options)
    #expect(try #require(run["test_accuracy"]?.number) > 0.6, "\(options)")
    #expect(run["complete"]?.bool == true)
  }

  @Test func int8ReportsItsScalesAndWhatTheyClip() throws {
    try Patterns(noise: 20).write(to: directory)
    let words = ["train", "--data", directory.path, "--hidden", "12", "--epochs", "2"]
    let run = try directory.json(words + ["--precision", "int8", "--rounding", "nearest"])
    #expect(run["precisions"]?.array?.compactMap(\.string) == ["int8", "int8"])
    #expect(run["rounding"]?.string == "nearest")
    let layers = try #require(run["int8"]?.array)
    #expect(layers.compactMap { $0["layer"]?.integer } == [0, 1])
    for key in ["weight_exponent", "clipped_inputs", "clipped_deltas", "saturated_weights"] {
      #expect(layers.allSatisfy { $0[key]?.integer != nil }, "\(key)")
    }
    // Tanh lies between -1 and 1: 128 steps to one.
    #expect(layers[1]["input_exponent"]?.integer == 7)
    let text = try directory.selvedge(words + ["--precision", "int8"])
    #expect(text.code == 0 && text.output.contains("int8 layer 1"))
    #expect(try directory.json(words)["int8"]?.array?.isEmpty == true)
  }

  @Test func scheduleChangesTheRun() throws {
    try Patterns().write(to: directory)
    let words = ["train", "--data", directory.path, "--hidden", "8,8", "--epochs", "2"]
    let one = try directory.json(words)
    let other = try directory.json(words + ["--schedule", "sequential"])
    #expect(one["weights_crc32"] != other["weights_crc32"])
    // Two hidden layers and the last one, each for all epochs.
    #expect(one["epochs"]?.array?.count == 2 && other["epochs"]?.array?.count == 6)
    #expect(other["epochs"]?.array?.first?["loss"] == JSON.null)
  }

  @Test func frozenLayersKeepTheirWeights() throws {
    try Patterns().write(to: directory)
    func layers(_ epochs: String, _ extra: String...) throws -> [[Float]] {
      let words = ["train", "--data", directory.path, "--hidden", "8,8", "--batch", "9"]
      _ = try directory.json(
        words + ["--epochs", epochs, "--output", directory("model")] + extra)
      return try exported(directory("model"), in: directory).map(\.values)
    }
    for schedule in ["simultaneous", "sequential"] {
      let short = try layers("1", "--freeze", "0", "--schedule", schedule)
      let long = try layers("3", "--freeze", "0", "--schedule", schedule)
      #expect(short[0] == long[0] && short[1] == long[1], "\(schedule)")
      #expect(short[1].allSatisfy { $0 == 0 })
      for changed in 2..<6 { #expect(short[changed] != long[changed], "\(schedule), \(changed)") }
    }
    let last = try layers("1", "--freeze", "2,1")
    #expect(last[3].allSatisfy { $0 == 0 } && last[5].allSatisfy { $0 == 0 })
    #expect(last[1].contains { $0 != 0 })
  }
}
