// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge
import Selvedge

@c @implementation
public func selvedge_save(
  _ network: OpaquePointer?, _ write: selvedge_write?, _ context: UnsafeMutableRawPointer?,
  _ piece: UInt32
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    guard let write else { throw .argument }
    guard handle.network.isFinite else { throw Failure(SELVEDGE_ERROR_DIVERGED) }
    var sink = Sink(write: write, context: context, piece: piece)
    try ModelFile.write(handle.network, record: nil) { bytes throws(Failure) in
      try sink.take(bytes)
    }
    return 0
  }
}

@c @implementation
public func selvedge_load(
  _ network: OpaquePointer?, _ model: UnsafeRawPointer?, _ count: Int
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    guard let model, count >= 0 else { throw .argument }
    let bytes = UnsafeRawBufferPointer(start: model, count: count)
    let file = try Configuration.open(bytes.bytes)
    guard handle.network.isDescribed(by: file) else {
      throw Failure(SELVEDGE_ERROR_MODEL_DIFFERS)
    }
    try handle.network.take(file)
    handle.noteRestored()
    return 0
  }
}

extension Handle {
  /// Notes that the weights are those of another time: a divergence is over.
  mutating func noteRestored() {
    hasDiverged = false
    counters.restored &+= 1
  }
}

/// Hands bytes on to C, in pieces.
private struct Sink {
  let write: selvedge_write
  let context: UnsafeMutableRawPointer?
  let piece: UInt32
  var offset = 0

  mutating func take(_ bytes: RawSpan) throws(Failure) {
    let most = piece == 0 ? 1 << 30 : Int(truncatingIfNeeded: min(piece, 1 << 30))
    var first = 0
    while first < bytes.byteCount {
      let count = min(most, bytes.byteCount - first)
      let result = unsafe bytes.withUnsafeBytes {
        write(
          context, wide(offset), $0.baseAddress! + first,
          UInt32(truncatingIfNeeded: count))
      }
      guard result >= 0 else {
        throw Failure(SELVEDGE_ERROR_STORAGE, wanted: 0, had: Int(result))
      }
      first += count
      offset += count
    }
  }
}
