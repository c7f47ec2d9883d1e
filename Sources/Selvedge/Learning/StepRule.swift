/// How the gradient of a layer becomes a change of its weights, whatever layer, local loss and precision it is of.
///
/// A plan is made for one of them (`Plan.init`), as it says what a network remembers from step to step.
public enum StepRule: UInt8, Sendable, BitwiseCopyable {
  /// The gradient times the rate.
  case plain = 0
  /// The gradient over the root of its mean square in the layer, each number clamped to ±1.5, times the rate: the
  /// change does not depend on the units that a sensor measures in, nor the best rate on much else.
  ///
  /// The mean square is that of the steps before, each of which counts 0.99 times as much as the one behind it; of the
  /// first step its own. Weights, biases and the weights of a recurrent state each have one: 16 bytes a layer.
  /// (Coordinate-wise clipping, arXiv 2306.00204, with a root mean square in place of a quantile.)
  case clipped = 1
  /// The gradient times the rate over |x|^2 + 1, where x is what the layer reads: of dense layers and one sample at a
  /// time, where it changes what a unit makes of that sample by about the rate, whatever the units of x are.
  case normalised = 2

  /// Whether something is remembered from step to step, of each layer its mean squares: then a step needs the gradient
  /// of a layer as such, some rows of it at a time.
  var remembers: Bool { Linked.steps && self == .clipped }

  /// Bytes of what is remembered of so many layers.
  func memoryBytes(layers: Int) -> Int { remembers ? layers * MeanSquares.bytes : 0 }

  /// Whether the rate is divided by what the layer reads.
  var dividesByInput: Bool { Linked.steps && self == .normalised }

  /// What a clipped number is at most.
  static var limit: Float { 1.5 }
}

/// What a network remembers of the gradients of a layer: 16 bytes, alike on every target.
struct MeanSquares: Equatable, BitwiseCopyable {
  /// The weighted sums of the mean squares of all steps so far, by `GradientStep.Part`.
  var weights: Float = 0
  var stateWeights: Float = 0
  var biases: Float = 0
  /// The sum of those weights: 1 - 0.99^steps.
  var share: Float = 0

  static var bytes: Int { 16 }
  static var retention: Float { 0.99 }

  /// Takes in the mean squares of a step. One that is not finite belongs to no gradient that could be a step.
  mutating func add(_ step: MeanSquares) {
    let part = 1 - Self.retention
    weights = Self.sum(weights, step.weights, part)
    stateWeights = Self.sum(stateWeights, step.stateWeights, part)
    biases = Self.sum(biases, step.biases, part)
    share = Self.retention * share + part
  }

  private static func sum(_ old: Float, _ new: Float, _ part: Float) -> Float {
    let sum = retention * old + part * new
    return sum.isFinite ? sum : old
  }

  /// What a gradient is multiplied by before it is clamped; 0 if nothing has been seen of it.
  func factor(_ square: Float) -> Float {
    let root = (square / share).squareRoot()
    return root > 0 ? 1 / root : 0
  }

  /// Whether the numbers, which may come from a file, are such as a layer can have.
  var isPossible: Bool {
    let range = Float(0)...Float.greatestFiniteMagnitude
    return range.contains(weights) && range.contains(stateWeights) && range.contains(biases)
      && (0...1).contains(share)
  }
}
