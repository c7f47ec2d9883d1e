import Files
import Testing

@testable import Selvedge

/// The values of Tests/Vectors/golden.json, which Tests/Oracles/golden_steps.py makes in float64.
enum Golden {
  static let values: JSON = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/golden.json"))
  }()

  static func section(_ name: String) -> [JSON] { values[name]!.array! }

  /// The largest difference that float32 may leave, relative to 1.
  static let tolerance: Float = 1e-6
}

extension JSON {
  var float: Float { Float(number!) }
  var floats: [Float] { array!.map(\.float) }
  var integers: [Int] { array!.map { $0.integer! } }
  /// A matrix [rows][columns] as one row-major list.
  var flattened: [Float] { array!.flatMap(\.floats) }
  /// A matrix [inputs][units], as the oracle has it, in the runtime's order [units, inputs].
  var transposed: [Float] {
    let rows = array!.map(\.floats)
    return rows[0].indices.flatMap { column in rows.map { $0[column] } }
  }
  var activation: Activation {
    switch string! {
    case "tanh": .tanh
    case "relu": .relu
    case "sigmoid": .sigmoid
    default: .linear
    }
  }
  var rule: Rule {
    switch string! {
    case "readout": .readout
    case "masked": .masked
    case "squared": .squared
    case "absolute": .absolute
    case "direct": .direct
    default: .frozen
    }
  }
}

/// Whether two lists agree to the tolerance, and are not empty.
func agree(_ found: [Float], _ expected: [Float]) -> Bool {
  !expected.isEmpty && found.count == expected.count
    && zip(found, expected).allSatisfy {
      abs($0 - $1) <= Golden.tolerance * max(1, abs($1))
    }
}
