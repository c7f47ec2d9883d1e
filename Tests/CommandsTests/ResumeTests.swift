import CStandardLibrary
import Files
import TestSupport
import Testing

@Suite struct ResumeTests {
  let directory = TemporaryDirectory()

  /// Two runs of the same words, one of them stopped after an epoch and resumed.
  @Test(arguments: ["simultaneous", "sequential"], ["readout", "masked", "squared"])
  func resumedRunIsTheUninterruptedOne(schedule: String, rule: String) throws {
    try Patterns(noise: 150).write(to: directory)
    let words = [
      "train", "--data", directory.path, "--hidden", "9,5", "--batch", "13", "--epochs", "3",
      "--schedule", schedule, "--rule", rule, "--seed", "5", "--samples", "190",
      "--precision", ["readout": "int8", "masked": "float16"][rule] ?? "float32",
      "--rounding", rule == "masked" ? "stochastic" : "automatic",
      "--step", rule == "squared" ? "clipped" : "plain",
      "--updates-per-label", rule == "masked" ? "2" : "1",
    ]
    let whole = try directory.json(words + ["--output", directory("whole")])
    let part = try directory.json(
      words + ["--output", directory("part"), "--stop-after", "1"])
    #expect(part["complete"]?.bool == false && part["test_accuracy"] == JSON.null)
    #expect(try directory.read("part") != directory.read("whole"))
    let more = ["train", "--data", directory.path, "--output", directory("part"), "--resume"]
    if schedule == "sequential" {
      let middle = try directory.json(more + [directory("part"), "--stop-after", "5"])
      #expect(middle["epochs"]?.array?.count == 4)
    }
    let rest = try directory.json(more + [directory("part")])
    for key in ["weights_crc32", "test_accuracy", "validation_accuracy", "seed", "arena"] {
      #expect(rest[key] == whole[key] && rest[key] != nil, "\(key)")
    }
    #expect(rest["complete"]?.bool == true)
    #expect(try directory.read("part") == directory.read("whole"))
  }

  @Test(arguments: [
    "gru 5 trace float16, gru 4 int8, output", "elman 6 leak 0.5 int8, output",
    "gru 5, elman 4 leak 0.5 int8, output", "conv 3 3x3 int8, pool 2, depthwise 2x2, output",
  ])
  func resumedRunOfOtherLayersIsTheUninterruptedOne(network: String) throws {
    try Patterns(noise: 150).write(to: directory)
    let words = [
      "train", "--data", directory.path, "--network", network, "--batch", "7", "--epochs", "3",
      "--rounding", "stochastic", "--recurrent-rate", "0.3",
      "--step", network.contains("gru 5,") || network.contains("conv") ? "clipped" : "plain",
    ]
    let whole = try directory.json(words + ["--output", directory("whole")])
    _ = try directory.json(words + ["--output", directory("part"), "--stop-after", "1"])
    let rest = try directory.json(
      ["train", "--data", directory.path, "--resume", directory("part")])
    #expect(rest["weights_crc32"] == whole["weights_crc32"] && rest["weights_crc32"] != nil)
    #expect(try directory.read("part") == directory.read("whole"))
    let evaluation = try directory.json(
      ["evaluate", directory("part"), "--data", directory.path])
    #expect(evaluation["test_accuracy"] == whole["test_accuracy"])
  }

  @Test(arguments: ["simultaneous", "sequential"], [SIGINT, SIGTERM, SIGHUP])
  func interruptionInAnEpochCanBeResumed(schedule: String, signal: Int32) throws {
    try Patterns(training: 150).write(to: directory)
    // The tests may have been started to ignore it, and programs inherit that.
    handle_signal_by_default(signal)
    var (epochs, isInside) = (24, false)
    var words: [String] = []
    // A run may end before the signal comes, or be between two epochs; then a longer one is tried.
    while !isInside && epochs < 10_000 {
      words = [
        "train", "--data", directory.path, "--hidden", "8", "--batch", "1", "--schedule", schedule,
        "--epochs", "\(epochs)", "--output",
      ]
      let program = try Program(words + [directory("part")], in: directory)
      while !program.output.contains("epoch 2/") && !program.hasEnded { usleep(2000) }
      program.send(signal)
      let outcome = try program.outcome()
      isInside = outcome.code == 1 && outcome.errors.contains("stopped at step ")
      if isInside {
        #expect(outcome.errors.contains("--resume \(directory("part"))"))
        let step = outcome.errors.split(separator: " ").lazy.compactMap { Int($0) }.first
        isInside = try #require(step) % 135 != 0
      } else {
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
      epochs *= 2
    }
    try #require(isInside, "never interrupted in the middle of an epoch")
    let rest = try directory.train(
      "--resume", directory("part"), "--output", directory("part"))
    let whole = try directory.json(words + [directory("whole")])
    // Of its first epoch it has seen only the end.
    let losses = try #require(rest["epochs"]?.array).map { $0["loss"] }
    #expect(losses.first == .some(JSON.null))
    if schedule == "simultaneous" {
      #expect(losses.dropFirst().allSatisfy { $0?.number != nil })
    }
    for key in ["weights_crc32", "test_accuracy", "validation_accuracy"] {
      #expect(rest[key] == whole[key] && rest[key] != nil, "\(key)")
    }
    #expect(try directory.read("part") == directory.read("whole"))
  }

  func stopped() throws -> [String] {
    try Patterns().write(to: directory)
    _ = try directory.train(
      "--hidden", "8", "--epochs", "2", "--stop-after", "1", "--output", directory("model"))
    return ["train", "--data", directory.path, "--output", directory("new"), "--resume"]
  }

  @Test func withoutOutputTheResumedFileIsReplaced() throws {
    _ = try stopped()
    let other = try directory.train("--resume", directory("model"), "--output", directory("new"))
    let rest = try directory.train("--resume", directory("model"))
    #expect(rest["model"]?.string == directory("model") && rest["complete"]?.bool == true)
    #expect(rest["weights_crc32"] == other["weights_crc32"])
    #expect(try directory.read("model") == directory.read("new"))
  }

  @Test func optionsOfTheRunAreUsageErrors() throws {
    let resume = try stopped() + [directory("model")]
    for (name, value) in [
      ("hidden", "8"), ("activation", "relu"), ("rule", "masked"), ("schedule", "sequential"),
      ("freeze", "0"), ("epochs", "3"), ("batch", "4"), ("rate", "0.1"), ("output-rate", "1"),
      ("seed", "1"), ("validation", "0"), ("shuffle", "none"), ("samples", "9"), ("classes", "4"),
    ] {
      try directory.expectFailure(
        2, resume + ["--\(name)", value], says: ["--\(name)", "--resume"])
    }
    try directory.expectFailure(2, resume + ["--stop-after", "1"], says: ["--stop-after 1"])
    #expect(!directory.names.contains("new"))
  }

  @Test func otherDataAreRefused() throws {
    let resume = try stopped() + [directory("model")]
    for other in [Patterns(seed: 2), Patterns(training: 150), Patterns(noise: 61)] {
      try other.write(to: directory)
      try directory.expectFailure(1, resume, says: ["not those that the run began with"])
    }
    try Patterns(classes: 5).write(to: directory)
    try directory.expectFailure(1, resume, says: ["label 4", "from 0 to 3"])
    try Patterns(side: 4).write(to: directory)
    try directory.expectFailure(1, resume, says: ["not those that the run began with"])
    #expect(!directory.names.contains("new"))
  }

  @Test func whatCannotGoOnIsRefused() throws {
    let resume = try stopped()
    let rest = try directory.selvedge(resume + [directory("model")])
    #expect(rest.code == 0)
    let complete = try directory.read("new")
    try directory.expectFailure(1, resume + [directory("new")], says: ["complete"])
    #expect(try directory.read("new") == complete)
    _ = try exported(directory("new"), in: directory)
    #expect(
      try directory.selvedge(
        "import", directory("exported.safetensors"), "--like", directory("new"), "--output",
        directory("imported")
      ).code == 0)
    try directory.expectFailure(
      1, resume + [directory("imported")], says: [directory("imported"), "cannot go on"])
    try directory.expectFailure(
      1, resume + [directory("exported.safetensors")], says: ["not a Selvedge model"])
    try directory.expectFailure(1, resume + [directory("absent")], says: [directory("absent")])
  }
}
