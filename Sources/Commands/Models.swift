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

/// The choices of the command line, by their names.
let ruleNames = Rule.all.map { ($0.name, $0) }
let activationNames = Activation.all.map { ($0.name, $0) }
let precisionNames = Precision.all.map { ($0.name, $0) }
let roundingNames = Rounding.all.map { ($0.name, $0) }

extension Device {
  /// The network as people write it, such as 784-500-10.
  var notation: String {
    let layers = (0..<network.layerCount).compactMap { try? network.layer($0) }
    return layers.text(input: network.inputShape)
  }
}
