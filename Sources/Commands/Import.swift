import Files
import Selvedge
import Simulator

/// selvedge import FILE.safetensors --like MODEL --output NEW
enum Import: Command {
  static let usage = Usage(
    name: "import", operands: ["FILE"],
    summary: "Make a model of the weights in a safetensors file, shaped like another model.",
    examples: ["selvedge import tuned.safetensors --like fashion.selvedge --output new.selvedge"],
    options: [
      .init(
        "like", "MODEL", "Required: the model that gives layers, activations and standardisation."),
      .init("output", "FILE", "Required: where the new model goes."),
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let path = arguments.operands[0]
    let output = try arguments.required("output")
    let device = try Device.forInference(SavedModel.read(arguments.required("like")), batch: 1)
    let bytes = try File.read(path)
    do {
      try replaceWeights(of: device, by: Safetensors(bytes: bytes))
    } catch {
      throw Failure.failed("\(path): \(Failure(error).message)")
    }
    try device.save(to: output)
  }

  private static func replaceWeights(of device: Device, by file: Safetensors) throws {
    let layers = 0..<device.network.layerCount
    var tensors = try layers.map { try device.network.tensors(ofLayer: $0) }
    let names = zip(layers, tensors).flatMap { layer, own in
      own.map { "layers.\(layer).\($0.kind.rawValue)" }
    }
    if let extra = file.tensors.first(where: { !names.contains($0.name) }) {
      throw Failure.failed("\(extra.name) is no tensor of the model")
    }
    for layer in layers {
      for place in tensors[layer].indices {
        let (kind, shape) = (tensors[layer][place].kind, tensors[layer][place].shape)
        tensors[layer][place].values = try floats(
          file, "layers.\(layer).\(kind.rawValue)", shape: shape)
      }
      try device.network.setTensors(tensors[layer], ofLayer: layer)
    }
  }

  /// The finite values of a tensor of just this shape.
  private static func floats(
    _ file: Safetensors, _ name: String, shape: [Int]
  ) throws -> [Float] {
    if let tensor = file.tensors.first(where: { $0.name == name }), tensor.shape != shape {
      throw Failure.failed("\(name) has shape \(tensor.shape); the model's is \(shape)")
    }
    let values = try file.floats(of: name)
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw Failure.failed("\(name): value \(index) is not a finite number")
    }
    return values
  }
}
