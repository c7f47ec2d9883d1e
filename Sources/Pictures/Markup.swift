/// Words as XML and HTML hold them.
func escaped(_ words: String) -> String {
  var text = ""
  // By scalars: a letter that a mark follows is one character with it, and would slip through.
  for scalar in words.unicodeScalars {
    switch scalar {
    case "&": text += "&amp;"
    case "<": text += "&lt;"
    case ">": text += "&gt;"
    case "\"": text += "&quot;"
    // XML has no way to write these.
    case "\0"..<" ", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}

/// A coordinate; tenths of a pixel are enough, and nothing finite leaves the picture by more than a
/// million.
func coordinate(_ value: Double) -> String {
  let value = value.isNaN ? 0 : min(max(value, -1e6), 1e6)
  let tenths = Int((value * 10).rounded())
  let sign = tenths < 0 ? "-" : ""
  let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
  return sign + String(whole) + (rest == 0 ? "" : "." + String(rest))
}

/// A whole number with a comma between thousands, as in 411,088.
public func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}
