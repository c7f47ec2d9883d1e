@testable import Selvedge

/// A random network and what it is planned for, from a seed.
struct Sketch {
  let seed: UInt64
  let input: Shape
  let layers: [LayerDescription]
  let batch: Int
  let purpose: Plan.Purpose

  init(seed: UInt64, trains: Bool? = nil, width: Int = 80) {
    var dice = Dice(seed: seed)
    self.seed = seed
    var layers: [LayerDescription]
    (input, layers) = dice.network(width: width)
    Self.changeHead(of: &layers, seed)
    self.layers = layers
    // Mostly small batches: at 256 samples the activations drown everything else.
    batch = dice.integer(0...9) < 9 ? dice.integer(1...12) : dice.integer(1...256)
    let classes = Int(layers.last!.units)
    let purposes: [Plan.Purpose] =
      trains == nil ? [.inference] : trains! ? [] : [.inference, .inference]
    let all = purposes + [.training(digest: 0), .training(digest: classes)]
    purpose = trains == false ? .inference : all[dice.integer(0...all.count - 1)]
  }

  /// A network for inference, one sample at a time.
  init(seed: UInt64, input: Shape, layers: [LayerDescription]) {
    self.seed = seed
    self.input = input
    self.layers = layers
    batch = 1
    purpose = .inference
  }

  /// Of three networks one ends in a readout, if that is possible, and one in a regression.
  private static func changeHead(of layers: inout [LayerDescription], _ seed: UInt64) {
    let last = layers.removeLast()
    switch seed / 3 % 3 {
    case 1 where layers.last?.kind.hasWeights == true && !layers.last!.looksAhead:
      layers.append(.readout(Int(last.units)))
    case 2: layers.append(.regression(Int(last.units)).stored(as: last.precision))
    default: layers.append(last)
    }
  }

  var learnsValues: Bool { layers.last!.kind == .regression }

  var inputs: Int { input.count }

  /// The rule that the plan has just enough room for.
  var rule: Rule {
    guard case .training(let digest) = purpose else { return .frozen }
    return digest == 0 ? [.squared, .masked, .direct][Int(seed % 3)] : .readout
  }

  func terms(
    reusesMemory: Bool = true, constants: Plan.Constants = .inArena, step: StepRule = .plain
  ) -> Plan.Terms {
    Plan.Terms(
      input: input, batch: batch, purpose: purpose, reusesMemory: reusesMemory,
      constants: constants, step: step)
  }

  /// The layers, every other one or so frozen.
  var partlyFrozen: [LayerDescription] {
    var dice = Dice(seed: ~seed)
    return layers.map {
      var layer = $0
      layer.isFrozen = dice.integer(0...1) == 0
      return layer
    }
  }

  /// Made-up samples with labels, added to the network until `count` wait; where it is to learn from them, its
  /// recurrent layers have done so.
  func fill(
    _ network: inout Network, _ dice: inout Dice, count: Int, learns: Bool = false
  ) throws {
    if learns && layers[0].kind.isRecurrent {
      let outputs = Int(layers.last!.units)
      if learnsValues {
        let targets = dice.floats(count * outputs)
        try network.begin(targets: targets.span)
      } else {
        let labels = (0..<count).map { _ in dice.integer(0...outputs - 1) }
        try network.begin(labels.span)
      }
      for going in [count, (count + 1) / 2] {
        let step = dice.floats(going * inputs)
        try network.learn(step.span, from: rule, rates: Rates(hidden: 0.05, output: 0.1))
      }
      return
    }
    for _ in 0..<count {
      let (values, outputs) = (dice.floats(inputs), Int(layers.last!.units))
      if learnsValues && purpose != .inference {
        let targets = dice.floats(outputs)
        try network.add(values.span, targets: targets.span)
      } else {
        try network.add(values, label: learnsValues ? nil : dice.integer(0...outputs - 1))
      }
    }
  }
}

extension Plan {
  var tensors: [Tensor] {
    var tensors: [Tensor] = []
    forEachTensor { tensors.append($0) }
    return tensors
  }
}

/// The error of type `E` that `body` throws; nil if it throws none, or another one.
func thrown<E: Error>(_ type: E.Type, _ body: () throws -> Void) -> E? {
  do {
    try body()
    return nil
  } catch {
    return error as? E
  }
}
