#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Numbers that end where a page ends, with a page behind them that nobody may touch: who reads or
/// writes one element too far ends the test run with a signal, even where the result is discarded.
final class Guarded<Element: BitwiseCopyable> {
  private let region: UnsafeMutableRawPointer
  private let bytes: Int
  fileprivate let elements: UnsafeMutableBufferPointer<Element>
  /// What lies before the numbers; a kernel that writes there is caught by `frontIsIntact`.
  private let front: UnsafeMutableRawBufferPointer

  /// - Parameter gap: Bytes between the numbers and the guard page, to move their beginning about.
  init(_ values: [Element], gap: Int = 0) {
    let (page, margin) = (Int(getpagesize()), 64)
    let size = values.count * MemoryLayout<Element>.stride
    bytes = (size + margin + gap + page - 1) / page * page
    region = mmap(nil, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    let end = region + bytes
    precondition(mprotect(end, page, PROT_NONE) == 0, "no guard page to be had")
    let start = (end - gap - size).bindMemory(to: Element.self, capacity: values.count)
    elements = UnsafeMutableBufferPointer(start: start, count: values.count)
    for i in values.indices { elements[i] = values[i] }
    front = UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(start) - margin, count: margin)
    front.initializeMemory(as: UInt8.self, repeating: 77)
  }

  deinit { munmap(region, bytes + Int(getpagesize())) }

  /// Lends the numbers; they stay mapped for as long as the span is in use.
  var span: Span<Element> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(elements.span, borrowing: self) }
  }

  /// Lends the numbers to be written to.
  func withMutableSpan(_ body: (inout MutableSpan<Element>) -> Void) {
    withExtendedLifetime(self) {
      var span = elements.mutableSpan
      body(&span)
    }
  }

  var frontIsIntact: Bool { front.allSatisfy { $0 == 77 } }
  var count: Int { elements.count }
  var array: [Element] { Array(elements) }
}

typealias GuardedFloats = Guarded<Float>

extension Guarded where Element == Float {
  var bits: [UInt32] { elements.map(\.bitPattern) }
}

extension Array where Element == Float {
  var bits: [UInt32] { map(\.bitPattern) }
  /// Whether there are elements, and all are NaN.
  var areNaN: Bool { !isEmpty && allSatisfy { $0.isNaN } }
}

/// tanh, e^x and ln x in float64, from the system's mathematics.
enum Exact {
  static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
  static func exponential(_ x: Double) -> Double { exp(x) }
  static func logarithm(_ x: Double) -> Double { log(x) }
}
