/// Where every byte of an adaptor goes, in rows like those of the network's own plan.
///
/// From the bottom: where each layer's numbers begin, the numbers, and what fitting or applying them needs.
public struct AdaptorPlan: Equatable, Sendable {
  /// What the memory is for.
  public enum Purpose: UInt8, Sendable {
    /// To use numbers that are there.
    case use
    /// To find them.
    case fitting
  }

  public let rung: Rung
  public let purpose: Purpose
  /// Outputs of the small layer beside each dense one; 0 of other rungs.
  public let rank: Int
  /// What a sample is to a prompt.
  public let form: Prompt.Form
  /// Bytes that the adaptor takes from an arena: exactly these.
  public var bytes: Int { tensor(.count).extent.upperBound }
  /// How many numbers are fitted.
  public let numberCount: Int
  /// Bytes of each row. (A network keeps its adaptor's plan, and lies on the stack of firmware.)
  private var sizes: InlineArray<13, UInt32>

  /// The plan of an adaptor for the network of a plan.
  ///
  /// - Parameters:
  ///   - rank: 1 to 64; of `lowRank` only.
  ///   - form: What a sample is to a prompt.
  public init(
    _ rung: Rung, of plan: borrowing Plan, rank: Int = 16, form: Prompt.Form,
    purpose: Purpose
  ) {
    let rank = rung == .lowRank ? max(1, min(rank, Projection.block)) : 0
    var most = Widths()
    var (numbers, padded) = (0, 0)
    var walk = Plan.Walk(plan)
    while rung.corrects, let layer = walk.next(plan) {
      guard layer.description.kind.isCorrectable else { continue }
      let sizes = CorrectionSizes(layer, rank: rank)
      numbers += sizes.count
      padded += sizes.bytes
      most.note(layer, rank: sizes.rank)
    }
    let fits = purpose == .fitting
    let learns = fits && (rung == .scale || rung == .lowRank)
    var digestCount = 0
    if case .training(let digest) = plan.purpose { digestCount = digest }
    if rung == .prompt {
      numbers = form.count
      padded = Arena.rounded(form.count * 4)
    }
    self.rung = rung
    self.purpose = purpose
    self.rank = rank
    self.form = form
    numberCount = numbers
    sizes = InlineArray(repeating: 0)
    set(.table, rung.corrects ? plan.layers.count * 4 : 0)
    set(.numbers, padded)
    set(.image, rung == .prompt ? plan.inputs * 4 : 0)
    set(.search, rung == .prompt && fits ? PromptSearch.bytes(form) : 0)
    set(.record, learns || fits && rung == .moments ? most.outputs * 4 : 0)
    set(.digest, learns ? digestCount * 4 : 0)
    set(.delta, learns ? Projection.block * 4 : 0)
    set(.values, learns && most.isInt8 ? Projection.block * 4 : 0)
    set(.reduced, rank * 4)
    set(.copy, rank > 0 && most.isInt8 ? most.inputs * 4 : 0)
    let statistics = fits && rung == .moments ? most.channels * 8 : 0
    set(.statistics, statistics)
    set(.found, statistics)
    set(.count, statistics > 0 ? 4 : 0)
  }

  /// What the memory is divided into, from its first byte on.
  enum Row: Int {
    /// Where the numbers of each layer begin [layers], 32 bits each; 0 for none.
    case table
    /// All numbers that are fitted: of each corrected layer gains and offsets [channels], and with a rank weights
    /// [channels, rank], [rank, inputs] and biases [rank]; those of a prompt.
    case numbers
    /// A sample as a prompt has changed it, or a step of one [inputs].
    case image
    /// What a search for a prompt keeps beside it.
    case search
    /// The sums of one sample of a layer [outputs].
    case record
    /// What the local loss keeps of one sample.
    case digest
    /// The deltas of a block of units.
    case delta
    /// One sample's outputs of a block as floats, where they are int8.
    case values
    /// The outputs of the small layer for one sample [rank].
    case reduced
    /// What the small layer reads as floats, where it is int8 [inputs].
    case copy
    /// Mean and sum of squared distances to it of each channel of one layer [2, channels].
    case statistics
    /// The moments of a layer, before they are used.
    case found
    /// How many values of each channel there were, 32 bits.
    case count

    var role: Tensor.Role {
      switch self {
      case .table: .layers
      case .numbers: .correction
      case .image: .input
      case .search, .found: .memory
      case .record: .output
      case .digest: .digest
      case .delta: .delta
      case .values: .values
      case .reduced: .ahead
      case .copy: .patches
      case .statistics: .gradient
      case .count: .noise
      }
    }
  }

  private mutating func set(_ row: Row, _ bytes: Int) {
    sizes[row.rawValue] = UInt32(truncatingIfNeeded: bytes)
  }

  /// A row of the plan; offsets count from the adaptor's first byte.
  func tensor(_ row: Row) -> Tensor {
    var offset = 0
    for i in 0..<row.rawValue { offset += Arena.rounded(Int(truncatingIfNeeded: sizes[i])) }
    return Tensor(
      layer: 0, role: row.role, category: row == .numbers ? .weights : .scratch, offset: offset,
      bytes: Int(truncatingIfNeeded: sizes[row.rawValue]), lives: 0..<1)
  }

  /// Calls `body` with every row that has bytes; offsets count from the adaptor's first byte.
  public func forEachTensor(_ body: (Tensor) -> Void) {
    for i in 0...Row.count.rawValue {
      guard let row = Row(rawValue: i), sizes[i] > 0 else { continue }
      body(tensor(row))
    }
  }

  public static func == (a: AdaptorPlan, b: AdaptorPlan) -> Bool {
    guard a.rung == b.rung, a.purpose == b.purpose, a.rank == b.rank, a.form == b.form else {
      return false
    }
    for i in a.sizes.indices where a.sizes[i] != b.sizes[i] { return false }
    return true
  }

  /// The most that a corrected layer has of each.
  private struct Widths {
    var (outputs, channels, inputs) = (0, 0, 0)
    var isInt8 = false

    mutating func note(_ layer: PlannedLayer, rank: Int) {
      outputs = max(outputs, layer.outputs)
      channels = max(channels, layer.shape.biases)
      if rank > 0 { inputs = max(inputs, layer.inputs) }
      if layer.scale.bytes > 0 || layer.outputScale.bytes > 0 { isInt8 = true }
    }
  }
}

/// How many numbers a layer's correction has, and where: each part begins at a multiple of 16.
struct CorrectionSizes {
  let channels: Int
  let inputs: Int
  let rank: Int

  init(_ layer: PlannedLayer, rank: Int) {
    channels = layer.shape.biases
    inputs = layer.inputs
    // Beside a convolution every place would have a small layer of its own.
    self.rank = layer.description.kind == .dense ? rank : 0
  }

  private func rounded(_ count: Int) -> Int { Arena.rounded(count * 4) }

  var count: Int { 2 * channels + rank * (channels + inputs + 1) }
  var offset: Int { rounded(channels) }
  var up: Int { offset + rounded(channels) }
  var down: Int { up + rounded(channels * rank) }
  var downBias: Int { down + rounded(rank * inputs) }
  var bytes: Int { downBias + rounded(rank) }
}
