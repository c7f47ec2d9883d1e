/// A search for numbers at which a loss is small, from two values of the loss a step: simultaneous perturbation with
/// a corrected gradient (SPSA-GC of BlackVIP, Oh et al., arXiv 2303.14773), in steps of a length of its own so that
/// one rate fits all inputs.
///
/// It asks and is told: `ask` says where the loss is to be measured, on one side and on the other, `tell` takes a
/// step. It owns nothing but a few counts; its numbers are lent to it.
public struct PromptSearch {
  private let centre: UnsafeMutableBufferPointer<Float>
  /// The mean of where the search stood, the latest places counting most: what random steps did cancels there.
  private let mean: UnsafeMutableBufferPointer<Float>
  private let momentum: UnsafeMutableBufferPointer<Float>
  private let generator: CounterGenerator
  /// Steps that were taken.
  public private(set) var steps = 0
  /// The running mean of squared differences, and how much of its beginning is left in it.
  private var square: Float = 0
  private var beginning: Float = 1
  /// Which way the gain, and so the length of its own steps, began.
  private let gain: Int
  private let gainStep: Float

  /// Bytes that a search keeps.
  public static func bytes(_ form: Prompt.Form) -> Int { 4 * form.count * 4 }

  /// The best of searches from several starts.
  ///
  /// - Parameters:
  ///   - starts: A gain and an offset each, from 0 on; nothing else is changed at first.
  ///   - steps: Of each search; two values of the loss are asked for in each, and one behind the last.
  ///   - memory: `bytes` at a multiple of 4.
  ///   - numbers: Where the loss finds the numbers that it is to be measured at, and at the end the best.
  ///   - loss: The loss at the numbers, over the samples of a step (both values over the same), or if it is nil over
  ///     all. What it throws ends the search.
  /// - Returns: The least loss over all samples; infinity if none was a number, where nothing is to be changed.
  public static func best<Failure: Error>(
    _ form: Prompt.Form, starts: Int, _ start: (Int) -> (gain: Float, offset: Float), steps: Int,
    seed: UInt64, in memory: UnsafeMutableBufferPointer<Float>,
    numbers: UnsafeMutableBufferPointer<Float>, loss: (Int?) throws(Failure) -> Float
  ) throws(Failure) -> Float {
    let count = form.count
    let best = UnsafeMutableBufferPointer(rebasing: memory[3 * count..<4 * count])
    best.update(repeating: 0)
    var least = Float.infinity
    for k in 0..<starts {
      let (gain, offset) = start(k)
      var search = PromptSearch(
        form, gain: gain, offset: offset, seed: seed, start: UInt64(widening: k), in: memory)
      for step in 0..<steps {
        var asked = numbers.mutableSpan
        search.ask(isAhead: true, into: &asked)
        let ahead = try loss(step)
        search.ask(isAhead: false, into: &asked)
        search.tell(ahead: ahead, behind: try loss(step))
      }
      var found = numbers.mutableSpan
      search.copy(into: &found)
      let own = try loss(nil)
      guard own < least else { continue }
      least = own
      for i in best.indices { best[i] = numbers[i] }
    }
    for i in best.indices { numbers[i] = best[i] }
    return least
  }

  /// A search from a gain and an offset, and no other change.
  ///
  /// - Parameter memory: `bytes` at a multiple of 4, which must outlive it.
  init(
    _ form: Prompt.Form, gain: Float, offset: Float, seed: UInt64, start: UInt64,
    in memory: UnsafeMutableBufferPointer<Float>
  ) {
    let count = form.count
    centre = UnsafeMutableBufferPointer(rebasing: memory[0..<count])
    momentum = UnsafeMutableBufferPointer(rebasing: memory[count..<2 * count])
    mean = UnsafeMutableBufferPointer(rebasing: memory[2 * count..<3 * count])
    centre.update(repeating: 0)
    momentum.update(repeating: 0)
    self.gain = form.gain
    gainStep = max(gain.magnitude, 1)
    centre[form.gain] = gain - 1
    centre[form.gain + 1] = offset
    for i in centre.indices { mean[i] = centre[i] }
    // Behind the streams of layers and of their small layers.
    generator = CounterGenerator(seed: seed, stream: 5 &<< 32 &+ start)
  }

  /// Where the loss is to be measured: a little away from where the search stands, on one side of it or on the other.
  public func ask(isAhead: Bool, into numbers: inout MutableSpan<Float>) {
    let width = 0.05 * Self.power(Float(number: steps + 1), -0.1)
    for i in centre.indices {
      let way = direction(i) * width * length(i)
      numbers[i] = centre[i] + (isAhead ? way : -way)
    }
  }

  /// What it has found: the mean of where it stood, by polynomial decay (Shamir and Zhang, arXiv 1212.1824).
  public func copy(into numbers: inout MutableSpan<Float>) {
    for i in centre.indices { numbers[i] = mean[i] }
  }

  /// Takes a step, by the losses on either side.
  ///
  /// - Parameter rate: The length of a step at the beginning; it falls as 1 / (1 + steps / 20)^0.6.
  public mutating func tell(ahead: Float, behind: Float, rate: Float = 0.05) {
    let width = 0.05 * Self.power(Float(number: steps + 1), -0.1)
    let (beta, count) = (Float(0.9), Float(number: centre.count))
    let slope = (ahead - behind) / (2 * width)
    guard slope.isFinite else {
      steps += 1
      return
    }
    square = 0.95 * square + 0.05 * (slope * slope)
    beginning *= 0.95
    let size = (square / (1 - beginning)).squareRoot() * count.squareRoot()
    let step =
      rate * Self.power(1 + Float(number: steps) / 20, -0.6) * (1 - beta) * 1.5
    for i in centre.indices {
      let gradient = size > 0 ? (slope / direction(i)) / size : 0
      momentum[i] = steps == 0 ? gradient : beta * momentum[i] + gradient
      centre[i] = (centre[i] - step * length(i) * (gradient + beta * momentum[i])).quiet
      mean[i] = (mean[i] + 4 / Float(number: steps + 4) * (centre[i] - mean[i])).quiet
    }
    steps += 1
  }

  private func length(_ i: Int) -> Float { i == gain ? gainStep : 1 }

  /// What a number is moved by: +-U[0.5, 1].
  private func direction(_ i: Int) -> Float {
    let bits = generator[UInt64(widening: steps * centre.count + i)]
    let size = 0.5 + Float(number: Int(truncatingIfNeeded: bits &>> 41)) * 0x1p-24
    return bits & 1 == 1 ? size : -size
  }

  /// A positive number to a power.
  private static func power(_ x: Float, _ exponent: Float) -> Float {
    OneLane(repeating: exponent * naturalLogarithm(x)).exponential.value
  }
}
