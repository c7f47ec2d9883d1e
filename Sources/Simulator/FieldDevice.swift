import CStandardLibrary
import Datasets
import Selvedge

/// A device with a model in read-only memory and an arena, which fits the model to what it sees.
public final class FieldDevice {
  /// One rung as the device fitted it.
  public struct Attempt: Sendable {
    public let rung: Rung
    /// Bytes that fitting it takes of an arena.
    public let bytes: Int
    /// nil where it was passed over.
    public fileprivate(set) var result: RungResult?
    /// Why it was passed over.
    public fileprivate(set) var refusal: AdaptationError?
    /// How it did on the test set, if there is one.
    public fileprivate(set) var test: Evaluation?
    /// What it did on another, such as one without drift.
    public fileprivate(set) var other: Evaluation?
  }

  public let arenaBytes: Int
  public let settings: AdaptationSettings
  private let form: Prompt.Form?
  private let flash: UnsafeMutableRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer
  /// What fitting each rung takes, by its number.
  private let bytes: [Int]

  /// - Parameters:
  ///   - model: The bytes of a model file.
  ///   - longest: Values of the longest sample.
  ///   - arenaBytes: What fitting has; as much as the largest of the rungs takes if nil.
  /// - Throws: `ModelFileError`, `AdaptationError` or `DeviceError`.
  public init(
    _ model: [UInt8], form: Prompt.Form?, longest: Int, settings: AdaptationSettings,
    rungs: [Rung], arenaBytes: Int? = nil
  ) throws {
    let flash = try Device.allocate(model.count)
    flash.copyBytes(from: model)
    var bytes: [Int] = []
    do {
      let adaptation = try Adaptation(
        ModelFile(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(flash))), form: form,
        settings: settings)
      let room = try Device.allocate(adaptation.model.layerCount * 16)
      defer { free(room.baseAddress) }
      var arena = try Arena(room)
      for rung in Rung.all {
        bytes.append(try adaptation.bytes(for: rung, longest: longest, in: &arena))
      }
      let most = rungs.map { bytes[Int($0.rawValue)] }.max() ?? 0
      self.arenaBytes = arenaBytes ?? max(most, bytes[0])
      memory = try Device.allocate(self.arenaBytes)
    } catch {
      free(flash.baseAddress)
      throw error
    }
    self.bytes = bytes
    self.flash = flash
    self.form = form
    self.settings = settings
  }

  deinit {
    free(flash.baseAddress)
    free(memory.baseAddress)
  }

  /// The CRC-32 of the model as it lies in read-only memory now.
  public var flashChecksum: UInt32 {
    CRC32.of(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(flash)))
  }

  private func withAdaptation<Result>(
    _ body: (borrowing Adaptation, inout Arena) throws -> Result
  ) throws -> Result {
    let adaptation = try Adaptation(
      ModelFile(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(flash))), form: form,
      settings: settings)
    var arena = try Arena(memory)
    return try body(adaptation, &arena)
  }

  /// What the sums of the layers are over samples like those of training; none if no layer has a correction.
  ///
  /// - Throws: `AdaptationError`
  public func moments(over samples: FieldCollection) throws -> [Float] {
    try withAdaptation { adaptation, arena in
      var count = 0
      var samples = samples
      do throws(AdaptationError) {
        _ = try adaptation.fit(.none, &samples, in: &arena) {
          (network: inout Network, _: RungResult) throws(AdaptationError) in
          count = adaptation.momentCount(network)
        }
        guard count > 0 else { return [] }
        var moments = [Float](repeating: 0, count: count)
        var span = moments.mutableSpan
        try adaptation.measureMoments(&samples, in: &arena, into: &span)
        return moments
      } catch .memory {
        // A device that has no room for the rung has no use for them.
        return []
      }
    }
  }

  /// Fits rungs, each tried on a test set, and gives the best one's adaptor file.
  ///
  /// - Parameters:
  ///   - moments: Those of training; empty if they are not known.
  ///   - other: Samples on which each rung is tried too.
  /// - Throws: `AdaptationError`, or `SampleError` from a test set.
  public func climb(
    _ rungs: [Rung], _ samples: FieldCollection, moments: [Float], test: LabelledSamples?,
    other: LabelledSamples? = nil, progress: (Rung) -> Void = { _ in }
  ) throws -> (attempts: [Attempt], best: RungResult, file: [UInt8]) {
    try withAdaptation { adaptation, arena in
      var (attempts, file) = ([Attempt](), [UInt8]())
      var failure: SampleError?
      var samples = samples
      let bits = rungs.reduce(UInt8(0)) { $0 | 1 << $1.rawValue }
      let best = try adaptation.climb(bits, &samples, moments: moments.span, in: &arena) {
        attempts.append(Attempt(rung: $0, bytes: bytes[Int($0.rawValue)], refusal: $1))
      } keep: {
        (network: inout Network, result: RungResult, isBest: Bool) throws(AdaptationError) in
        progress(result.rung)
        var attempt = Attempt(
          rung: result.rung, bytes: bytes[Int(result.rung.rawValue)], result: result)
        if isBest {
          let count = AdaptorFile.byteCount(of: network, rung: result.rung)
          file = [UInt8](repeating: 0, count: count)
          var span = file.mutableSpan
          var raw = span.mutableBytes
          AdaptorFile.write(
            network, rung: result.rung, form: adaptation.form,
            modelChecksum: adaptation.modelChecksum, into: &raw)
        }
        do throws(SampleError) {
          attempt.test = try test.map { data throws(SampleError) in
            try Evaluation(&network, data, indices: 0..<data.count)
          }
          attempt.other = try other.map { data throws(SampleError) in
            try Evaluation(&network, data, indices: 0..<data.count)
          }
        } catch {
          failure = failure ?? error
        }
        attempts.append(attempt)
      }
      if let failure { throw failure }
      return (attempts, best, file)
    }
  }
}

extension Rung {
  /// All of them, from the smallest to the largest.
  public static let all: [Rung] = [.none, .moments, .prompt, .scale, .last, .lowRank, .full]

  /// What people call it.
  public var name: String {
    switch self {
    case .none: "none"
    case .moments: "moments"
    case .prompt: "prompt"
    case .scale: "scale"
    case .last: "last"
    case .lowRank: "low-rank"
    case .full: "full"
    }
  }
}
