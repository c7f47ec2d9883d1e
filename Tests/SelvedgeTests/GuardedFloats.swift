#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Floats that end where a page ends, with a page behind them that nobody may touch: who reads or
/// writes one element too far ends the test run with a signal, even where the result is discarded.
final class GuardedFloats {
  private static let page = Int(getpagesize())
  private static let margin = 16

  private let region: UnsafeMutableRawPointer
  private let bytes: Int
  private let floats: UnsafeMutableBufferPointer<Float>
  /// What lies before the floats; a kernel that writes there is caught by `frontIsIntact`.
  private let front: UnsafeMutableBufferPointer<Float>

  init(_ values: [Float]) {
    let needed = (values.count + Self.margin) * 4
    bytes = (needed + Self.page - 1) / Self.page * Self.page
    region = mmap(nil, bytes + Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    let end = region + bytes
    precondition(mprotect(end, Self.page, PROT_NONE) == 0, "no guard page to be had")
    let start = (end - values.count * 4).bindMemory(to: Float.self, capacity: values.count)
    floats = UnsafeMutableBufferPointer(start: start, count: values.count)
    for i in values.indices { floats[i] = values[i] }
    front = UnsafeMutableBufferPointer(start: start - Self.margin, count: Self.margin)
    front.update(repeating: 77)
  }

  deinit { munmap(region, bytes + Self.page) }

  /// Lends the floats; they stay mapped for as long as the span is in use.
  var span: Span<Float> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(floats.span, borrowing: self) }
  }

  /// Lends the floats to be written to.
  func withMutableSpan(_ body: (inout MutableSpan<Float>) -> Void) {
    withExtendedLifetime(self) {
      var span = floats.mutableSpan
      body(&span)
    }
  }

  var frontIsIntact: Bool { front.allSatisfy { $0 == 77 } }
  var count: Int { floats.count }
  var array: [Float] { Array(floats) }
  var bits: [UInt32] { floats.map(\.bitPattern) }
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
