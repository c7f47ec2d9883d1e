// An adaptor file, little-endian:
//
//   offset  bytes
//        0      8  "SELVADAP"
//        8      4  version, 1
//       12      4  rung (Rung)
//       16      8  bytes of the file
//       24      4  CRC-32 of the parameters of the model that it belongs to
//       28      4  outputs of the small layers of `lowRank`, else 0
//       32      4  bytes of the adaptor's numbers, floats as `AdaptorPlan.Row.numbers` has them
//       36      4  bytes of parameters that stand in for the model's: those of the layers that the rung trains
//       40     12  of an image its rows, columns and channels; of a sequence 1, 0 and its channels
//       52      8  zero
//       60      4  CRC-32 of the 60 bytes before and of all bytes behind
//       64         numbers, then parameters, as in the arena

/// The numbers of an adaptor, to be kept beside the model that it belongs to.
public struct AdaptorFile: ~Escapable {
  static var magic: UInt64 { 0x5041_4441_564C_4553 }
  static var version: UInt32 { 1 }
  /// Bytes in front of the numbers.
  public static let headerBytes = 64

  public let rung: Rung
  /// The CRC-32 of the parameters of the model that it belongs to.
  public let modelChecksum: UInt32
  public let rank: Int
  public let form: Prompt.Form
  /// The adaptor's numbers.
  let numbers: RawSpan
  /// Parameters of the layers that the rung trains.
  let parameters: RawSpan

  /// The adaptor in a file's bytes, every one of which is checked.
  ///
  /// - Throws: `AdaptorFileError`, naming the offset of what is wrong.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) throws(AdaptorFileError) {
    let numbers: Int
    let parameters: Int
    do throws(ModelFileError) {
      guard bytes.byteCount >= 8, try bytes.number(at: 0, as: UInt64.self) == Self.magic else {
        throw ModelFileError.notAModel
      }
      let version = try bytes.number(at: 8, as: UInt32.self)
      guard version == Self.version else { throw ModelFileError.version(version) }
      let size = try bytes.count(at: 16)
      guard size == bytes.byteCount else {
        throw ModelFileError.truncated(offset: 0, needed: size, found: bytes.byteCount)
      }
      let stored = try bytes.number(at: 60, as: UInt32.self)
      var crc = CRC32()
      crc.update(bytes.extracting(0..<60))
      crc.update(bytes.extracting(Self.headerBytes..<bytes.byteCount))
      guard crc.value == stored else {
        throw ModelFileError.checksum(offset: 0, bytes: bytes.byteCount)
      }
      let rungNumber = try bytes.number(at: 12, as: UInt32.self)
      guard let rung = Rung(rawValue: UInt8(truncatingIfNeeded: rungNumber)), rungNumber < 256
      else { throw ModelFileError.value(offset: 12) }
      self.rung = rung
      modelChecksum = try bytes.number(at: 24, as: UInt32.self)
      let rank = try bytes.number(at: 28, as: UInt32.self)
      guard rank <= 64, (rung == .lowRank) == (rank > 0) else {
        throw ModelFileError.value(offset: 28)
      }
      self.rank = Int(truncatingIfNeeded: rank)
      form = try Self.form(bytes)
      numbers = try Self.length(bytes, at: 32)
      parameters = try Self.length(bytes, at: 36)
      guard try bytes.number(at: 52, as: UInt64.self) == 0 else {
        throw ModelFileError.value(offset: 52)
      }
    } catch {
      throw AdaptorFileError(error)
    }
    let body = bytes.byteCount - Self.headerBytes
    guard numbers <= body, parameters == body - numbers else { throw .value(offset: 32) }
    let end = Self.headerBytes + numbers
    self.numbers = bytes.extracting(Self.headerBytes..<end)
    self.parameters = bytes.extracting(end..<bytes.byteCount)
    if let place = self.numbers.firstUnusable(.float32, from: 0, count: numbers / 4) {
      throw .value(offset: Self.headerBytes + place)
    }
  }

  private static func length(_ bytes: RawSpan, at offset: Int) throws(ModelFileError) -> Int {
    let number = try bytes.number(at: offset, as: UInt32.self)
    guard number <= 0x7FFF_FFF0, number % 16 == 0 else { throw .value(offset: offset) }
    return Int(truncatingIfNeeded: number)
  }

  private static func form(_ bytes: RawSpan) throws(ModelFileError) -> Prompt.Form {
    var sides: (Int, Int, Int) = (0, 0, 0)
    for place in 0..<3 {
      let number = try bytes.number(at: 40 + 4 * place, as: UInt32.self)
      guard number <= UInt32(1 << 24) else { throw .value(offset: 40 + 4 * place) }
      sides = (sides.1, sides.2, Int(truncatingIfNeeded: number))
    }
    if sides.0 == 1 && sides.1 == 0 {
      guard sides.2 > 0 else { throw .value(offset: 48) }
      return .sequence(channels: sides.2)
    }
    let shape = Shape(rows: sides.0, columns: sides.1, channels: sides.2)
    guard shape.isPossible else { throw .value(offset: 40) }
    return .image(shape)
  }

  // MARK: Writing

  /// How many bytes `write` needs for what was fitted in a network.
  public static func byteCount(of network: borrowing Network, rung: Rung) -> Int {
    headerBytes + (network.adaptor?.plan.tensor(.numbers).bytes ?? 0)
      + network.replacedBytes(by: rung)
  }

  /// Writes what was fitted in a network.
  ///
  /// - Parameters:
  ///   - modelChecksum: The CRC-32 of the parameters of the model that the network was made of.
  /// - Precondition: `bytes` are just as many as `byteCount(of:rung:)` says.
  public static func write(
    _ network: borrowing Network, rung: Rung, form: Prompt.Form, modelChecksum: UInt32,
    into bytes: inout MutableRawSpan
  ) {
    let total = byteCount(of: network, rung: rung)
    precondition(bytes.byteCount == total, "AdaptorFile.write: not the bytes that were asked for")
    let plan = network.adaptor?.plan
    do {
      var writer = ByteWriter(bytes._mutatingExtracting(0..<headerBytes))
      writer.write(magic)
      writer.write(version)
      writer.write(UInt32(rung.rawValue))
      writer.write(UInt64(widening: total))
      writer.write(modelChecksum)
      writer.write(UInt32(truncatingIfNeeded: plan?.rank ?? 0))
      writer.write(UInt32(truncatingIfNeeded: plan?.tensor(.numbers).bytes ?? 0))
      writer.write(UInt32(truncatingIfNeeded: network.replacedBytes(by: rung)))
      switch form {
      case .image(let shape):
        writer.write(UInt32(truncatingIfNeeded: shape.rows))
        writer.write(UInt32(truncatingIfNeeded: shape.columns))
        writer.write(UInt32(truncatingIfNeeded: shape.channels))
      case .sequence(let channels):
        writer.write(UInt32(1))
        writer.write(UInt32(0))
        writer.write(UInt32(truncatingIfNeeded: channels))
      }
      writer.write(UInt64(0))
    }
    unsafe bytes.withUnsafeMutableBytes { all in
      var rest = UnsafeMutableRawBufferPointer(rebasing: all[headerBytes...])
      if let numbers = network.adaptor?.numbers {
        rest.copyMemory(from: UnsafeRawBufferPointer(numbers))
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[numbers.count...])
      }
      network.plan.forEachLayer { layer in
        guard layer.isReplaced(by: rung) else { return }
        unsafe network.parameters(of: layer).withUnsafeBytes { rest.copyMemory(from: $0) }
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[layer.parameters.count...])
      }
    }
    var crc = CRC32()
    crc.update(bytes.bytes.extracting(0..<60))
    crc.update(bytes.bytes.extracting(headerBytes..<total))
    bytes.storeBytes(of: crc.value, toByteOffset: 60, as: UInt32.self)
  }
}

extension PlannedLayer {
  /// Whether a rung has parameters of its own in place of the layer's.
  func isReplaced(by rung: Rung) -> Bool {
    description.kind.hasWeights && !rung.layer(description).isFrozen
  }
}

extension Network {
  /// The CRC-32 of all parameters as a model file has them: by it an adaptor file knows its model.
  public var parametersChecksum: UInt32 {
    var crc = CRC32()
    plan.forEachLayer { crc.update(parameters(of: $0)) }
    return crc.value
  }

  /// The bytes of the parameters that a rung has in place of a model's.
  func replacedBytes(by rung: Rung) -> Int {
    var sum = 0
    plan.forEachLayer { if $0.isReplaced(by: rung) { sum += $0.parameters.count } }
    return sum
  }

  /// The plan of what an adaptor file takes of an arena beside a network.
  public func adaptorPlan(for file: borrowing AdaptorFile) -> AdaptorPlan {
    AdaptorPlan(file.rung, of: plan, rank: file.rank, form: file.form, purpose: .use)
  }

  /// Fits a network to what an adaptor file says: its parameters in the arena take the place of the model's, and an
  /// adaptor with its numbers is attached.
  ///
  /// - Parameter arena: Where the adaptor's numbers go.
  /// - Throws: `AdaptorFileError.otherModel`, if the network's parameters are not those of the file's model;
  ///   `inFlash`, if the rung replaces a layer that lies in flash; `memory`. Nothing has changed then.
  public mutating func adapt(
    to file: borrowing AdaptorFile, in arena: inout Arena
  ) throws(AdaptorFileError) {
    guard Linked.adaptors else { throw .notLinked }
    let own = parametersChecksum
    guard own == file.modelChecksum else {
      throw .otherModel(expected: file.modelChecksum, found: own)
    }
    if case .image(let shape) = file.form, file.rung == .prompt, shape.count != inputs {
      throw .value(offset: 40)
    }
    let adaptorPlan = adaptorPlan(for: file)
    guard adaptorPlan.tensor(.numbers).bytes == file.numbers.byteCount else {
      throw .value(offset: 32)
    }
    let rung = file.rung
    guard replacedBytes(by: rung) == file.parameters.byteCount else { throw .value(offset: 36) }
    var (first, wrong) = (0, AdaptorFileError?.none)
    var walk = Plan.Walk(plan)
    while let layer = walk.next(plan) {
      guard layer.isReplaced(by: rung) else { continue }
      guard !layer.isInFlash else { throw .inFlash(layer: layer.index) }
      let bytes = file.parameters.extracting(first..<first + layer.parameters.count)
      if let place = layer.firstUnusable(bytes) {
        wrong = .value(offset: AdaptorFile.headerBytes + file.numbers.byteCount + first + place)
      }
      first += bytes.byteCount
    }
    if let wrong { throw wrong }
    if adaptorPlan.bytes > 0 {
      let adaptor: Adaptor
      do throws(ArenaError) {
        adaptor = try Adaptor(adaptorPlan, of: plan, seed: seed, in: &arena)
      } catch {
        throw .memory(error)
      }
      unsafe file.numbers.withUnsafeBytes { adaptor.numbers.copyMemory(from: $0) }
      self.adaptor = adaptor
    }
    first = 0
    let parameters = file.parameters
    plan.forEachLayer { layer in
      guard layer.isReplaced(by: rung) else { return }
      let own = first..<first + layer.parameters.count
      first = own.upperBound
      unsafe parameters.extracting(own).withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(start: start(layer.scale), count: own.count)
          .copyMemory(from: $0)
      }
    }
    discard()
    predicted = 0
  }
}

/// What is wrong with an adaptor file, or with the network that it is given to; the network is as it was.
public enum AdaptorFileError: Error, Equatable, Sendable {
  /// `needed` bytes were to follow at `offset`, and only `found` did.
  case truncated(offset: Int, needed: Int, found: Int)
  /// The first bytes are not those of an adaptor.
  case notAnAdaptor
  case version(UInt32)
  /// The checksum of so many bytes is another.
  case checksum(bytes: Int)
  /// The number at this byte is out of its range, or not one for the network.
  case value(offset: Int)
  /// It belongs to a model whose parameters have the checksum `expected`.
  case otherModel(expected: UInt32, found: UInt32)
  /// It replaces the parameters of a layer that lies in flash: plan that layer to be trained.
  case inFlash(layer: Int)
  case memory(ArenaError)
  /// This build has no adaptors.
  case notLinked

  init(_ error: ModelFileError) {
    switch error {
    case .truncated(let offset, let needed, let found):
      self = .truncated(offset: offset, needed: needed, found: found)
    case .notAModel: self = .notAnAdaptor
    case .version(let version): self = .version(version)
    case .checksum(_, let bytes): self = .checksum(bytes: bytes)
    case .section(let offset), .value(let offset): self = .value(offset: offset)
    case .parameters: self = .value(offset: 36)
    }
  }
}
