import CStandardLibrary
import Files
import TestSupport
import Testing

/// Whatever is wrong with a file: exit code 1, one line that names it, and nothing else is touched.
@Suite struct FaultTests {
  let directory = TemporaryDirectory()

  func model() throws -> [UInt8] {
    try Patterns(side: 2, classes: 2, training: 20, test: 6).write(to: directory)
    _ = try directory.train("--hidden", "2", "--epochs", "1", "--output", directory("model"))
    return try directory.read("model")
  }

  // MARK: Models

  @Test func damagedModelsAreNamed() throws {
    let bytes = try model()
    var numbers = SeededNumbers(state: 11)
    let path = directory("damaged")
    func refuse(_ damaged: [UInt8], _ words: String...) throws {
      try directory.write(damaged, "damaged")
      try directory.expectFailure(
        1, ["evaluate", path, "--data", directory.path], says: [path] + words)
    }
    for _ in 0..<20 {
      var damaged = bytes
      let bit = Int.random(in: 0..<8 * bytes.count, using: &numbers)
      damaged[bit / 8] ^= 1 << (bit % 8)
      try refuse(damaged, "at byte ")
    }
    for count in [0, 1, 7, 8, 31, 100, bytes.count - 1] {
      try refuse(Array(bytes[..<count]), "at byte ")
    }
    try refuse(bytes + [0], "at byte ")
    try refuse(
      Array("PK\u{3}\u{4} some other file, long enough for a header".utf8), "not a Selvedge")
    try refuse([UInt8](repeating: 0, count: 4096), "not a Selvedge")
    #expect(try directory.read("damaged").count == 4096)
  }

  @Test func everyCommandRefusesEveryKindOfModel() throws {
    let bytes = try model()
    let cut = try directory.write(Array(bytes.dropLast(5)), "cut")
    let empty = try directory.write([], "empty")
    let images = directory("t10k-images-idx3-ubyte")
    let old = try directory.write(Array("precious".utf8), "old")
    for file in [cut, empty, directory.path, directory("absent"), images] {
      for line in [
        ["evaluate", file, "--data", directory.path], ["predict", file, images],
        ["export", file, old], ["import", images, "--like", file, "--output", old],
        ["profile", file, "--svg", old],
        ["train", "--data", directory.path, "--resume", file, "--output", old],
      ] {
        try directory.expectFailure(1, line, says: [file])
        #expect(try directory.read("old") == Array("precious".utf8), "\(line)")
      }
    }
  }

  @Test func otherTestSetIsRefused() throws {
    _ = try model()
    let line = ["evaluate", directory("model"), "--data", directory.path]
    try directory.write(idx(8, [2, 3], [1, 2, 3, 4, 5, 6]), "t10k-images-idx3-ubyte")
    try directory.write(idx(8, [2], [0, 1]), "t10k-labels-idx1-ubyte")
    try directory.expectFailure(1, line, says: [directory.path, "3 values", "reads 4"])
    try directory.write(idx(8, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), "t10k-images-idx3-ubyte")
    try directory.write(idx(8, [2], [0, 2]), "t10k-labels-idx1-ubyte")
    try directory.expectFailure(1, line, says: ["t10k-labels", "label 2 at index 1", "byte 9"])
  }

  // MARK: Outputs

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func fileInAReadOnlyDirectoryIsFoundBeforeTheWork() throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    let old = try directory.write([1], "old")
    chmod(directory.path, 0o555)
    defer { chmod(directory.path, 0o755) }
    // The streams of the program go elsewhere.
    let outcome = try TemporaryDirectory().selvedge(
      "train", "--data", directory.path, "--hidden", "4", "--epochs", "1", "--output", old)
    #expect(outcome.code == 1 && outcome.bytes.isEmpty)
    #expect(outcome.errors.contains("cannot create a file in \(directory.path)"))
  }

  @Test func dataAreNotReplacedByTheModel() throws {
    try Patterns().write(to: directory)
    let images = "train-images-idx3-ubyte"
    let before = try directory.read(images)
    let outcome = try directory.selvedge(
      "train", "--data", directory.path, "--epochs", "1", "--hidden", "8", "--output",
      directory(images))
    #expect(outcome.code == 2 && outcome.errors.contains("one of the files of --data"))
    #expect(try directory.read(images) == before)
  }

  @Test func moreSamplesThanThereAreAreRefused() throws {
    try Patterns().write(to: directory)
    let outcome = try directory.selvedge(
      "train", "--data", directory.path, "--epochs", "1", "--hidden", "8", "--samples", "99999")
    #expect(outcome.code == 1 && outcome.errors.contains("there are only 200"))
  }

  @Test func bytesOfAFileDoNotReachTheTerminal() throws {
    try Patterns().write(to: directory)
    _ = try directory.train("--hidden", "8", "--epochs", "1", "--output", directory("model"))
    try directory.write(Array("1,2\n\u{1B}[31mR\u{7},\u{2028}x\n".utf8), "bad.csv")
    let outcome = try directory.selvedge("predict", directory("model"), directory("bad.csv"))
    #expect(outcome.code == 1 && outcome.errors.contains("\u{FFFD}"))
    #expect(!outcome.errors.contains("\u{1B}") && !outcome.errors.contains("\u{2028}"))
  }

  @Test func unwritableOutputIsFoundBeforeTheWork() throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    let words = ["train", "--data", directory.path, "--hidden", "4", "--epochs", "1", "--output"]
    symlink("nowhere", directory("link"))
    for (path, word) in [
      (directory("absent/model"), directory("absent")), (directory.path, "is a directory"),
      ("", "No such file"), (directory("link"), "follow the link"),
      (directory(String(repeating: "x", count: 256)), "name too long"),
      ("/proc/version", "cannot create a file in /proc"),
    ] where !path.hasPrefix("/proc") || access(path, F_OK) == 0 {
      let outcome = try directory.selvedge(words + [path])
      #expect(outcome.code == 1 && outcome.bytes.isEmpty, "\(path) after an epoch of work")
      #expect(outcome.errors.contains(word))
    }
    try directory.expectFailure(1, words + ["/dev/full"], says: ["/dev/full", "No space"])
    #expect(!directory.names.contains { $0.hasPrefix(".selvedge") })
  }

  @Test func fullStandardOutputIsAnError() throws {
    _ = try model()
    for line in [
      ["evaluate", directory("model"), "--data", directory.path, "--json"], ["--help"],
      ["profile", "8-4-2"], ["feed", "--data", directory.path],
      ["predict", directory("model"), directory("t10k-images-idx3-ubyte")],
    ] {
      let outcome = try directory.selvedge(line, output: "/dev/full")
      #expect(outcome.code == 1 && outcome.errors.contains("cannot write the result"), "\(line)")
    }
  }

  @Test func rollingBackFindsRatesThatTrain() throws {
    try Patterns().write(to: directory)
    let line = [
      "train", "--data", directory.path, "--hidden", "8", "--activation", "linear", "--rate",
      "1e20",
      "--output-rate", "1e20", "--batch", "8", "--epochs", "4", "--output", directory("model"),
    ]
    try directory.expectFailure(
      1, line + ["--roll-back", "1"], says: ["training diverged", "--roll-back"])
    #expect(!directory.names.contains("model"))
    let outcome = try directory.selvedge(line + ["--roll-back", "100", "--json"])
    #expect(outcome.code == 0 && outcome.errors.contains("back to step 0 with half the rates"))
    let result = try JSON(parsing: outcome.output)
    guard case .number(let rollBacks)? = result["roll_backs"],
      case .number(let rate)? = result["rate"]
    else {
      Issue.record("\(result)")
      return
    }
    let halves = (0..<Int(rollBacks)).reduce(Float(1e20)) { rate, _ in rate / 2 }
    #expect(rollBacks > 1 && Float(rate) == halves)
    #expect(
      try exported(directory("model"), in: directory).allSatisfy {
        $0.values.allSatisfy(\.isFinite)
      })
    try directory.expectFailure(2, line + ["--roll-back", "-1"], says: ["--roll-back"])
  }

  @Test(arguments: ["simultaneous", "sequential"])
  func divergenceLeavesTheModel(schedule: String) throws {
    try Patterns().write(to: directory)
    let old = try directory.write(Array("precious".utf8), "model")
    // A single step: its loss is still that of the initial weights.
    for rate in ["1e30", "3e38"] {
      let activation = rate == "1e30" ? "linear" : "relu"
      let batch = rate == "1e30" ? "8" : "200"
      try directory.expectFailure(
        1,
        [
          "train", "--data", directory.path, "--hidden", "8,8", "--rate", rate, "--output-rate",
          rate, "--activation", activation, "--batch", batch, "--validation", "0", "--epochs", "1",
          "--schedule", schedule, "--output", old,
        ], says: ["training diverged", "--rate"])
      let left = try directory.read("model")
      // A sequential run may have saved its first layer, whose numbers are then sound.
      #expect(left == Array("precious".utf8) || schedule == "sequential")
      if left != Array("precious".utf8) {
        let values = try exported(old, in: directory).flatMap(\.values)
        #expect(values.allSatisfy { $0.isFinite })
      }
      try directory.write(Array("precious".utf8), "model")
    }
  }
}
