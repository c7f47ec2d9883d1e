import CStandardLibrary

/// The program: chooses a command and turns its failure into an exit code.
@main
enum SelvedgeProgram {
  static let version = "0.1.0"
  static var commands: [any Command.Type] {
    [
      Train.self, Evaluate.self, Predict.self, Export.self, Import.self, Profile.self, Fit.self,
      Simulate.self, Adapt.self, Stream.self, ListBoards.self, Feed.self, Bench.self,
    ]
  }

  static func main() { exit(run(Array(CommandLine.arguments.dropFirst()))) }

  /// Runs a command line without the program's name; its exit code: 0 done, 1 failed, 2 usage.
  static func run(_ words: [String]) -> Int32 {
    let console = Console()
    var prefix = "selvedge"
    do {
      guard let word = words.first else { throw Failure.usage("a command is missing") }
      if ["--help", "-h", "help"].contains(word) {
        // help COMMAND is COMMAND --help.
        if word == "help", words.count > 1 { return run([words[1], "--help"]) }
        return finish(console, text)
      }
      if word == "--version" { return finish(console, "selvedge \(version)\n") }
      let names = commands.map { $0.usage.name } + ["--help", "--version"]
      guard let command = commands.first(where: { $0.usage.name == word }) else {
        throw Failure.usage("unknown command '\(word)'" + suggestion(word, names, prefix: ""))
      }
      prefix += " \(word)"
      guard let arguments = try Arguments.parse(Array(words.dropFirst()), command.usage) else {
        return finish(console, command.usage.text)
      }
      try command.run(arguments, console)
      return finish(console, "")
    } catch {
      switch Failure(error) {
      case .usage(let message):
        console.complain(message)
        console.note("See '\(prefix) --help'.")
        return 2
      case .failed(let message):
        console.complain(message)
        return 1
      }
    }
  }

  private static func finish(_ console: Console, _ text: String) -> Int32 {
    fputs(text, standard_output())
    if console.finish() { return 0 }
    console.complain("cannot write the result: \(String(cString: strerror(last_error_number())))")
    return 1
  }

  private static var text: String {
    var text = """
      Selvedge trains small networks on the device: in a fixed arena, without backpropagation.

      Examples:
        selvedge train --data /usr/share/datasets/fashion-mnist --output fashion.selvedge
        selvedge evaluate fashion.selvedge --data /usr/share/datasets/fashion-mnist

      Usage: selvedge COMMAND [options]

      Commands:

      """
    let width = commands.map { $0.usage.name.count }.max()! + 2
    for command in commands {
      text += "  \(left(command.usage.name, width))\(command.usage.summary)\n"
    }
    return text
      + "\nSee 'selvedge COMMAND --help' for a command, 'selvedge --version' for the version.\n"
  }
}
