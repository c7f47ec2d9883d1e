import CStandardLibrary
import Selvedge
import Simulator

/// What NETWORK means on a command line.
enum NetworkOperand {
  static let help = """
    NETWORK is a model file, widths such as 784-128-10, layers as 'selvedge train --network'
    takes them, or one of its presets: \(presets).
    What does not say its input reads 28x28 values, a row a step, and has 10 classes.
    """

  private static let presets = NetworkText.presets.map(\.name).joined(separator: ", ")

  /// The layers of a model file, of a line such as 784-500-10, or of a description or preset.
  static func read(_ network: String) throws -> (Shape, [LayerDescription]) {
    if let widths = widths(network) {
      // A layer's description could not hold every number that may be typed.
      for (layer, units) in widths.dropFirst().enumerated() where UInt32(exactly: units) == nil {
        throw Failure.usage(unitsSentence(layer: layer, units: units))
      }
      return (
        Shape(widths[0]),
        widths[1..<widths.count - 1].map { .dense($0) } + [.output(widths.last!)]
      )
    }
    // What looks like widths was meant as widths, not as the name of a file.
    let looksLikeWidths = network.allSatisfy { $0 == "-" || $0.isASCII && $0.isNumber }
    let isFile = isFile(network)
    if looksLikeWidths && !isFile {
      throw Failure.usage("'\(network)' is neither widths such as 784-500-10 nor a model file")
    }
    let isPreset = NetworkText.presets.contains { $0.name == network }
    if !isFile && (isPreset || network.contains(" ")) {
      var text = try NetworkText(network, classes: 10)
      let image = Shape(rows: 28, columns: 28)
      guard text.layers[0].kind.readsSteps else { return (text.input ?? image, text.layers) }
      text.span(image.rows)
      return (text.input ?? Shape(image.columns), text.layers)
    }
    guard isFile else {
      let hint = suggestion(network, NetworkText.presets.map(\.name), prefix: "")
      let message =
        "cannot open \(network): there is no such file, nor is it a preset "
        + "(\(presets)) or widths such as 784-500-10" + hint
      // A mistyped name is wrong usage, a file that is not there a failure.
      throw hint.isEmpty ? Failure.failed(message) : Failure.usage(message)
    }
    let model = try SavedModel.read(network)
    return (model.inputShape, model.layers)
  }

  /// Whether it is a file, and so a model.
  static func isFile(_ network: String) -> Bool { access(network, F_OK) == 0 }

  /// The numbers of widths such as 784-128-10; nil if it is something else.
  static func widths(_ network: String) -> [Int]? {
    let fields = network.split(separator: "-", omittingEmptySubsequences: false)
    let widths = fields.compactMap { Int($0) }
    return widths.count == fields.count && widths.count >= 2 ? widths : nil
  }

  /// The layers of such widths as `selvedge train --network` takes them.
  static func text(_ widths: [Int]) -> String {
    let hidden = widths[1..<widths.count - 1].map { "dense \($0), " }.joined()
    return "input \(widths[0]), \(hidden)output \(widths.last!)"
  }
}
