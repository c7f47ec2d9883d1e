import ExampleSupport

/// Why there is nothing to train, or no further: numbers only until it is explained.
enum Failure: Error {
  case noStream
  case stream(StreamError)
  case shape(inputs: Int, classes: Int)
  case memory(asked: Int, given: Int)
  case sample(Int)
  case noSamples

  /// Prints a sentence to standard error.
  func explain() {
    let output = Output.errors
    output.text("firmware-swift: ")
    switch self {
    case .noStream: output.text("standard input is to be a stream, as selvedge feed writes it")
    case .stream(let error): error.explain(output)
    case .shape(let inputs, let classes):
      output.text("no network reads ", inputs, " values and tells ", classes, " classes apart")
    case .memory(let asked, let given):
      output.text("two networks and a sample take ", asked, " bytes; there are ", given)
    case .sample(let number): output.text("sample ", number, " is not one for the network")
    case .noSamples: output.text("the stream ends behind its header")
    }
    output.text("\n")
  }
}
