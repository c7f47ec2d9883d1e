/// Memory that keeps its bytes without power and is written in units, as a flash is: what is programmed must have
/// been erased, and erasing wears it out.
///
/// Offsets count from the beginning of what the device lends, so a part of a flash is a device too. No call
/// crosses the border of a block. A driver that fails throws, and may have done its work in part.
public protocol BlockDevice: ~Copyable {
  /// The units in which it is read, programmed and erased.
  var geometry: BlockGeometry { get }

  /// Reads whole read units from `offset` on.
  mutating func read(at offset: Int, into bytes: inout MutableRawSpan) throws(DeviceFault)

  /// Programs whole program units from `offset` on, which have been erased and not been programmed since.
  mutating func program(at offset: Int, _ bytes: RawSpan) throws(DeviceFault)

  /// Erases a block: all of its bytes are 0xFF then.
  mutating func erase(block: Int) throws(DeviceFault)

  /// Returns when all that was programmed and erased will outlast the loss of power.
  mutating func sync() throws(DeviceFault)
}

/// The units of a device; each is a multiple of the one before.
public struct BlockGeometry: Equatable, Sendable {
  /// Bytes of the smallest part that can be read.
  public var readBytes: Int
  /// Bytes of the smallest part that can be programmed.
  public var programBytes: Int
  /// Bytes of a block, the smallest part that can be erased.
  public var eraseBytes: Int
  /// Blocks that are lent.
  public var blocks: Int

  /// A device with these units.
  public init(readBytes: Int, programBytes: Int, eraseBytes: Int, blocks: Int) {
    self.readBytes = readBytes
    self.programBytes = programBytes
    self.eraseBytes = eraseBytes
    self.blocks = blocks
  }

  /// Whether a device can be so, and this machine can count its bytes.
  var isPossible: Bool {
    readBytes >= 1 && programBytes >= readBytes && eraseBytes >= programBytes && blocks >= 1
      && programBytes.isMultiple(of: readBytes) && eraseBytes.isMultiple(of: programBytes)
      && !eraseBytes.multipliedReportingOverflow(by: blocks).overflow
  }
}

/// A driver's own error.
public struct DeviceFault: Error, Equatable, Sendable {
  /// What the driver says; handed on as it is.
  public var code: Int32

  /// A fault with the driver's own number.
  public init(code: Int32) { self.code = code }
}
