// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CLanes
import CSelvedge
import Selvedge

@c @implementation
public func selvedge_checkpoint_bytes(
  _ network: OpaquePointer?, _ flash: UnsafePointer<selvedge_flash>?,
  _ bytes: UnsafeMutablePointer<Int>?
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let bytes = try room(bytes, 1)
    let store = try Flash.store(flash)
    bytes[0] = store.byteCount(of: handle.network, withRecord: false)
    return 0
  }
}

@c @implementation
public func selvedge_checkpoint_save(
  _ network: OpaquePointer?, _ flash: UnsafePointer<selvedge_flash>?,
  _ checkpoint: UnsafeMutablePointer<selvedge_checkpoint>?
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let checkpoint = try Flash.room(checkpoint)
    var store = try Flash.store(flash)
    let saved: Checkpoint
    do throws(CheckpointError) { saved = try store.save(handle.network) } catch {
      throw Failure(error)
    }
    checkpoint?.pointee = saved.forC
    return 0
  }
}

@c @implementation
public func selvedge_checkpoint_restore(
  _ network: OpaquePointer?, _ flash: UnsafePointer<selvedge_flash>?,
  _ checkpoint: UnsafeMutablePointer<selvedge_checkpoint>?
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let checkpoint = try Flash.room(checkpoint)
    var store = try Flash.store(flash)
    let restored: Checkpoint
    do throws(CheckpointError) { restored = try store.restore(&handle.network) } catch {
      if case .unstable = error { handle.noteRestored() }
      throw Failure(error)
    }
    handle.noteRestored()
    checkpoint?.pointee = restored.forC
    return 0
  }
}

/// A flash that C drives.
private struct Flash: BlockDevice {
  private let flash: selvedge_flash

  /// The store in a flash of C's.
  static func store(
    _ pointer: UnsafePointer<selvedge_flash>?
  ) throws(Failure) -> CheckpointStore<Flash> {
    let own = try lent(pointer, 1)
    // The size comes first in every version: of a smaller struct nothing else is there for certain.
    let size = UnsafeRawPointer(own.baseAddress!).load(as: UInt32.self)
    guard size == UInt32(truncatingIfNeeded: MemoryLayout<selvedge_flash>.size) else {
      throw .argument
    }
    let flash = own[0]
    guard flash.read != nil, flash.program != nil, flash.erase != nil, let buffer = flash.buffer
    else { throw .argument }
    let limit: UInt32 = 0x4000_0000
    guard flash.read_bytes <= limit, flash.program_bytes <= limit, flash.erase_bytes <= limit,
      flash.blocks <= limit, flash.slots <= 32, flash.buffer_bytes <= 0x4000_0000
    else { throw .argument }
    do throws(CheckpointError) {
      return try CheckpointStore(
        Flash(flash: flash), slots: Int(truncatingIfNeeded: flash.slots),
        buffer: UnsafeMutableRawBufferPointer(
          start: buffer, count: Int(truncatingIfNeeded: flash.buffer_bytes)))
    } catch {
      throw Failure(error)
    }
  }

  /// Room for what is to be said of a checkpoint, if anybody wants it.
  static func room(
    _ pointer: UnsafeMutablePointer<selvedge_checkpoint>?
  ) throws(Failure) -> UnsafeMutablePointer<selvedge_checkpoint>? {
    guard let pointer else { return nil }
    return try SelvedgeC.room(ofThisVersion: pointer).baseAddress
  }

  var geometry: BlockGeometry {
    BlockGeometry(
      readBytes: Int(truncatingIfNeeded: flash.read_bytes),
      programBytes: Int(truncatingIfNeeded: flash.program_bytes),
      eraseBytes: Int(truncatingIfNeeded: flash.erase_bytes),
      blocks: Int(truncatingIfNeeded: flash.blocks))
  }

  func read(at offset: Int, into bytes: inout MutableRawSpan) throws(DeviceFault) {
    let result = unsafe bytes.withUnsafeMutableBytes {
      flash.read(flash.context, wide(offset), $0.baseAddress, UInt32(truncatingIfNeeded: $0.count))
    }
    try check(result)
  }

  func program(at offset: Int, _ bytes: RawSpan) throws(DeviceFault) {
    let result = unsafe bytes.withUnsafeBytes {
      flash.program(
        flash.context, wide(offset), $0.baseAddress, UInt32(truncatingIfNeeded: $0.count))
    }
    try check(result)
  }

  func erase(block: Int) throws(DeviceFault) {
    try check(flash.erase(flash.context, UInt32(truncatingIfNeeded: block)))
  }

  func sync() throws(DeviceFault) {
    guard let sync = flash.sync else { return }
    try check(sync(flash.context))
  }

  private func check(_ result: Int32) throws(DeviceFault) {
    guard result >= 0 else { throw DeviceFault(code: result) }
  }
}

extension Checkpoint {
  fileprivate var forC: selvedge_checkpoint {
    selvedge_checkpoint(
      size: UInt32(truncatingIfNeeded: MemoryLayout<selvedge_checkpoint>.size),
      slot: UInt32(truncatingIfNeeded: slot), counter: counter, erases: erases,
      older: isOlder ? 1 : 0, bytes: UInt32(truncatingIfNeeded: bytes))
  }
}

extension Failure {
  fileprivate init(_ error: CheckpointError) {
    switch error {
    case .geometry, .slots, .record: self.init(SELVEDGE_ERROR_ARGUMENT)
    case .buffer(let needed, let found):
      self.init(SELVEDGE_ERROR_ARGUMENT, wanted: needed, had: found)
    case .tooLarge(let needed, let found):
      self.init(SELVEDGE_ERROR_FLASH_TOO_SMALL, wanted: needed, had: found)
    case .notFinite: self.init(SELVEDGE_ERROR_DIVERGED)
    case .nothingSaved: self.init(SELVEDGE_ERROR_EMPTY)
    case .damaged(_, let offset), .value(_, let offset):
      self.init(SELVEDGE_ERROR_CORRUPT, offset: offset)
    case .version: self.init(SELVEDGE_ERROR_NOT_SUPPORTED)
    case .otherNetwork(_, let offset): self.init(SELVEDGE_ERROR_MODEL_DIFFERS, offset: offset)
    case .notWritten(_, let offset): self.init(SELVEDGE_ERROR_WORN, offset: offset)
    case .device(_, let offset, let code):
      self.init(SELVEDGE_ERROR_STORAGE, wanted: 0, had: Int(code))
      self.offset = widened(offset)
    case .unstable: self.init(SELVEDGE_ERROR_STORAGE, wanted: 1, had: 0)
    }
  }
}
