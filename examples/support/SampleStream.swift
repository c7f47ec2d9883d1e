import CStandardLibrary

/// Labelled samples from standard input, in the format that `selvedge feed` writes; numbers are little-endian.
///
///     header    "SELVSTRM"
///               32 bits each: the version 2; classes; values of a step; steps of the longest sample;
///               bytes of a value, 1 (a whole number) or 4 (a float)
///     sample    8 bits the label, 8 bits whether it is to be learned from (0) or only to be predicted (1),
///               16 bits its steps; then its values, step after step
///
/// An image or a row of a table is a sample of one step. Samples follow one another to the end.
public struct SampleStream {
  public let classes: Int
  public let valuesPerStep: Int
  /// Steps of the longest sample.
  public let longest: Int
  /// Samples begun.
  public private(set) var count = 0
  private let valueBytes: Int
  /// Bytes of the present sample: read, and in all.
  private var (found, expected) = (0, 0)

  /// The head of a sample; its values are to be read before the next one.
  public struct Sample {
    public let label: Int
    /// Whether it is only to be predicted.
    public let isTest: Bool
    /// At least 1.
    public let steps: Int
  }

  /// Reads the header; nil if standard input is a terminal, or a device that gives nothing such as /dev/null.
  public init?() throws(StreamError) {
    guard !is_terminal(standard_input()) else { return nil }
    var header:
      (
        magic: UInt64, version: UInt32, classes: UInt32, values: UInt32, steps: UInt32,
        valueBytes: UInt32
      ) = (0, 0, 0, 0, 0, 0)
    let size = 28
    let found = withUnsafeMutableBytes(of: &header) { Self.read($0.baseAddress!, size) }
    // An empty pipe or file comes from a program that failed.
    if found == 0 && is_character_device(standard_input()) { return nil }
    if found >= 8, UInt64(littleEndian: header.magic) != Self.magic { throw .notAStream }
    guard found == size else { throw .shortHeader(found: found, expected: size) }
    let version = Self.integer(header.version)
    guard version == 2 else { throw .version(version) }
    classes = Self.integer(header.classes)
    valuesPerStep = Self.integer(header.values)
    longest = Self.integer(header.steps)
    valueBytes = Self.integer(header.valueBytes)
    // A label is a byte, the number of steps two.
    guard 2...256 ~= classes, 1...65_536 ~= valuesPerStep, 1...65_535 ~= longest,
      valueBytes == 1 || valueBytes == 4
    else {
      throw .shape(
        classes: classes, values: valuesPerStep, steps: longest, valueBytes: valueBytes)
    }
  }

  /// The head of the next sample; nil behind the last.
  public mutating func next() throws(StreamError) -> Sample? {
    var head: (label: UInt8, purpose: UInt8, steps: UInt16) = (0, 0, 0)
    expected = 4
    found = withUnsafeMutableBytes(of: &head) { Self.read($0.baseAddress!, 4) }
    if found == 0 && ferror(standard_input()) == 0 { return nil }
    count += 1
    guard found == expected else { throw cut }
    let sample = Sample(
      label: Int(head.label), isTest: head.purpose == 1,
      steps: Int(UInt16(littleEndian: head.steps)))
    guard sample.label < classes else { throw .label(sample.label, sample: count) }
    guard head.purpose <= 1 else { throw .purpose(Int(head.purpose), sample: count) }
    guard 1...longest ~= sample.steps else {
      throw .steps(sample.steps, sample: count, longest: longest)
    }
    expected += sample.steps * valuesPerStep * valueBytes
    return sample
  }

  /// Reads the next step of the present sample into `values`, as many as a step has.
  public mutating func readStep(
    into values: UnsafeMutableBufferPointer<Float>
  ) throws(StreamError) {
    precondition(values.count == valuesPerStep, "readStep: a step has another number of values")
    // Bytes are read to the end of the floats that they become, and are overtaken only by the last.
    let bytes = UnsafeMutableRawBufferPointer(values)
    let start = (4 - valueBytes) * valuesPerStep
    let part = Self.read(bytes.baseAddress! + start, valuesPerStep * valueBytes)
    found += part
    guard part == valuesPerStep * valueBytes else { throw cut }
    for i in values.indices {
      if valueBytes == 1 {
        // (By way of Int: the conversion of any integer brings arrays along, and they a heap.)
        values[i] = Float(Int(bytes[start + i]))
      } else {
        values[i] = Float(bitPattern: UInt32(littleEndian: values[i].bitPattern))
        guard values[i].isFinite else { throw .notFinite(sample: count) }
      }
    }
  }

  private var cut: StreamError { .cutSample(count, found: found, expected: expected) }

  private static func read(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    fread(bytes, 1, count, standard_input())
  }

  private static func integer(_ number: UInt32) -> Int {
    Int(truncatingIfNeeded: UInt32(littleEndian: number))
  }

  /// "SELVSTRM", the first letter lowest.
  private static var magic: UInt64 { 0x4D52_5453_564C_4553 }
}
