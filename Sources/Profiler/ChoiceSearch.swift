import Boards
import Selvedge

/// The choices that let a network train within a budget of bytes.
///
/// Every precision, batch and number of frozen layers is planned at each of 64 widths, which takes
/// milliseconds as nothing is allocated, and the widest that fits of each is kept.
public struct ChoiceSearch: Sendable {
  public let network: DescribedNetwork
  /// Precisions to choose from; nil leaves the layers as they are described.
  public var precisions: [Precision?] = [.float32, .float16, .int8]
  /// Batches to choose from.
  public var batches = [64, 32, 16, 8, 4, 1]
  /// How narrow hidden layers may become, in 64ths of the described width.
  public var narrowest = 1
  /// The board that steps are to be timed for.
  public var speed: (board: Board, core: Core)?

  public init(_ network: DescribedNetwork) { self.network = network }

  /// The choices that train within `budget` bytes, those that should learn best first.
  public func choices(under budget: Int) -> [NetworkChoice] {
    var choices: [NetworkChoice] = []
    for precision in precisions {
      for batch in batches {
        for frozen in network.freezable {
          if let choice = widest(precision, batch, frozen, budget) { choices.append(choice) }
        }
      }
    }
    // The sort is stable, so of equal ones the first in the order above leads.
    return choices.sorted { $0.expectedCost < $1.expectedCost }
  }

  private func widest(
    _ precision: Precision?, _ batch: Int, _ frozen: Int, _ budget: Int
  ) -> NetworkChoice? {
    for part in stride(from: 64, through: narrowest, by: -1) {
      func choice(on speed: (board: Board, core: Core)?) -> NetworkChoice? {
        NetworkChoice(
          network, precision: precision, batch: batch, width: Double(part) / 64, frozen: frozen,
          on: speed)
      }
      // Only what is kept is timed.
      guard let fitting = choice(on: nil), fitting.bytes <= budget else { continue }
      return speed == nil ? fitting : choice(on: speed)
    }
    return nil
  }

  /// The choice that takes the fewest bytes.
  public var smallest: NetworkChoice? {
    var smallest: NetworkChoice?
    for precision in precisions {
      for batch in batches {
        let choice = NetworkChoice(
          network, precision: precision, batch: batch, width: Double(narrowest) / 64,
          frozen: network.freezable.upperBound)
        if let choice, choice.bytes < smallest?.bytes ?? .max { smallest = choice }
      }
    }
    return smallest
  }

  /// What alone would let the network, trained in batches of `batch`, fit: another precision, a smaller batch, or
  /// narrower hidden layers; as many of these as there are.
  public func singleChanges(under budget: Int, batch: Int) -> [NetworkChoice] {
    func choice(_ precision: Precision?, _ batch: Int, _ part: Int) -> NetworkChoice? {
      let choice = NetworkChoice(
        network, precision: precision, batch: batch, width: Double(part) / 64,
        frozen: network.freezable.lowerBound)
      return choice.flatMap { $0.bytes <= budget ? $0 : nil }
    }
    let precisions = [Precision.float16, .int8].lazy.compactMap { choice($0, batch, 64) }
    let batches = self.batches.lazy.filter { $0 < batch }.compactMap { choice(nil, $0, 64) }
    let widths = (1..<64).reversed().lazy.compactMap { choice(nil, batch, $0) }
    return [precisions.first, batches.first, widths.first].compactMap(\.self)
  }
}
