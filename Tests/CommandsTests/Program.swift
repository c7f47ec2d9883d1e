import CStandardLibrary
import Files
import TestSupport
import Testing

/// What a program left behind.
struct Outcome {
  /// The exit code; -1 if a signal ended it.
  let code: Int32
  let bytes: [UInt8]
  let errors: String

  var output: String { String(decoding: bytes, as: UTF8.self) }
  var lines: [Substring] { output.split(separator: "\n") }
}

/// A running program whose streams go to files.
final class Program {
  private let directory: TemporaryDirectory
  private let name: String
  private var process: pid_t = 0

  /// The `selvedge` that was built with these tests: beside the tests, or above on macOS.
  static let path: String = {
    var link = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &link, link.count)
    let own = link.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }
    for start in [String(decoding: own, as: UTF8.self)] + CommandLine.arguments {
      var folder = start[...]
      while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
        folder = folder[..<slash]
        var status = stat()
        let path = "\(folder)/selvedge"
        if stat(path, &status) == 0 && is_regular_file(status.st_mode) != 0 { return path }
      }
    }
    fatalError("selvedge is not beside the tests; build it first")
  }()

  /// Starts `selvedge` with `words`, or another program.
  init(
    _ words: [String], in directory: TemporaryDirectory, output: String? = nil,
    program: String = Program.path
  ) throws {
    self.directory = directory
    directory.programs += 1
    name = "program-\(directory.programs)"
    let input = open_for_reading("/dev/null")
    let result =
      output.map { open_for_writing($0) } ?? create_exclusively(directory(name + "-output"))
    let errors = create_exclusively(directory(name + "-errors"))
    let arguments = ([program] + words).map { strdup($0) } + [nil]
    defer {
      for word in arguments { free(word) }
      for descriptor in [input, result, errors] { close(descriptor) }
    }
    try #require(start_program(&process, arguments, input, result, errors) == 0)
  }

  /// What it has written to its standard output so far.
  var output: String {
    String(decoding: (try? directory.read(name + "-output")) ?? [], as: UTF8.self)
  }

  func send(_ signal: Int32) { kill(process, signal) }

  var hasEnded: Bool {
    var information = siginfo_t()
    waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
    return information.si_signo != 0
  }

  /// Waits for its end, and removes its files.
  func outcome() throws -> Outcome {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && last_error_number() == EINTR {}
    defer { for stream in ["-output", "-errors"] { remove(directory(name + stream)) } }
    return Outcome(
      code: exit_status(status), bytes: (try? directory.read(name + "-output")) ?? [],
      errors: String(decoding: try directory.read(name + "-errors"), as: UTF8.self))
  }
}

extension TemporaryDirectory {
  /// Runs `selvedge` to its end.
  func selvedge(_ words: [String], output: String? = nil) throws -> Outcome {
    try Program(words, in: self, output: output).outcome()
  }

  func selvedge(_ words: String...) throws -> Outcome { try selvedge(words) }

  /// Runs `selvedge` with --json, which must succeed and leave one object on standard output.
  func json(_ words: [String]) throws -> JSON {
    let outcome = try selvedge(words + ["--json"])
    try #require(outcome.code == 0, "\(words): \(outcome.errors)")
    #expect(outcome.lines.count == 1, "\(words)")
    let object = try JSON(parsing: outcome.bytes)
    try #require(object.members != nil)
    return object
  }

  func json(_ words: String...) throws -> JSON { try json(words) }

  /// Trains quietly on the data in this directory.
  func train(_ words: String...) throws -> JSON { try json(["train", "--data", path] + words) }

  /// Expects that a command line fails with `code` and one line of complaint with `words` in it.
  func expectFailure(
    _ code: Int32, _ line: [String], says words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try selvedge(line)
    #expect(outcome.code == code, "\(line)", sourceLocation: sourceLocation)
    let lines = outcome.errors.split(separator: "\n")
    let complaints = lines.filter { $0.hasPrefix("error: ") }
    #expect(complaints.count == 1, "\(line): \(lines)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        complaints.first?.contains(word) == true, "\(word) in \(lines)",
        sourceLocation: sourceLocation)
    }
    if code == 2 {
      #expect(lines.last?.hasPrefix("See 'selvedge") == true, sourceLocation: sourceLocation)
      #expect(lines.count == 2 && outcome.bytes.isEmpty, sourceLocation: sourceLocation)
    }
  }
}
