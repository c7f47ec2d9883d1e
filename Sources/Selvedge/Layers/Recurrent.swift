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
      let traceCount = shape.weightRows * (inputCount + units + 1)
      traces =
        states.upperBound..<states.upperBound
        + (learns && layer.keepsTrace ? batch * traceCount : 0)
    }

    /// Numbers in all.
    var count: Int { traces.upperBound }
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

    init(_ layer: LayerDescription, _ shape: LayerShape, samples: Int, learns: Bool) {
      let (inputs, units) = (shape.weightColumns, shape.output.count)
      let (rows, isInt8) = (shape.weightRows, layer.precision == .int8)
      let traces = learns && layer.keepsTrace
      // Fading inputs are floats, which int8 weights can only be told row by row.
      let addsRows = traces && layer.precision != .float32 || learns && layer.leak < 1 && isInt8
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

  private var units: Int { shape.output.count }
  private var inputs: Int { shape.weightColumns }
  private var rows: Int { shape.weightRows }
  private var isGated: Bool { description.kind == .gru }

  private func numbers(
    _ range: Range<Int>, _ width: Int, _ samples: Range<Int>
  ) -> UnsafeMutableBufferPointer<Float> {
    let first = range.lowerBound + samples.lowerBound * width
    return UnsafeMutableBufferPointer(rebasing: memory[first..<first + samples.count * width])
  }

  /// The states of some samples as the layer reads them.
  private func state(_ samples: Range<Int>) -> Activations {
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
  private func read(_ samples: Range<Int>, _ x: Activations, _ scratch: Scratch) {
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
  private func keep(
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

  // MARK: Learning

  /// A step of the first samples, and one update from their states behind it; `y` is from before the update.
  ///
  /// - Parameters:
  ///   - lesson: What is learned from each of these samples.
  ///   - parts: Among how many the rate is divided.
  func forwardAndLearn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, parts: Int, _ x: Activations, into y: Activations, _ scratch: Scratch
  ) {
    let samples = 0..<x.samples
    read(samples, x, scratch)
    let next = scratch.part(scratch.places.next, samples.count * units)
    lesson.keepDigests(
      Activations(
        samples: samples.count, width: units, scale: nil,
        at: UnsafeMutableRawPointer(next.baseAddress!)),
      UnsafeMutableBufferPointer(start: nil, count: 0))
    if description.keepsTrace {
      learnByTraces(lesson, parts, x, scratch)
    } else {
      for s in samples { makeDeltas(lesson, parts, s, scratch) }
      learn(samples.count, x, scratch)
    }
    keep(samples, y, scratch, isTraining: true)
  }

  /// The errors of a sample's states, the rate already in them.
  private func errors<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ parts: Int, _ s: Int, at place: Int, _ scratch: Scratch
  ) -> UnsafeMutableBufferPointer<Float> {
    let next = scratch.part(scratch.places.next, (s + 1) * units)
    let first = scratch.places.errors.lowerBound + place * units
    let errors = UnsafeMutableBufferPointer(rebasing: scratch.numbers[first..<first + units])
    var own = errors.mutableSpan
    lesson.deltas(
      of: next.span.extracting(s * units..<(s + 1) * units), sample: s, firstUnit: 0, .linear,
      parts: parts, into: &own)
    return errors
  }

  /// Replaces what a sample's units made of input and state by the slopes of the new state.
  private func makeSlopes(_ s: Int, _ scratch: Scratch) {
    var a = scratch.part(scratch.places.sums, (s + 1) * rows).mutableSpan
    var own = a.part(s * rows..<(s + 1) * rows)
    guard isGated else {
      Kernels.elmanSlopes(&own, leak: description.leak)
      return
    }
    var c = scratch.part(scratch.places.stateSums, (s + 1) * rows).mutableSpan
    var ownState = c.part(s * rows..<(s + 1) * rows)
    Kernels.gruSlopes(&own, &ownState, numbers(places.state, units, s..<s + 1).span)
  }

  /// Replaces what a sample's units made of input and state by deltas.
  private func makeDeltas<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ parts: Int, _ s: Int, _ scratch: Scratch
  ) {
    let errors = errors(lesson, parts, s, at: 0, scratch)
    makeSlopes(s, scratch)
    var a = scratch.part(scratch.places.sums, (s + 1) * rows).mutableSpan
    var c = scratch.part(scratch.places.stateSums, (s + 1) * rows).mutableSpan
    for gate in 0..<description.kind.gates {
      let first = s * rows + gate * units
      var own = a.part(first..<first + units)
      Kernels.scale(&own, by: errors.span)
      guard isGated else { continue }
      var ownState = c.part(first..<first + units)
      Kernels.scale(&ownState, by: errors.span)
    }
  }

  /// Adds the outer products of deltas with inputs and states to the weights.
  private func learn(_ n: Int, _ x: Activations, _ scratch: Scratch) {
    let samples = 0..<n
    let d = scratch.part(scratch.places.sums, n * rows).span
    let places = scratch.places
    let stateDeltas = scratch.part(isGated ? places.stateSums : places.sums, n * rows).span
    var biases = bias.mutableSpan
    // What the state would add to biases of its own is of no use.
    var unused = scratch.part(scratch.places.zeros, rows).mutableSpan
    guard description.leak < 1 else {
      drawNoise(x, weights, scratch.rounding)
      weights.addOuterProducts(d, x, toUnits: 0..<rows, bias: &biases, scratch.rounding)
      drawNoise(state(samples), stateWeights, scratch.stateRounding)
      stateWeights.addOuterProducts(
        stateDeltas, state(samples), toUnits: 0..<rows, bias: &unused, scratch.stateRounding)
      return
    }
    let keep = 1 - description.leak
    let faded = numbers(self.places.inputs, inputs, samples)
    let fadedStates = numbers(self.places.states, units, samples)
    var own = faded.mutableSpan
    Kernels.fade(&own, keep: keep, values(x, scratch).span)
    var ownStates = fadedStates.mutableSpan
    Kernels.fade(&ownStates, keep: keep, numbers(self.places.state, units, samples).span)
    if description.precision == .int8 {
      addByRows(weights, d, faded, scratch.rounding, scratch)
      addByRows(stateWeights, stateDeltas, fadedStates, scratch.stateRounding, scratch)
      Kernels.addDeltas(d, samples: n, to: &biases)
    } else {
      weights.addOuterProducts(
        d, fading(faded, inputs, n), toUnits: 0..<rows, bias: &biases, scratch.rounding)
      stateWeights.addOuterProducts(
        stateDeltas, fading(fadedStates, units, n), toUnits: 0..<rows, bias: &unused,
        scratch.stateRounding)
    }
  }

  private func fading(
    _ numbers: UnsafeMutableBufferPointer<Float>, _ width: Int, _ n: Int
  ) -> Activations {
    Activations(
      samples: n, width: width, scale: nil, at: UnsafeMutableRawPointer(numbers.baseAddress!))
  }

  /// What the step reads, as floats.
  private func values(_ x: Activations, _ scratch: Scratch) -> UnsafeBufferPointer<Float> {
    guard x.isInt8 else { return UnsafeBufferPointer(x.floats) }
    let copy = scratch.part(scratch.places.values, x.samples * inputs)
    for s in 0..<x.samples {
      let own = UnsafeMutableBufferPointer(rebasing: copy[s * inputs..<(s + 1) * inputs])
      _ = x.values(s, 0..<inputs, in: own)
    }
    return UnsafeBufferPointer(copy)
  }

  private func drawNoise(_ x: Activations, _ weights: Weights, _ rounding: UpdateRounding) {
    guard weights.precision == .int8 else { return }
    var noise = rounding.noise.mutableSpan
    Kernels.drawNoise(rounding.generator, x.bytes.span.extracting(0..<x.width), into: &noise)
  }

  /// Adds outer products of deltas and floats to int8 weights, a row at a time.
  private func addByRows(
    _ weights: Weights, _ d: Span<Float>, _ x: UnsafeMutableBufferPointer<Float>,
    _ rounding: UpdateRounding, _ scratch: Scratch
  ) {
    let gradient = scratch.part(scratch.places.row, weights.inputs)
    for row in 0..<rows {
      var sum = weights.row(row, or: gradient).mutableSpan
      for s in 0..<d.count / rows {
        let own = x.span.extracting(s * weights.inputs..<(s + 1) * weights.inputs)
        Kernels.add(d[s * rows + row], times: own, to: &sum)
      }
      weights.add(gradient, toRow: row, rounding.generator)
    }
  }

  // MARK: Traces

  /// Lets the traces of all weights follow the step, and adds what the errors make of them.
  private func learnByTraces<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, _ parts: Int, _ x: Activations, _ scratch: Scratch
  ) {
    let n = x.samples
    // All of them before the first weight changes, as they are of the same step.
    for s in 0..<n {
      _ = errors(lesson, parts, s, at: s, scratch)
      makeDecays(s, scratch)
    }
    let inputs = values(x, scratch)
    let states = UnsafeBufferPointer(numbers(places.state, units, 0..<n))
    let a = scratch.part(scratch.places.sums, n * rows)
    let c = isGated ? scratch.part(scratch.places.stateSums, n * rows) : a
    follow(weights, a, inputs, first: 0, n, scratch.rounding, scratch)
    follow(stateWeights, c, states, first: rows * self.inputs, n, scratch.stateRounding, scratch)
    followBiases(a, n, scratch)
  }

  /// Replaces what a sample's units made of input and state by slopes, and says what is left of traces.
  private func makeDecays(_ s: Int, _ scratch: Scratch) {
    let a = scratch.part(scratch.places.sums, (s + 1) * rows)
    let decays = scratch.part(scratch.places.decays, (s + 1) * units)
    for unit in 0..<units {
      decays[s * units + unit] =
        isGated ? a[s * rows + units + unit] : 1 - description.leak
    }
    makeSlopes(s, scratch)
    let slopes = isGated ? scratch.part(scratch.places.stateSums, (s + 1) * rows) : a
    for gate in 0..<description.kind.gates {
      for unit in 0..<units {
        let row = gate * units + unit
        decays[s * units + unit] +=
          slopes[s * rows + row] * stateWeights[unit: row, input: unit]
      }
    }
  }

  private func traces(_ s: Int, _ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    let first = places.traces.lowerBound + s * rows * (inputs + units + 1)
    return UnsafeMutableBufferPointer(
      rebasing: memory[first + range.lowerBound..<first + range.upperBound])
  }

  /// The traces of a matrix of weights, which begin at `first` of a sample's.
  private func follow(
    _ weights: Weights, _ slopes: UnsafeMutableBufferPointer<Float>,
    _ x: UnsafeBufferPointer<Float>, first: Int, _ n: Int, _ rounding: UpdateRounding,
    _ scratch: Scratch
  ) {
    let columns = weights.inputs
    let gradient = scratch.part(
      scratch.places.row, weights.precision == .float32 ? 0 : columns)
    let errors = scratch.part(scratch.places.errors, n * units)
    let decays = scratch.part(scratch.places.decays, n * units)
    for gate in 0..<description.kind.gates {
      for unit in 0..<units {
        let row = gate * units + unit
        var sum = weights.row(row, or: gradient).mutableSpan
        for s in 0..<n {
          let place = first + row * columns
          var own = traces(s, place..<place + columns).mutableSpan
          Kernels.trace(
            &own, decay: decays[s * units + unit], slope: slopes[s * rows + row],
            x.span.extracting(s * columns..<(s + 1) * columns), error: errors[s * units + unit],
            to: &sum)
        }
        weights.add(gradient, toRow: row, rounding.generator)
      }
    }
  }

  private func followBiases(
    _ slopes: UnsafeMutableBufferPointer<Float>, _ n: Int, _ scratch: Scratch
  ) {
    let errors = scratch.part(scratch.places.errors, n * units)
    let decays = scratch.part(scratch.places.decays, n * units)
    let first = rows * (inputs + units)
    for s in 0..<n {
      let own = traces(s, first..<first + rows)
      for row in 0..<rows {
        let unit = row % units
        own[row] = (decays[s * units + unit] * own[row] + slopes[s * rows + row]).quiet
        bias[row] += errors[s * units + unit] * own[row]
      }
    }
  }
}
