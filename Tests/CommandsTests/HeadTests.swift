import Files
import TestSupport
import Testing

/// What networks end in, on the command line: `--head`, and values in place of classes.
@Suite struct HeadTests {
  let directory = TemporaryDirectory()

  @Test(arguments: [
    ("last", "float32", "64-24-4"), ("readout", "float32", "input 8x8, dense 24, readout 4"),
    ("joint", "float32", "input 8x8, dense 24 lookahead, output 4"),
    ("readout", "int8", "input 8x8, dense 24 int8, readout 4"),
    ("joint", "int8", "input 8x8, dense 24 int8 lookahead, output 4 int8"),
  ])
  func everyHeadLearnsAndIsTested(head: String, precision: String, network: String) throws {
    try Patterns(noise: 90).write(to: directory)
    let run = try directory.train(
      "--hidden", "24", "--epochs", "8", "--batch", "8", "--head", head, "--precision", precision,
      "--output", directory("model"))
    #expect(run["head"]?.string == head && run["network"]?.string == network)
    let accuracy = try #require(run["test_accuracy"]?.number)
    #expect(accuracy > 0.85, "\(head)")
    let evaluation = try directory.json("evaluate", directory("model"), "--data", directory.path)
    #expect(evaluation["test_accuracy"]?.number == accuracy)
    let predictions = try directory.json(
      "predict", directory("model"), directory("t10k-images-idx3-ubyte"))
    #expect(predictions["predictions"]?.array?.count == 80)
    let profile = try directory.json("profile", directory("model"))
    #expect(profile["parameter_bytes"] == run["parameter_bytes"])
  }

  @Test func aReadoutHasNoLastLayerToKeepOrToExport() throws {
    try Patterns().write(to: directory)
    let words = ["train", "--data", directory.path, "--hidden", "24", "--epochs", "1"]
    let last = try directory.json(words)
    let model = directory("model")
    let readout = try directory.json(words + ["--head", "readout", "--output", model])
    #expect(last["parameter_bytes"]?.integer == (64 * 24 + 24 + 24 * 4 + 4) * 4)
    #expect(readout["parameter_bytes"]?.integer == (64 * 24 + 24) * 4)
    let layers = try exported(model, in: directory)
    #expect(layers.map(\.name) == ["layers.0.weight", "layers.0.bias"])
    let new = directory("new")
    let file = directory("exported.safetensors")
    #expect(try directory.selvedge("import", file, "--like", model, "--output", new).code == 0)
    let found = try directory.json("evaluate", new, "--data", directory.path)
    #expect(found["test_accuracy"] == readout["test_accuracy"])
  }

  /// The head as an option is the head in the network's text, to the bit.
  @Test(arguments: [
    ("readout", "dense 9, dense 7, readout"), ("joint", "dense 9, dense 7 lookahead, output"),
  ])
  func headsAreWhatTheTextSays(head: String, text: String) throws {
    try Patterns().write(to: directory)
    let words = ["train", "--data", directory.path, "--epochs", "2"]
    let one = try directory.json(words + ["--hidden", "9,7", "--head", head])
    let other = try directory.json(words + ["--network", text])
    let plain = try directory.json(words + ["--hidden", "9,7"])
    #expect(one["weights_crc32"] == other["weights_crc32"] && one["head"] == other["head"])
    #expect(one["weights_crc32"] != plain["weights_crc32"])
  }

  /// Also a layer at a time, where the readout itself never learns.
  @Test(arguments: ["simultaneous", "sequential"], ["readout", "joint"])
  func runsGoOnBitForBit(schedule: String, head: String) throws {
    try Patterns(noise: 150).write(to: directory)
    let words = [
      "train", "--data", directory.path, "--hidden", "9,5", "--epochs", "2", "--schedule", schedule,
      "--head", head, "--batch", "13",
    ]
    let whole = try directory.json(words + ["--output", directory("whole")])
    let phases = schedule == "simultaneous" ? 1 : head == "readout" ? 2 : 3
    #expect(whole["epochs"]?.array?.count == 2 * phases)
    #expect(try #require(whole["epochs"]?.array?.last?["loss"]?.number) > 0)
    _ = try directory.json(words + ["--output", directory("part"), "--stop-after", "1"])
    let rest = try directory.train("--resume", directory("part"))
    #expect(rest["weights_crc32"] == whole["weights_crc32"] && rest["head"]?.string == head)
    #expect(try directory.read("part") == directory.read("whole"))
  }

  @Test(arguments: [
    (["--head", "readuot"], "did you mean readout?"),
    (["--head", "joint", "--network", "output"], "layer 0 cannot look ahead"),
    (["--head", "joint", "--network", "conv 3 3x3, global, output"], "layer 1 cannot look ahead"),
    (["--head", "readout", "--network", "output"], "layer 0: a readout stands right behind"),
    (["--head", "readout", "--network", "conv 3 3x3, global, output"], "layer 2: a readout"),
    (["--head", "last", "--network", "dense 5, readout"], "--network ends in a readout"),
    (["--head", "readout", "--regression"], "--head readout is for classes"),
    (["--freeze", "1", "--head", "readout"], "layer 1 has no weights"),
    (["--rule", "frozen", "--head", "readout"], "every layer is frozen"),
    (["--regression", "--network", "dense 5, output"], "--regression is for --hidden"),
    (["--regression", "--classes", "3"], "a regression learns values"),
  ])
  func whatCannotBeIsRefused(options: [String], says: String) throws {
    try Patterns(training: 20, test: 4).write(to: directory)
    if options.contains("--regression") { try writeTables() }
    let words = ["train", "--data", directory.path, "--epochs", "1"]
    try directory.expectFailure(2, words + options, says: [says])
  }

  // MARK: Regression

  /// y = 1000 + 300 a b - 200 c, and 2 (a + b), in columns 4 and 5.
  private func writeTables() throws {
    var numbers = SeededNumbers(state: 11)
    for (role, count) in [("train", 600), ("test", 100)] {
      var text = "a,b,c,y,z\n"
      for _ in 0..<count {
        let x = (0..<3).map { _ in Double.random(in: -1...1, using: &numbers) }
        text += x.map { "\($0)," }.joined()
        text += "\(1000 + 300 * x[0] * x[1] - 200 * x[2]),\(2 * (x[0] + x[1]))\n"
      }
      try directory.write(Array(text.utf8), "\(role).csv")
    }
  }

  @Test(arguments: ["float32", "float16", "int8"])
  func valuesAreLearnedAndPredictedInTheirUnits(precision: String) throws {
    try writeTables()
    let model = directory("model")
    let run = try directory.train(
      "--network", "dense 64, regression 2", "--epochs", "40", "--batch", "8", "--precision",
      precision, "--output", model)
    let rmse = try #require(run["test_rmse"]?.number)
    let baseline = try #require(run["test_baseline_rmse"]?.number)
    let explained = try #require(run["test_r2"]?.number)
    #expect(baseline > 400 && rmse < baseline / 8, "\(rmse) of \(baseline)")
    #expect(explained > 0.8 && run["test_accuracy"] == nil)
    #expect(run["validation_rmse"]?.number != nil)
    let evaluation = try directory.json("evaluate", model, "--data", directory.path)
    for key in ["test_rmse", "test_r2", "test_baseline_rmse"] {
      #expect(evaluation[key] == run[key], "\(key)")
    }
    #expect(evaluation["samples"]?.integer == 100)
    // What predict prints has just that error.
    let table = try CSVRows(directory.read("test.csv"))
    let samples = table.rows.map { $0.prefix(3).map { "\($0)" }.joined(separator: ",") }
    try directory.write(Array(samples.joined(separator: "\n").utf8), "samples.csv")
    let outcome = try directory.selvedge("predict", model, directory("samples.csv"))
    #expect(outcome.code == 0 && outcome.lines.count == 100)
    var squares = 0.0
    for (line, row) in zip(outcome.lines, table.rows) {
      let fields = line.split(separator: "\t").compactMap { Double($0) }
      try #require(fields.count == 3)
      for c in 0..<2 { squares += (fields[1 + c] - row[3 + c]) * (fields[1 + c] - row[3 + c]) }
    }
    #expect(((squares / 200).squareRoot() - rmse).magnitude < 0.01)
    let object = try directory.json("predict", model, directory("samples.csv"))
    #expect(object["predictions"]?.array?.first?["values"]?.array?.count == 2)
  }

  private struct CSVRows {
    let rows: [[Double]]
    init(_ bytes: [UInt8]) {
      rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().map {
        $0.split(separator: ",").map { Double($0)! }
      }
    }
  }

  @Test func textHasErrorsInPlaceOfAccuracy() throws {
    try writeTables()
    let words = [
      "train", "--data", directory.path, "--regression", "--hidden", "8", "--epochs", "2",
      "--output", directory("model"),
    ]
    let outcome = try directory.selvedge(words)
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(outcome.lines[0].contains("validation RMSE ") && outcome.lines[0].contains("  R2 "))
    #expect(outcome.lines[2].hasPrefix("test RMSE      "))
    #expect(outcome.lines[2].contains(", the mean of the training values "))
    #expect(outcome.lines[3].hasPrefix("test R2        "))
    let evaluation = try directory.selvedge(
      "evaluate", directory("model"), "--data", directory.path)
    #expect(evaluation.lines == Array(outcome.lines[2..<4]))
  }

  @Test(arguments: ["last", "joint"], ["simultaneous", "sequential"])
  func regressionsGoOnBitForBit(head: String, schedule: String) throws {
    try writeTables()
    let words = [
      "train", "--data", directory.path, "--regression", "--hidden", "9,7", "--head", head,
      "--schedule", schedule, "--epochs", "2",
    ]
    let whole = try directory.json(words + ["--output", directory("whole")])
    _ = try directory.json(words + ["--output", directory("part"), "--stop-after", "1"])
    let rest = try directory.train("--resume", directory("part"))
    #expect(rest["test_rmse"] == whole["test_rmse"] && rest["test_rmse"]?.number != nil)
    #expect(try directory.read("part") == directory.read("whole"))
    // Other values, the same samples.
    let text = String(decoding: try directory.read("train.csv"), as: UTF8.self)
    let first = text.split(separator: "\n")
    let changed = [first[0], first[1] + "e1"] + first[2...]
    try directory.write(Array(changed.joined(separator: "\n").utf8), "train.csv")
    _ = try directory.json(words + ["--output", directory("part"), "--stop-after", "1"])
    try directory.write(Array(text.utf8), "train.csv")
    try directory.expectFailure(
      1, ["train", "--data", directory.path, "--resume", directory("part")],
      says: ["the data are not those"])
  }

  /// The mean of a sequence of any length, to which a memory and a recurrent layer come in their own ways.
  @Test(arguments: ["oscillators 3 steps 12, dense 16, regression", "gru 12 steps 12, regression"])
  func sequencesHaveValuesToLearn(network: String) throws {
    var numbers = SeededNumbers(state: 12)
    for (role, count) in [("TRAIN", 300), ("TEST", 60)] {
      var text = "@targetLabel true\n@data\n"
      for _ in 0..<count {
        let steps = (0..<Int.random(in: 6...12, using: &numbers)).map { _ in
          Double.random(in: 0...2, using: &numbers)
        }
        let mean = steps.reduce(0, +) / Double(steps.count)
        text += steps.map { "\($0)" }.joined(separator: ",") + ":\(50 * mean)\n"
      }
      try directory.write(Array(text.utf8), "Made_\(role).ts")
    }
    let run = try directory.train(
      "--network", network, "--epochs", "30", "--batch", "10", "--output", directory("model"))
    let rmse = try #require(run["test_rmse"]?.number)
    let baseline = try #require(run["test_baseline_rmse"]?.number)
    #expect(baseline > 5 && rmse < baseline * 0.6, "\(rmse) of \(baseline)")
    let evaluation = try directory.json("evaluate", directory("model"), "--data", directory.path)
    #expect(evaluation["test_rmse"] == run["test_rmse"])
  }

  @Test func classesAndValuesAreNotTakenForEachOther() throws {
    try writeTables()
    let line = ["train", "--data", directory.path, "--epochs", "1", "--hidden", "4"]
    try directory.expectFailure(
      1, line, says: ["train.csv", "line 2, column 5", "a class", "--regression"])
    let images = TemporaryDirectory()
    try Patterns(training: 20, test: 4).write(to: images)
    try images.expectFailure(
      1, ["train", "--data", images.path, "--regression"], says: ["no values to learn"])
    try directory.expectFailure(
      1, line.dropLast(2) + ["--network", "dense 4, regression 5"],
      says: ["train.csv", "5 to learn in the last columns"])
  }
}
