/// The memory that everything happens in: a global of 110,592 zero bytes, laid out by the linker.
enum StaticMemory {
  // Few large elements instead of many bytes compile in a second.
  nonisolated(unsafe) private static var storage = InlineArray<1728, SIMD64<UInt8>>(
    repeating: .zero)

  static func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    withUnsafeMutableBytes(of: &storage) { body($0) }
  }
}
