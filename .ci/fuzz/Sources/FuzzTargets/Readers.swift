import CStandardLibrary
import Datasets
import Files
import Selvedge

/// Reads all samples, as training would.
private func readAll(_ samples: Samples) {
  var values = [Float](repeating: 0, count: samples.valuesPerSample)
  for index in 0..<min(samples.count, 100) {
    var span = values.mutableSpan
    let count = samples.copy(index, into: &span)
    promise(count <= samples.valuesPerSample, "a sample is longer than the longest")
  }
}

private func text(_ string: String) -> [UInt8] { Array(string.utf8) }

extension FuzzTarget {
  static let idx = FuzzTarget(
    name: "idx",
    seeds: [
      [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8],
      [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2], [0, 0, 0x0B, 1, 0, 0, 0, 2, 0, 1, 0, 2],
      [0, 0, 0x0D, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x3F, 0x80, 0, 0, 0x40, 0, 0, 0],
    ]
  ) { input in
    guard let idx = try? IDX(bytes: input, name: "idx") else { return }
    if let samples = try? Samples(idx) { readAll(samples) }
    if let labelled = try? LabelledSamples(idx, labels: idx) { _ = try? labelled.classes() }
  }

  static let csv = FuzzTarget(
    name: "csv",
    seeds: [
      "1,2,3\n4,5,6\n", "a,b\r\n1.5,-2e3\r\n0,1\r\n", "\"1\",\"2\"\n", "1;2\n", "1\t2\n",
      "\u{FEFF}1,2\n", "nan,1\n", "1,,2\n",
    ].map(text)
  ) { input in
    guard let csv = try? CSV(text: input, name: "csv") else { return }
    promise(csv.columns > 0 && csv.values.count.isMultiple(of: csv.columns), "whole rows")
    promise(csv.values.allSatisfy(\.isFinite), "finite numbers")
    readAll(Samples(csv))
  }

  static let npy = FuzzTarget(name: "npy", seeds: npySeeds) { input in
    guard let npy = try? NPY(bytes: input, name: "npy") else { return }
    if let samples = try? Samples(npy) { readAll(samples) }
  }

  private static var npySeeds: [[UInt8]] {
    [
      ("<f4", "2, 2", 16), ("|u1", "3,", 3), (">i2", "1, 2, 2", 8), ("<f8", "2", 16),
      ("|b1", "4,", 4),
    ]
    .flatMap { type, shape, count in
      [1, 2, 3].map { version in
        let header = text(
          "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }\n")
        let length = [UInt8(header.count), 0] + (version > 1 ? [0, 0] : [])
        return [0x93] + text("NUMPY") + [UInt8(version), 0] + length + header
          + (0..<count).map { UInt8($0) }
      }
    }
  }

  static let timeSeries = FuzzTarget(
    name: "ts",
    seeds: [
      "# comment\n@problemName x\n@timeStamps false\n@univariate false\n@dimensions 2\n@equalLength false\n"
        + "@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7,8:9,10:b\n",
      "@classLabel true 0 1\n@data\n1,2:0\n3,4:1\n",
      "@targetLabel true\n@data\n1,2,3:0.5\n4,5,6:-1\n",
      "@missing true\n@classLabel true a\n@data\n1,?,3:a\n",
    ].map(text)
  ) { input in
    for learnsValues in [false, true] {
      let series = try? TimeSeries(text: input, name: "ts", learnsValues: learnsValues)
      guard let series else { continue }
      readAll(series.samples.samples)
      promise(
        series.samples.labels.allSatisfy { series.classNames.indices.contains($0) }, "known classes"
      )
    }
  }

  static let json = FuzzTarget(
    name: "json",
    seeds: [
      "{\"a\": [1, -2.5e3, true, false, null], \"b\": {\"c\": \"\\u00e9\\n\\ud83d\\ude00\"}}", "[]",
      "\"\"", "0", "[[[[]]]]", "{\"a\":{},\"b\":0.1}", "1e308", "[1,2", "{\"a\":1,\"a\":2}",
    ].map(text)
  ) { input in
    guard let value = try? JSON(parsing: input) else { return }
    let written = value.description
    guard let again = try? JSON(parsing: written) else {
      promise(false, "what is written cannot be read: \(written)")
      return
    }
    promise(again.description == written, "what is written is read as something else: \(written)")
  }

  static let safetensors = FuzzTarget(name: "safetensors", seeds: safetensorsSeeds) { input in
    guard let file = try? Safetensors(bytes: input) else { return }
    for tensor in file.tensors {
      promise(
        0 <= tensor.bytes.lowerBound && tensor.bytes.upperBound <= file.bytes.count,
        "tensors within the file")
      _ = try? file.floats(of: tensor.name)
    }
  }

  private static var safetensorsSeeds: [[UInt8]] {
    let tensors: [(name: String, shape: [Int], values: [Float])] = [
      ("layers.0.weight", [2, 3], [1, 2, 3, 4, 5, 6]), ("layers.0.bias", [2], [0.5, -1]),
    ]
    let half = text("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}")
    return [
      (try? Safetensors.encode(tensors)) ?? [],
      (try? Safetensors.encode([], metadata: ["format": "pt"])) ?? [],
      [UInt8(half.count), 0, 0, 0, 0, 0, 0, 0] + half + [0, 0x3C, 0, 0xC0],
    ]
  }

  /// By the system's gzip, a program for each input, so that few are tried.
  static let gzip = FuzzTarget(
    name: "gzip",
    seeds: [stored(text("1,2\n3,4\n")), stored([]), stored([0, 0, 8, 1, 0, 0, 0, 1, 5])]
  ) { input in
    let path = "/dev/shm/selvedge-fuzz-\(getpid()).csv.gz"
    guard (try? File.writeAtomically(input, to: path)) != nil else { return }
    defer { remove(path) }
    if let bytes = try? File.readDecompressed(path, atMost: 1 << 20) {
      promise(bytes.count <= 1 << 20, "no more than was allowed")
    }
    if let samples = try? Samples(contentsOf: path) { readAll(samples) }
  }

  /// A gzip file of a block that is not compressed.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let (count, crc) = (UInt16(bytes.count), CRC32.of(bytes.span.bytes))
    func little(_ number: UInt64, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(UInt64(count), 2)
      + little(UInt64(~count), 2) + bytes + little(UInt64(crc), 4) + little(UInt64(count), 4)
  }
}
