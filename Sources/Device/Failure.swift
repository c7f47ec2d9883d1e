import ExampleSupport
import Selvedge

/// Why there is nothing to train, or no further: numbers only until it is explained.
enum Failure: Error {
  case length
  case model(ModelFileError)
  case noRecord
  case regression
  case stream(StreamError)
  case shape(values: Int, classes: Int)
  case memory(bytes: Int)
  case plan
  case sample(Int)
  case order(Int)

  /// Prints a sentence to standard error.
  func explain() {
    let output = Output.errors
    output.text("selvedge-device: ")
    switch self {
    case .length: output.text("standard input ends before the model does")
    case .model(let error): explain(error, output)
    case .noRecord: output.text("the model does not say how it is trained")
    case .regression: output.text("a stream has classes; the model learns values")
    case .stream(let error): error.explain(output)
    case .shape(let values, let classes):
      output.text("the model does not read steps of ", values, " values and tell ", classes)
      output.text(" classes apart")
    case .memory(let bytes): output.text("there are no ", bytes, " bytes")
    case .plan: output.text("the model cannot be planned")
    case .sample(let number): output.text("sample ", number, " is not one for the network")
    case .order(let number):
      output.text("sample ", number, " is not in its order: a step takes the longest first, and ")
      output.text("nothing is predicted within it")
    }
    output.text("\n")
  }

  private func explain(_ error: ModelFileError, _ output: Output) {
    switch error {
    case .notAModel: output.text("behind its length there is no model")
    case .version(let version): output.text("the model has version ", Int(version))
    case .truncated(let offset, let needed, let found):
      output.text("at byte ", offset, " of the model: ", needed, " bytes expected, ")
      output.text("", found, " found")
    case .checksum(let offset, _):
      output.text("at byte ", offset, " of the model: the checksum is wrong")
    case .section(let offset):
      output.text("at byte ", offset, " of the model: a section is not where it must be")
    case .value(let offset):
      output.text("at byte ", offset, " of the model: a number is out of its range")
    case .parameters(let expected, let found):
      output.text("the model has ", found, " bytes of parameters, not ", expected)
    }
  }
}
