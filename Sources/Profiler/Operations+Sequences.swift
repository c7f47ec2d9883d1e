import Selvedge

extension Operations {
  /// A step of some sequences through a recurrent layer.
  mutating func recur(_ layer: PlannedLayer, _ samples: Int, givesInt8: Bool) {
    let (units, rows, precision) = (
      layer.outputs, layer.shape.weightRows, layer.description.precision
    )
    multiply(precision, samples: samples, rows: rows, columns: layer.inputs)
    multiply(precision, samples: samples, rows: rows, columns: units)
    add("cleared numbers", rows)
    let name = layer.description.kind == .gru ? "gru" : "elman"
    add("\(name) groups", (units + 7) / 8 * samples)
    rest(units, (name == "gru" ? 11 : 5) * samples)
    add("recurrent samples", samples)
    add("stored floats", units * samples)
    store(units, asInt8: givesInt8, times: samples)
    if precision == .int8 { store(units, asInt8: true, times: samples) }
  }

  /// What the layer learns from that step.
  mutating func learnRecurrent(
    _ layer: PlannedLayer, _ lesson: LessonKind, _ samples: Int, isRandom: Bool
  ) {
    let (units, rows, inputs) = (layer.outputs, layer.shape.weightRows, layer.inputs)
    let precision = layer.description.precision
    let isGated = layer.description.kind == .gru
    let (unitGroups, inputGroups) = ((units + 7) / 8, (inputs + 7) / 8)
    for _ in 0..<samples {
      digest(lesson, units: units)
      deltas(lesson, units: units)
    }
    add("\(isGated ? "gru" : "elman") slopes groups", unitGroups * samples)
    rest(units, (isGated ? 11 : 2) * samples)
    guard !layer.description.keepsTrace else {
      if precision == .int8 { load(int8: inputs, times: samples) }
      rest(inputs, 5 * rows * samples)
      rest(units, 5 * rows * samples)
      add("trace groups", rows * samples * (inputGroups + unitGroups))
      add("trace rows", rows * samples * 2)
      add("decays \(precision.name)", rows * samples)
      addRounded(rows, precision, inputs: inputs, units: units)
      return
    }
    add("scaled groups", unitGroups * samples * (isGated ? 6 : 1))
    rest(units, 3 * samples * (isGated ? 6 : 1))
    guard layer.description.leak < 1 else {
      let share = lesson.share(.tanh)
      update(
        precision, samples: samples, rows: rows, columns: inputs, isRandom: isRandom,
        share: share)
      update(
        precision, samples: samples, rows: rows, columns: units, isRandom: isRandom,
        share: share)
      return
    }
    add("faded groups", (inputGroups + unitGroups) * samples)
    rest(inputs, 3 * samples)
    rest(units, 3 * samples)
    if precision == .int8 {
      load(int8: inputs, times: samples)
      rest(inputs, 3 * rows * samples)
      rest(units, 3 * rows * samples)
      add("row groups", rows * samples * (inputGroups + unitGroups))
      add("row calls", rows * samples * 2)
      add("biases", rows * samples)
      addRounded(rows, precision, inputs: inputs, units: units)
    } else {
      update(precision, samples: samples, rows: rows, columns: inputs, isRandom: isRandom)
      update(precision, samples: samples, rows: rows, columns: units, isRandom: isRandom)
    }
  }

  /// Sums of a row at a time, rounded to weights that are not float32.
  private mutating func addRounded(_ rows: Int, _ precision: Precision, inputs: Int, units: Int) {
    addRounded(precision, inputs, times: rows)
    addRounded(precision, units, times: rows)
  }

  /// Sums of floats, rounded to weights that are not float32.
  mutating func addRounded(_ precision: Precision, _ numbers: Int, times: Int = 1) {
    guard precision != .float32 else { return }
    add("cleared numbers", numbers * times)
    add("rounded \(precision.name) groups", (numbers + 7) / 8 * times)
    add("rounded rows", times)
    rest(numbers, times)
    rest(numbers, 2 * times, precision)
  }
}
