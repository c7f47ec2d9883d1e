// A recurrent layer learns from the state behind each step, by that step's slopes or by traces of all steps.

extension Recurrent {
  /// A step of the first samples, and one update from their states behind it; `y` is from before the update.
  ///
  /// - Parameters:
  ///   - lesson: What is learned from each of these samples.
  ///   - parts: Among how many the rate is divided.
  ///   - step: What turns gradients into changes, unless they are plain.
  func forwardAndLearn<Loss: LocalLoss>(
    _ lesson: Lesson<Loss>, parts: Int, _ x: Activations, into y: Activations, _ scratch: Scratch,
    by step: GradientStep?
  ) {
    let samples = 0..<x.samples
    read(samples, x, scratch)
    let next = scratch.part(scratch.places.next, samples.count * units)
    lesson.keepDigests(
      Activations(
        samples: samples.count, width: units, scale: nil,
        at: UnsafeMutableRawPointer(next.baseAddress!)))
    if description.keepsTrace {
      learnByTraces(lesson, parts, x, scratch)
    } else {
      for s in samples { makeDeltas(lesson, parts, s, scratch) }
      learn(samples.count, x, scratch, by: Linked.steps ? step : nil)
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
  private func learn(_ n: Int, _ x: Activations, _ scratch: Scratch, by step: GradientStep?) {
    let samples = 0..<n
    let d = scratch.part(scratch.places.sums, n * rows).span
    let places = scratch.places
    let stateDeltas = scratch.part(isGated ? places.stateSums : places.sums, n * rows).span
    var biases = bias.mutableSpan
    // What the state would add to biases of its own is of no use.
    var unused = scratch.part(scratch.places.zeros, rows).mutableSpan
    guard description.leak < 1 else {
      if Linked.steps, let step {
        return learn(d, x, stateDeltas, state(samples), scratch, step)
      }
      weights.drawNoise(x, scratch.rounding)
      weights.addOuterProducts(d, x, toUnits: 0..<rows, bias: &biases, scratch.rounding)
      stateWeights.drawNoise(state(samples), scratch.stateRounding)
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
    if Linked.steps, let step {
      learn(d, fading(faded, inputs, n), stateDeltas, fading(fadedStates, units, n), scratch, step)
    } else if description.precision == .int8 {
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

  /// The same, by what a step rule makes of the gradient.
  private func learn(
    _ d: Span<Float>, _ x: Activations, _ stateDeltas: Span<Float>, _ states: Activations,
    _ scratch: Scratch, _ step: GradientStep
  ) {
    var step = step
    repeat {
      weights.addOuterProducts(
        d, x, toUnits: 0..<rows, .weights, bias: bias, scratch.rounding.generator, by: &step)
      stateWeights.addOuterProducts(
        stateDeltas, states, toUnits: 0..<rows, .stateWeights, bias: nil,
        scratch.stateRounding.generator, by: &step)
    } while step.endPass(weights: rows * inputs, stateWeights: rows * units, biases: rows)
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
