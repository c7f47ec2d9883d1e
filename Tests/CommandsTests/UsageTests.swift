import Files
import TestSupport
import Testing

@Suite struct UsageTests {
  let directory = TemporaryDirectory()
  static let commands = [
    "train", "evaluate", "predict", "export", "import", "profile", "fit", "boards", "feed",
    "bench",
  ]

  @Test(arguments: commands) func helpShowsAnExample(command: String) throws {
    let outcome = try directory.selvedge(command, "--help")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.contains("Examples:\n  selvedge \(command) "))
    #expect(outcome.output.contains("Usage: selvedge \(command)"))
    #expect(outcome.output.contains("--help"))
    // Terminals are this wide at least.
    #expect(outcome.lines.allSatisfy { $0.count <= 100 })
    #expect(try directory.selvedge(command, "-h").bytes == outcome.bytes)
    #expect(try directory.selvedge("help", command).bytes == outcome.bytes)
    // Help is help, whatever else is wrong.
    #expect(try directory.selvedge(command, "x", "y", "z", "--help").bytes == outcome.bytes)
  }

  @Test func programExplainsItself() throws {
    for word in ["--help", "-h", "help"] {
      let outcome = try directory.selvedge(word)
      #expect(outcome.code == 0 && outcome.errors.isEmpty)
      for command in Self.commands { #expect(outcome.output.contains("\n  \(command) ")) }
      #expect(outcome.lines.allSatisfy { $0.count <= 100 })
    }
    let version = try directory.selvedge("--version")
    #expect(version.code == 0 && version.lines.count == 1)
    #expect(version.output.hasPrefix("selvedge "))
    try directory.expectFailure(2, [], says: ["a command is missing"])
  }

  @Test(arguments: [
    ("evalute", "'evalute'; did you mean evaluate?"), ("Train", "did you mean train?"),
    ("--versio", "did you mean --version?"), ("", "unknown command ''"),
    ("zzzzzzzzzzzz", "unknown command 'zzzzzzzzzzzz'"),
  ])
  func unknownCommandIsNamed(word: String, says: String) throws {
    try directory.expectFailure(2, [word, "--data", "x"], says: [says])
  }

  @Test(arguments: [
    (["--hiden", "8"], "unknown option '--hiden'; did you mean --hidden?"),
    (["--hiden=8"], "did you mean --hidden?"), (["--s", "8"], "'--s' could be --sequence or "),
    (["-seed", "8"], "unknown option '-seed'; did you mean --seed?"),
    (["-abc"], "unknown option '-abc'"), (["--hidden", "5", "-xyz"], "unknown option '-xyz'"),
    (["--seed"], "--seed needs a value"), (["--json=1"], "--json takes no value"),
    (["--seed", "1", "--seed", "1"], "--seed is given twice"),
    (["--json", "--json"], "--json is given twice"), (["extra"], "unexpected argument 'extra'"),
    (["--", "--seed"], "unexpected argument '--seed'"),
    (["--rule", "reedout"], "not 'reedout'; did you mean readout?"),
    (["--schedule", "now"], "--schedule takes simultaneous, sequential"),
    (["-hidden", "8"], "unknown option '-hidden'; did you mean --hidden?"),
    (["--network", "dence 5, output"], "did you mean dense?"),
    (["--network", "Dense 5, output"], "did you mean dense?"),
    (["--network", "lenet5"], "did you mean lenet?"),
    (["--network", "dense 5 lokahead, output"], "did you mean lookahead?"),
    (["--activation", ""], "--activation takes tanh"), (["--shuffle", "Epoch"], "--shuffle"),
    (["--batch", "0"], "from 1 to 256, not '0'"), (["--batch", "257"], "not '257'"),
    (["--batch", "1.5"], "--batch"), (["--epochs", "0"], "--epochs"),
    (["--epochs", "99999999999999999999"], "--epochs"), (["--hidden", "0"], "--hidden"),
    (["--hidden", "8,,8"], "--hidden"), (["--hidden", ""], "--hidden"),
    (["--hidden", "8, 8"], "--hidden"), (["--hidden", "2000000"], "--hidden"),
    (["--freeze", "2"], "--freeze takes whole numbers from 0 to 1"),
    (["--freeze", "-1"], "--freeze"), (["--freeze", "0,1"], "every layer is frozen"),
    (["--freeze", "1", "--rule", "frozen"], "every layer is frozen"),
    (["--rate", "nan"], "--rate"), (["--rate", "inf"], "--rate"),
    (["--rate", "-1"], "--rate takes a number of at least 0, not '-1'"),
    (["--rate", "fast"], "--rate"), (["--output-rate", "1e999"], "--output-rate"),
    (["--seed", "-1"], "--seed"), (["--seed", "18446744073709551616"], "2^64"),
    (["--validation", "1"], "--validation takes a number from 0 to below 1, not '1'"),
    (["--validation", "-0.1"], "--validation"),
    (["--samples", "0"], "--samples takes a whole number of at least 1, not '0'"),
    (["--classes", "1"], "--classes"),
    (["--stop-after", "0"], "--stop-after"),
  ])
  func trainRefusesWhatItCannotMean(words: [String], says: String) throws {
    try Patterns(side: 2, training: 20, test: 4).write(to: directory)
    let givesLayers = words.contains { $0.hasPrefix("--hid") || $0 == "--network" }
    let hidden = givesLayers ? [] : ["--hidden", "3"]
    try directory.expectFailure(
      2, ["train", "--data", directory.path, "--output", directory("model")] + hidden + words,
      says: [says])
    #expect(!directory.names.contains("model"))
  }

  @Test func requiredWordsAreNamed() throws {
    for command in ["train", "feed"] {
      try directory.expectFailure(2, [command], says: ["--data is missing"])
    }
    try directory.expectFailure(2, ["evaluate", "model"], says: ["--data is missing"])
    try directory.expectFailure(2, ["evaluate"], says: ["MODEL is missing"])
    try directory.expectFailure(2, ["predict", "model"], says: ["FILE is missing"])
    try directory.expectFailure(2, ["export", "a", "b", "c"], says: ["unexpected argument 'c'"])
    try directory.expectFailure(2, ["profile"], says: ["NETWORK is missing"])
    try directory.expectFailure(2, ["feed", "--data", "x", "--count", "0"], says: ["--count"])
  }
}
