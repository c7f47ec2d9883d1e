import CStandardLibrary

/// A standard stream, written to without a string ever being built.
public struct Output {
  private let stream: UnsafeMutablePointer<FILE>

  public static var standard: Output { Output(stream: standard_output()) }
  public static var errors: Output { Output(stream: standard_error()) }

  public func text(_ text: StaticString) {
    fwrite(text.utf8Start, 1, text.utf8CodeUnitCount, stream)
  }

  public func text(
    _ before: StaticString, _ number: Int, _ between: StaticString = "", _ other: Int? = nil,
    _ after: StaticString = ""
  ) {
    text(before)
    print_integer(stream, number)
    text(between)
    if let other { print_integer(stream, other) }
    text(after)
  }

  public func text(_ before: StaticString, _ number: Double, decimals: Int32) {
    text(before)
    print_decimal(stream, number, decimals)
  }

  /// A line with eight hexadecimal digits.
  public func checksum(_ crc: UInt32) {
    text("crc32 ")
    print_hexadecimal(stream, crc)
    text("\n")
  }

  /// Whether all that was written could be.
  public static var isWritten: Bool {
    fflush(standard_output()) == 0 && ferror(standard_output()) == 0
  }
}
