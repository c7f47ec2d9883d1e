/// A fully connected layer, y = f(W x + b): weights [units, inputs] row-major, biases [units].
///
/// It owns nothing; its tensors are lent to it.
struct Dense {
  let weights: Weights
  let bias: UnsafeMutableBufferPointer<Float>
  let activation: Activation
  /// What an adaptor does to the sums; nil without one.
  var correction: Correction?

  init(
    weights: Weights, bias: UnsafeMutableBufferPointer<Float>, activation: Activation,
    correction: Correction? = nil
  ) {
    self.weights = weights
    self.bias = bias
    self.activation = activation
    self.correction = correction
  }

  /// Memory that a layer uses while it is its turn.
  struct Scratch {
    /// The sums, then the deltas, of a block of units, [samples, block].
    let block: UnsafeMutableBufferPointer<Float>
    /// Outputs of one sample as floats, where they are int8 in memory.
    let values: UnsafeMutableBufferPointer<Float>
    let rounding: UpdateRounding
  }

  var units: Int { weights.units }

  /// The units whose deltas are held at once.
  static func block(units: Int) -> Int { min(units, Projection.block) }

  /// The outputs `y` of the inputs `x`.
  ///
  /// - Parameters:
  ///   - sums: Room for a block of units, where the outputs are int8.
  ///   - isTraining: Whether to note what does not fit int8.
  func forward(
    _ x: Activations, into y: Activations, _ sums: UnsafeMutableBufferPointer<Float>,
    isTraining: Bool
  ) {
    let step = y.isInt8 ? Projection.block : units
    var first = 0
    while first < units {
      let last = min(first + step, units)
      forward(x, into: y, units: first..<last, sums, isTraining: isTraining)
      first = last
    }
  }

  /// The outputs of some units: all of them, or at most a block.
  private func forward(
    _ x: Activations, into y: Activations, units rows: Range<Int>,
    _ sums: UnsafeMutableBufferPointer<Float>, isTraining: Bool
  ) {
    if !y.isInt8 && (x.samples == 1 || rows.count == units) {
      let range = rows.lowerBound..<rows.lowerBound + x.samples * rows.count
      var outputs = UnsafeMutableBufferPointer(rebasing: y.floats[range]).mutableSpan
      weights.multiply(x, bias: bias.span, units: rows, into: &outputs)
      correct(&outputs, units: rows)
      Kernels.activate(activation, &outputs)
      return
    }
    let count = rows.count
    let part = UnsafeMutableBufferPointer(rebasing: sums[0..<x.samples * count])
    var outputs = part.mutableSpan
    weights.multiply(x, bias: bias.span, units: rows, into: &outputs)
    correct(&outputs, units: rows)
    Kernels.activate(activation, &outputs)
    for s in 0..<x.samples {
      let own = UnsafeBufferPointer(rebasing: part[s * count..<(s + 1) * count])
      y.store(own.span, s, rows, isTraining: isTraining)
    }
  }

  private func correct(_ sums: inout MutableSpan<Float>, units rows: Range<Int>) {
    guard Linked.adaptors, let correction else { return }
    correction.apply(&sums, channels: rows, first: rows.lowerBound)
  }

  /// Forward, and one update from the layer's own output: d = rate / samples * e * f'(y), W += dT x,
  /// b += sum of d. The outputs are those from before the update.
  ///
  /// Where the error of a unit needs that unit alone, both share one pass over the weights: a few rows
  /// are still in a cache when their update is due.
  ///
  /// - Parameters:
  ///   - x: What the layer reads.
  ///   - y: What it gives.
  func forwardAndLearn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ x: Activations, into y: Activations, _ scratch: Scratch
  ) {
    weights.drawNoise(x, scratch.rounding)
    if lesson.digest.isEmpty {
      // With many samples, a stripe of all of them serves a whole block of rows.
      let step = x.samples == 1 ? rowsAtOnce : Projection.block
      var first = 0
      while first < units {
        let rows = first..<min(first + step, units)
        forward(x, into: y, units: rows, scratch.block, isTraining: true)
        learn(lesson, units: rows, x, y, scratch)
        first = rows.upperBound
      }
    } else {
      forward(x, into: y, scratch.block, isTraining: true)
      lesson.keepDigests(y)
      var first = 0
      while first < units {
        let rows = first..<min(first + Projection.block, units)
        learn(lesson, units: rows, x, y, scratch)
        first = rows.upperBound
      }
    }
  }

  /// One update, behind `forward`, from the errors that the next layer sends back.
  func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, ahead: Lookahead, _ x: Activations, _ y: Activations,
    _ scratch: Scratch
  ) {
    weights.drawNoise(x, scratch.rounding)
    var first = 0
    while first < units {
      let rows = first..<min(first + Projection.block, units)
      learn(lesson, ahead: ahead, units: rows, x, y, scratch)
      first = rows.upperBound
    }
  }

  /// Rows of a fused pass: 16 to 64 of them, up to 128 KB, which a second cache holds. Fewer would fit the
  /// nearest one, but cost more than that saves. A power of two, so that none lies in two blocks of a
  /// projection.
  private var rowsAtOnce: Int {
    let bytes = weights.inputs * weights.precision.bytes
    return bytes > 4096 ? 16 : bytes > 2048 ? 32 : Projection.block
  }

  /// Forward, and one update by what a step rule makes of the gradient.
  func forwardAndLearn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ x: Activations, into y: Activations, _ scratch: Scratch,
    by step: GradientStep
  ) {
    forward(x, into: y, scratch.block, isTraining: true)
    lesson.keepDigests(y)
    learn(lesson, ahead: nil, x, y, scratch, by: step)
  }

  /// One update, behind `forward`, by what a step rule makes of the gradient.
  ///
  /// - Parameter ahead: What sends errors back; the layer's own errors count without.
  func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, ahead: Lookahead?, _ x: Activations, _ y: Activations,
    _ scratch: Scratch, by step: GradientStep
  ) {
    var step = step
    repeat {
      var first = 0
      while first < units {
        let rows = first..<min(first + Projection.block, units)
        makeDeltas(lesson, ahead: ahead, units: rows, x, y, scratch)
        let deltas = UnsafeBufferPointer(rebasing: scratch.block[0..<x.samples * rows.count])
        weights.addOuterProducts(
          deltas.span, x, toUnits: rows, .weights, bias: bias, scratch.rounding.generator,
          by: &step)
        first = rows.upperBound
      }
    } while step.endPass(weights: units * weights.inputs, biases: units)
  }

  /// The update of some units of one block.
  private func learn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, ahead: Lookahead? = nil, units rows: Range<Int>, _ x: Activations,
    _ y: Activations, _ scratch: Scratch
  ) {
    let (samples, count) = (x.samples, rows.count)
    makeDeltas(lesson, ahead: ahead, units: rows, x, y, scratch)
    let deltas = UnsafeBufferPointer(rebasing: scratch.block[0..<samples * count])
    var biases = bias.mutableSpan
    weights.addOuterProducts(deltas.span, x, toUnits: rows, bias: &biases, scratch.rounding)
  }

  /// The deltas of some units of one block, [samples, units].
  private func makeDeltas<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, ahead: Lookahead?, units rows: Range<Int>, _ x: Activations,
    _ y: Activations, _ scratch: Scratch
  ) {
    let (samples, count) = (x.samples, rows.count)
    var delta = scratch.block.mutableSpan
    for s in 0..<samples {
      var d = delta.part(s * count..<(s + 1) * count)
      lesson.deltas(
        of: y.values(s, rows, in: scratch.values).span, sample: s, firstUnit: rows.lowerBound,
        activation, parts: samples,
        ahead: Linked.lookahead
          ? ahead?.errors(sample: s, units: rows) ?? .init(start: nil, count: 0)
          : .init(start: nil, count: 0),
        isOwn: ahead == nil, into: &d)
    }
  }
}
