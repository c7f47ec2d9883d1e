import Files
import Selvedge

/// A model file, read and checked.
public struct SavedModel: Sendable {
  public let inputShape: Shape
  public let layers: [LayerDescription]
  public let seed: UInt64
  public let standardisation: Standardisation
  /// How the values of a regression become what its last layer learns.
  public let targetStandardisation: Standardisation
  /// Training steps that the network has made.
  public let steps: UInt64
  /// All parameters, padded as in an arena.
  public let parameters: [UInt8]
  /// The run of training that the model came from, if it can go on.
  public let record: TrainingRecord?
  /// The whole file.
  public let bytes: [UInt8]

  /// Values of one sample.
  public var inputs: Int { inputShape.count }
  /// Outputs of the last layer: classes, or the values of a regression.
  public var classes: Int { Int(layers[layers.count - 1].units) }

  /// Whether the network learns values and not classes.
  public var learnsValues: Bool { layers[layers.count - 1].kind == .regression }

  /// The model in a file's bytes.
  ///
  /// - Throws: `ModelFileError`, naming the offset of what is wrong.
  public init(_ bytes: [UInt8]) throws(ModelFileError) {
    self.bytes = bytes
    let file = try ModelFile(bytes.span.bytes)
    inputShape = file.inputShape
    layers = (0..<file.layerCount).map { file.layer($0) }
    seed = file.seed
    standardisation = file.standardisation
    targetStandardisation = file.targetStandardisation
    steps = file.steps
    record = file.record
    parameters = file.parameters.withUnsafeBytes { Array($0) }
  }

  /// Lets a network of this model go on with what its step rule remembers.
  public func giveStepMemory(to network: inout Network) {
    guard let file = try? ModelFile(bytes.span.bytes) else { return }
    network.takeStepMemory(of: file)
  }

  /// The bytes of a model file for a network.
  public static func bytes(
    of network: borrowing Network, record: TrainingRecord? = nil
  ) -> [UInt8] {
    let count = ModelFile.byteCount(of: network, withRecord: record != nil)
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    ModelFile.write(network, record: record, into: &raw)
    return bytes
  }
}
