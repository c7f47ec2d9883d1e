extension ModelFile {
  /// How many bytes `write` needs for a network.
  public static func byteCount(of network: borrowing Network, withRecord: Bool) -> Int {
    byteCount(of: network, withRecord, stepBytes(of: network))
  }

  /// The same where what a step rule remembers has so many bytes; 0 if nothing is there.
  static func byteCount(
    of network: borrowing Network, _ withRecord: Bool, _ stepBytes: Int
  ) -> Int {
    let sections = 2 + (withRecord ? 1 : 0) + (stepBytes > 0 ? 1 : 0)
    return headerBytes + sections * entryBytes
      + Arena.rounded(networkBytes + network.layerCount * layerBytes)
      + network.footprint.stored + (withRecord ? recordBytes : 0) + stepBytes
  }

  private static func sections(of network: borrowing Network, withRecord: Bool) -> Int {
    2 + (withRecord ? 1 : 0) + (stepBytes(of: network) > 0 ? 1 : 0)
  }

  /// Bytes of what the network's step rule remembers, and of the rule's name before it.
  private static func stepBytes(of network: borrowing Network) -> Int {
    network.terms.step.remembers && network.stepMemory.byteCount > 0
      ? 16 + network.stepMemory.byteCount : 0
  }

  /// Writes a network, and the run of training that it is in, as a model file: all of it, what is in flash too.
  ///
  /// What the network's step rule remembers is written with it.
  ///
  /// - Precondition: `bytes` are just as many as `byteCount(of:withRecord:)` says, all parameters
  ///   are finite (`Network.isFinite`), and the record's numbers are in their ranges: batch 1 to 256,
  ///   epochs 1 to 1,000,000, validation 0 ..< 1, finite rates, no negative count.
  public static func write(
    _ network: borrowing Network, record: TrainingRecord?, into bytes: inout MutableRawSpan
  ) {
    let total = byteCount(of: network, withRecord: record != nil)
    precondition(bytes.byteCount == total, "ModelFile.write: not the bytes that were asked for")
    unsafe bytes.withUnsafeMutableBytes { all in
      var rest = UnsafeMutableRawBufferPointer(rebasing: all[...])
      write(network, record: record) { piece in
        unsafe piece.withUnsafeBytes { rest.copyMemory(from: $0) }
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[piece.byteCount...])
      }
    }
  }

  /// Writes a model file piece by piece, from its first byte to its last, without room for the whole: the head, the
  /// description and the parameters layer by layer, from where they lie in the arena or in flash, the record.
  ///
  /// - Parameter sink: Takes a piece that is its own only until it returns. What it throws ends the writing.
  /// - Precondition: All parameters are finite (`Network.isFinite`), and the record's numbers in their ranges.
  public static func write<Failure: Error>(
    _ network: borrowing Network, record: TrainingRecord?,
    to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(network.isFinite, "ModelFile.write: a parameter is not finite")
    precondition(record?.isPossible ?? true, "ModelFile.write: the record is out of range")
    try writeHead(network, record, to: sink)
    try writeDescription(network, to: sink)
    try writeParameters(network, to: sink)
    if let record { try write(record, to: sink) }
    if stepBytes(of: network) > 0 { try writeSteps(network, to: sink) }
  }

  /// Header and table, which name the checksums of what follows.
  private static func writeHead<Failure: Error>(
    _ network: borrowing Network, _ record: TrainingRecord?,
    to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let sections = sections(of: network, withRecord: record != nil)
    let head = headerBytes + sections * entryBytes
    let description = networkBytes + network.layerCount * layerBytes
    var crc = CRC32()
    writeDescription(network) { crc.update($0) }
    var bytes = InlineArray<160, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var all = span.mutableBytes
    var writer = ByteWriter(all._mutatingExtracting(headerBytes..<head))
    writer.writeEntry(.network, crc, at: head, bytes: description)
    crc = CRC32()
    writeParameters(network) { crc.update($0) }
    let parameters = Arena.rounded(head + description)
    writer.writeEntry(.parameters, crc, at: parameters, bytes: network.footprint.stored)
    if let record {
      crc = CRC32()
      write(record) { crc.update($0) }
      writer.writeEntry(
        .record, crc, at: parameters + network.footprint.stored, bytes: recordBytes)
    }
    if stepBytes(of: network) > 0 {
      crc = CRC32()
      writeSteps(network) { crc.update($0) }
      let behind = parameters + network.footprint.stored + (record == nil ? 0 : recordBytes)
      writer.writeEntry(.steps, crc, at: behind, bytes: stepBytes(of: network))
    }
    writeHeader(
      sections: sections, total: byteCount(of: network, withRecord: record != nil), into: &all)
    try sink(all.bytes.extracting(0..<head))
  }

  /// The parameters of a layer a piece.
  private static func writeParameters<Failure: Error>(
    _ network: borrowing Network, to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var walk = Plan.Walk(network.plan)
    while let layer = walk.next(network.plan) {
      let own = network.parameters(of: layer)
      if own.byteCount > 0 { try sink(own) }
    }
  }

  private static func writeHeader(
    sections: Int, total: Int, into bytes: inout MutableRawSpan
  ) {
    var crc = CRC32()
    let table = headerBytes..<headerBytes + sections * entryBytes
    do {
      var writer = ByteWriter(bytes._mutatingExtracting(0..<headerBytes - 4))
      writer.write(magic)
      writer.write(version)
      writer.write(UInt32(sections))
      writer.write(UInt64(widening: total))
      writer.write(UInt32(0))
    }
    crc.update(bytes.bytes.extracting(0..<headerBytes - 4))
    crc.update(bytes.bytes.extracting(table))
    bytes.storeBytes(of: crc.value, toByteOffset: headerBytes - 4, as: UInt32.self)
  }

  /// The network without its parameters: 48 bytes, then 16 for each layer, so that nothing is to be padded.
  private static func writeDescription<Failure: Error>(
    _ network: borrowing Network, to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var bytes = InlineArray<48, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var writer = ByteWriter(span.mutableBytes)
    writer.write(UInt32(network.inputShape.rows))
    writer.write(UInt32(network.inputShape.columns))
    writer.write(UInt32(network.inputShape.channels))
    writer.write(UInt32(network.layerCount))
    writer.write(network.seed)
    writer.write(network.standardisation.mean)
    writer.write(network.standardisation.deviation)
    writer.write(network.steps)
    let targets = network.targetStandardisation
    writer.write(network.learnsValues ? targets.mean : 0)
    writer.write(network.learnsValues ? targets.deviation : 0)
    try sink(bytes.span.bytes)
    for k in network.plan.layers.indices { try write(network.plan.layers[k], to: sink) }
  }

  private static func write<Failure: Error>(
    _ layer: LayerDescription, to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var writer = ByteWriter(span.mutableBytes)
    writer.write(layer.kind.rawValue)
    writer.write(layer.activation.rawValue)
    writer.write(UInt8(layer.isFrozen ? 1 : 0))
    writer.write(layer.precision.rawValue)
    writer.write(layer.units)
    writer.write(layer.window.rows)
    writer.write(layer.window.columns)
    writer.write(layer.window.stride)
    writer.write(layer.window.padding.rawValue)
    writer.write(layer.extra)
    writer.write(layer.options.bits)
    writer.write(layer.steps)
    try sink(bytes.span.bytes)
  }

  /// The rule and what it remembers.
  private static func writeSteps<Failure: Error>(
    _ network: borrowing Network, to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    bytes[0] = network.terms.step.rawValue
    try sink(bytes.span.bytes)
    try sink(network.stepMemory)
  }

  private static func write<Failure: Error>(
    _ record: TrainingRecord, to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    var writer = ByteWriter(span.mutableBytes)
    record.write(into: &writer)
    try sink(bytes.span.bytes)
  }
}

extension ByteWriter {
  /// A row of the table.
  fileprivate mutating func writeEntry(
    _ kind: ModelFile.Kind, _ crc: CRC32, at offset: Int, bytes: Int
  ) {
    write(kind.rawValue)
    write(crc.value)
    write(UInt64(widening: offset))
    write(UInt64(widening: bytes))
    write(UInt64(0))
  }
}

extension TrainingRecord {
  func write(into writer: inout ByteWriter) {
    writer.write(rule.rawValue)
    writer.write(schedule.rawValue)
    writer.write(UInt8(shuffles ? 1 : 0))
    writer.write(rounding.rawValue)
    writer.write(UInt32(batch))
    writer.write(UInt32(epochs))
    writer.write(validation)
    writer.write(rates.hidden)
    writer.write(rates.output)
    writer.write(UInt64(widening: samples))
    writer.write(UInt64(widening: step))
    writer.write(dataChecksum)
    writer.write(rates.convolution)
    writer.write(rates.recurrent)
    writer.write(stepRule.rawValue)
    writer.write(UInt8(updatesPerLabel == 1 ? 0 : updatesPerLabel))
    writer.write(UInt16(0))
    writer.write(UInt64(0))
  }

  /// The record in a section that lies at `offset` of its file.
  init(_ bytes: RawSpan, offset: Int) throws(ModelFileError) {
    guard bytes.byteCount == ModelFile.recordBytes else { throw .section(offset: offset) }
    guard let rule = Rule(rawValue: bytes.byte(at: 0)) else { throw .value(offset: offset) }
    guard let schedule = Schedule(rawValue: bytes.byte(at: 1)) else {
      throw .value(offset: offset + 1)
    }
    let shuffles = bytes.byte(at: 2)
    guard shuffles <= 1 else { throw .value(offset: offset + 2) }
    guard let rounding = Rounding(rawValue: bytes.byte(at: 3)) else {
      throw .value(offset: offset + 3)
    }
    let batch = try bytes.number(at: 4, as: UInt32.self)
    guard 1...256 ~= batch else { throw .value(offset: offset + 4) }
    let epochs = try bytes.number(at: 8, as: UInt32.self)
    guard 1...1_000_000 ~= epochs else { throw .value(offset: offset + 8) }
    let validation = try bytes.number(at: 12, as: Float.self)
    guard validation >= 0 && validation < 1 else { throw .value(offset: offset + 12) }
    let rates = Rates(
      hidden: try bytes.number(at: 16, as: Float.self),
      output: try bytes.number(at: 20, as: Float.self),
      convolution: try bytes.number(at: 44, as: Float.self),
      recurrent: try bytes.number(at: 48, as: Float.self))
    guard rates.hidden.isFinite else { throw .value(offset: offset + 16) }
    guard rates.output.isFinite else { throw .value(offset: offset + 20) }
    let samples = try bytes.count(at: 24, ofSectionAt: offset)
    let step = try bytes.count(at: 32, ofSectionAt: offset)
    guard rates.convolution.isFinite else { throw .value(offset: offset + 44) }
    guard rates.recurrent.isFinite else { throw .value(offset: offset + 48) }
    guard let stepRule = StepRule(rawValue: bytes.byte(at: 52)) else {
      throw .value(offset: offset + 52)
    }
    let updates = bytes.byte(at: 53)
    guard updates != 1 else { throw .value(offset: offset + 53) }
    for place in 54..<ModelFile.recordBytes where bytes.byte(at: place) != 0 {
      throw .value(offset: offset + place)
    }
    self.init(
      rule: rule, schedule: schedule, rounding: rounding, stepRule: stepRule,
      updatesPerLabel: updates == 0 ? 1 : Int(updates),
      shuffles: shuffles == 1,
      batch: Int(truncatingIfNeeded: batch),
      epochs: Int(truncatingIfNeeded: epochs), rates: rates, validation: validation,
      samples: samples,
      dataChecksum: try bytes.number(at: 40, as: UInt32.self), step: step)
  }
}
