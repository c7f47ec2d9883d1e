import CStandardLibrary
import Datasets
import Files
import TestSupport
import Testing

@Suite struct TimeSeriesTests {
  private static let header = "# made up\n@problemName Made\n@timeStamps false\n@univariate false\n"

  private func series(_ text: String) throws -> TimeSeries {
    try TimeSeries(text: Array(text.utf8), name: "made.ts")
  }

  @Test func stepsLieSideBySideAndLengthsMayDiffer() throws {
    let series = try series(
      Self.header
        + "@classLabel true up down\n@data\n1,2,3:4,5,6:down\r\n# not this\n\n 7 , -8e-1:9,1: up \n"
    )
    #expect(series.classNames == ["up", "down"] && series.samples.labels == [1, 0])
    let samples = series.samples.samples
    #expect(samples.count == 2 && samples.shape == [3, 2] && samples.valuesPerSample == 6)
    #expect(samples.valueCount(0) == 6 && samples.valueCount(1) == 4)
    var values = [Float](repeating: 99, count: 6)
    var span = values.mutableSpan
    #expect(samples.copy(0, into: &span) == 6)
    #expect(values == [1, 4, 2, 5, 3, 6])
    span = values.mutableSpan
    #expect(samples.copy(1, into: &span) == 4)
    #expect(values == [7, 9, -0.8, 1, 3, 6])
    // Means and deviations are over the values that are there.
    let (mean, _) = samples.standardisation(of: [0, 1])
    #expect(abs(mean - 3.72) < 1e-6)
  }

  @Test(arguments: [
    ("@data\n1:a", 1, "@classLabel"), ("@classLabel true a\n@data\n", 3, "@data and a line"),
    ("@classLabel true a\n1,2:a", 2, "a line that begins with @"),
    ("@classLabel true a\n@data\n1,2", 3, "dimensions and a class"),
    ("@classLabel true a\n@data\n1,x:a", 3, "a finite number"),
    ("@classLabel true a\n@data\n1,?:a", 3, "a finite number"),
    ("@classLabel true a\n@data\n1,nan:a", 3, "a finite number"),
    ("@classLabel true a\n@data\n1,:a", 3, "a finite number"),
    ("@classLabel true a\n@data\n1,2:3:a", 3, "2 values, as in the first"),
    ("@classLabel true a\n@data\n1,2:b", 3, "one of the classes a"),
    ("@classLabel true a\n@data\n1:a\n1:2:a", 4, "1 dimensions and a class"),
    ("@timeStamps true\n", 1, "values without time stamps"), ("", 1, "@data and a line"),
  ])
  func whatIsWrongIsNamedWithItsLine(text: String, line: Int, expected: String) {
    do {
      _ = try series(text)
      Issue.record("'\(text)' was taken")
    } catch {
      guard case .table("made.ts", line, _, let wanted, _) = error as? DatasetError else {
        Issue.record("\(error)")
        return
      }
      #expect(wanted.hasPrefix(expected), "\(wanted)")
    }
  }

  @Test func headersMayBeWrittenInManyWays() throws {
    let series = try series(
      "#\n\n@PROBLEMNAME x\n@missing true\n@equalLength true\n@seriesLength 7\n@classlabel\tTRUE  left\tright \n"
        + "@Data\r\n1,\t2e-3:right\n")
    #expect(series.classNames == ["left", "right"] && series.samples.labels == [1])
    #expect(series.samples.samples.shape == [2, 1])
  }

  /// A number of many digits is not cut where its exponent begins.
  @Test func longNumbersAreReadToTheirEnd() throws {
    let digits = String(repeating: "0", count: 60)
    let series = try series("@classLabel true a\n@data\n1.\(digits)e2,-0.\(digits)1:a\n")
    var values: [Float] = [0, 0]
    var span = values.mutableSpan
    series.samples.samples.copy(0, into: &span)
    #expect(values == [100, -1e-38 * 1e-23] || values == [100, -0.0])
  }

  @Test func missingValuesAreCalledSo() {
    do {
      _ = try series("@classLabel true a\n@data\n1,?,3:a\n")
      Issue.record("a missing value was taken")
    } catch {
      #expect("\(error)".contains("line 3, column 3") && "\(error)".contains("missing value"))
    }
  }

  @Test func noBytesTrap() throws {
    let sound = Array((Self.header + "@classLabel true a b\n@data\n1,2:3,4:a\n5,6:7,8:b\n").utf8)
    for place in sound.indices {
      for byte in [0, 0x0A, 0x2C, 0x3A, 0x40, 0xFF] as [UInt8] {
        var bytes = sound
        bytes[place] = byte
        _ = try? TimeSeries(text: bytes, name: "flipped")
        _ = try? TimeSeries(text: Array(bytes[..<place]), name: "cut")
      }
    }
  }
}

@Suite struct DataDirectoryTests {
  let directory = TemporaryDirectory()

  private func write(_ name: String, _ text: String) throws {
    try File.writeAtomically(Array(text.utf8), to: directory(name))
  }

  @Test func sequencesAndTablesAreFound() throws {
    try write("Made_TRAIN.ts", "@classLabel true 1 2\n@data\n1,2:1\n3,4:2\n")
    try write("Made_TEST.ts", "@classLabel true 1 2\n@data\n5:2\n")
    #expect(try DataDirectory.loadTrain(directory.path).labels == [0, 1])
    #expect(try DataDirectory.loadTest(directory.path).labels == [1])
    let table = TemporaryDirectory()
    try File.writeAtomically(Array("a,b,class\n1,2,0\n3,4,1\n".utf8), to: table("train.csv"))
    let samples = try DataDirectory.loadTrain(table.path)
    #expect(samples.labels == [0, 1] && samples.samples.shape == [2])
    #expect(throws: DatasetError.self) { try DataDirectory.loadTest(table.path) }
  }

  /// Class numbers are places in a header: two files that count otherwise do not go together.
  @Test(arguments: ["2 1", "1", "1 2 3", "1 two"])
  func otherClassesInTheTestFileAreRefused(names: String) throws {
    try write("Made_TRAIN.ts", "@classLabel true 1 2\n@data\n1:1\n2:2\n")
    try write("Made_TEST.ts", "@classLabel true \(names)\n@data\n1:1\n")
    do {
      _ = try DataDirectory.loadTest(directory.path)
      Issue.record("classes \(names) were taken")
    } catch {
      guard
        case .classNames(names.split(separator: " ").map(String.init), _, ["1", "2"], _) = error
      else {
        Issue.record("\(error)")
        return
      }
    }
    // Without the training file there is nothing to compare with.
    #expect(remove(directory("Made_TRAIN.ts")) == 0)
    #expect(try DataDirectory.loadTest(directory.path).labels == [names == "2 1" ? 1 : 0])
  }

  @Test func twoFilesOfARoleAreRefusedAndPlainOnesPreferred() throws {
    let text = "@classLabel true 1 2\n@data\n1:1\n2:2\n"
    try write("A_TRAIN.ts", text)
    try write("A_TRAIN.ts.gz", "no gzip")
    #expect(try DataDirectory.loadTrain(directory.path).labels == [0, 1])
    try write("B_train.ts", text)
    do {
      _ = try DataDirectory.loadTrain(directory.path)
      Issue.record("one of two files was taken")
    } catch {
      #expect(error == .ambiguous(directory: directory.path, names: ["A_TRAIN.ts", "B_train.ts"]))
    }
  }

  @Test func valuesToLearnAreRead() throws {
    try write("Made_TRAIN.ts", "@targetLabel true\n@data\n1,2:-1.5\n3,4,5:2e3\n")
    let series = try DataDirectory.loadTrain(directory.path, targets: 1)
    #expect(series.targets == [-1.5, 2000] && series.labels.isEmpty)
    #expect(series.samples.valueCount(1) == 3 && series.targets(of: 1) == [2000])
    let table = TemporaryDirectory()
    try table.write(Array("a,b,y,z\n1,2,0.5,3\n3,4,-1,4\n".utf8), "train.csv")
    let samples = try DataDirectory.loadTrain(table.path, targets: 2)
    #expect(samples.targets == [0.5, 3, -1, 4] && samples.samples.shape == [2])
    #expect(try DataDirectory.loadTrain(table.path, targets: 3).samples.shape == [1])
    let arrays = TemporaryDirectory()
    let four = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2), }"
    try arrays.write(NPYTests.file(four, [1, 2, 3, 4]), "X_train.npy")
    try arrays.write(NPYTests.file(four, [5, 6, 255, 8]), "y_train.npy")
    #expect(try DataDirectory.loadTrain(arrays.path, targets: 2).targets == [5, 6, -1, 8])
    let refused = complaint { _ = try DataDirectory.loadTrain(arrays.path, targets: 1) }
    #expect(refused.contains("1 numbers for each sample") && refused.contains("found 2"))
  }

  @Test(arguments: [
    ("@classLabel true a b\n@data\n1:a\n", 2, 1, "@targetLabel true before"),
    ("@targetLabel false\n@data\n1:1\n", 2, 1, "@targetLabel true before"),
    ("@targetLabel true\n@data\n1,2:x\n", 3, 5, "a finite number to learn"),
    ("@targetLabel true\n@data\n1,2:inf\n", 3, 5, "a finite number to learn"),
    ("@targetLabel true\n@data\n", 3, 1, "a line for each sequence"),
  ])
  func valuesThatAreNoneNameTheirPlace(
    text: String, line: Int, column: Int, says: String
  ) throws {
    try write("Made_TRAIN.ts", text)
    let complaint = complaint { _ = try DataDirectory.loadTrain(directory.path, targets: 1) }
    #expect(complaint.contains("line \(line), column \(column): "), "\(complaint)")
    #expect(complaint.contains(says), "\(complaint)")
  }

  @Test func valuesOfAnArrayThatAreNotFiniteNameTheirByte() throws {
    let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    let values = NPYTests.file(dictionary, [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    try directory.write(values, "X_train.npy")
    let bytes = NPYTests.file(dictionary, [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0x7F])
    try directory.write(bytes, "y_train.npy")
    let complaint = complaint { _ = try DataDirectory.loadTrain(directory.path, targets: 1) }
    #expect(complaint.contains("byte \(bytes.count - 4)"), "\(complaint)")
    #expect(complaint.contains("at index 1"), "\(complaint)")
  }

  @Test(arguments: [("h,c\n1,2\n3,0.5\n", 3), ("1,2\n\n3,-1\n", 3), ("1\n2\n", 1)])
  func classesThatAreNoneNameTheirLine(text: String, line: Int) throws {
    try write("train.csv", text)
    do {
      _ = try DataDirectory.loadTrain(directory.path)
      Issue.record("'\(text)' was taken")
    } catch {
      guard case .table(_, line, _, _, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}
