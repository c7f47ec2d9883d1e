import CStandardLibrary

/// Where a command writes: results to standard output, everything else to standard error.
struct Console {
  /// Whether progress may be drawn over itself.
  let showsProgress: Bool
  /// Whether people see the results come.
  let showsResults: Bool
  /// Whether colours may be used.
  let usesColour: Bool

  init() {
    let isTerminal = isatty(fileno(standard_error())) == 1
    let term = getenv("TERM").map { String(cString: $0) }
    showsResults = isatty(fileno(standard_output())) == 1
    showsProgress = isTerminal && term != "dumb"
    usesColour = showsProgress && getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
  }

  /// Writes a line of the result.
  func print(_ line: String) { fputs(line + "\n", standard_output()) }

  /// Sends on what was written so far.
  func flush() { fflush(standard_output()) }

  /// Writes a remark for people.
  func note(_ line: String) {
    clearProgress()
    fputs(line + "\n", standard_error())
  }

  /// Writes an error, in one line: what a file holds must not reach the terminal as commands to it.
  func complain(_ message: String) {
    flush()  // where both go to one file, the result comes first
    clearProgress()
    let head = usesColour ? "\u{1B}[31merror:\u{1B}[0m " : "error: "
    fputs(head + printable(message) + "\n", standard_error())
  }

  private func printable(_ message: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in message.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: text.append("\u{FFFD}")
      default: text.append(scalar)
      }
    }
    return String(text)
  }

  /// Draws the one line of progress over the one before.
  func progress(_ line: String) {
    guard showsProgress else { return }
    fputs("\r\u{1B}[K" + line, standard_error())
    fflush(standard_error())
  }

  /// Progress of `total` samples, with their rate and the time that is left: called with how many are
  /// done, it draws a few times a second.
  func progress(of total: Int, _ what: String) -> (Int) -> Void {
    guard showsProgress else { return { _ in } }
    let start = monotonicSeconds()
    var drawn = start
    return { done in
      let now = monotonicSeconds()
      guard now - drawn > 0.2 else { return }
      drawn = now
      let rate = Double(done) / (now - start)
      progress(
        "\(what)  \(done * 100 / max(total, 1)) %  \(decimal(rate, 0)) samples/s  "
          + "ETA \(duration(Double(total - done) / rate))")
    }
  }

  func clearProgress() {
    if showsProgress { fputs("\r\u{1B}[K", standard_error()) }
  }

  /// Whether all results could be written.
  func finish() -> Bool { fflush(standard_output()) == 0 && ferror(standard_output()) == 0 }
}

/// A number with so many digits behind the point.
func decimal(_ value: Double, _ digits: Int) -> String {
  var text = [CChar](repeating: 0, count: 400)
  let length = Int(format_decimal(&text, text.count, value, Int32(digits)))
  return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A part as a percentage with two digits, or a dash where there is none.
func percent(_ part: Double?) -> String { part.map { decimal($0 * 100, 2) + " %" } ?? "-" }

/// A checksum as eight hexadecimal digits.
func hexadecimal(_ checksum: UInt32) -> String {
  let digits = String(checksum, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}

/// A text made `width` wide by spaces in front.
func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(width - text.count, 0)) + text
}

/// A text made `width` wide by spaces behind.
func left(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(width - text.count, 0))
}
