/// The memory that everything happens in: a global of 262,144 zero bytes, laid out by the linker.
///
/// The optimiser turns the initial value into zeros in `.bss`: nothing is built on the stack, and the
/// program's file holds none of it. Few large elements instead of many bytes compile in a second.
enum StaticMemory {
  nonisolated(unsafe) private static var storage = InlineArray<4096, SIMD64<UInt8>>(
    repeating: .zero)

  static func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    withUnsafeMutableBytes(of: &storage) { body($0) }
  }
}
