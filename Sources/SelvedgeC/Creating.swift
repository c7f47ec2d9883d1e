// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge
import Selvedge

@c @implementation
public func selvedge_version() -> UInt32 { UInt32(SELVEDGE_VERSION) }

@c @implementation
public func selvedge_bytes_needed_abi1(
  _ config: UnsafePointer<selvedge_config>?, _ bytes: UnsafeMutablePointer<Int>?
) -> Int32 {
  Configuration.read(config) { configuration throws(Failure) in
    let bytes = try room(bytes, 1)
    try configuration.withPlan { plan, _ throws(Failure) in
      let total = plan.footprint.total
      guard total <= Int.max - Handle.size else { throw Failure(SELVEDGE_ERROR_ARENA_TOO_SMALL) }
      bytes[0] = Handle.size + total
    }
  }
}

@c @implementation
public func selvedge_create_abi1(
  _ network: UnsafeMutablePointer<OpaquePointer?>?, _ buffer: UnsafeMutableRawPointer?,
  _ bytes: Int, _ config: UnsafePointer<selvedge_config>?
) -> Int32 {
  Configuration.read(config) { configuration throws(Failure) in
    let result = try room(network, 1)
    guard let buffer, UInt(bitPattern: buffer) & UInt(SELVEDGE_ALIGNMENT - 1) == 0, bytes >= 0
    else { throw .argument }
    let settings = try configuration.settings()
    try configuration.withPlan { plan, model throws(Failure) in
      let network = try configuration.network(
        plan, model, in: UnsafeMutableRawBufferPointer(start: buffer, count: bytes))
      buffer.bindMemory(to: Handle.self, capacity: 1).initialize(
        to: Handle(network, at: buffer, bytes: bytes, settings))
      result[0] = OpaquePointer(buffer)
    }
  }
}

@c @implementation
public func selvedge_destroy(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    handle.end()
    return 0
  }
}
