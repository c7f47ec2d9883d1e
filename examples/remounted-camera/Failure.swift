import ExampleSupport
import Selvedge

/// Why there is nothing to fit, or no further: numbers only until it is explained.
enum Failure: Error {
  case noStream
  case stream(StreamError)
  case shape(values: Int)
  case model
  case memory
  case adaptation
  case images(Int)

  /// Prints a sentence to standard error.
  func explain() {
    let output = Output.errors
    output.text("remounted-camera: ")
    switch self {
    case .noStream: output.text("standard input is to be a stream of images, as selvedge writes it")
    case .stream(let error): error.explain(output)
    case .shape(let values): output.text("images of ", values, " values are not 28 x 28")
    case .model: output.text("the model is damaged")
    case .memory: output.text("the memory is too small")
    case .adaptation: output.text("no rung could be fitted")
    case .images(let count): output.text("the stream ends after ", count, " images")
    }
    output.text("\n")
  }
}
