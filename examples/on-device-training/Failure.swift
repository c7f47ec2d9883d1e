import ExampleSupport

/// Why there is nothing to train, or no further: numbers only until it is explained.
enum Failure: Error {
  case precision
  case architecture
  case square(inputs: Int)
  case stream(StreamError)
  case steps(Int)
  case shape(inputs: Int, classes: Int)
  case memory(asked: Int, missing: Int)
  case sample(Int)
  case noSamples

  /// Prints a sentence to standard error.
  func explain() {
    let output = Output.errors
    output.text("on-device-training: ")
    switch self {
    case .precision:
      output.text("PRECISION is float32, float16 or int8")
    case .architecture:
      output.text("NETWORK is mlp, cnn, oscillators, legendre, elman, gru, readout, joint ")
      output.text("or regression")
    case .square(let inputs):
      output.text("samples of ", inputs, " values are no squares; NETWORK=mlp learns them too")
    case .stream(let error):
      error.explain(output)
    case .steps(let steps):
      output.text("samples have up to ", steps, " steps; this program reads samples of one step")
    case .shape(let inputs, let classes):
      output.text("no network reads ", inputs, " values and tells ", classes, " classes apart")
    case .memory(let asked, let missing):
      output.text("the network and a sample take ", asked, " bytes; ", missing, " are missing")
    case .sample(let number):
      output.text("sample ", number, " is not one for the network")
    case .noSamples:
      output.text("the stream ends behind its header")
    }
    output.text("\n")
  }
}
