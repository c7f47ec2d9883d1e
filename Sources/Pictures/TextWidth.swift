/// The width of words in pixels, at most, at a font size in pixels.
///
/// The widths are those of DejaVu Sans and Verdana, the widest of the fonts that `sans-serif` stands for
/// on common systems; so what fits here fits there.
public func textWidth(_ words: String, size: Double) -> Double {
  size * words.unicodeScalars.reduce(0) { $0 + letterWidth($1) }
}

/// Words that are at most so many pixels wide: their ends, with dots in between, if they are wider.
public func shortened(_ words: String, toFit width: Double, size: Double) -> String {
  guard textWidth(words, size: size) > width else { return words }
  let letters = Array(words)
  // The longest that fits; a letter more is wider.
  var (fits, tooMany) = (0, letters.count)
  func ends(_ count: Int) -> String {
    String(letters.prefix((count + 1) / 2)) + "\u{2026}" + String(letters.suffix(count / 2))
  }
  while fits + 1 < tooMany {
    let count = (fits + tooMany) / 2
    if textWidth(ends(count), size: size) <= width { fits = count } else { tooMany = count }
  }
  return textWidth(ends(fits), size: size) <= width ? ends(fits) : ""
}

/// The width of a letter as a part of the font size.
private func letterWidth(_ scalar: Unicode.Scalar) -> Double {
  switch scalar {
  case "i", "j", "l", "I", "J", "'": 0.3
  case ".", ",", ":", ";", "|", " ", "/", "-", "t", "f", "r", "(", ")", "[", "]", "!": 0.42
  case "m", "w": 0.98
  case "M", "W", "@", "%": 1
  case "A"..."Z", "&": 0.79
  case "a"..."z", "0"..."9": 0.64
  case "\"", "_", "*": 0.5
  case "+", "=", "<", ">", "~", "#", "\u{D7}": 0.84
  case " "..."~": 0.64
  case "\u{300}"..."\u{36F}", "\u{20D0}"..."\u{20FF}": 0
  case "\u{1F000}"...: 1.5
  default: 1.1
  }
}
