import Selvedge

/// What a plan says, kept without the plan: every tensor and the sums.
public struct ArenaReport: Sendable {
  public let footprint: Footprint
  /// The tensors of the arena in the plan's order.
  public let tensors: [Tensor]
  /// Those that stay in a model in flash.
  public let flash: [Tensor]
  /// What each layer has to do for a sample.
  public let work: [Work]
  /// What the same network and batch take for predictions alone.
  public let inference: Footprint
  /// What backpropagation would hold in place of the arena.
  public let backpropagation: Backpropagation

  /// Steps of one sweep: the layers.
  public var steps: Int { work.count }
  /// The work of all layers.
  public var allWork: Work { work.reduce(Work(), +) }

  /// - Parameters:
  ///   - learns: Whether the rule of the hidden layers learns.
  ///   - constants: Where the plan has what does not change.
  public init(_ plan: Plan, learns: Bool = true, constants: Plan.Constants = .inArena) {
    var tensors: [Tensor] = []
    plan.forEachTensor { tensors.append($0) }
    self.tensors = tensors.filter { $0.category != .flash }
    flash = tensors.filter { $0.category == .flash }
    footprint = plan.footprint
    // What can be planned for training can be for less.
    let predicting = try? Plan(
      input: plan.inputShape, layers: plan.layers, batch: plan.batch, purpose: .inference,
      constants: constants)
    inference = predicting?.footprint ?? plan.footprint
    var layers: [PlannedLayer] = []
    plan.forEachLayer { layers.append($0) }
    work = layers.indices.map { k in
      Work(of: layers[k], next: k + 1 < layers.count ? layers[k + 1] : nil, learns: learns)
    }
    backpropagation = Backpropagation(plan)
  }
}
