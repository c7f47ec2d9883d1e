/// A subcommand of `selvedge`: what its usage says, and what it does.
protocol Command {
  static var usage: Usage { get }

  /// Does the work, writing results to the console.
  ///
  /// - Throws: Any of the project's errors; `Failure` turns them into a sentence and an exit code.
  static func run(_ arguments: Arguments, _ console: Console) throws
}

/// What a command accepts, and the text of its help.
struct Usage {
  let name: String
  /// The positional arguments, in capitals.
  var operands: [String] = []
  /// One more that may follow them.
  var optionalOperand: String?
  /// One sentence.
  let summary: String
  /// Whole command lines.
  let examples: [String]
  /// Lines between the usage and the options: what files hold.
  var details = ""
  var options: [Option] = []

  struct Option {
    /// The long name, without dashes.
    let name: String
    /// What stands behind it, in capitals; nil for a switch.
    let value: String?
    let help: String

    init(_ name: String, _ value: String? = nil, _ help: String) {
      self.name = name
      self.value = value
      self.help = help
    }
  }

  /// The text of `--help`: examples first.
  var text: String {
    let optional = optionalOperand.map { ["[\($0)]"] } ?? []
    let synopsis = (["selvedge", name] + operands + optional).joined(separator: " ")
    var text = "\(summary)\n\nExamples:\n"
    for example in examples { text += "  \(example)\n" }
    text += "\nUsage: \(synopsis)\(options.isEmpty ? "" : " [options]")\n"
    text += (details.isEmpty ? "" : "\n\(details)\n") + "\nOptions:\n"
    let all = options + [Option("help", "Show this help.")]
    let heads = all.map { "  --\($0.name)" + ($0.value.map { " \($0)" } ?? "") }
    let width = heads.map(\.count).max()! + 2
    for (head, option) in zip(heads, all) {
      let indent = String(repeating: " ", count: width)
      let lines = option.help.split(separator: "\n").joined(separator: "\n" + indent)
      text += head + String(repeating: " ", count: width - head.count) + lines + "\n"
    }
    return text
  }
}

extension Usage.Option {
  init(_ name: String, _ help: String) { self.init(name, nil, help) }

  static let json = Usage.Option("json", "Print one JSON object instead of text.")
  static let board = Usage.Option("board", "NAME", "A board, as 'selvedge boards' lists them.")
  static let adaptor = Usage.Option(
    "adaptor", "FILE", "Fit the model first by what 'selvedge adapt --output FILE' wrote.")
  static let boards = Usage.Option(
    "boards", "DIR",
    "The directory of the boards (default: the folder boards above this\nprogram, or else above the current directory)."
  )
  static let data = Usage.Option(
    "data", "DIR",
    "Required: the directory of the data, each file plain or .gz. IDX:\n"
      + "train-images-idx3-ubyte, train-labels-idx1-ubyte,\n"
      + "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; sequences:\n"
      + "NAME_TRAIN.ts, NAME_TEST.ts; or train.csv, test.csv, the class in the\n"
      + "last column; or X_train.npy, y_train.npy, X_test.npy, y_test.npy.")
}
