import Boards
import CStandardLibrary
import Selvedge

/// One way to fit a network into a budget: how its weights are stored, how many samples a step takes, how wide
/// its hidden layers are, and which of its layers learn.
public struct NetworkChoice: Sendable {
  /// What the samples look like.
  public let input: Shape
  /// The layers as chosen.
  public let layers: [LayerDescription]
  /// Samples of a step.
  public let batch: Int
  /// What all weights are stored as; nil if they stay as described.
  public let precision: Precision?
  /// The width of the hidden layers, in parts of what was described; at most 1.
  public let width: Double
  /// How many of the hidden layers with weights are frozen for sure, counted from the input.
  public let frozen: Int
  /// What its plan says.
  public let report: ArenaReport
  /// What a step costs, where it is known on which board.
  public let cost: StepCost?

  /// Bytes of the arena that it trains in.
  public var bytes: Int { report.footprint.total }

  /// The choice, planned; nil if no such network is possible.
  public init?(
    _ network: DescribedNetwork, precision: Precision?, batch: Int, width: Double, frozen: Int,
    on speed: (board: Board, core: Core)? = nil
  ) {
    var layers = network.layers
    var hidden = 0
    for k in layers.indices {
      if let precision { layers[k] = layers[k].stored(as: precision) }
      guard layers[k].kind.hasWeights, !layers[k].kind.isHead else { continue }
      let units = Int(layers[k].units)
      if units > 0 { layers[k] = layers[k].resized(to: Self.units(units, scaledBy: width)) }
      if hidden < frozen { layers[k].isFrozen = true }
      hidden += 1
    }
    do throws(PlanError) {
      let plan = try Plan(
        input: network.input, layers: layers.span, batch: batch,
        purpose: .training(digest: network.rule.digestCount(classes: network.classes)),
        constants: network.constants)
      report = ArenaReport(plan, learns: network.rule.learns, constants: network.constants)
      cost = speed.map { StepCost(of: plan, rule: network.rule, on: $0.board, core: $0.core) }
    } catch {
      return nil
    }
    (self.input, self.layers, self.batch) = (network.input, layers, batch)
    (self.precision, self.width, self.frozen) = (precision, width, frozen)
  }

  /// Kernels take eight units at a time, so wide layers keep to multiples of eight.
  private static func units(_ units: Int, scaledBy width: Double) -> Int {
    let scaled = Int((Double(units) * width).rounded())
    return width < 1 && scaled > 8 ? scaled & ~7 : max(scaled, 1)
  }

  /// Points of accuracy that the choice may cost against the network as described, in float32 and batches of 64:
  /// a rule of thumb to rank by, made of what Fashion-MNIST has shown (README, "What it reaches").
  ///
  /// Half the width costs 0.6; float16 nothing and int8 0.3, and both another 0.6 at batch 1, where float32
  /// costs 0.25; a frozen network 5, the first layers most.
  public var expectedCost: Double {
    let small = 1 - log2(Double(min(batch, 64))) / 6
    let stored = precision ?? layers.first { $0.kind.hasWeights }?.precision ?? .float32
    let rounding: Double =
      switch stored {
      case .float32: 0.25 * small
      case .float16: 0.05 + 0.9 * small
      case .int8: 0.3 + 0.6 * small
      }
    let hidden = layers.count { $0.kind.hasWeights && !$0.kind.isHead }
    let part = hidden == 0 ? 0 : Double(frozen) / Double(hidden)
    return rounding - 0.6 * log2(width) + 5 * part
  }
}

/// A network that is to fit somewhere, and how it learns.
public struct DescribedNetwork: Sendable {
  public let input: Shape
  public let layers: [LayerDescription]
  /// The rule of the hidden layers.
  public let rule: Rule
  /// Where it keeps the weights of frozen layers.
  public let constants: Plan.Constants

  public init(
    input: Shape, layers: [LayerDescription], rule: Rule, constants: Plan.Constants = .inArena
  ) {
    (self.input, self.layers, self.rule) = (input, layers, rule)
    self.constants = constants
  }

  /// Outputs of the last layer.
  public var classes: Int { Int(layers[layers.count - 1].units) }
  /// Hidden layers with weights.
  private var hidden: [LayerDescription] {
    layers.filter { $0.kind.hasWeights && !$0.kind.isHead }
  }
  /// How many of them, counted from the input, may be frozen: those that are described so at the least.
  var freezable: ClosedRange<Int> {
    (hidden.firstIndex { !$0.isFrozen } ?? hidden.count)...hidden.count
  }
}
