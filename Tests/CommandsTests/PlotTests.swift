import Files
import TestSupport
import Testing

@Suite struct PlotTests {
  let directory = TemporaryDirectory()

  func picture(_ name: String) throws -> XMLScanner {
    try XMLScanner(String(decoding: try File.read(directory(name)), as: UTF8.self))
  }

  /// Drawing looks at the network more often and must not change it.
  @Test(arguments: ["float32", "int8"])
  func plotShowsTheRunAndChangesNothing(precision: String) throws {
    try Patterns().write(to: directory)
    let words = ["--hidden", "16", "--epochs", "3", "--batch", "8", "--precision", precision]
    let plain = try directory.json(["train", "--data", directory.path] + words)
    let drawn = try directory.json(
      ["train", "--data", directory.path, "--plot", directory("run.svg")] + words)
    #expect(plain["weights_crc32"] == drawn["weights_crc32"] && plain["weights_crc32"] != nil)
    let scanner = try picture("run.svg")
    let (width, height) = try scanner.size()
    let boxes = try scanner.textBoxes()
    for box in boxes { #expect(box.isInside(width, height), "\(box)") }
    let texts = boxes.map(\.text)
    var titles = ["accuracy in %", "cross-entropy", "confusion of test samples"]
    let counters = [
      "int8: inputs clipped in an epoch", "int8: deltas clipped in an epoch",
      "int8: weights at the end of their range",
    ]
    if precision == "int8" { titles += counters }
    for title in titles { #expect(texts.contains(title), "\(title)") }
    #expect(precision == "int8" || !texts.contains { $0.hasPrefix("int8") })
    #expect(texts.contains { $0.hasPrefix("epoch 3 of 3") })
    // The curves end in the figures that the run reports.
    for (name, key) in [("test", "test_accuracy"), ("validation", "validation_accuracy")] {
      let percent = try #require(drawn[key]?.number) * 100
      let words = "\(name): "
      let shown = try #require(texts.first { $0.hasPrefix(words) && $0.contains(".") })
      let number = try #require(Double(shown.dropFirst(words.count)))
      #expect((number - percent).magnitude <= 0.0051, "\(shown), \(percent)")
    }
  }

  @Test func pictureIsThereBeforeTheFirstEpochAndAfterEach() throws {
    try Patterns().write(to: directory)
    let model = directory("model")
    let words = ["--data", directory.path, "--plot", directory("run.svg")]
    let outcome = try directory.selvedge(
      ["train", "--epochs", "3", "--stop-after", "1", "--hidden", "4", "--output", model] + words)
    #expect(outcome.code == 0)
    var texts = try picture("run.svg").textBoxes().map(\.text)
    #expect(texts.contains { $0.hasPrefix("epoch 1 of 3") })
    // What went before a run is resumed is in no file: its curves begin where it goes on.
    #expect(try directory.selvedge(["train", "--resume", model] + words).code == 0)
    texts = try picture("run.svg").textBoxes().map(\.text)
    #expect(texts.contains { $0.hasPrefix("epoch 3 of 3") })
    // A run that diverges in its first epoch leaves the picture without curves.
    let rates = ["--rate", "1e30", "--output-rate", "1e30", "--activation", "relu"]
    let failed = try directory.selvedge(["train", "--hidden", "4,4"] + rates + words)
    #expect(failed.code == 1)
    texts = try picture("run.svg").textBoxes().map(\.text)
    #expect(texts.contains("no figures yet") && texts.contains { $0.hasPrefix("not begun") })
  }

  @Test func regressionHasErrorsInsteadOfClasses() throws {
    try directory.write(
      Array((0..<40).map { "\($0 % 7),\($0 % 3),\($0 % 7 - $0 % 3)\n" }.joined().utf8), "train.csv")
    try directory.write(
      Array((0..<9).map { "\($0 % 5),\($0 % 3),\($0 % 5 - $0 % 3)\n" }.joined().utf8), "test.csv")
    let outcome = try directory.selvedge(
      "train", "--data", directory.path, "--regression", "--hidden", "4", "--epochs", "2",
      "--batch", "4", "--plot", directory("run.svg"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let texts = try picture("run.svg").textBoxes().map(\.text)
    #expect(texts.contains("root mean squared error, in the values' units"))
    #expect(!texts.contains { $0.hasPrefix("confusion") || $0.hasPrefix("accuracy") })
  }

  @Test func evaluationDrawsTheConfusion() throws {
    try Patterns().write(to: directory)
    _ = try directory.train("--hidden", "8", "--epochs", "1", "--output", directory("model"))
    let words = ["evaluate", directory("model"), "--data", directory.path]
    let evaluation = try directory.json(words + ["--plot", directory("confusion.svg")])
    let counts = try #require(evaluation["confusion"]?.array).flatMap { $0.array ?? [] }
    let scanner = try picture("confusion.svg")
    let shown = scanner.elements.filter { $0.name == "title" }.compactMap { title in
      title.text.split(separator: " ").first.flatMap { Int($0) }
    }
    #expect(shown == counts.map { $0.integer } && shown.count == 16)
  }

  @Test func badPlacesAreRefusedBeforeTheWork() throws {
    try Patterns().write(to: directory)
    let train = ["train", "--data", directory.path, "--hidden", "4", "--epochs", "1"]
    let images = directory("train-images-idx3-ubyte")
    let before = try File.read(images)
    try directory.expectFailure(
      2, train + ["--plot", images], says: ["--plot", "one of the files"])
    #expect(try File.read(images) == before)
    try directory.expectFailure(
      1, train + ["--plot", directory("absent/x.svg")], says: [directory("absent")])
    let both = directory("both")
    try directory.expectFailure(
      2, train + ["--plot", both, "--output", both], says: ["--plot and --output"])
    #expect(!directory.names.contains("both"))
  }
}
