import CStandardLibrary
import Datasets
import Files
import TestSupport
import Testing

@Suite struct ImageDirectoryTests {
  let directory = TemporaryDirectory()

  /// Writes images of two pixels that are all `value`, under `name`.
  func write(_ name: String, _ value: UInt8, images: Bool) throws {
    let data = [UInt8](repeating: value, count: images ? 4 : 2)
    try File.writeAtomically(
      IDXTests.file(8, images ? [2, 1, 2] : [2], data), to: directory(name))
  }

  @Test(arguments: [("-", "t10k", ""), (".", "test", ""), ("_", "t10k", "-x")])
  func spellingsAreFound(separator: String, test: String, suffix: String) throws {
    for (role, value) in [("train", 1), (test, 2)] as [(String, UInt8)] {
      try write("\(role)-images\(separator)idx3-ubyte\(suffix)", value, images: true)
      try write("\(role)-labels\(separator)idx1-ubyte\(suffix)", value, images: false)
    }
    let train = try ImageDirectory.loadTrain(directory.path)
    let test = try ImageDirectory.loadTest(directory.path)
    #expect(train.labels == [1, 1] && test.labels == [2, 2])
    #expect(values(train.samples) == [[1, 1], [1, 1]] && test.samples.shape == [1, 2])
  }

  @Test func plainFileIsPreferredAndChecksumsAreNot() throws {
    try write("train-images-idx3-ubyte", 1, images: true)
    try write("train-labels-idx1-ubyte", 1, images: false)
    for name in [
      "train-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz.md5", "train-images.txt",
    ] {
      try File.writeAtomically([9], to: directory(name))
    }
    #expect(try ImageDirectory.loadTrain(directory.path).samples.count == 2)
  }

  @Test func trainingNeedsNoTestFilesNorTheOtherWayAbout() throws {
    try write("t10k-images-idx3-ubyte", 1, images: true)
    try write("t10k-labels-idx1-ubyte", 1, images: false)
    #expect(try ImageDirectory.loadTest(directory.path).count == 2)
    #expect(throws: DatasetError.self) { try ImageDirectory.loadTrain(directory.path) }
  }

  @Test func missingFilesAreNamed() throws {
    #expect(
      complaint { _ = try ImageDirectory.loadTest(directory.path) }
        == "the directory is empty: looked in \(directory.path) for t10k-images-idx3-ubyte or"
        + " test-images-idx3-ubyte, plain or with .gz")
    try write("train-images-idx3-ubyte", 1, images: true)
    #expect(
      complaint { _ = try ImageDirectory.loadTrain(directory.path) }
        == "there is no file of labels: looked in \(directory.path) for train-labels-idx1-ubyte,"
        + " plain or with .gz")
    let absent = directory("absent")
    #expect(
      complaint { _ = try ImageDirectory.loadTrain(absent) }
        == "cannot list the directory \(absent): No such file or directory")
  }

  @Test func offsetsInCompressedFilesSaySo() throws {
    let path = try directory.compressed("train-images-idx3-ubyte.gz", [0, 0, 8, 1, 0, 0, 0, 9, 1])
    try write("train-labels-idx1-ubyte", 1, images: false)
    #expect(
      complaint { _ = try ImageDirectory.loadTrain(directory.path) }
        == "\(path) (decompressed): at byte 8: expected 9 bytes, as the header promises [9] of 1"
        + " each, found 1 bytes: 8 are missing")
  }

  static let fashion = "/usr/share/datasets/fashion-mnist"

  @Test(.enabled(if: access(fashion, R_OK) == 0)) func fashionMNISTIsWhole() throws {
    let train = try ImageDirectory.loadTrain(Self.fashion)
    let test = try ImageDirectory.loadTest(Self.fashion)
    #expect(train.count == 60_000 && train.samples.valuesPerSample == 784)
    #expect(test.count == 10_000 && test.samples.shape == [28, 28])
    for (set, each) in [(train, 6000), (test, 1000)] {
      var histogram = [Int](repeating: 0, count: 10)
      for label in set.labels { histogram[label] += 1 }
      #expect(histogram == [Int](repeating: each, count: 10))
      #expect(try set.classes() == 10)
    }
    // As numpy has them in doubles.
    let (mean, deviation) = train.samples.standardisation(of: 0..<60_000)
    #expect(abs(mean - 72.94035) < 1e-4 && abs(deviation - 90.02118) < 1e-4)
  }
}
