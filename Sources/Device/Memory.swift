import CStandardLibrary
import Selvedge

/// Bytes from the system, to the byte as many as were asked for: zeros that begin at a page.
enum Memory {
  static func map(_ bytes: Int) throws(Failure) -> UnsafeMutableRawBufferPointer {
    guard let start = map_memory(max(bytes, 1)) else { throw .memory(bytes: bytes) }
    return UnsafeMutableRawBufferPointer(start: start, count: bytes)
  }

  static func floats(_ count: Int) throws(Failure) -> UnsafeMutableBufferPointer<Float> {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 4)
    guard !overflow else { throw .memory(bytes: .max) }
    return try map(bytes).bindMemory(to: Float.self)
  }
}
