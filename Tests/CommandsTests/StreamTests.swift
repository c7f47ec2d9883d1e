import Files
import TestSupport
import Testing

@Suite struct StreamTests {
  let directory = TemporaryDirectory()

  private func stream(_ words: String..., network: String = "64-12-4") throws -> JSON {
    let outcome = try directory.selvedge(
      ["stream", network, "--data", directory.path, "--json"] + words)
    try #require(outcome.code == 0 && outcome.errors.isEmpty, "\(words): \(outcome.errors)")
    return try JSON(parsing: outcome.bytes)
  }

  /// Classes so much alike that a stream of one of them makes the others forgotten.
  static let noisy = Patterns(training: 400, noise: 200)

  @Test func rehearsalKeepsWhatTheStreamNoLongerShows() throws {
    try Self.noisy.write(to: directory)
    let disjoint = [
      "--order", "disjoint", "--tasks", "4", "--rate", "0.1", "--output-rate", "0.1",
    ]
    /// The means of three seeds.
    func run(_ words: [String]) throws -> (accuracy: Double, forgetting: Double) {
      var (accuracy, forgetting) = (0.0, 0.0)
      for seed in 1...3 {
        let outcome = try directory.selvedge(
          ["stream", "64-12-4", "--data", directory.path, "--json", "--seed", "\(seed)"]
            + disjoint + words)
        let json = try JSON(parsing: outcome.bytes)
        accuracy += try #require(json["final_accuracy"]?.number) / 3
        forgetting += try #require(json["mean_forgetting"]?.number) / 3
      }
      return (accuracy, forgetting)
    }
    let without = try run([])
    let with = try run(["--replay", "60", "--balanced", "--mask"])
    #expect(with.accuracy > without.accuracy + 0.02, "\(with) \(without)")
    #expect(with.forgetting < without.forgetting - 0.02, "\(with) \(without)")
  }

  @Test func gaussianHeadIsTheSameInEveryOrder() throws {
    try Self.noisy.write(to: directory)
    let runs = try ["iid", "disjoint", "blurry"].map {
      try stream("--order", $0, "--head", "gaussian")
    }
    #expect(Set(runs.map { $0["weights_crc32"]?.string }).count == 1)
    #expect(Set(runs.map { $0["final_accuracy"]?.number }).count == 1)
    #expect(try #require(runs[0]["final_accuracy"]?.number) > 0.6)
    let areas = runs.map { $0["area"]?.number }
    #expect(areas[0] != areas[1], "the orders differ, or nothing was shown by this")
    let other = try stream("--head", "gaussian", "--samples", "199")
    #expect(other["weights_crc32"] != runs[0]["weights_crc32"])
  }

  @Test func bytesAreThoseOfNetworkBufferAndHead() throws {
    try Patterns().write(to: directory)
    let plain = try stream()
    #expect(plain["buffer_bytes"]?.integer == 0 && plain["head_bytes"]?.integer == 0)
    #expect(plain["arena_bytes"] == plain["network_bytes"])
    let replay = try stream("--replay", "32")
    #expect(replay["buffer_bytes"]?.integer == 32 * 64 + 32)
    let head = try stream("--head", "gaussian")
    #expect(try #require(head["head_bytes"]?.integer) > 0)
    for run in [replay, head] {
      let parts = ["network_bytes", "buffer_bytes", "head_bytes"].compactMap { run[$0]?.integer }
      #expect(run["arena_bytes"]?.integer == parts.reduce(0, +))
    }
  }

  @Test func sameSeedGivesTheSameBytesAndAnotherOthers() throws {
    try Patterns().write(to: directory)
    let first = try stream("--order", "blurry", "--replay", "9", "--seed", "3")
    #expect(first == (try stream("--order", "blurry", "--replay", "9", "--seed", "3")))
    let other = try stream("--order", "blurry", "--replay", "9", "--seed", "4")
    #expect(first["weights_crc32"] != other["weights_crc32"])
    let checkpoints = try #require(first["checkpoints"]?.array)
    #expect(checkpoints.compactMap { $0["samples"]?.integer } == (1...10).map { $0 * 20 })
  }

  @Test func pictureAndTextTellTheSame() throws {
    try Patterns().write(to: directory)
    let outcome = try directory.selvedge([
      "stream", "64-12-4", "--data", directory.path, "--replay", "8", "--plot",
      directory("curve.svg"),
    ])
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.contains("final accuracy") && outcome.output.contains("forgotten"))
    let picture = String(decoding: try File.read(directory("curve.svg")), as: UTF8.self)
    #expect(picture.hasPrefix("<svg") && picture.contains("classes seen so far"))
  }

  @Test func wrongCommandLinesAreRefused() throws {
    try Patterns().write(to: directory)
    let refused: [([String], Int32, String)] = [
      (["64-12-4"], 2, "--data is missing"),
      (["64-12-4", "--data", directory.path, "--order", "blury"], 2, "did you mean blurry?"),
      (["64-12-4", "--data", directory.path, "--mask"], 2, "--mask is for --replay"),
      (["64-12-4", "--data", directory.path, "--rehearse", "2"], 2, "--rehearse is for --replay"),
      (
        ["64-12-4", "--data", directory.path, "--head", "gaussian", "--replay", "9"], 2,
        "--replay is for --head softmax"
      ),
      (["64-12-3", "--data", directory.path], 1, "label"),
      (["65-12-4", "--data", directory.path], 1, "64 values; the network reads 65"),
      (["input 64, dense 4, regression 2", "--data", directory.path], 2, "is for classes"),
      (["gru", "--data", directory.path], 2, "reads sequences"),
    ]
    for (words, code, sentence) in refused {
      let outcome = try directory.selvedge(["stream"] + words)
      #expect(outcome.code == code, "\(words)")
      #expect(outcome.errors.contains(sentence), "\(words): \(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }
}
