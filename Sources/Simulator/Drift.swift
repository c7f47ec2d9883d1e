import Datasets
import Selvedge

/// How a sensor comes to see other than it did when the network was trained: one kind of change, of
/// severity 1 to 5, the same for every sample that this sensor gives.
///
/// What is random is a function of the seed and, where it is new in every sample, of the sample's number.
/// Severity 3 of noise, contrast, rotate, invert, columns and shift is what is usual in studies of domain
/// shift on 28 x 28 images; shifts grow with the image.
public struct Drift: Equatable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// Normally distributed, new in every value: deviations 0.1 to 0.5; of sequences 0.1 to 1.
    case noise
    /// All values times 0.8 to 0.15, as with less light; of sequences times 1.1 to 3.
    case gain
    /// 0.1 to 0.5 added; to sequences 0.25 to 2.
    case offset
    /// From 0.8 x + 0.15 over 0.25 x + 0.55 to 0.1 x + 0.66.
    case contrast
    /// Turned about its middle by 10, 20, 30, 45 or 60 degrees; black comes in.
    case rotate
    /// 1 - x, whatever the severity.
    case invert
    /// Every column with a gain of its own, 0.2 to 1.2, and an offset, 0 to 0.5: an ageing line sensor.
    case columns
    /// By 1, 3, 4, 6 or 8 columns and 1, 2, 3, 4 or 6 rows of 28; black comes in.
    case shift
    /// The mean of neighbours with weights 1, 2, 1, across and down, 1 to 5 times.
    case blur
    /// x to the power of 1.25, 1.5, 2, 3 or 4.
    case gamma
    /// 3, 6, 9, 17 or 27 % of the values black or white, others in every sample.
    case saltAndPepper = "salt-and-pepper"
    /// 2, 5, 10, 20 or 30 % of the values black, always the same.
    case deadPixels = "dead-pixels"
    /// A sampling rate 1.05 to 2 times as high; the end of what was seen is cut.
    case resample
    /// The three axes of every sensor turned about one of them by 10, 20, 30, 45 or 60 degrees, of two
    /// channels the plane.
    case turn
    /// 1 to 5 channels that read 0; one is always left.
    case dropout
  }

  /// What the values of a sample are to each other.
  public enum Form: Sendable {
    /// Rows of columns of channels, which cannot leave the range from black to white.
    case image
    /// Steps of channels; a row of a table is one step.
    case sequence

    /// What the samples of a data set are to a network.
    public static func of(_ samples: Samples, readsSequences: Bool) -> Form {
      samples.shape.count > 1 && !readsSequences ? .image : .sequence
    }
  }

  public let kind: Kind
  public let severity: Int
  public let seed: UInt64
  /// The value that counts as 1: white, or the deviation of all values of sequences.
  let one: Float
  /// The value that counts as 0: black, or 0.
  let zero: Float
  let form: Form
  /// The lengths of a sample; of a sequence, its channels are the last.
  let shape: [Int]

  /// The change for samples like `samples`, which tell the shape and the range of the values.
  ///
  /// - Precondition: `severity` is 1 to 5.
  /// - Throws: `DriftError` if the kind is not for samples of this form.
  public init(
    _ kind: Kind, severity: Int, seed: UInt64, like samples: Samples, _ form: Form
  ) throws(DriftError) {
    precondition((1...5).contains(severity), "a severity is 1 to 5")
    let range = form == .image ? samples.valueRange : (0, Self.deviation(of: samples))
    try self.init(
      kind, severity: severity, seed: seed, shape: samples.shape, form, zero: range.0,
      one: range.1)
  }

  init(
    _ kind: Kind, severity: Int, seed: UInt64, shape: [Int], _ form: Form, zero: Float, one: Float
  ) throws(DriftError) {
    switch (kind, form) {
    case (.noise, _), (.gain, _), (.offset, _): break
    case (.resample, .sequence): break
    case (.turn, .sequence), (.dropout, .sequence):
      guard shape.last! > 1 else { throw .needsChannels(kind) }
    case (.resample, .image), (.turn, .image), (.dropout, .image): throw .needsSequences(kind)
    case (_, .image): guard shape.count > 1 else { throw .needsImages(kind) }
    case (_, .sequence): throw .needsImages(kind)
    }
    self.kind = kind
    self.severity = severity
    self.seed = seed
    self.shape = shape
    self.form = form
    self.zero = zero
    self.one = one > zero ? one : zero + 1
  }

  private static func deviation(of samples: Samples) -> Float {
    samples.standardisation(of: 0..<samples.count).deviation
  }

  /// Changes the values of the sample number `sample`.
  ///
  /// - Precondition: The values are those of a whole sample.
  public func apply(to values: inout MutableSpan<Float>, sample: Int) {
    let (low, span) = (Double(zero), Double(one) - Double(zero))
    var x = values.indices.map { (Double(values[$0]) - low) / span }
    switch form {
    case .image:
      precondition(x.count == shape.reduce(1, *), "an image must be whole")
      changeImage(&x, sample)
      for i in x.indices { x[i] = min(max(x[i], 0), 1) }
    case .sequence:
      precondition(x.count.isMultiple(of: shape.last!), "a sequence must be whole")
      changeSequence(&x, sample)
    }
    for i in values.indices { values[i] = Float(x[i] * span + low) }
  }

  // MARK: What the severity chooses

  /// The element of a list that the severity stands for.
  func level<Value>(_ first: Value, _ rest: Value...) -> Value {
    severity == 1 ? first : rest[severity - 2]
  }

  /// The cosine and sine of 10, 20, 30, 45 or 60 degrees.
  var angle: (cosine: Double, sine: Double) {
    level(
      (0.984807753012208, 0.17364817766693036), (0.9396926207859084, 0.3420201433256687),
      (0.8660254037844387, 0.5), (0.7071067811865476, 0.7071067811865476),
      (0.5, 0.8660254037844387))
  }

  // MARK: What the seed chooses

  /// The numbers of the sensor, which do not change.
  var fixed: CounterGenerator { CounterGenerator(seed: seed, stream: 2 << 32) }

  /// The numbers of one sample.
  func fresh(_ sample: Int) -> CounterGenerator {
    CounterGenerator(seed: seed, stream: 3 << 32 + UInt64(sample))
  }

  /// Adds normally distributed numbers of so large a deviation.
  func addNoise(_ deviation: Double, _ x: inout [Double], _ sample: Int) {
    let generator = fresh(sample)
    for i in x.indices { x[i] += deviation * Self.normal(generator, UInt64(i)) }
  }

  /// A number from 0 to 1, without 1.
  static func uniform(_ word: UInt64) -> Double { Double(word >> 11) * 0x1p-53 }

  /// A number with mean 0 and deviation 1, nearly normal: the sum of twelve uniform ones of 16 bits,
  /// which needs no logarithm that another machine would round otherwise.
  static func normal(_ generator: CounterGenerator, _ index: UInt64) -> Double {
    var sum: UInt64 = 0
    for word in 3 * index..<3 * index + 3 {
      let bits = generator[word]
      sum += bits & 0xFFFF + bits >> 16 & 0xFFFF + bits >> 32 & 0xFFFF + bits >> 48
    }
    return (Double(sum) + 6) * 0x1p-16 - 6
  }
}

/// Why a kind of drift is not for some samples.
public enum DriftError: Error, Equatable {
  case needsImages(Drift.Kind)
  case needsSequences(Drift.Kind)
  /// There is one channel only.
  case needsChannels(Drift.Kind)
}

extension LabelledSamples {
  /// The same with the samples at `indices` changed, by one drift after the other.
  public func drifted(
    by drifts: [Drift], at indices: some Sequence<Int>
  ) -> LabelledSamples {
    let drifted = Set(indices)
    return chosen(0..<count) { drifted.contains($0) ? drifts : [] }
  }

  /// Some of the samples, in this order, each changed by one drift after the other.
  public func chosen(_ indices: some Collection<Int>, driftedBy drifts: [Drift]) -> LabelledSamples
  {
    chosen(indices) { _ in drifts }
  }

  private func chosen(
    _ indices: some Collection<Int>, driftedBy drifts: (Int) -> [Drift]
  ) -> LabelledSamples {
    var values: [Float] = []
    var starts = [0]
    var sample = [Float](repeating: 0, count: samples.valuesPerSample)
    for index in indices {
      var span = sample.mutableSpan
      let length = samples.copy(index, into: &span)
      var own = span._mutatingExtracting(0..<length)
      for drift in drifts(index) { drift.apply(to: &own, sample: index) }
      values += sample.prefix(length)
      starts.append(values.count)
    }
    let isEven = values.count == indices.count * samples.valuesPerSample
    let changed =
      isEven
      ? Samples(floats: values, shape: samples.shape, name: samples.name)
      : Samples(
        sequences: values, starts: starts, channels: samples.shape.last!, name: samples.name)
    return labels.isEmpty
      ? LabelledSamples(changed, targets: indices.flatMap { targets(of: $0) })
      : LabelledSamples(changed, labels: indices.map { labels[$0] })
  }
}
