/// The memory that everything happens in: a global of 204,800 zero bytes, laid out by the linker. All but 48 KB of it is
/// the 200 images that were collected.
enum StaticMemory {
  // Few large elements instead of many bytes compile in a second.
  nonisolated(unsafe) private static var storage = InlineArray<3200, SIMD64<UInt8>>(
    repeating: .zero)

  static func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    withUnsafeMutableBytes(of: &storage) { body($0) }
  }
}
