import Files
import Selvedge
import Simulator

// How a network did, as people and as programs read it.

/// A result in a word or two: an accuracy, or the error of a regression.
func summary(_ result: TestResult?) -> String {
  switch result {
  case nil: "-"
  case .classes(let evaluation): percent(evaluation.accuracy)
  case .values(let errors): "RMSE \(digits(errors.rmse))  R2 \(digits(errors.explained))"
  }
}

/// A number of any size with five digits that count, or a dash where there is none.
func digits(_ number: Double?) -> String {
  guard let number else { return "-" }
  let size = number.magnitude
  let places = size >= 10_000 ? 0 : size >= 100 ? 2 : size >= 1 ? 4 : size >= 0.01 ? 5 : 8
  return decimal(number, places)
}

extension Device {
  /// The lines of a test's result; nil where there was no test.
  func lines(_ result: TestResult?) -> [String] {
    guard network.learnsValues else { return ["test accuracy  \(summary(result))"] }
    guard case .values(let errors) = result else { return ["test RMSE      -"] }
    return [
      "test RMSE      \(digits(errors.rmse)), the mean of the training values "
        + digits(errors.baseline),
      "test R2        \(digits(errors.explained))",
    ]
  }

  /// The members of an object that tell a result, with a word in front of their names.
  func members(_ prefix: String, _ result: TestResult?) -> [JSON.Member] {
    guard network.learnsValues else {
      var accuracy: Double?
      if case .classes(let evaluation) = result { accuracy = evaluation.accuracy }
      return [.init(prefix + "accuracy", JSON(accuracy))]
    }
    var errors: ValueErrors?
    if case .values(let found) = result { errors = found }
    return [
      .init(prefix + "rmse", JSON(errors?.rmse)), .init(prefix + "r2", JSON(errors?.explained)),
      .init(prefix + "baseline_rmse", JSON(errors?.baseline)),
    ]
  }
}

extension JSON {
  /// An object with the members of another behind its own.
  func joined(_ other: JSON) -> JSON { .object((members ?? []) + (other.members ?? [])) }
}
