import Files
import TestSupport
import Testing

@Suite struct ExchangeTests {
  let directory = TemporaryDirectory()

  func trained() throws -> JSON {
    try Patterns(side: 4, noise: 120).write(to: directory)
    return try directory.train("--hidden", "7,3", "--epochs", "3", "--output", directory("model"))
  }

  @Test func weightsInHalfPrecisionComeBackRounded() throws {
    try Patterns().write(to: directory)
    let file = directory("single.safetensors")
    for precision in ["float32", "float16"] {
      let run = try directory.train(
        "--hidden", "7,3", "--epochs", "1", "--precision", precision, "--output",
        directory(precision))
      let parameters = (64 * 7 + 7 * 3 + 3 * 4) * (precision == "float32" ? 4 : 2) + 14 * 4
      #expect(run["parameter_bytes"]?.integer == parameters)
    }
    #expect(try directory.selvedge("export", directory("float32"), file).code == 0)
    let outcome = try directory.selvedge(
      "import", file, "--like", directory("float16"), "--output", directory("half"))
    #expect(outcome.code == 0)
    let singles = try exported(directory("float32"), in: directory)
    let halves = try exported(directory("half"), in: directory)
    for (single, half) in zip(singles, halves) {
      let isWeight = single.values.count > 7
      let expected = isWeight ? single.values.map { Float(Float16($0)) } : single.values
      #expect(half.values == expected && (!isWeight || half.values != single.values))
    }
    #expect(singles.count == 6 && halves.count == 6)
  }

  @Test func roundTripKeepsEveryBit() throws {
    let run = try trained()
    let (first, second) = (directory("first.safetensors"), directory("second.safetensors"))
    #expect(try directory.selvedge("export", directory("model"), first).code == 0)
    // A model of the same shape that knows nothing: all must come from the file.
    _ = try directory.train(
      "--hidden", "7,3", "--epochs", "1", "--seed", "9", "--output", directory("other"))
    let outcome = try directory.selvedge(
      "import", first, "--like", directory("other"), "--output", directory("new"))
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(try directory.selvedge("export", directory("new"), second).code == 0)
    let file = try Safetensors(bytes: try File.read(first))
    let again = try Safetensors(bytes: try File.read(second))
    for tensor in file.tensors {
      let (one, other) = (try file.floats(of: tensor.name), try again.floats(of: tensor.name))
      #expect(one.map(\.bitPattern) == other.map(\.bitPattern), "\(tensor.name)")
    }
    #expect(file.tensors.count == 6)

    let like = try directory.selvedge(
      "import", first, "--like", directory("model"), "--output", directory("twin"))
    #expect(like.code == 0)
    #expect(try directory.selvedge("export", directory("twin"), second).code == 0)
    #expect(try File.read(first) == File.read(second))
    let values = try exported(directory("twin"), in: directory).flatMap(\.values)
    let checksum = crc32(values.flatMap { littleEndian($0.bitPattern) })
    #expect(run["weights_crc32"]?.string == checksum)
    let evaluations = try ["model", "twin"].map {
      try directory.json("evaluate", directory($0), "--data", directory.path)
    }
    #expect(evaluations[0] == evaluations[1])
    #expect(evaluations[0]["test_accuracy"] == run["test_accuracy"])
  }

  @Test func exportSaysWhatTheModelIs() throws {
    _ = try trained()
    let path = directory("file.safetensors")
    #expect(try directory.selvedge("export", directory("model"), path).code == 0)
    let file = try Safetensors(bytes: try File.read(path))
    #expect(file.tensors.map(\.shape) == [[7, 16], [7], [3, 7], [3], [4, 3], [4]])
    #expect(file.tensors.allSatisfy { $0.dataType == "F32" })
    #expect(file.metadata["activation"] == "tanh" && file.metadata["format"] == "pt")
    let deviation = try #require(file.metadata["deviation"].flatMap { Float($0) })
    #expect(deviation > 1 && file.metadata["mean"].flatMap { Float($0) } != nil)
  }

  typealias Tensors = [(name: String, shape: [Int], values: [Float])]

  /// The tensors of a model, with one of them spoiled.
  @Test(arguments: ["wrong shape", "transposed", "missing", "nan", "infinite", "no model"])
  func unsuitableFileLeavesNothing(fault: String) throws {
    _ = try trained()
    var tensors: Tensors = try exported(directory("model"), in: directory)
    var words = ["layers.1.weight"]
    switch fault {
    case "wrong shape":
      tensors[2].shape = [3, 6]
      tensors[2].values.removeLast(3)
      words += ["[3, 6]", "[3, 7]"]
    case "transposed":
      tensors[2].shape = [7, 3]
      words += ["[7, 3]"]
    case "missing": tensors.remove(at: 2)
    case "nan", "infinite":
      tensors[2].values[4] = fault == "nan" ? .nan : -.infinity
      words += ["value 4"]
    default: words = ["byte"]
    }
    var bytes = try Safetensors.encode(tensors)
    if fault == "no model" { bytes = Array("not a file of tensors at all".utf8) }
    let path = try directory.write(bytes, "spoiled.safetensors")
    let line = ["import", path, "--like", directory("model"), "--output"]
    try directory.expectFailure(1, line + [directory("new")], says: [path] + words)
    #expect(!directory.names.contains("new"))
    let old = try directory.read("model")
    try directory.expectFailure(1, line + [directory("model")], says: [path])
    #expect(try directory.read("model") == old)
  }

  @Test func importNeedsItsOptions() throws {
    let path = directory("f")
    try directory.expectFailure(2, ["import", path], says: ["--output is missing"])
    try directory.expectFailure(2, ["import", path, "--output", "x"], says: ["--like is missing"])
  }
}
