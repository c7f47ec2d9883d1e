/// The arithmetic of training, an operation a file.
///
/// A kernel checks the shapes of its spans once and then runs blind over pointers; each says in its
/// first lines what it computes, in which order it adds, and what it promises.
public enum Kernels {}

extension Span where Element: BitwiseCopyable {
  /// The elements' address, for a kernel's inner loop: valid for as long as the span is.
  @inline(__always) var pointer: UnsafePointer<Element> {
    // An empty span may have no address; no kernel follows the pointer of an empty span.
    unsafe withUnsafeBufferPointer { unsafe $0.baseAddress ?? Kernels.nowhere() }
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// The elements' address, for a kernel's inner loop: valid for as long as the span is.
  @inline(__always) var pointer: UnsafeMutablePointer<Element> {
    mutating get {
      unsafe withUnsafeMutableBufferPointer {
        unsafe $0.baseAddress ?? UnsafeMutablePointer(mutating: Kernels.nowhere())
      }
    }
  }
}

extension Kernels {
  @inline(__always) static func nowhere<Element>() -> UnsafePointer<Element> {
    unsafe UnsafePointer(bitPattern: Arena.alignment)!
  }
}
