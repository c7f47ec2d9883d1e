import Selvedge

/// What a plan says, kept without the plan: every tensor and the sums.
public struct ArenaReport: Sendable {
  public let footprint: Footprint
  /// The tensors in the plan's order.
  public let tensors: [Tensor]
  /// Steps of one sweep: the layers.
  public let steps: Int

  public init(_ plan: Plan) {
    var tensors: [Tensor] = []
    plan.forEachTensor { tensors.append($0) }
    self.tensors = tensors
    footprint = plan.footprint
    steps = plan.layers.count
  }
}
