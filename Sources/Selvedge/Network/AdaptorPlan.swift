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
  /// Where the numbers of each layer begin [layers], 32 bits each; 0 for none.
  let table: Tensor
  /// All numbers that are fitted: of each corrected layer gains and offsets [channels], and with a rank weights
  /// [channels, rank], [rank, inputs] and biases [rank]; those of a prompt.
  let numbers: Tensor
  /// A sample as a prompt has changed it, or a step of one [inputs].
  let image: Tensor
  /// What a search for a prompt keeps beside it.
  let search: Tensor
  /// The sums of one sample of a layer [outputs].
  let record: Tensor
  /// What the local loss keeps of one sample.
  let digest: Tensor
  /// The deltas of a block of units.
  let delta: Tensor
  /// One sample's outputs of a block as floats, where they are int8.
  let values: Tensor
  /// The outputs of the small layer for one sample [rank].
  let reduced: Tensor
  /// What the small layer reads as floats, where it is int8 [inputs].
  let copy: Tensor
  /// Mean and sum of squared distances to it of each channel of one layer [2, channels].
  let statistics: Tensor
  /// What was found before it is used: the moments of a layer, or the best prompt so far.
  let found: Tensor
  /// How many values of each channel there were, 32 bits.
  let count: Tensor

  /// Bytes that the adaptor takes from an arena: exactly these.
  public var bytes: Int { count.extent.upperBound }
  /// How many numbers are fitted.
  public let numberCount: Int

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
    var place = 0
    func row(_ role: Tensor.Role, _ bytes: Int, isKept: Bool = false) -> Tensor {
      let row = Tensor(
        layer: 0, role: role, category: isKept ? .weights : .scratch, offset: place, bytes: bytes,
        lives: 0..<1)
      place = row.extent.upperBound
      return row
    }
    self.rung = rung
    self.purpose = purpose
    self.rank = rank
    self.form = form
    numberCount = numbers
    table = row(.layers, rung.corrects ? plan.layers.count * 4 : 0)
    self.numbers = row(.correction, padded, isKept: true)
    image = row(.input, rung == .prompt ? plan.inputs * 4 : 0)
    search = row(.memory, rung == .prompt && fits ? PromptSearch.bytes(form) : 0)
    record = row(.output, learns || fits && rung == .moments ? most.outputs * 4 : 0)
    digest = row(.digest, learns ? digestCount * 4 : 0)
    delta = row(.delta, learns ? Projection.block * 4 : 0)
    values = row(.values, learns && most.isInt8 ? Projection.block * 4 : 0)
    reduced = row(.ahead, rank * 4)
    copy = row(.patches, rank > 0 && most.isInt8 ? most.inputs * 4 : 0)
    statistics = row(.gradient, fits && rung == .moments ? most.channels * 8 : 0)
    found = row(
      .digest,
      statistics.bytes > 0 ? statistics.bytes : rung == .prompt && fits ? form.count * 4 : 0)
    self.count = row(.noise, statistics.bytes > 0 ? 4 : 0)
  }

  /// Calls `body` with every row that has bytes; offsets count from the adaptor's first byte.
  public func forEachTensor(_ body: (Tensor) -> Void) {
    if table.bytes > 0 { body(table) }
    if numbers.bytes > 0 { body(numbers) }
    if image.bytes > 0 { body(image) }
    if search.bytes > 0 { body(search) }
    if record.bytes > 0 { body(record) }
    if digest.bytes > 0 { body(digest) }
    if delta.bytes > 0 { body(delta) }
    if values.bytes > 0 { body(values) }
    if reduced.bytes > 0 { body(reduced) }
    if copy.bytes > 0 { body(copy) }
    if statistics.bytes > 0 { body(statistics) }
    if found.bytes > 0 { body(found) }
    if count.bytes > 0 { body(count) }
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
