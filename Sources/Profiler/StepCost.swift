import Boards
import Selvedge

/// What a step of a network costs on a board: estimates, with what they are made of.
///
/// Instructions are those of the kernels' loops, counted under qemu (`Calibration`). A step takes the longer
/// of two times: instructions * cycles per instruction / clock, and bytes that the caches do not hold /
/// bandwidth of the memory behind them. The longer and not the sum, as kernels read weights in one
/// direction, so that a prefetcher loads what comes next while the core computes.
public struct StepCost: Equatable, Sendable {
  /// What is estimated of one piece of work.
  public struct Estimate: Equatable, Sendable {
    public let instructions: Double
    /// Bytes that move between the last cache and memory.
    public let streamedBytes: Double
    public let seconds: Double
    /// Energy at the board's active power; nil where nobody says what that is.
    public let joules: Double?
    /// Whether memory takes longer than the core.
    public let isBoundByMemory: Bool
  }

  /// A training step of a whole batch.
  public let training: Estimate
  /// The prediction of one sample.
  public let prediction: Estimate
  /// Samples of a training step.
  public let batch: Int
  /// What the estimates are made of, a sentence each.
  public let basis: [String]

  /// The cost of a plan's steps, of sequences as long as its layers span.
  ///
  /// - Parameters:
  ///   - rule: What hidden layers learn from.
  ///   - rounding: How updates are rounded.
  public init(
    of plan: Plan, rule: Rule, rounding: Rounding = .automatic, on board: Board, core: Core
  ) {
    var layers: [PlannedLayer] = []
    plan.forEachLayer { layers.append($0) }
    let tiles = core.calibration.tiles
    var training = StepOperations(
      layers, batch: plan.batch, tiles: tiles, rounding: rounding)
    training.train(rule, samples: plan.batch)
    var prediction = StepOperations(
      layers, batch: plan.batch, tiles: tiles, rounding: rounding)
    prediction.predict()
    let traffic = Traffic(
      layers, footprint: plan.footprint.total, cache: board.caches.last?.bytes.value ?? 0, rule)
    func estimate(_ operations: Operations, _ bytes: Double) -> Estimate {
      let instructions = core.calibration.instructions(operations)
      let computing = instructions * core.cyclesPerInstruction / (board.clockMHz.value * 1e6)
      let moving = board.bandwidthBytesPerSecond.map { bytes / $0.value } ?? 0
      let seconds = max(computing, moving)
      return Estimate(
        instructions: instructions, streamedBytes: bytes, seconds: seconds,
        joules: board.activeWatts.map { $0.value * seconds },
        isBoundByMemory: moving > computing)
    }
    self.training = estimate(training.all, traffic.training)
    self.prediction = estimate(prediction.all, traffic.prediction)
    batch = plan.batch
    basis = Self.basis(board, core)
  }

  private static func basis(_ board: Board, _ core: Core) -> [String] {
    let clock = board.clockMHz.value
    var basis = [
      "instructions: counted under qemu for \(core.calibration.core), fitted to the kernels' loops",
      "time: \(core.cyclesPerInstruction) cycles an instruction at \(clock) MHz, within "
        + "\(Int((core.uncertainty * 100).rounded())) %: \(core.source)",
    ]
    if let cache = board.caches.last, let bandwidth = board.bandwidthBytesPerSecond {
      basis.append(
        "or the time of what the \(cache.bytes.value) bytes of the last cache do not hold, at "
          + "\(bandwidth.value / 1e9) GB/s, if that is longer")
    } else {
      basis.append("memory without wait states")
    }
    basis.append(
      board.activeWatts.map {
        "energy: \($0.value) W while the core computes\($0.isEstimate ? ", an estimate" : "")"
      } ?? "energy: unknown, as the board's active power is")
    return basis
  }
}

/// Bytes that a step moves between the last cache and the memory behind it.
///
/// A network that fits the cache moves none. Otherwise every layer's weights come in once, a second time for
/// their update if they alone fill the cache, and go out again changed; those of recurrent layers at every
/// step of a sequence, if they fill it.
private struct Traffic {
  var training = 0.0
  var prediction = 0.0

  init(_ layers: [PlannedLayer], footprint: Int, cache: Int, _ rule: Rule) {
    guard footprint > cache else { return }
    for layer in layers {
      let description = layer.description
      let bytes = Double(layer.weight.bytes + layer.stateWeight.bytes)
      let isLarge = bytes > Double(cache)
      let turns =
        description.kind.isRecurrent && isLarge ? Double(description.steps) : 1
      prediction += bytes * turns
      let learns =
        description.kind.hasWeights && !description.isFrozen
        && (description.kind.isHead || rule.learns)
      training += bytes * turns * (learns ? (isLarge ? 3 : 2) : 1)
    }
  }
}
