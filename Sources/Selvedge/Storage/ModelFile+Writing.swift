extension ModelFile {
  /// How many bytes `write` needs for a network.
  public static func byteCount(of network: borrowing Network, withRecord: Bool) -> Int {
    let sections = withRecord ? 3 : 2
    return headerBytes + sections * entryBytes
      + Arena.rounded(networkBytes + network.layerCount * layerBytes)
      + network.footprint.weights + (withRecord ? recordBytes : 0)
  }

  /// Writes a network, and the run of training that it is in, as a model file.
  ///
  /// - Precondition: `bytes` are just as many as `byteCount(of:withRecord:)` says, all parameters
  ///   are finite (`Network.isFinite`), and the record's numbers are in their ranges: batch 1 to 256,
  ///   epochs 1 to 1,000,000, validation 0 ..< 1, finite rates, no negative count.
  public static func write(
    _ network: borrowing Network, record: TrainingRecord?, into bytes: inout MutableRawSpan
  ) {
    let total = byteCount(of: network, withRecord: record != nil)
    precondition(bytes.byteCount == total, "ModelFile.write: not the bytes that were asked for")
    precondition(network.isFinite, "ModelFile.write: a parameter is not finite")
    precondition(record?.isPossible ?? true, "ModelFile.write: the record is out of range")
    let sections = record == nil ? 2 : 3
    let start = headerBytes + sections * entryBytes
    var writer = ByteWriter(bytes._mutatingExtracting(start..<total))
    write(network, into: &writer)
    let networkEnd = writer.offset
    writer.pad(to: Arena.alignment)
    let parameters = writer.offset
    writer.write(network.parameters)
    let parametersEnd = writer.offset
    record?.write(into: &writer)
    let recordEnd = writer.offset

    writeEntry(0, .network, start..<start + networkEnd, into: &bytes)
    writeEntry(1, .parameters, start + parameters..<start + parametersEnd, into: &bytes)
    if record != nil {
      writeEntry(2, .record, start + parametersEnd..<start + recordEnd, into: &bytes)
    }
    writeHeader(sections: sections, total: total, into: &bytes)
  }

  private static func writeEntry(
    _ index: Int, _ kind: Kind, _ extent: Range<Int>, into bytes: inout MutableRawSpan
  ) {
    let crc = CRC32.of(bytes.bytes.extracting(extent))
    let entry = headerBytes + index * entryBytes
    var writer = ByteWriter(bytes._mutatingExtracting(entry..<entry + entryBytes))
    writer.write(kind.rawValue)
    writer.write(crc)
    writer.write(UInt64(widening: extent.lowerBound))
    writer.write(UInt64(widening: extent.count))
    writer.write(UInt64(0))
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

  private static func write(_ network: borrowing Network, into writer: inout ByteWriter) {
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
    network.plan.forEachLayer { layer in
      let description = layer.description
      writer.write(description.kind.rawValue)
      writer.write(description.activation.rawValue)
      writer.write(UInt8(description.isFrozen ? 1 : 0))
      writer.write(description.precision.rawValue)
      writer.write(description.units)
      writer.write(description.window.rows)
      writer.write(description.window.columns)
      writer.write(description.window.stride)
      writer.write(description.window.padding.rawValue)
      writer.write(description.extra)
      writer.write(description.options.bits)
      writer.write(description.steps)
    }
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
    writer.write(UInt32(0))
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
    for place in 52..<ModelFile.recordBytes where bytes.byte(at: place) != 0 {
      throw .value(offset: offset + place)
    }
    self.init(
      rule: rule, schedule: schedule, rounding: rounding, shuffles: shuffles == 1,
      batch: Int(truncatingIfNeeded: batch),
      epochs: Int(truncatingIfNeeded: epochs), rates: rates, validation: validation,
      samples: samples,
      dataChecksum: try bytes.number(at: 40, as: UInt32.self), step: step)
  }
}
