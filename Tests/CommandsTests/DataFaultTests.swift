import CStandardLibrary
import Files
import TestSupport
import Testing

@Suite struct DataFaultTests {
  let directory = TemporaryDirectory()
  let old = Array("precious".utf8)

  /// Writes a sound data set with one file replaced, and expects that nothing comes of it.
  func refuse(
    _ name: String, _ bytes: [UInt8]?, with options: [String] = [], says words: String...,
    named: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Patterns(side: 2, classes: 3, training: 21, test: 6).write(to: directory)
    try directory.write(old, "model")
    remove(directory(name))
    if let bytes { try directory.write(bytes, name) }
    try directory.expectFailure(
      1,
      [
        "train", "--data", directory.path, "--hidden", "2", "--epochs", "1", "--output",
        directory("model"),
      ] + options, says: words + (named ? [directory(name)] : []), sourceLocation: sourceLocation)
    #expect(try directory.read("model") == old, sourceLocation: sourceLocation)
  }

  @Test(arguments: ["train", "t10k"]) func imagesThatLieAreRefused(role: String) throws {
    let name = "\(role)-images-idx3-ubyte"
    let count = role == "train" ? 21 : 6
    let data = [UInt8](repeating: 9, count: count * 4)
    try refuse(name, idx(8, [count, 2, 2], data.dropLast()), says: "1 are missing")
    try refuse(name, idx(8, [count, 2, 2], data + [1]), says: "1 are too many")
    try refuse(name, idx(8, [count, 2, 3], data), says: "at byte 16")
    for huge in [[0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [count, 0x7FFF_FFFF, 0x7FFF_FFFF]] {
      try refuse(name, idx(8, huge, data), says: "at byte ")
    }
    try refuse(name, idx(8, [0, 2, 2], []), says: "at least 1")
    try refuse(name, idx(7, [count, 2, 2], data), says: "element type")
    try refuse(name, [], says: "at byte 0")
    try refuse(name, [0, 0, 8], says: "at byte 3")
    try refuse(name, Array("GIF89a".utf8), says: "at byte 0")
    try refuse(name, idx(8, [count - 1, 2, 2], data.dropLast(4)), says: "\(count) labels")
    try refuse(
      name, idx(8, [count, 255, 255, 255] + [Int](repeating: 255, count: 12), data), says: "")
  }

  @Test func valuesThatAreNoNumbersAreRefused() throws {
    for value in [Float.nan, .infinity, -.infinity] {
      var floats = [Float](repeating: 1, count: 84)
      floats[9] = value
      try refuse(
        "train-images-idx3-ubyte",
        idx(0x0D, [21, 2, 2], floats.flatMap { bigEndian($0.bitPattern) }),
        says: "byte \(16 + 9 * 4)", "sample 2")
    }
    // So near to one another that the inverse of their deviation is none.
    let near = (0..<84).map { Float($0 % 2) * .leastNormalMagnitude / 16 }
    try refuse(
      "train-images-idx3-ubyte",
      idx(0x0D, [21, 2, 2], near.flatMap { bigEndian($0.bitPattern) }),
      says: "cannot be standardised", named: false)
    // Finite, but not once it is standardised by the training set's deviation.
    let small = (0..<84).map { Float($0 % 5) * 1e-3 }
    try Patterns(side: 2, classes: 3, training: 21, test: 6).write(to: directory)
    try directory.write(
      idx(0x0D, [21, 2, 2], small.flatMap { bigEndian($0.bitPattern) }), "train-images-idx3-ubyte")
    try directory.write(
      idx(
        0x0D, [6, 2, 2], [Float](repeating: 3e38, count: 24).flatMap { bigEndian($0.bitPattern) }),
      "t10k-images-idx3-ubyte")
    try directory.expectFailure(
      1, ["train", "--data", directory.path, "--hidden", "2", "--epochs", "1"],
      says: [directory("t10k-images-idx3-ubyte"), "sample 0: value 0", "not a finite number"])
  }

  /// Finite too, but not by the deviation of the samples that are trained on.
  @Test func samplesHeldBackAreNamedAsTheyAre() throws {
    var values = (0..<84).map { Float($0 % 5) * 1e-3 }
    values[81] = 3e38
    try refuse(
      "train-images-idx3-ubyte",
      idx(0x0D, [21, 2, 2], values.flatMap { bigEndian($0.bitPattern) }),
      with: ["--shuffle", "none"], says: "sample 20: value 1", "not a finite number")
  }

  @Test func labelsOutOfRangeAreRefused() throws {
    let labels = (0..<21).map { UInt8($0 % 3) }
    try refuse(
      "train-labels-idx1-ubyte", idx(8, [21], labels.dropLast() + [9]),
      says: "label 9 at index 20", "byte 28", "--classes 10")
    try refuse(
      "t10k-labels-idx1-ubyte", idx(8, [6], [0, 1, 2, 0, 3, 1]), says: "label 3 at index 4",
      "byte 12", "0 to 2")
    try refuse(
      "train-labels-idx1-ubyte", idx(8, [21], [UInt8](repeating: 0, count: 21)), says: "2 classes")
    try refuse("train-labels-idx1-ubyte", idx(8, [20], labels.dropLast()), says: "20 labels")
    try refuse("t10k-labels-idx1-ubyte", idx(9, [6], [0, 1, 2, 0, 255, 1]), says: "-1")
  }

  @Test func missingFilesAreNamed() throws {
    for name in ["train-images", "train-labels", "t10k-images", "t10k-labels"] {
      let rank = name.hasSuffix("images") ? "3" : "1"
      try refuse("\(name)-idx\(rank)-ubyte", nil, says: name, directory.path, named: false)
    }
    let empty = TemporaryDirectory()
    try empty.expectFailure(1, ["train", "--data", empty.path], says: [empty.path, "no file"])
    let absent = directory("absent")
    for command in ["train", "feed"] {
      try directory.expectFailure(1, [command, "--data", absent], says: [absent, "No such file"])
      let errors = try directory.selvedge(command, "--data", absent).errors
      #expect(errors.split(separator: absent).count == 2, "the directory is named once")
    }
    let file = directory("train-images-idx3-ubyte")
    try directory.expectFailure(1, ["train", "--data", file], says: [file])
  }

  /// Tables and sequences without a test set are not asked for images.
  @Test func missingTestSetIsSoughtInTheFormatOfTraining() throws {
    for (name, text, sought) in [
      ("Made_TRAIN.ts", "@classLabel true a b\n@data\n1,2:a\n3,4:b\n", "NAME_TEST.ts"),
      ("train.csv", "1,2,0\n3,4,1\n", "test.csv"),
    ] {
      let directory = TemporaryDirectory()
      try directory.write(Array(text.utf8), name)
      try directory.expectFailure(
        1, ["train", "--data", directory.path, "--hidden", "2"], says: [sought, "to test with"])
    }
  }

  @Test func columnsToPredictAreLeftOut() throws {
    for role in ["train", "test"] {
      try directory.write(Array("1,2,0\n3,4,1\n1,3,0\n".utf8), "\(role).csv")
    }
    _ = try directory.train("--hidden", "2", "--epochs", "1", "--output", directory("model"))
    try directory.expectFailure(
      1, ["predict", directory("model"), directory("test.csv")],
      says: ["3 values; the network reads 2; leave out what is to be predicted"])
  }

  @Test func corruptCompressionIsNamed() throws {
    try Patterns(side: 2, classes: 3, training: 21, test: 6).write(to: directory)
    let name = "train-images-idx3-ubyte"
    let plain = try directory.read(name)
    remove(directory(name))
    let path = try directory.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + plain, name + ".gz")
    let line = ["train", "--data", directory.path, "--hidden", "2"]
    try directory.expectFailure(1, line, says: [path, "decompress"])
    try directory.write(plain, name + ".gz")
    try directory.expectFailure(1, line, says: [path, "gzip"])
    try directory.write([], name + ".gz")
    try directory.expectFailure(1, line, says: [path])
  }

  @Test func testSetOfAnotherShapeIsRefused() throws {
    try refuse(
      "t10k-images-idx3-ubyte", idx(8, [6, 3, 3], [UInt8](repeating: 1, count: 54)),
      says: directory.path, "[2, 2]", "[3, 3]", named: false)
    // As many values, but not in the same places.
    try refuse(
      "t10k-images-idx3-ubyte", idx(8, [6, 1, 4], [UInt8](repeating: 1, count: 24)),
      says: directory.path, "[2, 2]", "[1, 4]", named: false)
  }

  @Test func withoutTheTestSetTrainingIsPossible() throws {
    try Patterns(side: 2, classes: 3, training: 21, test: 6).write(to: directory)
    for name in directory.names where name.hasPrefix("t10k") { remove(directory(name)) }
    let run = try directory.train("--hidden", "2", "--epochs", "1", "--no-test")
    #expect(run["test_accuracy"] == JSON.null && run["complete"]?.bool == true)
  }
}
