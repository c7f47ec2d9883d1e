import Selvedge

/// Which samples a run trains on, which it validates on, and in which order an epoch takes them.
///
/// Every order is a function of the seed and the epoch, so that a run can go on from anywhere.
public struct SampleOrder: Sendable {
  /// The samples to train on.
  public let training: [Int]
  /// The samples held back.
  public let validation: [Int]
  let seed: UInt64
  private let shuffles: Bool

  /// The split of `count` samples, of which the part `validation` is held back: a choice by the seed,
  /// or the last ones if nothing is shuffled.
  public init(count: Int, validation: Float, seed: UInt64, shuffles: Bool) {
    var all = Array(0..<count)
    if shuffles { Self.shuffle(&all, seed: seed, stream: 0) }
    let kept = TrainingRecord.trainingSamples(of: count, validation: validation)
    training = Array(all.prefix(kept)).sorted()
    self.validation = Array(all.suffix(count - kept)).sorted()
    self.seed = seed
    self.shuffles = shuffles
  }

  /// Samples that are all trained on, in this order.
  public init(inTurn samples: [Int]) {
    (training, validation) = (samples, [])
    (seed, shuffles) = (0, false)
  }

  /// The training samples in the order of an epoch, from 0.
  public func epoch(_ epoch: Int) -> [Int] {
    var order = training
    if shuffles { Self.shuffle(&order, seed: seed, stream: 1 + UInt64(epoch)) }
    return order
  }

  /// Fisher and Yates's shuffle, its choices made by the counter generator.
  static func shuffle(_ order: inout [Int], seed: UInt64, stream: UInt64) {
    // Far from the streams of layers, which count from 0.
    let generator = CounterGenerator(seed: seed, stream: 1 << 32 + stream)
    for i in stride(from: order.count - 1, to: 0, by: -1) {
      let choice = generator[UInt64(i)].multipliedFullWidth(by: UInt64(i + 1)).high
      order.swapAt(i, Int(choice))
    }
  }
}
