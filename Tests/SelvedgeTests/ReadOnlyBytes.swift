#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Bytes that can only be read, like those of a board's flash, with a page behind them that nobody may touch: who
/// writes, or reads too far, ends the test run with a signal.
final class ReadOnlyBytes {
  private let region: UnsafeMutableRawPointer
  private let mapped: Int
  let bytes: UnsafeRawBufferPointer

  /// - Parameter excess: How many bytes behind a multiple of 16 they begin.
  init(_ content: [UInt8], excess: Int = 0) {
    let page = Int(getpagesize())
    let size = (content.count + 15) / 16 * 16 + (excess > 0 ? 16 : 0)
    mapped = (size + page - 1) / page * page
    region = mmap(nil, mapped + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    let start = region + (mapped - size + excess)
    start.copyMemory(from: content, byteCount: content.count)
    precondition(
      mprotect(region, mapped, PROT_READ) == 0 && mprotect(region + mapped, page, PROT_NONE) == 0,
      "no read-only memory to be had")
    bytes = UnsafeRawBufferPointer(start: start, count: content.count)
  }

  deinit { munmap(region, mapped + Int(getpagesize())) }

  var array: [UInt8] { Array(bytes) }
}
