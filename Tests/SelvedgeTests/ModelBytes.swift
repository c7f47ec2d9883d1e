import Testing

@testable import Selvedge

/// Model files for tests: made, opened and forged.
enum ModelBytes {
  static let layers: [LayerDescription] = [.dense(3, .relu), .output(2)]

  static let record = TrainingRecord(
    rule: .masked, schedule: .sequential, shuffles: true, batch: 7, epochs: 12,
    rates: Rates(hidden: 0.125, output: -3), validation: 0.25, samples: 1234,
    dataChecksum: 0xDEAD_BEEF, step: 99)

  /// A file of a small network: header 32, table 64 or 96, NETW 80, PARM 112, TRNG 64.
  static func small(record: TrainingRecord? = record) throws -> [UInt8] {
    let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 0xFEED_F00D_1234_5678, in: &arena)
    network.standardisation = Standardisation(mean: 3.5, deviation: 0.25)!
    try network.setFrozen(true, layer: 0)
    return bytes(of: network, record: record)
  }

  /// The network's file, written over bytes that were not zero.
  static func bytes(of network: borrowing Network, record: TrainingRecord?) -> [UInt8] {
    let count = ModelFile.byteCount(of: network, withRecord: record != nil)
    var bytes = [UInt8](repeating: 0xEE, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    ModelFile.write(network, record: record, into: &raw)
    return bytes
  }

  static func error(_ bytes: [UInt8]) -> ModelFileError? {
    do {
      _ = try ModelFile(bytes.span.bytes)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Forging

  static func number<Number: FixedWidthInteger>(
    _ bytes: [UInt8], at offset: Int, as type: Number.Type
  ) -> Number {
    (0..<MemoryLayout<Number>.size).reduce(0) {
      $0 | Number(truncatingIfNeeded: bytes[offset + $1]) << Number($1 * 8)
    }
  }

  static func put<Number: FixedWidthInteger>(
    _ number: Number, at offset: Int, in bytes: inout [UInt8]
  ) {
    for i in 0..<MemoryLayout<Number>.size {
      bytes[offset + i] = UInt8(truncatingIfNeeded: number >> Number(i * 8))
    }
  }

  static func put(_ number: Float, at offset: Int, in bytes: inout [UInt8]) {
    put(number.bitPattern, at: offset, in: &bytes)
  }

  /// Makes every checksum right again that can be right, so that only a reader's checks are left.
  static func forge(_ bytes: inout [UInt8]) {
    guard bytes.count >= 32 else { return }
    let sections = min(Int(number(bytes, at: 12, as: UInt32.self)), 4)
    let end = 32 + sections * 32
    guard end <= bytes.count else { return }
    for entry in stride(from: 32, to: end, by: 32) {
      let offset = number(bytes, at: entry + 8, as: UInt64.self)
      let size = number(bytes, at: entry + 16, as: UInt64.self)
      let (upper, overflows) = offset.addingReportingOverflow(size)
      guard !overflows, upper <= UInt64(bytes.count) else { continue }
      let section = Array(bytes[Int(offset)..<Int(upper)])
      put(CRC32.of(section.span.bytes), at: entry + 4, in: &bytes)
    }
    let header = Array(bytes[0..<28] + bytes[32..<end])
    put(CRC32.of(header.span.bytes), at: 28, in: &bytes)
  }

  /// The error of the small file with some of its bytes changed and all checksums made right.
  static func errorAfter(
    record: TrainingRecord? = record, _ change: (inout [UInt8]) -> Void
  ) throws -> ModelFileError? {
    var bytes = try small(record: record)
    change(&bytes)
    forge(&bytes)
    return error(bytes)
  }
}
