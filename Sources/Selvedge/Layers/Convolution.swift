/// A convolution, pooled where it is to be, y = max over a window of f(W * x + b).
///
/// A few places at a time are copied together, a window a row (im2col by blocks), so that every precision
/// has the kernels of a dense layer and no map but input and output exists. A direct convolution would
/// spare the copies, one number in as many multiplications as there are output channels, and need kernels
/// of its own for every precision and size.
///
/// It owns nothing; its tensors are lent to it.
struct Convolution {
  let shape: LayerShape
  let description: LayerDescription
  let weights: Weights
  let bias: UnsafeMutableBufferPointer<Float>
  /// What an adaptor does to the sums that are kept; nil without one.
  var correction: Correction?

  /// Memory that a layer uses while it is its turn.
  struct Scratch {
    /// The sums of the places of a block, [places, channels], then the deltas of those that are kept.
    let block: UnsafeMutableBufferPointer<Float>
    /// What the block is computed from, [places, window] or in learning [places, part of the window].
    let patches: UnsafeMutableRawPointer
    /// Outputs of a block as floats, where they are int8 in memory.
    let values: UnsafeMutableBufferPointer<Float>
    /// Which place of its window each output was; empty if nothing is pooled or learned.
    let winners: UnsafeMutableBufferPointer<Int8>
    /// Sums of updates of weights that are not float32, [channels, part of the window].
    let gradient: UnsafeMutableBufferPointer<Float>
  }

  /// Kept places that are computed at once: about 16 places before pooling, in one row.
  static func block(columns: Int, _ pool: UInt8) -> Int {
    let places = Int(truncatingIfNeeded: pool) * Int(truncatingIfNeeded: pool)
    return min(columns, max(1, 16 / places))
  }

  /// In how many parts of the window weights are updated, one after the other: the float32 sums of the updates
  /// of weights that are not float32, or that become changes by a step rule, have 8 KB then, or are those of one
  /// place of the window.
  ///
  /// For each part the deltas are found again, which is little beside their products, but what the next layer
  /// sends back to several samples would be too much: then there is one part.
  static func parts(
    _ layer: LayerDescription, _ shape: LayerShape, batch: Int, _ rule: StepRule
  ) -> Int {
    guard layer.precision != .float32 || rule.remembers, layer.kind == .convolution else {
      return 1
    }
    guard !layer.looksAhead || batch == 1 else { return 1 }
    let grid = WindowGrid(layer.window, over: shape.input)
    let limit: Int64 = 8192
    let bytes = shape.weights * 4
    if bytes <= limit { return 1 }
    // A row of the window at a time, if it has no more; a machine of 32 bits does not divide 64.
    return bytes < (limit + 1) * Int64(widening: grid.rows) ? grid.rows : grid.rows * grid.columns
  }

  /// Some neighbouring places of a row of the output.
  private struct Block {
    let row: Int
    let columns: Range<Int>
  }

  private var side: Int { Int(truncatingIfNeeded: description.pool) }
  private var channels: Int { shape.output.channels }
  private var isDepthwise: Bool { description.kind == .depthwise }
  private var grid: WindowGrid { WindowGrid(description.window, over: shape.input) }

  private func forEachBlock(_ body: (Block) -> Void) {
    let step = Self.block(columns: shape.output.columns, description.pool)
    for row in 0..<shape.output.rows {
      var first = 0
      while first < shape.output.columns {
        let last = min(first + step, shape.output.columns)
        body(Block(row: row, columns: first..<last))
        first = last
      }
    }
  }

  /// The outputs of a block among those of a sample.
  private func units(_ block: Block) -> Range<Int> {
    let row = block.row * shape.output.columns
    return (row + block.columns.lowerBound) * channels..<(row + block.columns.upperBound) * channels
  }

  // MARK: Forward

  /// The outputs `y` of the inputs `x`.
  ///
  /// - Parameter isTraining: Whether to note what does not fit int8.
  func forward(
    _ x: Activations, into y: Activations, _ scratch: Scratch, isTraining: Bool
  ) {
    for s in 0..<x.samples {
      forEachBlock { block in
        forward(block, s, x, into: y, scratch, isTraining: isTraining)
      }
    }
  }

  private func forward(
    _ block: Block, _ s: Int, _ x: Activations, into y: Activations, _ scratch: Scratch,
    isTraining: Bool
  ) {
    let kept = block.columns.count
    let places = kept * side * side
    var sums = scratch.block.mutableSpan
    var own = sums.part(0..<places * channels)
    if isDepthwise {
      let patches = copyFloats(block, s, x, grid, scratch)
      weights.multiplyByChannel(patches.span, places: places, bias: bias.span, into: &own)
    } else {
      let patches = copy(block, s, x, scratch)
      weights.multiply(patches, bias: bias.span, units: 0..<channels, into: &own)
    }
    if side > 1 {
      let units = units(block)
      let first = s * y.width + units.lowerBound
      let range = scratch.winners.isEmpty ? 0..<0 : first..<first + units.count
      var winners = UnsafeMutableBufferPointer(rebasing: scratch.winners[range]).mutableSpan
      Kernels.maxPool(
        &own, windows: kept, places: side * side, channels: channels, winners: &winners)
    }
    // Activations grow with their sums: the largest sum has the largest output.
    var outputs = sums.part(0..<kept * channels)
    if Linked.adaptors, let correction {
      correction.apply(&outputs, channels: 0..<channels, first: units(block).lowerBound)
    }
    Kernels.activate(description.activation, &outputs)
    y.store(outputs.span, s, units(block), isTraining: isTraining)
  }

  // MARK: Learning

  /// Forward, and one update from the layer's own output, pooled: what is not kept has no error. The outputs
  /// are those from before the update.
  ///
  /// The error of every place adds to the same weights; it is divided by their number, so that the rate
  /// does not depend on the size of the map.
  func forwardAndLearn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ generator: CounterGenerator?, _ x: Activations,
    into y: Activations, _ scratch: Scratch
  ) {
    forward(x, into: y, scratch, isTraining: true)
    learn(lesson, generator, x, y, scratch) { _ in UnsafeBufferPointer(start: nil, count: 0) }
  }

  /// The update from outputs that are there.
  ///
  /// - Parameter ahead: What the next layer sends back to each output of a sample, or nothing. It is asked
  ///   for before the sample is learned from, once if there is one part (`parts`) or one sample.
  func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ generator: CounterGenerator?, _ x: Activations, _ y: Activations,
    _ scratch: Scratch, ahead: (_ sample: Int) -> UnsafeBufferPointer<Float>
  ) {
    lesson.keepDigests(y)
    let count = weights.units * weights.inputs
    let parts = scratch.gradient.isEmpty ? 1 : count / scratch.gradient.count
    var errors = UnsafeBufferPointer<Float>(start: nil, count: 0)
    for k in 0..<parts {
      let part = Part(index: k, grid: grid.part(k, of: parts))
      scratch.gradient.update(repeating: 0)
      for s in 0..<x.samples {
        if k == 0 || x.samples > 1 { errors = ahead(s) }
        forEachBlock { block in
          learn(
            lesson, part, block, s, x, y, scratch, errors,
            gradient: weights.sums(or: scratch.gradient), biases: bias)
        }
      }
      weights.add(scratch.gradient, part: k, of: parts, generator)
    }
  }

  /// The update from outputs that are there, by what a step rule makes of the gradient.
  func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ generator: CounterGenerator?, _ x: Activations, _ y: Activations,
    _ scratch: Scratch, by step: GradientStep,
    ahead: (_ sample: Int) -> UnsafeBufferPointer<Float>
  ) {
    lesson.keepDigests(y)
    var step = step
    repeat {
      pass(lesson, generator, x, y, scratch, &step, ahead: ahead)
    } while step.endPass(weights: weights.units * weights.inputs, biases: bias.count)
  }

  private func pass<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ generator: CounterGenerator?, _ x: Activations, _ y: Activations,
    _ scratch: Scratch, _ step: inout GradientStep,
    ahead: (_ sample: Int) -> UnsafeBufferPointer<Float>
  ) {
    let gradient = step.gradient(step.held)
    let parts = weights.units * weights.inputs / gradient.count
    let biases = step.biases(bias.count)
    biases.update(repeating: 0)
    var errors = UnsafeBufferPointer<Float>(start: nil, count: 0)
    for k in 0..<parts {
      let part = Part(index: k, grid: grid.part(k, of: parts))
      gradient.update(repeating: 0)
      for s in 0..<x.samples {
        if k == 0 || x.samples > 1 { errors = ahead(s) }
        forEachBlock { block in
          learn(
            lesson, part, block, s, x, y, scratch, errors, gradient: gradient, biases: biases)
        }
      }
      step.turn(gradient, .weights)
      if !step.isMeasuring { weights.addChange(gradient, part: k, of: parts, generator) }
    }
    step.turn(biases, .biases)
    guard !step.isMeasuring else { return }
    for c in bias.indices { bias[c] += biases[c] }
  }

  /// Some columns of the weights, and what of the map they are multiplied with.
  private struct Part {
    let index: Int
    let grid: WindowGrid
  }

  /// Adds the update of one block to `gradient` and `biases`.
  private func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ part: Part, _ block: Block, _ s: Int, _ x: Activations,
    _ y: Activations, _ scratch: Scratch, _ ahead: UnsafeBufferPointer<Float>,
    gradient: UnsafeMutableBufferPointer<Float>, biases: UnsafeMutableBufferPointer<Float>
  ) {
    let (kept, units) = (block.columns.count, units(block))
    let places = kept * side * side
    var sums = scratch.block.mutableSpan
    var delta = sums.part(0..<kept * channels)
    lesson.deltas(
      of: y.values(s, units, in: scratch.values).span, sample: s, firstUnit: units.lowerBound,
      description.activation, parts: x.samples * shape.output.places,
      ahead: ahead.isEmpty ? ahead : UnsafeBufferPointer(rebasing: ahead[units]), into: &delta)
    let patches = copyFloats(block, s, x, part.grid, scratch)
    var gradient = gradient.mutableSpan
    if part.index == 0 {
      var biases = biases.mutableSpan
      Kernels.addDeltas(delta.span, samples: kept, to: &biases)
    }
    let first = s * y.width + units.lowerBound
    let winners = UnsafeBufferPointer(
      rebasing: scratch.winners[side > 1 ? first..<first + units.count : 0..<0])
    switch (isDepthwise, side > 1) {
    case (false, false):
      Kernels.addOuterProducts(delta.span, patches.span, samples: places, to: &gradient)
    case (false, true):
      Kernels.addPooledOuterProducts(
        delta.span, at: winners.span, patches.span, windows: kept, places: side * side,
        channels: channels, to: &gradient)
    case (true, false):
      Kernels.addDepthwise(
        delta.span, patches.span, places: places, channels: channels, to: &gradient)
    case (true, true):
      Kernels.addPooledDepthwise(
        delta.span, at: winners.span, patches.span, windows: kept, places: side * side,
        channels: channels, to: &gradient)
    }
  }

  /// What the deltas of one sample's outputs mean to the numbers that it was computed from.
  ///
  /// - Parameters:
  ///   - deltas: Of each output, [units].
  ///   - errors: Of each number of the map that the layer reads.
  func sendBack(
    _ deltas: UnsafeBufferPointer<Float>, to errors: UnsafeMutableBufferPointer<Float>,
    _ scratch: Scratch
  ) {
    errors.update(repeating: 0)
    let grid = grid
    forEachBlock { block in
      let (kept, units) = (block.columns.count, units(block))
      let count = kept * side * side * grid.count
      let patches = UnsafeMutableBufferPointer(
        start: scratch.patches.bindMemory(to: Float.self, capacity: count), count: count)
      let own = UnsafeBufferPointer(rebasing: deltas[units])
      var sums = patches.mutableSpan
      if side > 1 {
        let winners = UnsafeBufferPointer(rebasing: scratch.winners[units])
        weights.multiplyTransposed(
          own.span, at: winners.span, windows: kept, places: side * side, into: &sums)
      } else {
        weights.multiplyTransposed(
          own.span, samples: kept, columns: 0..<grid.count, into: &sums)
      }
      let source = UnsafePointer(patches.baseAddress!)
      forEachPlace(block) { place, row, column in
        Kernels.addPatch(
          source + place * grid.count, grid, row: row, column: column, to: errors.baseAddress!)
      }
    }
  }

  // MARK: Patches

  /// Calls `body` with the row and column, before pooling, of every place of a block, window by window.
  @inline(__always)
  private func forEachPlace(
    _ block: Block, _ body: (_ place: Int, _ row: Int, _ column: Int) -> Void
  ) {
    var place = 0
    for column in block.columns {
      for i in 0..<side {
        for j in 0..<side {
          body(place, block.row * side + i, column * side + j)
          place += 1
        }
      }
    }
  }

  /// What a block is computed from, as the layer reads it.
  private func copy(
    _ block: Block, _ s: Int, _ x: Activations, _ scratch: Scratch
  ) -> Activations {
    let grid = grid
    let patches = Activations(
      samples: block.columns.count * side * side, width: grid.count, scale: x.scale,
      at: scratch.patches)
    guard x.isInt8 else {
      _ = copyFloats(block, s, x, grid, scratch)
      return patches
    }
    let source = UnsafePointer(x.bytes.baseAddress! + s * x.width)
    let target = patches.bytes.baseAddress!
    forEachPlace(block) { place, row, column in
      Kernels.copyPatch(
        source, grid, row: row, column: column, to: target + place * grid.count, zero: 0)
    }
    return patches
  }

  /// What a block is computed from, or a part of that, as floats.
  private func copyFloats(
    _ block: Block, _ s: Int, _ x: Activations, _ grid: WindowGrid, _ scratch: Scratch
  ) -> UnsafeBufferPointer<Float> {
    let count = block.columns.count * side * side * grid.count
    let target = scratch.patches.bindMemory(to: Float.self, capacity: count)
    if x.isInt8 {
      let source = UnsafePointer(x.bytes.baseAddress! + s * x.width)
      let factor = Float.powerOfTwo(-x.exponent)
      forEachPlace(block) { place, row, column in
        Kernels.copyPatch(
          source, grid, row: row, column: column, to: target + place * grid.count, factor: factor)
      }
    } else {
      let source = UnsafePointer(x.floats.baseAddress! + s * x.width)
      forEachPlace(block) { place, row, column in
        Kernels.copyPatch(
          source, grid, row: row, column: column, to: target + place * grid.count, zero: 0)
      }
    }
    return UnsafeBufferPointer(start: target, count: count)
  }
}
