import ExampleSupport

/// Why there is nothing to learn, or no further: numbers only until it is explained.
enum Failure: Error {
  case stream(StreamError)
  case noStream
  case noSamples
  case memory(asked: Int, missing: Int)
  case shape(values: Int, classes: Int)
  case sample(Int)

  /// Prints a sentence to standard error.
  func explain() {
    let output = Output.errors
    output.text("gestures: ")
    switch self {
    case .stream(let error): error.explain(output)
    case .noStream:
      output.text("standard input is to be a stream, as selvedge feed writes it")
    case .noSamples: output.text("the stream ends behind its header")
    case .memory(let asked, let missing):
      output.text("the network, its statistics and a step take ", asked, " bytes; ")
      output.text("", missing, " are missing")
    case .shape(let values, let classes):
      output.text("no network reads ", values, " values and tells ", classes, " classes apart")
    case .sample(let number): output.text("sample ", number, " is not one for the network")
    }
    output.text("\n")
  }
}
