import CStandardLibrary

/// Labelled samples, a record each: the label, then the values, all bytes.
///
/// Standard input is a header of 16 bytes ("SELVSTRM", values per sample, classes; both 32 bits,
/// little-endian) and records up to its end. If it is a terminal, or a device that gives nothing such
/// as /dev/null, ``Patterns`` take its place.
struct Samples {
  /// Values of one sample.
  let inputs: Int
  let classes: Int
  /// Records handed out.
  private(set) var count = 0
  private let isStream: Bool
  private var patterns = Patterns()

  var recordBytes: Int { 1 + inputs }

  /// Reads the header.
  init() throws(Failure) {
    var header: (magic: UInt64, inputs: UInt32, classes: UInt32) = (0, 0, 0)
    let found =
      is_terminal(standard_input())
      ? 0 : withUnsafeMutableBytes(of: &header) { fread($0.baseAddress!, 1, 16, standard_input()) }
    // An empty pipe or file comes from a program that failed.
    isStream = found > 0 || !is_character_device(standard_input())
    guard isStream else {
      (inputs, classes) = (Patterns.inputs, Patterns.classes)
      return
    }
    guard found == 16 else { throw .shortHeader(found: found) }
    guard UInt64(littleEndian: header.magic) == Self.magic else { throw .notAStream }
    inputs = Int(truncatingIfNeeded: UInt32(littleEndian: header.inputs))
    classes = Int(truncatingIfNeeded: UInt32(littleEndian: header.classes))
    // A label is a byte.
    guard 1...65_536 ~= inputs, 2...256 ~= classes else {
      throw .shape(inputs: inputs, classes: classes)
    }
  }

  /// Fills `record` with the next sample; false behind the last.
  mutating func next(into record: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Bool {
    guard isStream else {
      guard patterns.fill(record) else { return false }
      count += 1
      return true
    }
    let found = fread(record.baseAddress!, 1, recordBytes, standard_input())
    guard found == recordBytes else {
      if found == 0 && ferror(standard_input()) == 0 { return false }
      throw .cutSample(count + 1, found: found, expected: recordBytes)
    }
    count += 1
    return true
  }

  /// "SELVSTRM", the first letter lowest.
  private static var magic: UInt64 { 0x4D52_5453_564C_4553 }
}
