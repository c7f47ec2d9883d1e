/// A model as bytes, checked from the first to the last: nothing of it is believed before.
///
///     header    "SELVEDGE", version u32, sections u32, file bytes u64, 0 u32, CRC-32 u32
///     table     for each section: kind (4 letters), CRC-32 u32, offset u64, bytes u64, 0 u64
///     NETW      rows u32, columns u32, channels u32, layers u32, seed u64, mean f32, deviation f32,
///               training steps u64, mean f32 and deviation f32 of the values of a regression (otherwise 0),
///               for each layer: kind u8, activation u8, frozen u8, precision u8,
///               units u32, window rows u8, window columns u8, stride u8, padding u8 (1, 1, 1, 0 where
///               there is none), pool u8 or hundredths of a leak (otherwise 1), options u8 (1 magnitude,
///               2 forgetting, 4 lookahead, 8 trace), steps u16 of a memory or a recurrent layer
///     PARM      for each layer: scale (32 bytes, `Scale`) if int8, weights f32, f16 or i8 (as in
///               `PlannedLayer.weight`); of a recurrent layer the same of its state weights; biases f32;
///               each padded to 16
///     TRNG      optional: the run of training, see `TrainingRecord`
///     STEP      optional: what a step rule remembers: rule u8, 15 zeros; clipped: for each layer the sums of mean
///               squares of the gradients of weights, state weights and biases and of their shares, f32 each
///
/// Numbers are little-endian. Sections begin at multiples of 16 with zeros between, so firmware can use
/// parameters in place. The header's CRC covers the header before it and the table.
public struct ModelFile: ~Escapable {
  static var magic: UInt64 { 0x4547_4445_564C_4553 }
  static var version: UInt32 { 2 }
  static let headerBytes = 32
  static let entryBytes = 32
  static let networkBytes = 48
  static let layerBytes = LayerDescription.bytes
  static let recordBytes = 64

  /// The letters of a section's kind, first letter lowest.
  enum Kind: UInt32 {
    case network = 0x5754_454E
    case parameters = 0x4D52_4150
    case record = 0x474E_5254
    case steps = 0x5045_5453
  }

  private let network: RawSpan
  /// The parameters of all layers, padded as in an arena.
  public let parameters: RawSpan
  /// The run of training that the model came from, if it can go on.
  public let record: TrainingRecord?
  /// The rule of which there is what it remembers; plain if there is nothing.
  let stepRule: StepRule
  /// What the step rule remembers of the gradients of all layers, as in an arena.
  let stepMemory: RawSpan
  /// What a sample looks like.
  public let inputShape: Shape
  /// Layers, the last included.
  public let layerCount: Int
  /// The seed of the initial weights and of every projection.
  public let seed: UInt64
  /// How raw values become what the first layer reads.
  public let standardisation: Standardisation
  /// How the values of a regression become what its last layer learns.
  public let targetStandardisation: Standardisation
  /// Training steps that the network has made.
  public let steps: UInt64

  /// The model that `bytes` hold.
  ///
  /// - Throws: `ModelFileError`, naming the offset of what is wrong.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) throws(ModelFileError) {
    let sections = try Self.checkHeader(bytes)
    var expected = Self.headerBytes + sections * Self.entryBytes
    let network = try Self.section(0, .network, of: bytes, at: &expected)
    let parameters = try Self.section(1, .parameters, of: bytes, at: &expected)
    var record: TrainingRecord?
    var next = 2
    if next < sections, try Self.isSection(next, .record, of: bytes) {
      let offset = expected
      let section = try Self.section(next, .record, of: bytes, at: &expected)
      record = try TrainingRecord(section, offset: offset)
      next += 1
    }
    let stepsOffset = expected
    var steps = bytes.extracting(0..<0)
    if next < sections {
      steps = try Self.section(next, .steps, of: bytes, at: &expected)
      next += 1
    }
    guard next == sections else {
      throw .section(offset: Self.headerBytes + next * Self.entryBytes)
    }
    guard expected == bytes.byteCount else { throw .section(offset: expected) }
    let networkOffset = Self.headerBytes + sections * Self.entryBytes
    guard network.byteCount >= Self.networkBytes else {
      throw .truncated(
        offset: networkOffset, needed: Self.networkBytes, found: network.byteCount)
    }
    inputShape = try Self.shape(network, networkOffset)
    let layerCount = try network.number(at: 12, as: UInt32.self)
    guard layerCount <= UInt32(Plan.layerLimit), layerCount >= 1 else {
      throw .value(offset: networkOffset + 12)
    }
    self.layerCount = Int(truncatingIfNeeded: layerCount)
    seed = try network.number(at: 16, as: UInt64.self)
    let mean = try network.number(at: 24, as: Float.self)
    let deviation = try network.number(at: 28, as: Float.self)
    guard let standardisation = Standardisation(mean: mean, deviation: deviation) else {
      throw .value(offset: networkOffset + 24)
    }
    self.steps = try network.number(at: 32, as: UInt64.self)
    guard network.byteCount == Self.networkBytes + self.layerCount * Self.layerBytes else {
      throw .value(offset: networkOffset + 12)
    }
    let last = Self.networkBytes + (self.layerCount - 1) * Self.layerBytes
    let learnsValues =
      try network.number(at: last, as: UInt8.self) == LayerDescription.Kind.regression.rawValue
    let targets = try Self.targets(network, learnsValues)
    guard let targets else { throw .value(offset: networkOffset + 40) }
    targetStandardisation = targets
    self.standardisation = standardisation
    self.network = network
    self.parameters = parameters
    self.record = record
    stepRule =
      Linked.steps && steps.byteCount > 0
      ? try StepRule(steps, offset: stepsOffset, layers: self.layerCount) : .plain
    stepMemory = stepRule == .plain ? steps.extracting(0..<0) : steps.extracting(droppingFirst: 16)
    try checkParameters(networkOffset)
  }

  /// How the values of a regression become what its last layer learns; other networks have zeros there.
  private static func targets(
    _ network: RawSpan, _ learnsValues: Bool
  ) throws(ModelFileError) -> Standardisation? {
    guard learnsValues else {
      return try network.number(at: 40, as: UInt64.self) == 0 ? .identity : nil
    }
    return Standardisation(
      mean: try network.number(at: 40, as: Float.self),
      deviation: try network.number(at: 44, as: Float.self))
  }

  /// What a sample looks like. Every number is checked before it is converted: one of 32 bits may be too
  /// large for a machine of 32.
  private static func shape(
    _ network: RawSpan, _ offset: Int
  ) throws(ModelFileError) -> Shape {
    var sides: (Int, Int, Int) = (0, 0, 0)
    for place in 0..<3 {
      let number = try network.number(at: 4 * place, as: UInt32.self)
      guard number >= 1 && number <= UInt32(1 << 24) else {
        throw .value(offset: offset + 4 * place)
      }
      sides = (sides.1, sides.2, Int(truncatingIfNeeded: number))
    }
    let shape = Shape(rows: sides.0, columns: sides.1, channels: sides.2)
    guard shape.isPossible else { throw .value(offset: offset) }
    return shape
  }

  /// Layer `index` of the network.
  ///
  /// - Precondition: `index` is less than `layerCount`.
  public func layer(_ index: Int) -> LayerDescription {
    precondition(index >= 0 && index < layerCount, "layer: no such layer")
    do throws(ModelFileError) { return try checkedLayer(index, 0) } catch {
      preconditionFailure("layer: checked when the file was opened")
    }
  }

  private func checkedLayer(
    _ index: Int, _ sectionOffset: Int
  ) throws(ModelFileError) -> LayerDescription {
    let row = Self.networkBytes + index * Self.layerBytes
    return try LayerDescription(
      network.extracting(row..<row + Self.layerBytes), offset: sectionOffset + row)
  }

  // MARK: Checks

  /// Checks that every layer can be planned, and that the parameters are just as many, all usable, with
  /// zeros for padding: firmware may use them in place.
  private func checkParameters(_ networkOffset: Int) throws(ModelFileError) {
    var (shape, expected) = (inputShape, Int64(0))
    var canRecur = true
    for k in 0..<layerCount {
      let layer = try checkedLayer(k, networkOffset)
      let row = networkOffset + Self.networkBytes + k * Self.layerBytes
      let isLast = k == layerCount - 1
      guard layer.kind.isHead == isLast else { throw .value(offset: row) }
      let previous = k > 0 ? try checkedLayer(k - 1, networkOffset) : nil
      guard layer.canFollow(previous) else { throw .value(offset: row) }
      guard canRecur || !layer.kind.isRecurrent else { throw .value(offset: row) }
      canRecur = layer.kind.isRecurrent
      if layer.looksAhead {
        guard !isLast else { throw .value(offset: row + 13) }
        let next = try checkedLayer(k + 1, networkOffset)
        guard layer.canLookAhead(to: next) else { throw .value(offset: row + 13) }
      }
      let own = try Self.shape(of: layer, at: k, reading: shape, row)
      let scales = layer.precision != .int8 ? 0 : layer.kind.isRecurrent ? 2 : 1
      expected += Int64(widening: scales * Scale.bytes)
      // No more than 2^46 bytes a layer, so 65,536 of them do not overflow.
      expected += Plan.rounded(own.weights * Int64(widening: layer.precision.bytes))
      expected += Plan.rounded(own.stateWeights * Int64(widening: layer.precision.bytes))
      expected += Plan.rounded(Int64(widening: own.biases) * 4)
      shape = own.output
    }
    guard expected == Int64(widening: parameters.byteCount) else {
      throw .parameters(
        expected: Int(truncatingIfNeeded: expected), found: parameters.byteCount)
    }
    let offset = networkOffset + Arena.rounded(network.byteCount)
    var end = 0
    shape = inputShape
    for k in 0..<layerCount {
      let layer = layer(k)
      let own = try Self.shape(of: layer, at: k, reading: shape, networkOffset)
      try checkWeights(own.weightRows * own.weightColumns, layer.precision, &end, offset)
      if layer.kind.isRecurrent {
        try checkWeights(own.weightRows * own.stateColumns, layer.precision, &end, offset)
      }
      try checkNumbers(own.biases, .float32, &end, offset)
      shape = own.output
    }
  }

  /// The shape of a layer whose description lies at `row` of the file.
  private static func shape(
    of layer: LayerDescription, at k: Int, reading input: Shape, _ row: Int
  ) throws(ModelFileError) -> LayerShape {
    do throws(PlanError) {
      return try LayerShape(layer, at: k, reading: input)
    } catch {
      switch error {
      case .int8Inputs: throw .value(offset: row + 3)
      case .window, .row: throw .value(offset: row + 8)
      case .leak: throw .value(offset: row + 12)
      case .steps: throw .value(offset: row + 14)
      default: throw .value(offset: row + 4)
      }
    }
  }

  /// Moves `end` behind weights and the scale before those of int8.
  private func checkWeights(
    _ count: Int, _ precision: Precision, _ end: inout Int, _ offset: Int
  ) throws(ModelFileError) {
    if precision == .int8 {
      guard parameters.holdsScale(at: end) else { throw .value(offset: offset + end) }
      end += Scale.bytes
    }
    try checkNumbers(count, precision, &end, offset)
  }

  /// Moves `end` behind a tensor of `count` numbers, which must be usable, and its padding, which must be
  /// zero.
  private func checkNumbers(
    _ count: Int, _ precision: Precision, _ end: inout Int, _ offset: Int
  ) throws(ModelFileError) {
    let padding = end + count * precision.bytes
    if let place = parameters.firstUnusable(precision, from: end, count: count) {
      throw .value(offset: offset + place)
    }
    end = Arena.rounded(padding)
    for i in padding..<end where parameters.byte(at: i) != 0 { throw .value(offset: offset + i) }
  }

  /// Checks the header and the table; how many sections there are.
  private static func checkHeader(_ bytes: RawSpan) throws(ModelFileError) -> Int {
    guard bytes.byteCount >= 8, try bytes.number(at: 0, as: UInt64.self) == magic else {
      throw .notAModel
    }
    let version = try bytes.number(at: 8, as: UInt32.self)
    guard version == Self.version else { throw .version(version) }
    let sections = try bytes.number(at: 12, as: UInt32.self)
    guard 2...4 ~= sections else { throw .value(offset: 12) }
    let size = try bytes.count(at: 16)
    guard size == bytes.byteCount else {
      throw .truncated(offset: 0, needed: size, found: bytes.byteCount)
    }
    guard try bytes.number(at: 24, as: UInt32.self) == 0 else { throw .value(offset: 24) }
    let stored = try bytes.number(at: 28, as: UInt32.self)
    let end = headerBytes + Int(truncatingIfNeeded: sections) * entryBytes
    guard end <= bytes.byteCount else {
      throw .truncated(
        offset: headerBytes, needed: end - headerBytes, found: bytes.byteCount - headerBytes)
    }
    var crc = CRC32()
    crc.update(bytes.extracting(0..<28))
    crc.update(bytes.extracting(headerBytes..<end))
    guard crc.value == stored else { throw .checksum(offset: 0, bytes: end) }
    return Int(truncatingIfNeeded: sections)
  }

  /// Whether section `index` is of a kind.
  private static func isSection(
    _ index: Int, _ kind: Kind, of bytes: RawSpan
  ) throws(ModelFileError) -> Bool {
    try bytes.number(at: headerBytes + index * entryBytes, as: UInt32.self) == kind.rawValue
  }

  /// Section `index`, which must be of `kind` and lie at `expected`; moves that behind its padding.
  @_lifetime(copy bytes)
  private static func section(
    _ index: Int, _ kind: Kind, of bytes: RawSpan, at expected: inout Int
  ) throws(ModelFileError) -> RawSpan {
    let entry = headerBytes + index * entryBytes
    guard try bytes.number(at: entry, as: UInt32.self) == kind.rawValue,
      try bytes.number(at: entry + 24, as: UInt64.self) == 0
    else { throw .section(offset: entry) }
    let offset = try bytes.count(at: entry + 8)
    let size = try bytes.count(at: entry + 16)
    guard offset == expected, size <= bytes.byteCount - offset else {
      throw .section(offset: entry + 8)
    }
    let section = bytes.extracting(offset..<offset + size)
    guard try bytes.number(at: entry + 4, as: UInt32.self) == CRC32.of(section) else {
      throw .checksum(offset: offset, bytes: size)
    }
    let end = Arena.rounded(offset + size)
    guard end <= bytes.byteCount else {
      throw .truncated(
        offset: offset + size, needed: end - offset - size,
        found: bytes.byteCount - offset - size)
    }
    for i in offset + size..<end where bytes.byte(at: i) != 0 { throw .value(offset: i) }
    expected = end
    return section
  }
}
