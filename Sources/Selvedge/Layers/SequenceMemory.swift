/// The first layer of a network for sequences: a linear memory without trained numbers, which turns any number
/// of steps into a vector, in as many bytes whatever their number.
///
/// - Oscillators: number k of a bank swings by pi k / steps in a step and adds what it reads; its output is
///   where it stands (a, b), or how far from the middle, which does not depend on the phase.
/// - Legendre memory: the coefficients of the last `steps` steps in Legendre polynomials.
///
/// Every value of a step and every output is standardised by a mean and a deviation of its own. It owns
/// nothing; its tensors are lent to it.
struct SequenceMemory {
  let description: LayerDescription
  let shape: LayerShape
  /// For each value of a step what is taken off it, for each what the rest is multiplied by; the same for
  /// each output.
  let statistics: UnsafeMutableBufferPointer<Float>
  /// The numbers of `Storage`.
  let storage: UnsafeMutableBufferPointer<Float>

  /// The largest magnitude of a standardised value.
  private static let limit: Float = 1e6

  /// Where things lie in the memory's own tensor.
  struct Storage {
    /// The table of oscillators.
    let table: Range<Int>
    /// What is remembered.
    let state: Range<Int>
    /// A step, standardised.
    let input: Range<Int>
    /// Room for a block of outputs, or a step of a Legendre memory, where the layer's output is int8.
    let block: Range<Int>

    init(_ layer: LayerDescription, channels: Int, givesInt8: Bool) {
      let count = Int(truncatingIfNeeded: layer.units)
      let tableCount = layer.kind == .oscillators ? 2 * count : 0
      let stateCount = channels * (layer.kind == .oscillators ? 2 * count - 1 : count)
      table = 0..<tableCount
      state = tableCount..<tableCount + stateCount
      // Floats are made where they are to lie, and are scratch until then.
      var blockCount = givesInt8 ? min(stateCount, Projection.block) : 0
      if givesInt8 && layer.kind == .legendre { blockCount = stateCount }
      input = state.upperBound..<state.upperBound + channels
      block = input.upperBound..<input.upperBound + blockCount
    }

    /// Numbers in all.
    var count: Int { block.upperBound }
  }

  private func places(givesInt8: Bool) -> Storage {
    Storage(description, channels: shape.input.count, givesInt8: givesInt8)
  }

  private func part(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: storage[range])
  }

  private func statistics(_ first: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: statistics[first..<first + count])
  }

  var inputMeans: UnsafeMutableBufferPointer<Float> { statistics(0, shape.input.count) }
  var inputFactors: UnsafeMutableBufferPointer<Float> {
    statistics(shape.input.count, shape.input.count)
  }
  var means: UnsafeMutableBufferPointer<Float> {
    statistics(2 * shape.input.count, shape.output.count)
  }
  var factors: UnsafeMutableBufferPointer<Float> {
    statistics(2 * shape.input.count + shape.output.count, shape.output.count)
  }

  /// Takes inputs and outputs as they are.
  func resetStatistics() {
    means.update(repeating: 0)
    factors.update(repeating: 1)
    inputMeans.update(repeating: 0)
    inputFactors.update(repeating: 1)
  }

  /// Fills the table and forgets all.
  func prepare() {
    storage.update(repeating: 0)
    guard description.kind == .oscillators else { return }
    let count = Int(truncatingIfNeeded: description.units)
    let step = Rotation(halfTurnIn: Int(truncatingIfNeeded: description.steps))
    let decay =
      description.forgets ? Rotation.decay(in: Int(truncatingIfNeeded: description.steps)) : 1
    var turn = Rotation.identity
    for k in 0..<count {
      storage[k] = Float(decay * turn.cosine)
      storage[count + k] = Float(decay * turn.sine)
      turn = turn.followed(by: step)
    }
  }

  /// Forgets all that was read.
  func forget() { part(places(givesInt8: false).state).update(repeating: 0) }

  /// Reads one step.
  ///
  /// - Parameters:
  ///   - x: The values of the step.
  ///   - output: Where the output of the sequence will go, one sample, free until then.
  func read(_ x: Span<Float>, _ standardisation: Standardisation, _ output: Activations) {
    let places = places(givesInt8: output.isInt8)
    let input = part(places.input)
    for c in x.indices {
      let value = (x[c] - standardisation.mean) * standardisation.scale
      let own = (value - inputMeans[c]) * inputFactors[c]
      // However wild a value is, what is remembered stays a number.
      input[c] = max(-Self.limit, min(Self.limit, own)).quiet
    }
    var state = part(places.state).mutableSpan
    if description.kind == .oscillators {
      Kernels.oscillate(&state, part(places.table).span, input.span)
    } else {
      var scratch = (output.isInt8 ? part(places.block) : output.floats).mutableSpan
      Kernels.legendre(
        &state, input.span, steps: Int(truncatingIfNeeded: description.steps), scratch: &scratch)
    }
  }

  /// Output `index` before it is standardised.
  private func raw(_ index: Int, _ state: UnsafeMutableBufferPointer<Float>) -> Float {
    let channels = shape.input.count
    guard description.givesMagnitude && index >= channels else { return state[index] }
    let a = state[index]
    let b = state[index + (Int(truncatingIfNeeded: description.units) - 1) * channels]
    return (a * a + b * b).squareRoot()
  }

  private func standardised(_ index: Int, _ state: UnsafeMutableBufferPointer<Float>) -> Float {
    ((raw(index, state) - means[index]) * factors[index]).quiet
  }

  /// Stores the standardised outputs of what was read as sample `s`.
  func store(to output: Activations, _ s: Int, isTraining: Bool) {
    let places = places(givesInt8: output.isInt8)
    let state = part(places.state)
    let outputs = shape.output.count
    guard output.isInt8 else {
      let floats = output.floats
      for i in 0..<outputs { floats[s * outputs + i] = standardised(i, state) }
      return
    }
    let block = part(places.block)
    var first = 0
    while first < outputs {
      let last = min(first + block.count, outputs)
      for i in first..<last {
        block[i - first] = standardised(i, state)
      }
      let values = UnsafeBufferPointer(rebasing: block[0..<last - first])
      output.store(values.span, s, first..<last, isTraining: isTraining)
      first = last
    }
  }

  /// The outputs of what was read, before they are standardised.
  func copyOutputs(into values: inout MutableSpan<Float>) {
    let state = part(places(givesInt8: false).state)
    for i in 0..<shape.output.count { values[i] = raw(i, state) }
  }
}
