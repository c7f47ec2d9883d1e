/// A recurrent layer, which reads a sequence step by step and learns at every step from its state alone: the
/// state before is data, and nothing goes back in time.
///
///     elman   n = tanh(W x + U h + b), h <- (1 - leak) h + leak n
///     gru     r, u = logistic(W x + b + U h), n = tanh(W_n x + b_n + r (U_n h)), h <- u h + (1 - u) n
///
/// Weights are [gates * units, ...], gates in the order r, u, n. With a trace each weight remembers
/// t <- (dh'/dh of its own unit) t + (dh'/dw), and the error meets that instead of dh'/dw alone: the diagonal of
/// real-time recurrent learning. It owns nothing; its tensors are lent to it.
struct Recurrent {
  let description: LayerDescription
  let shape: LayerShape
  /// What the layer makes of its input, [gates * units, inputs].
  let weights: Weights
  /// What it makes of its state, [gates * units, units].
  let stateWeights: Weights
  let bias: UnsafeMutableBufferPointer<Float>
  /// The numbers of `Storage`.
  let memory: UnsafeMutableBufferPointer<Float>
  let places: Storage

  /// Where the things lie that a layer keeps from step to step.
  struct Storage {
    /// The state of each sample, [samples, units].
    let state: Range<Int>
    /// The state as int8, as an int8 layer reads it, four to a number.
    let bytes: Range<Int>
    /// Fading inputs and states of an Elman layer with a leak, [samples, inputs] and [samples, units].
    let inputs: Range<Int>
    let states: Range<Int>
    /// Of each sample the traces of all weights and biases.
    let traces: Range<Int>

    init(_ layer: LayerDescription, _ shape: LayerShape, batch: Int, learns: Bool) {
      let (inputCount, units) = (shape.weightColumns, shape.output.count)
      state = 0..<batch * units
      let stateBytes = layer.precision == .int8 ? batch * units : 0
      bytes = state.upperBound..<state.upperBound + (stateBytes + 3) / 4
      let fades = learns && layer.leak < 1 && !layer.keepsTrace
      inputs = bytes.upperBound..<bytes.upperBound + (fades ? batch * inputCount : 0)
      states = inputs.upperBound..<inputs.upperBound + (fades ? batch * units : 0)
      let keepsTraces = learns && layer.keepsTrace
      traces =
        states.upperBound..<states.upperBound
        + (keepsTraces ? batch * shape.weightRows * (inputCount + units + 1) : 0)
    }

    /// Numbers in all.
    var count: Int { traces.upperBound }
  }

  /// How many numbers the largest part of what such a layer keeps or uses for a batch has, none in other layers:
  /// traces or inputs, which may be more than a machine of 32 bits can count.
  static func mostNumbers(
    _ layer: LayerDescription, _ shape: LayerShape, batch: Int, learns: Bool
  ) -> Int64 {
    guard layer.kind.isRecurrent else { return 0 }
    let width = learns && layer.keepsTrace ? Int64(widening: shape.weightRows) : 1
    let row = Int64(widening: shape.weightColumns) + Int64(widening: shape.stateColumns) + 1
    return Int64(widening: batch) * width * row
  }

  /// Memory that the layer uses while it is its turn.
  struct Scratch {
    /// The numbers of `ScratchPlaces`.
    let numbers: UnsafeMutableBufferPointer<Float>
    let places: ScratchPlaces
    let rounding: UpdateRounding
    let stateRounding: UpdateRounding

    func part(_ range: Range<Int>, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(
        rebasing: numbers[range.lowerBound..<range.lowerBound + count])
    }
  }

  /// Where things lie in the scratch of a step of up to `samples` sequences.
  struct ScratchPlaces {
    /// What the units make of the input, then gates, slopes and deltas, [samples, gates * units].
    let sums: Range<Int>
    /// The same of the state.
    let stateSums: Range<Int>
    /// The states behind the step, [samples, units].
    let next: Range<Int>
    /// Biases of what is made of the state: none, so zeros.
    let zeros: Range<Int>
    /// The errors of each sample, with traces of all, [units].
    let errors: Range<Int>
    /// What of each trace is left behind the step, [samples, units].
    let decays: Range<Int>
    /// A row of weights, to which updates are added that are to be rounded.
    let row: Range<Int>
    /// What a step reads, as floats [samples, inputs], where it is int8 in memory and is to be traced.
    let values: Range<Int>

    init(
      _ layer: LayerDescription, _ shape: LayerShape, samples: Int, learns: Bool, rule: StepRule
    ) {
      let (inputs, units) = (shape.weightColumns, shape.output.count)
      let (rows, isInt8) = (shape.weightRows, layer.precision == .int8)
      let traces = learns && layer.keepsTrace
      // Fading inputs are floats, which int8 weights can only be told row by row.
      let addsRows =
        traces && layer.precision != .float32
        || learns && layer.leak < 1 && isInt8 && !rule.remembers
      sums = 0..<samples * rows
      stateSums = sums.upperBound..<sums.upperBound + samples * rows
      next = stateSums.upperBound..<stateSums.upperBound + samples * units
      zeros = next.upperBound..<next.upperBound + rows
      errors =
        zeros.upperBound..<zeros.upperBound + (learns ? (traces ? samples : 1) * units : 0)
      decays = errors.upperBound..<errors.upperBound + (traces ? samples * units : 0)
      row = decays.upperBound..<decays.upperBound + (addsRows ? max(inputs, units) : 0)
      let copies = isInt8 && learns && (traces || layer.leak < 1)
      values = row.upperBound..<row.upperBound + (copies ? samples * inputs : 0)
    }

    /// Numbers in all.
    var count: Int { values.upperBound }
  }

  var units: Int { shape.output.count }
  var inputs: Int { shape.weightColumns }
  var rows: Int { shape.weightRows }
  var isGated: Bool { description.kind == .gru }

  func numbers(
    _ range: Range<Int>, _ width: Int, _ samples: Range<Int>
  ) -> UnsafeMutableBufferPointer<Float> {
    let first = range.lowerBound + samples.lowerBound * width
    return UnsafeMutableBufferPointer(rebasing: memory[first..<first + samples.count * width])
  }

  /// The states of some samples as the layer reads them.
  func state(_ samples: Range<Int>) -> Activations {
    let isInt8 = description.precision == .int8
    let start = memory.baseAddress! + (isInt8 ? places.bytes : places.state).lowerBound
    return Activations(
      samples: samples.upperBound, width: units, scale: isInt8 ? stateWeights.scale : nil,
      at: UnsafeMutableRawPointer(start)
    ).samples(samples)
  }

  /// Begins with nothing remembered.
  func prepare() { memory.update(repeating: 0) }

  /// Forgets the sequences of some samples.
  func forget(_ samples: Range<Int>) {
    numbers(places.state, units, samples).update(repeating: 0)
    if !places.bytes.isEmpty { state(samples).bytes.update(repeating: 0) }
    if !places.inputs.isEmpty {
      numbers(places.inputs, inputs, samples).update(repeating: 0)
      numbers(places.states, units, samples).update(repeating: 0)
    }
    if !places.traces.isEmpty {
      numbers(places.traces, rows * (inputs + units + 1), samples).update(repeating: 0)
    }
  }

  /// Stores the states of the first samples as what the layer gives.
  func store(to y: Activations, isTraining: Bool) {
    store(numbers(places.state, units, 0..<y.samples), to: y, isTraining: isTraining)
  }

  private func store(
    _ states: UnsafeMutableBufferPointer<Float>, to y: Activations, isTraining: Bool
  ) {
    for s in 0..<y.samples {
      let own = UnsafeBufferPointer(rebasing: states[s * units..<(s + 1) * units])
      y.store(own.span, s, 0..<units, isTraining: isTraining)
    }
  }

  // MARK: Forward

  /// A step of some samples: reads `x`, changes their states and gives them as `y`.
  func forward(
    _ samples: Range<Int>, _ x: Activations, into y: Activations, _ scratch: Scratch,
    isTraining: Bool
  ) {
    read(samples, x, scratch)
    keep(samples, y, scratch, isTraining: isTraining)
  }

  /// The gates and the states behind the step, in the scratch.
  func read(_ samples: Range<Int>, _ x: Activations, _ scratch: Scratch) {
    let n = samples.count
    let places = scratch.places
    let (a, c) = (scratch.part(places.sums, n * rows), scratch.part(places.stateSums, n * rows))
    let zeros = scratch.part(places.zeros, rows)
    zeros.update(repeating: 0)
    var sums = a.mutableSpan
    weights.multiply(x, bias: bias.span, units: 0..<rows, into: &sums)
    var stateSums = c.mutableSpan
    stateWeights.multiply(state(samples), bias: zeros.span, units: 0..<rows, into: &stateSums)
    let old = numbers(self.places.state, units, samples)
    var next = scratch.part(places.next, n * units).mutableSpan
    for s in 0..<n {
      var own = sums.part(s * rows..<(s + 1) * rows)
      let ownState = stateSums.span.extracting(s * rows..<(s + 1) * rows)
      let before = old.span.extracting(s * units..<(s + 1) * units)
      var behind = next.part(s * units..<(s + 1) * units)
      if isGated {
        Kernels.gru(&own, ownState, before, into: &behind)
      } else {
        Kernels.elman(&own, ownState, before, leak: description.leak, into: &behind)
      }
    }
  }

  /// Makes the states behind the step the present ones.
  func keep(
    _ samples: Range<Int>, _ y: Activations, _ scratch: Scratch, isTraining: Bool
  ) {
    let next = scratch.part(scratch.places.next, samples.count * units)
    let state = numbers(places.state, units, samples)
    for i in next.indices { state[i] = next[i] }
    if !places.bytes.isEmpty {
      store(next, to: self.state(samples), isTraining: isTraining)
    }
    store(next, to: y, isTraining: isTraining)
  }
}
