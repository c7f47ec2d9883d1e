import Files
import Selvedge
import Simulator

/// selvedge export MODEL FILE.safetensors
enum Export: Command {
  static let usage = Usage(
    name: "export", operands: ["MODEL", "FILE"],
    summary: "Write a model's weights as safetensors, to be read by PyTorch and others.",
    examples: ["selvedge export fashion.selvedge fashion.safetensors"],
    details: """
      layers.N.weight [out, in], of a convolution [out, rows, columns, in]; layers.N.bias [out];
      of a recurrent layer also layers.N.state_weight [out, units]. A gru has three times as many
      rows as units: those of the reset, the update and the new state. Layers without weights
      have no tensors. All are float32, whatever the model stores.
      """)

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let device = try Device.forInference(SavedModel.read(arguments.operands[0]), batch: 1)
    var tensors: [(name: String, shape: [Int], values: [Float])] = []
    var activations: [String] = []
    for index in 0..<device.network.layerCount {
      let layer = try device.network.layer(index)
      for tensor in try device.network.tensors(ofLayer: index) {
        tensors.append(("layers.\(index).\(tensor.kind.rawValue)", tensor.shape, tensor.values))
      }
      if layer.kind == .dense { activations.append(layer.activation.name) }
    }
    // One word where all hidden layers agree, which is what people look for.
    let activation =
      Set(activations).count == 1 ? activations[0] : activations.joined(separator: ",")
    let standardisation = device.network.standardisation
    let bytes = try Safetensors.encode(
      tensors,
      metadata: [
        "format": "pt", "activation": activation, "mean": "\(standardisation.mean)",
        "deviation": "\(standardisation.deviation)",
      ])
    try File.writeAtomically(bytes, to: arguments.operands[1])
  }
}
