import Selvedge

/// The mean and the deviation of each of some numbers, over all that were seen.
///
/// The latest `horizon` of them weigh most, so that the statistics follow a sensor that drifts.
struct RunningStatistics {
  /// The numbers that are seen now.
  let latest: UnsafeMutableBufferPointer<Float>
  let means: UnsafeMutableBufferPointer<Float>
  /// The inverse of each deviation.
  let factors: UnsafeMutableBufferPointer<Float>
  private let variances: UnsafeMutableBufferPointer<Float>
  private let horizon: Float
  private var seen: Float = 0

  /// The room for so many numbers.
  static func bytes(_ count: Int) -> Int { 4 * 4 * count }

  /// Statistics of `count` numbers, in `bytes(count)` bytes of their own.
  init(_ count: Int, horizon: Float, in room: UnsafeMutableRawBufferPointer) {
    let floats = room.bindMemory(to: Float.self)
    floats.initialize(repeating: 0)
    latest = UnsafeMutableBufferPointer(rebasing: floats[0..<count])
    means = UnsafeMutableBufferPointer(rebasing: floats[count..<2 * count])
    factors = UnsafeMutableBufferPointer(rebasing: floats[2 * count..<3 * count])
    variances = UnsafeMutableBufferPointer(rebasing: floats[3 * count..<4 * count])
    self.horizon = horizon
  }

  /// Takes in the latest numbers.
  mutating func add() {
    seen = min(seen + 1, horizon)
    let weight = 1 / seen
    for i in latest.indices {
      let distance = latest[i] - means[i]
      means[i] += weight * distance
      variances[i] = (1 - weight) * (variances[i] + weight * distance * distance)
      // A number that never changed says nothing.
      factors[i] = variances[i] > 1e-10 ? 1 / variances[i].squareRoot() : 0
    }
  }
}
