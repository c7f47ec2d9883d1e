import Files
import Selvedge
import Simulator

extension SavedModel {
  /// The model in a file.
  static func read(_ path: String) throws -> SavedModel {
    let bytes = try File.read(path)
    do throws(ModelFileError) { return try SavedModel(bytes) } catch {
      throw Failure.failed("\(path): \(sentence(error))")
    }
  }
}

extension Device {
  /// A device that predicts with a saved model.
  static func forInference(_ model: SavedModel, batch: Int = 64) throws -> Device {
    try Device(model, batch: batch, purpose: { _ in .inference })
  }

  /// Writes the network, and its run if it can go on, as a model file: all of it or nothing.
  func save(to path: String, record: TrainingRecord? = nil) throws {
    try File.writeAtomically(SavedModel.bytes(of: network, record: record), to: path)
  }
}

/// The names of the rules on the command line.
let ruleNames: [(String, Rule)] = [
  ("readout", .readout), ("masked", .masked), ("squared", .squared), ("absolute", .absolute),
  ("direct", .direct), ("frozen", .frozen),
]

/// The names of the activations on the command line and in exported files.
let activationNames: [(String, Activation)] = [
  ("tanh", .tanh), ("relu", .relu), ("sigmoid", .sigmoid), ("linear", .linear),
]

/// The names of the precisions on the command line.
let precisionNames: [(String, Precision)] = [
  ("float32", .float32), ("float16", .float16), ("int8", .int8),
]

/// The names of the ways to round on the command line.
let roundingNames: [(String, Rounding)] = [
  ("automatic", .automatic), ("nearest", .nearest), ("stochastic", .stochastic),
]

func name(_ precision: Precision) -> String { precisionNames.first { $0.1 == precision }!.0 }
func name(_ rounding: Rounding) -> String { roundingNames.first { $0.1 == rounding }!.0 }
func name(_ rule: Rule) -> String { ruleNames.first { $0.1 == rule }!.0 }
func name(_ activation: Activation) -> String { activationNames.first { $0.1 == activation }!.0 }

extension Device {
  /// The widths of the network, such as 784-500-10.
  var notation: String {
    let units = (0..<network.layerCount).compactMap { try? network.layer($0).units }
    return ([String(network.inputs)] + units.map { String($0) }).joined(separator: "-")
  }
}
