/// What a checkpoint says beside the parameters.
struct CheckpointContents {
  let standardisation: Standardisation
  let targetStandardisation: Standardisation
  let steps: UInt64
  let record: TrainingRecord?
  /// Of how many sections the model is made.
  let sections: Int
  /// Bytes of what a step rule remembers that the network can have; nil if there is nothing of its own rule.
  let stepMemory: Int?
}

/// What a model is made of beside the description and the parameters.
private struct Sections {
  var count: Int
  var record = false
  /// Bytes of the section of a step rule; 0 if there is none.
  var steps = 0
}

extension SlotStream where Device: ~Copyable {
  /// Checks that the payload is what was saved, whatever it says.
  ///
  /// - Throws: `CheckpointError.damaged` or `device`.
  mutating func check(_ header: CheckpointHeader) throws(CheckpointError) {
    guard header.payloadBytes <= slotBytes - payloadOffset else {
      throw .damaged(slot: header.slot, offset: 24)
    }
    begin(header.slot, at: payloadOffset)
    try finishCheck(header)
  }

  /// Checks that the payload is what was saved, and that the network can have it.
  ///
  /// - Throws: `CheckpointError`.
  mutating func check(
    _ header: CheckpointHeader, for network: borrowing Network
  ) throws(CheckpointError) -> CheckpointContents {
    guard header.payloadBytes <= slotBytes - payloadOffset else {
      throw .damaged(slot: header.slot, offset: 24)
    }
    begin(header.slot, at: payloadOffset)
    let contents: CheckpointContents
    do throws(CheckpointError) {
      contents = try checkModel(header, for: network)
    } catch {
      if case .device = error { throw error }
      // Wrong numbers are only meant so if they are those that were saved.
      try finishCheck(header)
      throw error
    }
    try finishCheck(header)
    return contents
  }

  /// Reads on to the end, where the checksum must be right and nothing more may have been programmed.
  private mutating func finishCheck(_ header: CheckpointHeader) throws(CheckpointError) {
    let end = payloadOffset + header.payloadBytes
    try skip(end - offset)
    guard checksum.value == header.payloadChecksum else {
      throw .damaged(slot: slot, offset: payloadOffset)
    }
    try checkFilling(to: rounded(end))
    begin(header.slot, at: CheckpointHeader.bytes)
    try checkFilling(to: payloadOffset)
  }

  /// Checks that the bytes up to `end` are as erased ones are.
  private mutating func checkFilling(to end: Int) throws(CheckpointError) {
    while offset < end {
      let place = offset
      guard try number(UInt8.self) == 0xFF else { throw .damaged(slot: slot, offset: place) }
    }
  }

  // MARK: What the model says

  private mutating func checkModel(
    _ header: CheckpointHeader, for network: borrowing Network
  ) throws(CheckpointError) -> CheckpointContents {
    try expect(ModelFile.magic)
    let version = try number(UInt32.self)
    guard version == ModelFile.version else { throw .version(slot: slot, version: version) }
    let sections = try sections()
    guard header.payloadBytes == ModelFile.byteCount(of: network, sections.record, sections.steps)
    else { throw .otherNetwork(slot: slot, offset: 24) }
    try expect(UInt32(truncatingIfNeeded: network.inputShape.rows))
    try expect(UInt32(truncatingIfNeeded: network.inputShape.columns))
    try expect(UInt32(truncatingIfNeeded: network.inputShape.channels))
    try expect(UInt32(truncatingIfNeeded: network.layerCount))
    try expect(network.seed)
    let standardisation = try standardisation()
    let steps = try number(UInt64.self)
    var targets = Standardisation.identity
    if network.learnsValues {
      targets = try self.standardisation()
    } else {
      try expect(UInt64(0))
    }
    for k in 0..<network.layerCount { try checkLayer(k, of: network) }
    var walk = Plan.Walk(network.plan)
    while let layer = walk.next(network.plan) {
      if layer.isInFlash {
        try expect(network.parameters(of: layer))
      } else {
        try checkParameters(of: layer)
      }
    }
    return CheckpointContents(
      standardisation: standardisation, targetStandardisation: targets, steps: steps,
      record: sections.record ? try record() : nil, sections: sections.count,
      stepMemory: sections.steps > 0 ? try checkSteps(sections.steps, of: network) : nil)
  }

  /// How many sections there are, and which; the rest of the header and of the table says where they lie, which is
  /// known.
  private mutating func sections() throws(CheckpointError) -> Sections {
    let place = offset
    let count = try number(UInt32.self)
    guard 2...4 ~= count else { throw .otherNetwork(slot: slot, offset: place) }
    var sections = Sections(count: Int(truncatingIfNeeded: count))
    try skip(ModelFile.headerBytes - 16 + 2 * ModelFile.entryBytes)
    for _ in 2..<sections.count {
      let place = offset
      let kind = try number(UInt32.self)
      try skip(12)
      let bytes = try number(UInt64.self)
      try skip(8)
      switch ModelFile.Kind(rawValue: kind) {
      case .record where !sections.record && sections.steps == 0: sections.record = true
      case .steps where sections.steps == 0 && bytes > 0 && bytes <= UInt64(0x7FFF_FFFF):
        sections.steps = Int(truncatingIfNeeded: bytes)
      default: throw .otherNetwork(slot: slot, offset: place)
      }
    }
    return sections
  }

  /// Checks what a step rule remembers; how many bytes of it the network can have, or nil if it has another rule.
  private mutating func checkSteps(
    _ count: Int, of network: borrowing Network
  ) throws(CheckpointError) -> Int? {
    let place = offset
    let rule = try number(UInt8.self)
    guard network.terms.step.remembers, rule == network.terms.step.rawValue,
      network.stepMemory.byteCount > 0
    else {
      try skip(count - 1)
      return nil
    }
    guard count == 16 + network.stepMemory.byteCount else {
      throw .otherNetwork(slot: slot, offset: place)
    }
    try skip(15)
    for _ in 0..<network.layerCount {
      let place = offset
      var squares = InlineArray<16, UInt8>(repeating: 0)
      try read(&squares)
      guard squares.span.bytes.holdsMeanSquares(at: 0) else {
        throw .value(slot: slot, offset: place)
      }
    }
    return network.stepMemory.byteCount
  }

  private mutating func standardisation() throws(CheckpointError) -> Standardisation {
    let place = offset
    let (mean, deviation) = (try number(Float.self), try number(Float.self))
    guard let found = Standardisation(mean: mean, deviation: deviation) else {
      throw .value(slot: slot, offset: place)
    }
    return found
  }

  /// Checks that a layer is that of the network; whether it is frozen matters where the plan has such in flash.
  private mutating func checkLayer(
    _ k: Int, of network: borrowing Network
  ) throws(CheckpointError) {
    let place = offset
    var row = InlineArray<16, UInt8>(repeating: 0)
    try read(&row)
    var found: LayerDescription?
    do throws(ModelFileError) { found = try LayerDescription(row.span.bytes) } catch {
      throw .value(slot: slot, offset: place)
    }
    if network.terms.constants == .inArena { found?.isFrozen = network.table[k].isFrozen }
    guard found == network.table[k] else { throw .otherNetwork(slot: slot, offset: place) }
  }

  private mutating func checkParameters(of layer: PlannedLayer) throws(CheckpointError) {
    let precision = layer.description.precision
    try checkScale(layer.scale)
    try checkNumbers(layer.weightCount, precision)
    try checkScale(layer.stateScale)
    try checkNumbers(layer.stateWeightCount, precision)
    try checkNumbers(layer.shape.biases, .float32)
  }

  private mutating func checkScale(_ tensor: Tensor) throws(CheckpointError) {
    guard tensor.bytes > 0 else { return }
    let place = offset
    var scale = InlineArray<32, UInt8>(repeating: 0)
    try read(&scale)
    guard scale.span.bytes.holdsScale(at: 0) else { throw .value(slot: slot, offset: place) }
  }

  /// Checks a tensor of `count` numbers and the zeros behind it.
  private mutating func checkNumbers(
    _ count: Int, _ precision: Precision
  ) throws(CheckpointError) {
    var left = count * precision.bytes
    while left > 0 {
      let place = offset
      var piece = InlineArray<16, UInt8>(repeating: 0)
      try read(&piece)
      let numbers = min(left, 16) / precision.bytes
      if let first = piece.span.bytes.firstUnusable(precision, from: 0, count: numbers) {
        throw .value(slot: slot, offset: place + first)
      }
      for i in min(left, 16)..<16 where piece[i] != 0 {
        throw .value(slot: slot, offset: place + i)
      }
      left -= 16
    }
  }

  private mutating func record() throws(CheckpointError) -> TrainingRecord {
    let place = offset
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    try read(&bytes)
    do throws(ModelFileError) {
      return try TrainingRecord(bytes.span.bytes, offset: place)
    } catch {
      guard case .value(let offset) = error else { throw .value(slot: slot, offset: place) }
      throw .value(slot: slot, offset: offset)
    }
  }

  // MARK: Loading

  /// Gives the network what has been checked.
  ///
  /// - Throws: `CheckpointError.unstable` or `device`; the network has then its initial parameters, and in the
  ///   arena no layer is frozen.
  mutating func load(
    _ header: CheckpointHeader, _ contents: CheckpointContents, into network: inout Network
  ) throws(CheckpointError) {
    network.discard()
    network.predicted = 0
    do throws(CheckpointError) {
      begin(header.slot, at: payloadOffset)
      try skip(
        ModelFile.headerBytes + contents.sections * ModelFile.entryBytes
          + ModelFile.networkBytes)
      for k in 0..<network.layerCount {
        var row = InlineArray<16, UInt8>(repeating: 0)
        try read(&row)
        // Where parameters lie in flash the plan hangs on it: no byte that may have changed since it was checked
        // is to move a tensor.
        if network.terms.constants == .inArena { network.table[k].isFrozen = row[2] != 0 }
      }
      var walk = Plan.Walk(network.plan)
      while let layer = walk.next(network.plan) {
        guard !layer.isInFlash else {
          try skip(layer.parameters.count)
          continue
        }
        var parameters = MutableRawSpan(
          _unsafeBytes: UnsafeMutableRawBufferPointer(
            start: network.start(layer.scale), count: layer.parameters.count))
        try read(into: &parameters)
      }
      network.forgetSteps()
      if Linked.steps, contents.stepMemory != nil {
        try skip(16 + (contents.record == nil ? 0 : ModelFile.recordBytes))
        var memory = network.mutableStepMemory
        try read(into: &memory)
      }
      try skip(payloadOffset + header.payloadBytes - offset)
      guard checksum.value == header.payloadChecksum else { throw .unstable(slot: slot) }
    } catch {
      for k in network.table.indices where network.terms.constants == .inArena {
        network.table[k].isFrozen = false
      }
      network.setInitialParameters()
      throw .unstable(slot: header.slot)
    }
    network.standardisation = contents.standardisation
    network.targetStandardisation = contents.targetStandardisation
    network.steps = contents.steps
  }

  // MARK: Numbers

  private mutating func read<let count: Int>(
    _ bytes: inout InlineArray<count, UInt8>
  ) throws(CheckpointError) {
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try read(into: &raw)
  }

  private mutating func number<Number: BitwiseCopyable>(
    _ type: Number.Type
  ) throws(CheckpointError) -> Number {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    var own = raw._mutatingExtracting(0..<MemoryLayout<Number>.size)
    try read(into: &own)
    return unsafe raw.unsafeLoadUnaligned(fromByteOffset: 0, as: type)
  }

  /// Checks that the next bytes are those of a layer in flash.
  private mutating func expect(_ bytes: RawSpan) throws(CheckpointError) {
    for first in stride(from: 0, to: bytes.byteCount, by: 16) {
      let place = offset
      var piece = InlineArray<16, UInt8>(repeating: 0)
      try read(&piece)
      for i in 0..<16 where piece[i] != bytes.byte(at: first + i) {
        throw .otherNetwork(slot: slot, offset: place + i)
      }
    }
  }

  private mutating func expect<Number: BitwiseCopyable & Equatable>(
    _ number: Number
  ) throws(CheckpointError) {
    let place = offset
    guard try self.number(Number.self) == number else {
      throw .otherNetwork(slot: slot, offset: place)
    }
  }
}
