import Datasets
import Files
import Testing

@testable import Simulator

/// Drifting sensors against Tests/Vectors/drift.json, which Tests/Oracles/drift.py makes in float64.
@Suite struct DriftTests {
  static let vectors: JSON = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/drift.json"))
  }()

  static func form(of kind: Drift.Kind) -> Drift.Form {
    [.resample, .turn, .dropout].contains(kind) ? .sequence : .image
  }

  @Test(arguments: Drift.Kind.allCases)
  func valuesAreTheOracles(kind: Drift.Kind) throws {
    let seed = UInt64(Self.vectors["seed"]!.integer!)
    let sample = Self.vectors["sample"]!.integer!
    var (severities, changed): (Set<Int>, Int) = ([], 0)
    for entry in Self.vectors["cases"]!.array! where entry["kind"]!.string == kind.rawValue {
      let floats = { (name: String) in entry[name]!.array!.map { Float($0.number!) } }
      let severity = entry["severity"]!.integer!
      let drift = try Drift(
        kind, severity: severity, seed: seed, shape: entry["shape"]!.array!.map { $0.integer! },
        entry["form"]!.string == "image" ? .image : .sequence, zero: 0,
        one: Float(entry["one"]!.number!))
      var values = floats("before")
      var span = values.mutableSpan
      drift.apply(to: &span, sample: sample)
      let expected = floats("after")
      #expect(values.count == expected.count)
      for (index, pair) in zip(values, expected).enumerated() {
        #expect(
          abs(pair.0 - pair.1) <= 1e-5 * max(1, abs(pair.1)),
          "\(kind) \(severity), value \(index) of \(entry["shape"]!)")
      }
      severities.insert(severity)
      if values != floats("before") { changed += 1 }
    }
    #expect(severities == [1, 2, 3, 4, 5] && changed >= 5)
  }

  static let images = Samples(
    bytes: (0..<5 * 64).map { UInt8(truncatingIfNeeded: $0 * 37) }, shape: [8, 8])
  static let sequences = Samples(
    sequences: (0..<60).map { Float($0 % 7) }, starts: [0, 12, 36, 60], channels: 4, name: "s")

  static func drifted(_ kind: Drift.Kind, _ severity: Int, seed: UInt64) throws -> [[Float]] {
    let form = form(of: kind)
    let samples = form == .image ? images : sequences
    let drift = try Drift(kind, severity: severity, seed: seed, like: samples, form)
    let data = LabelledSamples(samples, labels: Array(repeating: 0, count: samples.count))
    let changed = data.drifted(by: [drift], at: 0..<data.count)
    #expect(changed.samples.shape == samples.shape && changed.labels == data.labels)
    return (0..<changed.count).map { index in
      var values = [Float](repeating: 0, count: changed.samples.valuesPerSample)
      var span = values.mutableSpan
      let count = changed.samples.copy(index, into: &span)
      #expect(count == samples.valueCount(index))
      return Array(values.prefix(count))
    }
  }

  @Test(arguments: Drift.Kind.allCases)
  func seedAloneDecides(kind: Drift.Kind) throws {
    let isRandom = [.noise, .columns, .saltAndPepper, .deadPixels, .dropout].contains(kind)
    for severity in 1...5 {
      let found = try Self.drifted(kind, severity, seed: 3)
      let again = try Self.drifted(kind, severity, seed: 3)
      #expect(found == again)
      if isRandom {
        let others = try (4..<8).map { try Self.drifted(kind, severity, seed: $0) }
        #expect(others.contains { $0 != found }, "\(kind) \(severity)")
      }
    }
  }

  @Test func noiseIsNewInEverySampleAndDeadPixelsAreNot() throws {
    let grey = Samples(bytes: [UInt8](repeating: 128, count: 2 * 400), shape: [20, 20])
    for kind in [Drift.Kind.noise, .saltAndPepper, .deadPixels] {
      let drift = try Drift(kind, severity: 3, seed: 1, like: grey, .image)
      let samples = (0..<2).map { sample in
        var values = [Float](repeating: 128, count: 400)
        var span = values.mutableSpan
        drift.apply(to: &span, sample: sample)
        return values
      }
      #expect((samples[0] == samples[1]) == (kind == .deadPixels), "\(kind)")
    }
  }

  @Test func noiseHasItsDeviation() throws {
    let grey = Samples(floats: [0, 1], shape: [2, 1])
    let drift = try Drift(.noise, severity: 1, seed: 7, like: grey, .image)
    var (sum, squares, count) = (0.0, 0.0, 0.0)
    for sample in 0..<5000 {
      var values: [Float] = [0.5, 0.5]
      var span = values.mutableSpan
      drift.apply(to: &span, sample: sample)
      for value in values {
        sum += Double(value) - 0.5
        squares += (Double(value) - 0.5) * (Double(value) - 0.5)
        count += 1
      }
    }
    // Four deviations of the mean and of the variance of 10,000 numbers.
    #expect(abs(sum / count) < 0.004 && abs(squares / count - 0.01) < 0.0006)
  }

  @Test func kindsAreRefusedForOtherSamples() throws {
    let row = Samples(floats: [1, 2, 3], shape: [3])
    let one = Samples(floats: [1, 2, 3], shape: [3, 1])
    func drift(_ kind: Drift.Kind, _ samples: Samples, _ form: Drift.Form) throws {
      _ = try Drift(kind, severity: 1, seed: 1, like: samples, form)
    }
    for kind in Drift.Kind.allCases {
      switch kind {
      case .noise, .gain, .offset:
        for form in [Drift.Form.image, .sequence] { try drift(kind, row, form) }
      case .resample, .turn, .dropout:
        #expect(throws: DriftError.needsSequences(kind)) { try drift(kind, Self.images, .image) }
        guard kind != .resample else { continue }
        #expect(throws: DriftError.needsChannels(kind)) { try drift(kind, one, .sequence) }
      default:
        #expect(throws: DriftError.needsImages(kind)) { try drift(kind, row, .image) }
        #expect(throws: DriftError.needsImages(kind)) { try drift(kind, Self.sequences, .sequence) }
      }
    }
  }

  @Test func flatSamplesStayNumbers() throws {
    let flat = Samples(floats: [2, 2, 2, 2], shape: [2, 2])
    for kind in Drift.Kind.allCases {
      for severity in 1...5 {
        let drift = try Drift(
          kind, severity: severity, seed: 1, like: flat, Self.form(of: kind))
        var values: [Float] = [2, 2, 2, 2]
        var span = values.mutableSpan
        drift.apply(to: &span, sample: 0)
        let areFinite = values.allSatisfy { $0.isFinite }
        #expect(areFinite, "\(kind) \(severity)")
      }
    }
  }
}
