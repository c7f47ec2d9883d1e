import Selvedge

/// The mean and the deviation of each number that a network's memory gives, over the sequences so far.
///
/// The latest `horizon` of them weigh most, so that the statistics follow a sensor that drifts.
struct RunningStatistics {
  private static var horizon: Float { 100 }

  private let outputs: UnsafeMutableBufferPointer<Float>
  private let means: UnsafeMutableBufferPointer<Float>
  private let variances: UnsafeMutableBufferPointer<Float>
  private let factors: UnsafeMutableBufferPointer<Float>
  private var count: Float = 0

  /// What is taken of an arena for `outputs` numbers.
  static func bytes(outputs: Int) -> Int { 4 * Arena.rounded(4 * outputs) }

  init(outputs count: Int, in arena: inout Arena) throws(ArenaError) {
    outputs = try Self.reserve(count, &arena)
    means = try Self.reserve(count, &arena)
    variances = try Self.reserve(count, &arena)
    factors = try Self.reserve(count, &arena)
  }

  static func reserve(
    _ count: Int, _ arena: inout Arena
  ) throws(ArenaError) -> UnsafeMutableBufferPointer<Float> {
    let floats = try arena.reserve(4 * count, layer: 0, role: .input).bindMemory(to: Float.self)
    floats.initialize(repeating: 0)
    return UnsafeMutableBufferPointer(rebasing: floats[..<count])
  }

  /// Takes in what the memory gives of the sequence that has been read, and lets it be standardised by all so far.
  mutating func follow(_ network: inout Network) throws(NetworkError) {
    var span = outputs.mutableSpan
    try network.copyMemory(into: &span)
    count = min(count + 1, Self.horizon)
    let weight = 1 / count
    for i in outputs.indices {
      let distance = outputs[i] - means[i]
      means[i] += weight * distance
      variances[i] = (1 - weight) * (variances[i] + weight * distance * distance)
      // A number that never changed says nothing.
      factors[i] = variances[i] > 1e-10 ? 1 / variances[i].squareRoot() : 0
    }
    try network.standardiseMemory(means: means.span, factors: factors.span)
  }
}
