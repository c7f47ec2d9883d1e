import Datasets
import Files
import TestSupport
import Testing

@Suite struct SamplesTests {
  let directory = TemporaryDirectory()

  @Test func bytesAreCopiedUnscaled() throws {
    let samples = try Samples(IDX(bytes: IDXTests.images, name: "images"))
    #expect(samples.count == 3 && samples.shape == [2, 2] && samples.valuesPerSample == 4)
    #expect(values(samples) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 254, 255]])
  }

  @Test func listHasSamplesOfOneValue() throws {
    let samples = try Samples(IDX(bytes: IDXTests.file(8, [2], [5, 6]), name: "list"))
    #expect(samples.shape == [1] && values(samples) == [[5], [6]])
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func standardisationOfBytesIsThatOfFloats(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let length = Int.random(in: 1...300, using: &numbers)
    let bytes = (0..<length * 40).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    let indices = (0..<30).map { _ in UInt32.random(in: 0..<40, using: &numbers) }
    let exact = Samples(bytes: bytes, shape: [length]).standardisation(of: indices)
    let summed = Samples(floats: bytes.map(Float.init), shape: [length])
      .standardisation(of: indices)
    #expect(exact.mean.ulp >= abs(exact.mean - summed.mean), "seed \(seed)")
    #expect(exact.deviation.ulp >= abs(exact.deviation - summed.deviation), "seed \(seed)")
  }

  @Test func standardisationIsOverThePopulation() {
    let samples = Samples(floats: [1, 3, 100, 100], shape: [2])
    #expect(samples.standardisation(of: [0]) == (2, 1))
    #expect(samples.standardisation(of: [1]) == (100, 1))
    #expect(samples.standardisation(of: [Int]()) == (0, 1))
  }

  @Test func sumsOfLongBrightSamplesDoNotOverflow() {
    // More squares of 255 than 32 bits hold, and one value that differs.
    var bytes = [UInt8](repeating: 255, count: 200_001)
    #expect(Samples(bytes: bytes, shape: [200_001]).standardisation(of: [0]) == (255, 1))
    bytes[150_000] = 0
    let n = 200_001.0
    let result = Samples(bytes: bytes, shape: [200_001]).standardisation(of: [0])
    #expect(result.mean == Float(255 * (n - 1) / n))
    #expect(result.deviation == Float(255 * (n - 1).squareRoot() / n))
  }

  @Test func kindIsFoundByContent() throws {
    let idx = try directory.compressed("images.gz", IDXTests.images)
    #expect(try Samples(contentsOf: idx).shape == [2, 2])
    let csv = try directory.compressed("table.csv.gz", Array("1,2\n3,4\n".utf8))
    #expect(try values(Samples(contentsOf: csv)) == [[1, 2], [3, 4]])
    try File.writeAtomically(NPYTests.bytes, to: directory("a.npy"))
    #expect(try Samples(contentsOf: directory("a.npy")).count == 3)
    try File.writeAtomically(Array("1,2".utf8), to: directory("b.npy"))
    #expect(
      complaint { _ = try Samples(contentsOf: directory("b.npy")) }
        == "\(directory("b.npy")): at byte 0: expected 0x93 and NUMPY, as in an NPY file,"
        + " found other bytes")
    try File.writeAtomically(File.read(csv), to: directory("table.csv"))
    #expect(
      complaint { _ = try Samples(contentsOf: directory("table.csv")) }.contains("ends in .gz"))
    #expect(throws: DatasetError.self) { try Samples(contentsOf: directory("absent")) }
  }
}
