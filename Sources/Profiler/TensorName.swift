import Selvedge

/// What people call a tensor, after the names in exported files.
public func tensorName(_ role: Tensor.Role, layer: Int) -> String {
  switch role {
  case .weight: "layers.\(layer).weight"
  case .bias: "layers.\(layer).bias"
  case .scale: "layers.\(layer).scale"
  case .layers: "layer table"
  case .labels: "labels"
  case .targets: "targets"
  case .input: "input"
  case .output: "layers.\(layer).output"
  case .digest: "layers.\(layer).digest"
  case .delta: "layers.\(layer).delta"
  case .values: "layers.\(layer).values"
  case .noise: "layers.\(layer).noise"
  case .roundedDelta: "layers.\(layer).rounded_delta"
  case .stateWeight: "layers.\(layer).state_weight"
  case .stateScale: "layers.\(layer).state_scale"
  case .memory: "layers.\(layer).memory"
  case .patches: "layers.\(layer).patches"
  case .winners: "layers.\(layer).winners"
  case .ahead: "layers.\(layer).ahead"
  case .correction: "adaptor"
  case .steps: "step rule"
  case .replay: "replay"
  case .gradient: "layers.\(layer).gradient"
  case .classCounts: "gaussian head.class_counts"
  case .classSums: "gaussian head.class_sums"
  case .products: "gaussian head.products"
  case .factor: "gaussian head.factor"
  case .solution: "gaussian head.solution"
  case .features: "gaussian head.features"
  }
}

extension Tensor.Category {
  /// The category's word in tables and in JSON.
  public var name: String {
    switch self {
    case .weights: "weights"
    case .activations: "activations"
    case .scratch: "scratch"
    case .stream: "stream"
    case .flash: "flash"
    }
  }
}
