import Files
import TestSupport
import Testing

@Suite struct ProfileTests {
  let directory = TemporaryDirectory()

  @Test(arguments: [
    ["784-500-10"], ["64-8-8-8-4", "--batch", "256"], ["9-2", "--inference"],
    ["64-70-4", "--rule", "masked"],
  ])
  func tableAndJSONAreThePlan(words: [String]) throws {
    let object = try directory.json(["profile"] + words)
    let arena = try #require(object["arena"])
    let parts = try ["weights", "activations", "scratch"].map { try #require(arena[$0]?.integer) }
    let total = try #require(arena["total"]?.integer)
    #expect(parts.reduce(0, +) == total && parts[0] > 0)
    let tensors = try #require(object["tensors"]?.array)
    let steps = words[0].split(separator: "-").count - 1
    #expect(tensors.count > 2 * steps)
    var fullest = 0
    for step in 0..<steps {
      var sum = 0
      for tensor in tensors {
        let first = try #require(tensor["first_step"]?.integer)
        let last = try #require(tensor["last_step"]?.integer)
        let bytes = try #require(tensor["bytes"]?.integer)
        let offset = try #require(tensor["offset"]?.integer)
        #expect(first <= last && last < steps && bytes > 0 && offset + bytes <= total)
        if (first...last).contains(step) { sum += (bytes + 15) & ~15 }
      }
      fullest = max(fullest, sum)
    }
    #expect(fullest == total)

    let outcome = try directory.selvedge(["profile"] + words)
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let trains = !words.contains("--inference")
    #expect(outcome.lines.count == tensors.count + 5 + steps + (trains ? 8 : 0))
    #expect((object["macs_training"]?.integer != nil) == trains)
    #expect((object["backpropagation_bytes"]?.integer != nil) == trains)
    for (line, tensor) in zip(outcome.lines.dropFirst(), tensors) {
      let fields = line.replacing("layer table", with: "layer_table").split(separator: " ")
      let name = String(fields[0].replacing("_", with: " "))
      #expect(name == tensor["name"]?.string && String(fields[1]) == tensor["category"]?.string)
      #expect(Int(fields[2]) == tensor["offset"]?.integer)
      #expect(Int(fields[3]) == tensor["bytes"]?.integer)
    }
    #expect(outcome.lines[tensors.count + 1].contains("arena \(total) bytes"))
  }

  /// What is frozen lies in flash, for prediction all; the arena has the rest.
  @Test(arguments: [true, false]) func flashIsApartFromTheArena(trains: Bool) throws {
    let words =
      ["profile", "input 9, dense 8 frozen, dense 4, output 3"] + (trains ? [] : ["--inference"])
    let all = try directory.json(words)
    let object = try directory.json(words + ["--flash"])
    let flash = trains ? 9 * 8 * 4 + 8 * 4 : (72 + 32 + 12 + 16) * 4
    #expect(object["flash_bytes"]?.integer == flash && all["flash_bytes"]?.integer == 0)
    let tensors = try #require(object["tensors"]?.array)
    let bytes = tensors.filter { $0["category"]?.string == "flash" }.compactMap {
      $0["bytes"]?.integer
    }
    #expect(bytes.count == (trains ? 2 : 6) && bytes.reduce(0, +) <= flash)
    let totals = try [all, object].map { try #require($0["arena"]?["total"]?.integer) }
    #expect(totals[1] <= totals[0] - flash)
    #expect(object["parameter_bytes"] == all["parameter_bytes"])
    let outcome = try directory.selvedge(words + ["--flash"])
    #expect(outcome.lines.contains { $0.contains("flash \(flash) bytes") })
  }

  /// The profile must be what training takes, and not an estimate of it.
  @Test(arguments: ["readout", "direct"]) func profileIsWhatTrainingTakes(rule: String) throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    let run = try directory.train(
      "--hidden", "30,7", "--batch", "24", "--rule", rule, "--epochs", "1", "--output",
      directory("model"))
    for network in ["64-30-7-4", directory("model")] {
      let profile = try directory.json(
        "profile", network, "--batch", "24", "--rule", rule)
      #expect(profile["arena"] == run["arena"] && run["arena"] != nil)
      #expect(profile["parameter_bytes"] == run["parameter_bytes"])
    }
  }

  /// A preset means the same without data as with images of 28 x 28.
  @Test(arguments: [("gru", "gru 128 steps 28"), ("legendre", "legendre 8 steps 28, dense 128")])
  func presetsForSequencesReadRows(preset: String, layers: String) throws {
    let profile = try directory.json(["profile", preset])
    let written = try directory.json(["profile", "input 28, \(layers), output 10"])
    #expect(profile["arena"] == written["arena"] && profile["arena"] != nil)
    #expect(profile["tensors"] == written["tensors"])
  }

  @Test func pictureIsWellFormed() throws {
    for network in ["784-128-10", "8-4-4-4-4-4-4-4-4-4-4-4-2"] {
      let path = directory("arena.svg")
      let outcome = try directory.selvedge("profile", network, "--svg", path, "--batch", "16")
      #expect(outcome.code == 0)
      let svg = String(decoding: try File.read(path), as: UTF8.self)
      let elements = try XMLScanner(svg).elements
      #expect(elements.first?.name == "svg" && svg.contains(network))
      #expect(elements.count { $0.name == "rect" } > 3 * network.count { $0 == "-" })
    }
  }

  @Test func pageHoldsThePictureAndTheTables() throws {
    let (svg, html) = (directory("arena.svg"), directory("arena.html"))
    let line = ["profile", "lenet", "--board", "stm32f446", "--svg", svg, "--html", html]
    #expect(try directory.selvedge(line).code == 1)
    let page = String(decoding: try File.read(html), as: UTF8.self)
    let parts = page.split(separator: "\n", maxSplits: 1)
    #expect(parts[0] == "<!DOCTYPE html>")
    let elements = try XMLScanner(String(parts[1])).elements
    let object = try directory.json("profile", "lenet")
    let tensors = try #require(object["tensors"]?.array)
    let texts = Set(elements.map(\.text))
    for tensor in tensors { #expect(texts.contains(try #require(tensor["name"]?.string))) }
    let rows = elements.count { $0.name == "tr" }
    let layers = try #require(object["layers"]?.array).count
    // Heads of four tables; bytes, estimates of the board, products, tensors.
    #expect(rows == 4 + 6 + 2 + layers + 1 + tensors.count)
    #expect(elements.count { $0.name == "svg" } == 1 && page.contains("stm32f446"))
    // One file: it asks for nothing else.
    #expect(!page.contains("src=") && !page.contains("href="))
    #expect(page.split(separator: "url(").dropFirst().allSatisfy { $0.hasPrefix("#") })
  }

  @Test(arguments: [
    ("784--10", 2, "'784--10' is neither widths"), ("784", 2, "widths such as"),
    ("784-", 2, "widths"), ("-784", 2, "unknown option"), ("", 2, "widths"), ("-", 2, "widths"),
    ("784-0-10", 2, "layer 0 has 0 units"), ("784-10-1", 2, "at least 2 in the last"),
    ("0-5-10", 2, "not 0"), ("99999999999-10", 2, "not 99999999999"),
    ("784-99999999999999999999-10", 2, "widths"), ("784-4294967297-10", 2, "has 4294967297"),
    ("784-99999999999-10", 2, "layer 0 has 99999999999 units"),
    ("784-5-99999999999", 2, "layer 1 has 99999999999 units"),
    ("lenet5", 2, "widths such as 784-500-10; did you mean lenet?"),
    ("784x500x10", 1, "cannot open 784x500x10"), ("784-500-ten", 1, "cannot open"),
  ])
  func badNotationIsRefused(network: String, code: Int32, says: String) throws {
    try directory.expectFailure(code, ["profile", network], says: [says])
    let path = directory("arena.svg")
    try directory.expectFailure(code, ["profile", network, "--svg", path], says: [says])
    #expect(directory.names.isEmpty)
  }

  @Test func comparisonIsThatOfItsOwnPlans() throws {
    let object = try directory.json("profile", "784-128-10", "--batch", "8")
    let predicting = try directory.json("profile", "784-128-10", "--batch", "8", "--inference")
    #expect(object["inference_arena"] == predicting["arena"] && predicting["arena"] != nil)
    let outcome = try directory.selvedge("profile", "784-128-10", "--batch", "8")
    let all = try #require(outcome.lines.last { $0.hasPrefix("all ") })
    let numbers = all.split(separator: " ").compactMap { Int($0) }
    #expect(
      numbers == [
        object["inference_arena"]?["total"]?.integer, object["arena"]?["total"]?.integer,
        object["backpropagation_bytes"]?.integer,
        object["backpropagation_bytes_with_gradients"]?.integer,
      ])
  }

  /// What fits is said so; what does not is answered with what would, and that is true.
  @Test func whatDoesNotFitIsAnsweredWithWhatWould() throws {
    let total = 411_088
    let fits = try directory.json("profile", "784-128-10", "--budget", "\(total)")
    #expect(fits["fits"] == true && fits["budget"]?.integer == total)
    let line = ["profile", "784-128-10", "--budget", "\(total - 1)"]
    try directory.expectFailure(
      1, line,
      says: [
        "needs 411088 bytes, 1 more than the budget of 411087 bytes", "--precision float16",
        "hidden layers as wide as 120",
      ])
    let outcome = try directory.selvedge(line + ["--json"])
    #expect(outcome.code == 1)
    #expect(try JSON(parsing: outcome.bytes)["fits"] == false)
    for words in [["784-128-10", "--precision", "float16"], ["784-120-10"]] {
      let other = try directory.selvedge(["profile"] + words + ["--budget", "\(total - 1)"])
      #expect(other.code == 0, "\(words)")
    }
    // Only all of it together fits here.
    try directory.expectFailure(
      1, ["profile", "784-500-10", "--batch", "8", "--budget", "20K"],
      says: ["--precision int8, --batch 4 and hidden layers as wide as 16"])
    let together = try directory.selvedge(
      "profile", "784-16-10", "--precision", "int8", "--batch", "4", "--budget", "20K")
    #expect(together.code == 0)
    try directory.expectFailure(
      1, ["profile", "784-500-10", "--inference", "--budget", "1M"],
      says: ["prediction needs 1595216 bytes"])
  }

  @Test func boardsSetTheLimit() throws {
    let object = try directory.json("profile", "784-100-10", "--board", "teensy-4.1")
    #expect(object["board"] == "teensy-4.1" && object["budget"]?.integer == 524_288)
    try directory.expectFailure(
      1, ["profile", "784-500-10", "--board", "stm32f446"],
      says: ["1480848 more than the 114688 bytes of RAM that stm32f446 has for firmware"])
    try directory.expectFailure(
      2, ["profile", "8-2", "--board", "stm32f447"], says: ["did you mean stm32f446?"])
    try directory.expectFailure(
      2, ["profile", "8-2", "--board", "stm32f446", "--budget", "1K"], says: ["give one of them"])
    try directory.expectFailure(
      2, ["profile", "784-500-10", "--budget", "2K"],
      says: ["nothing of this network fits into the budget of 2048 bytes", "the least"])
    try directory.expectFailure(2, ["profile", "8-2", "--budget", "0"], says: ["no bytes"])
    try directory.expectFailure(
      2, ["profile", "8-2", "--budget", "much"], says: ["--budget takes"])
  }

  @Test func badOptionsAreUsageErrors() throws {
    try directory.expectFailure(2, ["profile", "8-2", "--batch", "300"], says: ["--batch"])
    try directory.expectFailure(2, ["profile", "8-2", "--rule", "mask"], says: ["masked?"])
    try directory.expectFailure(
      1, ["profile", "8-2", "--svg", directory("absent/x.svg")], says: [directory("absent")])
  }
}
