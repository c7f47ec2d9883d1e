import Selvedge

/// The operations of a step of a network: what `Network.train` and `Network.predict` run, layer by layer, for
/// samples as long as the layers span.
public struct StepOperations {
  public private(set) var all: Operations
  private let layers: [PlannedLayer]
  private let classes: Int
  private let batch: Int
  private let rounding: Rounding

  /// - Parameter batch: Samples that the layers are planned for.
  public init(_ layers: [PlannedLayer], batch: Int, tiles: Tiles, rounding: Rounding) {
    self.batch = batch
    all = Operations(tiles)
    self.layers = layers
    classes = layers.last!.outputs
    self.rounding = rounding
  }

  /// A step of training.
  public mutating func train(_ rule: Rule, samples: Int) {
    all.add("sweeps", 1)
    readInputs(samples, rule)
    all.add("layer visits", layers.count + (recurrent > 0 ? recurrent + 1 : 0))
    for (k, layer) in layers.enumerated() {
      let kind = layer.description.kind
      let lesson = lesson(k, rule)
      let learns =
        kind.hasWeights && !layer.description.isFrozen && (kind.isHead || rule.learns)
      if kind.isRecurrent {
        all.store(layer.outputs, asInt8: givesInt8(k), times: samples)
      } else if !learns {
        forward(k, samples)
      } else if layer.description.looksAhead && !kind.isHead {
        learnAhead(k, lesson, rule, samples)
      } else if isConvolution(layer) {
        forward(k, samples)
        learnConvolution(k, lesson, samples, ahead: false)
      } else {
        learnDense(k, lesson, samples)
      }
      if kind.isHead { measure(samples) }
    }
  }

  /// A prediction of one sample.
  public mutating func predict() {
    all.add("predictions", 1)
    readInputs(1, nil)
    all.add("layer visits", 2 * layers.count + (recurrent > 0 ? 2 * (recurrent + 1) : 0))
    for (k, layer) in layers.enumerated() {
      if layer.description.kind.isRecurrent {
        all.store(layer.outputs, asInt8: givesInt8(k))
      } else {
        forward(k, 1)
      }
    }
    all.add("class numbers", classes)
  }

  /// What `selvedge-device` does beside that to read a sample from its stream.
  public static func reading(_ plan: Plan, tiles: Tiles, asBytes: Bool) -> Operations {
    var reading = Operations(tiles)
    plan.forEachLayer { layer in
      guard layer.index == 0 else { return }
      let kind = layer.description.kind
      let steps = kind.readsSteps ? Int(layer.description.steps) : 1
      reading.add(asBytes ? "stream bytes" : "stream floats", layer.inputs * steps)
      reading.add("stream steps", steps)
    }
    return reading
  }

  // MARK: Parts

  /// Layers that read a sequence step by step, of which another one must be seen to know that it is none.
  private var recurrent: Int { layers.prefix { $0.description.kind.isRecurrent }.count }

  private func givesInt8(_ k: Int) -> Bool {
    k + 1 < layers.count && layers[k + 1].description.precision == .int8
  }

  private func isConvolution(_ layer: PlannedLayer) -> Bool {
    layer.description.kind == .convolution || layer.description.kind == .depthwise
  }

  private func lesson(_ k: Int, _ rule: Rule) -> LessonKind {
    layers[k].description.kind.isHead
      ? .head(classes: classes) : LessonKind(rule, classes: classes)
  }

  private mutating func measure(_ samples: Int) {
    all.add("class numbers", classes * samples)
    all.add("softmax groups", (classes + 7) / 8 * samples)
    all.add("softmaxes", samples)
    all.rest(classes, samples)
  }

  /// Samples added, or read step by step; with a rule recurrent layers learn from them.
  private mutating func readInputs(_ samples: Int, _ rule: Rule?) {
    let first = layers[0]
    let kind = first.description.kind
    let isInt8 = first.description.precision == .int8
    let steps = kind.readsSteps ? Int(first.description.steps) : 1
    all.add("samples", samples)
    all.add("layer visits", kind.isMemory ? 5 * samples : kind.isRecurrent ? 2 : samples)
    if kind.isMemory {
      readMemory(first, samples)
      return
    }
    all.add(isInt8 ? "int8 inputs" : "inputs", first.inputs * steps * samples)
    all.rest(first.inputs, 3 * steps * samples)
    guard kind.isRecurrent else { return }
    all.add("input steps", steps * samples)
    all.add(rule == nil ? "steps read" : "steps learned", steps)
    all.add("layer visits", (recurrent + 1) * (rule == nil ? steps : steps + 1) + steps)
    var step = Operations(all.tiles)
    for (k, layer) in layers.enumerated() {
      guard layer.description.kind.isRecurrent else { break }
      // Before a sequence and behind it.
      all.add("forgotten numbers", 2 * samples * layer.memory.bytes / 4 / batch)
      let learns = rule.map { $0.learns && !layer.description.isFrozen } ?? false
      step.recur(layer, samples, givesInt8: givesInt8(k))
      if let rule, learns {
        let lesson = LessonKind(rule, classes: classes)
        step.learnRecurrent(
          layer, lesson, samples, isRandom: rounding.isStochastic(layer.description.precision))
      }
    }
    all.add(step, times: Double(steps))
  }

  private mutating func readMemory(_ layer: PlannedLayer, _ samples: Int) {
    let (channels, units) = (layer.inputs, Int(layer.description.units))
    let steps = Int(layer.description.steps)
    let turns = steps * samples
    all.add("memory inputs", channels * turns)
    all.add("memory steps", turns)
    let rest = channels % 8
    if layer.description.kind == .oscillators {
      all.add("oscillators groups", channels / 8 * units * turns)
      all.add("oscillators rests", rest == 0 ? 0 : units * turns)
      all.rest(channels, (4 * units - 1) * turns)
    } else {
      let terms = (1 + 5 * units / max(steps, 1)) * 8 * units * turns
      all.add("legendre groups", channels / 8 * terms)
      let name = rest == 4 ? "fours" : rest == 1 ? "ones" : "rests"
      all.add("legendre \(name)", rest == 0 ? 0 : terms)
      if name == "rests" { all.rest(channels, 4 * terms) }
    }
    all.add("memory outputs", layer.outputs * samples)
    if givesInt8(0) { all.store(layer.outputs, asInt8: true, times: samples) }
  }

  private mutating func forward(_ k: Int, _ samples: Int, asInt8: Bool? = nil) {
    let layer = layers[k]
    let isInt8 = asInt8 ?? givesInt8(k)
    switch layer.description.kind {
    case .dense, .output, .regression:
      forwardDense(layer, samples, asInt8: isInt8, block: isInt8 ? 64 : layer.outputs)
    case .convolution, .depthwise:
      for _ in 0..<samples { all.convolve(layer, asInt8: isInt8) }
    case .maxPool, .averagePool:
      let window = layer.description.window
      let size =
        window.rows == 0
        ? layer.shape.input.places : Int(window.rows) * Int(window.columns)
      all.add("pooled numbers", layer.outputs * size * samples)
      all.add("pooled places", layer.shape.output.places * samples)
      storeParts(layer, asInt8: isInt8, samples)
    case .normalise:
      all.add("normalised numbers", layer.outputs * samples)
      storeParts(layer, asInt8: isInt8, samples)
    case .readout:
      for _ in 0..<samples { all.project(classes, units: layer.inputs) }
    case .elman, .gru, .oscillators, .legendre: break
    }
  }

  /// What a layer without weights gives, as many channels at a time as its scratch holds.
  private mutating func storeParts(_ layer: PlannedLayer, asInt8: Bool, _ samples: Int) {
    let part = min(layer.shape.output.channels, 64)
    all.store(part, asInt8: asInt8, times: (layer.outputs + part - 1) / part * samples)
    all.add("stored parts", (layer.outputs + part - 1) / part * samples)
  }

  private mutating func forwardDense(
    _ layer: PlannedLayer, _ samples: Int, asInt8: Bool, block: Int
  ) {
    let units = layer.outputs
    all.multiply(
      layer.description.precision, samples: samples, rows: units, columns: layer.inputs)
    let blocks = (units + block - 1) / block
    all.add("calls", blocks - 1)
    all.activate(layer.description.activation, units * samples)
    guard asInt8 || samples > 1 && blocks > 1 else { return }
    all.store(units, asInt8: asInt8, times: samples)
    if asInt8 { all.add("stored int8", (blocks - 1) * samples) }
  }

  private mutating func learnDense(_ k: Int, _ lesson: LessonKind, _ samples: Int) {
    let layer = layers[k]
    let (units, isInt8) = (layer.outputs, givesInt8(k))
    let bytes = layer.inputs * (layer.weight.bytes / max(layer.weightCount, 1))
    let hasDigest: Bool
    switch lesson {
    case .head, .readout: hasDigest = true
    case .elementwise, .masked: hasDigest = false
    }
    let fused = samples > 1 ? 64 : bytes > 4096 ? 16 : bytes > 2048 ? 32 : 64
    let block = hasDigest ? (isInt8 ? 64 : units) : fused
    forwardDense(layer, samples, asInt8: isInt8, block: block)
    for _ in 0..<samples {
      all.digest(lesson, units: units)
      all.deltas(lesson, units: units)
    }
    // The outputs as floats: all of them for a digest, and those of each block.
    if isInt8 { all.load(int8: units, times: samples * (hasDigest ? 2 : 1)) }
    let rows = hasDigest ? 64 : fused
    updateDense(layer, lesson, samples, blocks: (units + rows - 1) / rows)
  }

  private mutating func updateDense(
    _ layer: PlannedLayer, _ lesson: LessonKind, _ samples: Int, blocks: Int
  ) {
    let precision = layer.description.precision
    all.update(
      precision, samples: samples, rows: layer.outputs, columns: layer.inputs,
      isRandom: rounding.isStochastic(precision),
      share: lesson.share(layer.description.activation))
    all.add("calls", blocks - 1)
  }

  private mutating func learnAhead(_ k: Int, _ lesson: LessonKind, _ rule: Rule, _ samples: Int) {
    let (layer, next) = (layers[k], layers[k + 1])
    let nextLesson = self.lesson(k + 1, rule)
    let units = layer.outputs
    all.add("layer visits", k + 2)
    forward(k, samples)
    if layer.description.kind == .dense {
      forward(k + 1, samples, asInt8: false)
      for _ in 0..<samples {
        all.digest(nextLesson, units: next.outputs)
        all.deltas(nextLesson, units: next.outputs)
        all.add("stored floats", next.outputs)
        all.deltas(lesson, units: units, isOwn: false)
        var left = units
        while left > 0 {
          all.transpose(
            next.description.precision, samples: 1, rows: next.outputs, columns: min(left, 64))
          left -= 64
        }
        if givesInt8(k) { all.load(int8: units) }
      }
      updateDense(layer, .elementwise, samples, blocks: (units + 63) / 64)
      return
    }
    for _ in 0..<samples {
      forward(k + 1, 1, asInt8: false)
      all.digest(nextLesson, units: next.outputs)
      all.deltas(nextLesson, units: next.outputs)
      all.add("stored floats", next.outputs)
      if next.description.kind == .convolution {
        all.sendBack(next)
      } else {
        all.transpose(
          next.description.precision, samples: 1, rows: next.outputs, columns: units)
      }
    }
    learnConvolution(k, lesson, samples, ahead: true)
  }

  private mutating func learnConvolution(
    _ k: Int, _ lesson: LessonKind, _ samples: Int, ahead: Bool
  ) {
    let layer = layers[k]
    let (units, isInt8) = (layer.outputs, givesInt8(k))
    for _ in 0..<samples {
      all.digest(lesson, units: units)
      if isInt8 { all.load(int8: units, times: 2) }
      all.learnFromMap(layer, lesson)
      if ahead { all.add("deltas ahead", units) }
    }
    let precision = layer.description.precision
    guard precision != .float32 else { return }
    all.addRounded(precision, layer.weightCount)
  }
}
