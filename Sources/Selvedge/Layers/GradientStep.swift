/// What turns the gradient of a layer, a few rows at a time, into changes of its weights: for step rules that need the
/// gradient as such.
///
/// It owns nothing; its memory is lent to it.
struct GradientStep {
  /// What of a layer's parameters a gradient is of.
  /// (Without copies, as the compiler would make it Hashable, which asks for random numbers.)
  enum Part: ~Copyable { case weights, stateWeights, biases }

  private let rate: Float
  /// What is remembered of the layer.
  private let memory: UnsafeMutablePointer<MeanSquares>
  private let numbers: UnsafeMutableBufferPointer<Float>
  private let places: Storage
  /// The factors of the present pass, and the sums of the squares that it has met.
  private var factors = MeanSquares()
  private var sums = MeanSquares()
  private let isFirst: Bool
  /// Whether the present pass only looks at the gradient and changes nothing: in the first step of all.
  private(set) var isMeasuring: Bool

  /// Where things lie in the tensor that a layer has for this.
  struct Storage {
    /// The gradient of some rows, [rows, columns]; of a convolution that of a part of all windows.
    let gradient: Range<Int>
    /// The gradient of the biases of those rows, or of all channels.
    let biases: Range<Int>
    /// The deltas of those rows, [samples, rows].
    let deltas: Range<Int>
    /// A sample as floats, where the layer reads int8.
    let values: Range<Int>

    var rows: Int { biases.count }
    /// Numbers in all.
    var count: Int { values.upperBound }

    init(_ layer: LayerDescription, _ shape: LayerShape, batch: Int, rule: StepRule) {
      guard !layer.kind.isConvolution else {
        let parts = Convolution.parts(layer, shape, batch: batch, rule)
        gradient = 0..<shape.weightRows * shape.weightColumns / parts
        biases = gradient.upperBound..<gradient.upperBound + shape.biases
        (deltas, values) = (
          biases.upperBound..<biases.upperBound, biases.upperBound..<biases.upperBound
        )
        return
      }
      // Four rows share what they read of many samples.
      let rows = batch == 1 ? 1 : min(shape.weightRows, 4)
      let columns = max(shape.weightColumns, shape.stateColumns)
      gradient = 0..<rows * columns
      biases = gradient.upperBound..<gradient.upperBound + rows
      deltas = biases.upperBound..<biases.upperBound + rows * batch
      // What fades is kept as floats.
      let copies = layer.precision == .int8 && layer.leak == 1
      values = deltas.upperBound..<deltas.upperBound + (copies ? columns : 0)
    }
  }

  init(
    rate: Float, _ memory: UnsafeMutablePointer<MeanSquares>, _ places: Storage,
    in numbers: UnsafeMutableBufferPointer<Float>
  ) {
    self.rate = rate
    self.memory = memory
    self.places = places
    self.numbers = numbers
    isFirst = memory.pointee.share == 0
    isMeasuring = isFirst
    chooseFactors()
  }

  // MARK: Memory

  /// How many rows of a gradient are held at once.
  var rows: Int { places.rows }
  /// The gradient of some rows, or of a part of a convolution's windows.
  func gradient(_ count: Int) -> UnsafeMutableBufferPointer<Float> { part(places.gradient, count) }
  /// The gradient of as many biases.
  func biases(_ count: Int) -> UnsafeMutableBufferPointer<Float> { part(places.biases, count) }
  /// Room for the deltas of some rows.
  func deltas(_ count: Int) -> UnsafeMutableBufferPointer<Float> { part(places.deltas, count) }
  /// Room for a sample as floats.
  func values(_ count: Int) -> UnsafeMutableBufferPointer<Float> { part(places.values, count) }
  /// Numbers of the gradient that is held at once.
  var held: Int { places.gradient.count }

  private func part(_ range: Range<Int>, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: numbers[range.lowerBound..<range.lowerBound + count])
  }

  // MARK: The step

  /// Replaces a gradient by its change, which is nothing yet if the pass only measures.
  mutating func turn(_ gradient: UnsafeMutableBufferPointer<Float>, _ part: borrowing Part) {
    var own = gradient.mutableSpan
    let factor =
      switch part {
      case .weights: factors.weights
      case .stateWeights: factors.stateWeights
      case .biases: factors.biases
      }
    let squares =
      isMeasuring
      ? Kernels.sumOfSquares(gradient.span)
      : Kernels.clip(&own, factor: factor, limit: StepRule.limit, rate: rate)
    switch part {
    case .weights: sums.weights += squares
    case .stateWeights: sums.stateWeights += squares
    case .biases: sums.biases += squares
    }
  }

  /// Ends a pass over the whole gradient of a layer, and remembers what it was.
  ///
  /// - Returns: Whether another pass is due: behind one that only measured.
  mutating func endPass(weights: Int, stateWeights: Int = 0, biases: Int) -> Bool {
    guard isMeasuring || !isFirst else { return false }
    var step = MeanSquares()
    step.weights = sums.weights / Float(number: weights)
    step.stateWeights = stateWeights > 0 ? sums.stateWeights / Float(number: stateWeights) : 0
    step.biases = sums.biases / Float(number: biases)
    memory.pointee.add(step)
    defer { isMeasuring = false }
    guard isMeasuring else { return false }
    chooseFactors()
    return true
  }

  private mutating func chooseFactors() {
    let squares = memory.pointee
    guard squares.share > 0 else { return }
    factors.weights = squares.factor(squares.weights)
    factors.stateWeights = squares.factor(squares.stateWeights)
    factors.biases = squares.factor(squares.biases)
  }
}

extension Weights {
  /// Adds what a step makes of the outer products of deltas and inputs to the weights of some units, and of the deltas
  /// to their biases.
  ///
  /// - Parameters:
  ///   - d: The deltas of those units, [samples, units].
  ///   - bias: All biases of the layer; none where they learn elsewhere.
  func addOuterProducts(
    _ d: Span<Float>, _ x: Activations, toUnits all: Range<Int>,
    _ part: borrowing GradientStep.Part,
    bias: UnsafeMutableBufferPointer<Float>?, _ generator: CounterGenerator?,
    by step: inout GradientStep
  ) {
    var first = all.lowerBound
    while first < all.upperBound {
      let rows = first..<min(first + step.rows, all.upperBound)
      let place = first - all.lowerBound
      let deltas = step.deltas(x.samples * rows.count)
      for s in 0..<x.samples {
        for r in 0..<rows.count { deltas[s * rows.count + r] = d[s * all.count + place + r] }
      }
      let gradient = step.gradient(rows.count * inputs)
      let biases = step.biases(rows.count)
      makeGradient(UnsafeBufferPointer(deltas), x, step, into: gradient, biases)
      step.turn(gradient, part)
      if bias != nil { step.turn(biases, .biases) }
      if !step.isMeasuring {
        for row in rows {
          let own = (row - first) * inputs
          addChange(
            UnsafeMutableBufferPointer(rebasing: gradient[own..<own + inputs]), toRow: row,
            generator)
          if let bias { bias[row] += biases[row - first] }
        }
      }
      first = rows.upperBound
    }
  }

  private func makeGradient(
    _ d: UnsafeBufferPointer<Float>, _ x: Activations, _ step: GradientStep,
    into gradient: UnsafeMutableBufferPointer<Float>, _ biases: UnsafeMutableBufferPointer<Float>
  ) {
    gradient.update(repeating: 0)
    biases.update(repeating: 0)
    var sums = gradient.mutableSpan
    var biasSums = biases.mutableSpan
    guard x.isInt8 else {
      Kernels.addOuterProducts(
        d.span, x.floats.span, samples: x.samples, to: &sums, bias: &biasSums)
      return
    }
    let rows = biases.count
    for s in 0..<x.samples {
      let values = x.values(s, 0..<x.width, in: step.values(x.width))
      Kernels.addOuterProducts(
        d.span.extracting(s * rows..<(s + 1) * rows), values.span, samples: 1, to: &sums,
        bias: &biasSums)
    }
  }
}
