/// Why a stream cannot be learned from: numbers only until it is explained.
public enum StreamError: Error {
  case shortHeader(found: Int, expected: Int)
  case notAStream
  case version(Int)
  case shape(classes: Int, values: Int, steps: Int, valueBytes: Int)
  case cutSample(Int, found: Int, expected: Int)
  case label(Int, sample: Int)
  case purpose(Int, sample: Int)
  case steps(Int, sample: Int, longest: Int)
  case notFinite(sample: Int)

  /// Prints a sentence.
  public func explain(_ output: Output) {
    switch self {
    case .shortHeader(let found, let expected):
      output.text("the stream's header has ", expected, " bytes, but only ", found, " came")
    case .notAStream:
      output.text("standard input does not begin with SELVSTRM")
    case .version(let version):
      output.text("the stream has version ", version, "; this program reads version 2")
    case .shape(let classes, let values, let steps, let valueBytes):
      output.text("", classes, " classes, ", values, " values of ")
      output.text("", valueBytes, " bytes in a step, ", steps, " steps: ")
      output.text("from 2 to 256 classes, from 1 to 65536 values of 1 or 4 bytes, ")
      output.text("and from 1 to 65535 steps are possible")
    case .cutSample(let number, let found, let expected):
      output.text("sample ", number, " ends after ", found)
      output.text(" of ", expected, " bytes")
    case .label(let label, let sample):
      output.text("sample ", sample, " has the label ", label, ", which is no class")
    case .purpose(let purpose, let sample):
      output.text("sample ", sample, " has the purpose ", purpose, ", which is neither 0 nor 1")
    case .steps(let steps, let sample, let longest):
      output.text("sample ", sample, " has ", steps, " steps; ")
      output.text("from 1 to ", longest, " were announced")
    case .notFinite(let sample):
      output.text("sample ", sample, " has a value that is not a finite number")
    }
  }
}
