import Boards
import CStandardLibrary

/// The command line of one command, taken apart by getopt_long.
struct Arguments {
  let operands: [String]
  private let values: [String: String]

  /// Whether a switch, or an option with a value, was given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// The same command line with a value for an option.
  func adding(_ name: String, _ value: String) -> Arguments {
    Arguments(operands: operands, values: values.merging([name: value]) { $1 })
  }

  /// The value of an option as it was written.
  subscript(name: String) -> String? { values[name] }

  /// Takes `words` (without the program's and the command's names) apart; nil if help is wanted.
  ///
  /// - Throws: `Failure.usage` that says what is unknown or missing, and what is near.
  static func parse(_ words: [String], _ usage: Usage) throws(Failure) -> Arguments? {
    var (arguments, names): ([UnsafeMutablePointer<CChar>?], [UnsafeMutablePointer<CChar>?])
    arguments = (["selvedge \(usage.name)"] + words).map { strdup($0) }
    let known = usage.options.map { ($0.name, $0.value != nil) } + [("help", false)]
    names = known.map { strdup($0.0) }
    defer { for text in arguments + names { free(text) } }
    var table = zip(names, known).enumerated().map { index, entry in
      option(
        name: entry.0, has_arg: entry.1.1 ? required_argument : no_argument, flag: nil,
        val: Int32(256 + index))
    }
    table.append(option())
    arguments.append(nil)

    var values: [String: String] = [:]
    getopt_restart()
    while true {
      let code = getopt_long(Int32(arguments.count - 1), &arguments, ":", table, nil)
      if code == -1 { break }
      guard code >= 256 else {
        let word = Self.culprit(arguments)
        if word == "-h" { return nil }
        throw .usage(Self.complaint(code, word, known.map(\.0)))
      }
      let (name, _) = known[Int(code) - 256]
      if name == "help" { return nil }
      guard values[name] == nil else { throw .usage("--\(name) is given twice") }
      values[name] = getopt_value().map { String(cString: $0) } ?? ""
    }
    let operands = arguments[Int(getopt_index())..<arguments.count - 1].map { String(cString: $0!) }
    guard operands.count >= usage.operands.count else {
      throw .usage("\(usage.operands[operands.count]) is missing")
    }
    let most = usage.operands.count + (usage.optionalOperand == nil ? 0 : 1)
    guard operands.count <= most else { throw .usage("unexpected argument '\(operands[most])'") }
    return Arguments(operands: operands, values: values)
  }

  /// The word that getopt_long stumbled over.
  private static func culprit(_ arguments: [UnsafeMutablePointer<CChar>?]) -> String {
    let index = Int(getopt_index())
    let next = arguments[index].map { String(cString: $0) } ?? ""
    // It takes -abc for three options, and is still in the middle of the word then.
    if next.utf8.count > 2 && next.hasPrefix("-") && !next.hasPrefix("--") { return next }
    return arguments[index - 1].map { String(cString: $0) } ?? ""
  }

  private static func complaint(_ code: Int32, _ word: String, _ known: [String]) -> String {
    if code == Int32(UInt8(ascii: ":")) { return "\(word) needs a value" }
    let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
    if known.contains(name) && word.hasPrefix("--") { return "--\(name) takes no value" }
    let starts = known.filter { $0.hasPrefix(name) }
    if !name.isEmpty, starts.count > 1, !starts.contains(name) {
      return "'\(word)' could be " + starts.map { "--\($0)" }.joined(separator: " or ")
    }
    return "unknown option '\(word)'" + suggestion(name, known, prefix: "--")
  }

  // MARK: Values of options

  /// The value of an option that has to be there.
  func required(_ name: String) throws(Failure) -> String {
    guard let value = self[name] else { throw .usage("--\(name) is missing") }
    return value
  }

  /// A whole number in a range.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let text = self[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      let wanted =
        range.upperBound == .max
        ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw .usage("--\(name) takes a whole number \(wanted), not '\(text)'")
    }
    return value
  }

  /// A number of at least 0, and less than `limit` if there is one.
  func number(_ name: String, below limit: Int? = nil) throws(Failure) -> Float? {
    guard let text = self[name] else { return nil }
    guard let value = Float(text), value >= 0 && value < limit.map({ Float($0) }) ?? .infinity
    else {
      let wanted = limit.map { "from 0 to below \($0)" } ?? "of at least 0"
      throw .usage("--\(name) takes a number \(wanted), not '\(text)'")
    }
    return value
  }

  /// A seed: any number of 64 bits.
  func seed(_ name: String) throws(Failure) -> UInt64? {
    guard let text = self[name] else { return nil }
    guard let value = UInt64(text) else {
      throw .usage("--\(name) takes a whole number below 2^64, not '\(text)'")
    }
    return value
  }

  /// One of several words.
  func choice<Value>(_ name: String, _ choices: [(String, Value)]) throws(Failure) -> Value? {
    guard let text = self[name] else { return nil }
    for (word, value) in choices where word == text { return value }
    let words = choices.map(\.0)
    throw .usage(
      "--\(name) takes \(words.joined(separator: ", ")), not '\(text)'"
        + suggestion(text, words, prefix: ""))
  }

  /// Whole numbers with commas between.
  func list(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> [Int]? {
    guard let text = self[name] else { return nil }
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = fields.compactMap { Int($0) }
    guard numbers.count == fields.count, numbers.allSatisfy(range.contains) else {
      throw .usage(
        "--\(name) takes whole numbers from \(range.lowerBound) to \(range.upperBound) "
          + "with commas between, not '\(text)'")
    }
    return numbers
  }

  /// A number of bytes: 65536, 64K or 1M, where K is 1024.
  func bytes(_ name: String) throws(Failure) -> Int? {
    guard let text = self[name] else { return nil }
    let factors: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let factor = text.last.flatMap { factors[Character($0.uppercased())] }
    let digits = factor == nil ? text[...] : text.dropLast()
    guard let count = Int(digits), count >= 0, digits.first != "+" else {
      throw .usage("--\(name) takes a number of bytes such as 65536, 64K or 1M, not '\(text)'")
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: factor ?? 1)
    guard !overflow else { throw .usage("--\(name): \(text) is more than can be addressed") }
    return bytes
  }
}

/// "; did you mean ...?" for the nearest of several words, or nothing if none is near.
func suggestion(_ word: String, _ known: [String], prefix: String) -> String {
  nearestName(to: word, among: known).map { "; did you mean \(prefix)\($0)?" } ?? ""
}
