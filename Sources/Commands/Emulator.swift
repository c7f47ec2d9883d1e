import Boards
import CStandardLibrary
import Files

/// A program of this package, built for a board's Swift SDK and run here under qemu, where a plugin counts the
/// instructions that it executes.
struct Emulator {
  /// Where the program lies, and what it printed and counted.
  let directory: String
  /// The program's file.
  let program: String

  private let product: String
  private let command: String
  /// Whether the program has no system under it, and no environment but the words of its command line.
  private let isFirmware: Bool

  /// Builds the program, and the plugin.
  ///
  /// - Parameter cpu: Another core to build for than the board's; qemu then has all that it knows.
  /// - Throws: `Failure`, naming what is missing and what installs it.
  init(
    _ product: String, for board: Board, cpu: String? = nil, _ console: Console
  ) throws(Failure) {
    let tool: String
    switch board.emulation {
    case .user(let program, let core):
      tool = program
      command = program + ((cpu == nil ? core : "max").map { " -cpu \($0)" } ?? "")
      isFirmware = false
    case .machine(let machine):
      tool = "qemu-system-arm"
      command = "\(tool) -display none -monitor none -serial none -M \(machine)"
      isFirmware = true
    case .board(let other):
      throw .failed("\(board.name) is not emulated itself; \(other) has the same core")
    case .native: throw .failed("\(board.name) needs no emulator")
    }
    guard access("boards/count-instructions.c", R_OK) == 0 else {
      throw .failed(
        "boards/count-instructions.c is not here; run this in the directory of Selvedge's sources")
    }
    self.product = product
    let scratch = ".build/\(board.sdk)" + (cpu.map { "-\($0)" } ?? "")
    directory = scratch + "/emulation"
    program = "\(directory)/\(product)"
    let log = directory + "/log"
    try shell("mkdir -p \(directory)", failure: "cannot make \(directory)", log: "/dev/null")
    try shell(
      "command -v \(tool) && command -v cc",
      failure: "\(tool) or cc is missing; .ci/install installs what boards need", log: log)
    console.progress("building \(product) for \(board.name)")
    try shell(
      "cc -O2 -shared -fPIC -o \(directory)/count.so boards/count-instructions.c",
      failure: "the plugin does not compile: see \(log)", log: log)
    try shell(
      "swift build -c release --swift-sdks-path boards --swift-sdk \(board.sdk) "
        + "--scratch-path \(scratch) --product \(product)"
        + (cpu.map { " -Xcc -mcpu=\($0)" } ?? ""),
      failure: "\(product) does not build for \(board.name): see \(log); .ci/install installs what "
        + "boards need", log: log)
    console.clearProgress()
    try shell(
      "cp \(scratch)/*/release/\(product) \(program)",
      failure: "\(product) is not where it was built", log: log)
  }

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - settings: Variables of its environment, such as `ROWS=8`.
  ///   - input: The file that it reads.
  /// - Returns: The instructions from its start to its end, and what it printed.
  func run(
    settings: [String] = [], input: String = "/dev/null"
  ) throws(Failure) -> (instructions: Int, output: String) {
    let (log, count, output) = (directory + "/log", directory + "/count", directory + "/output")
    let words = settings.joined(separator: " ")
    let counted = "\(command) -plugin \(directory)/count.so,out=\(count) "
    try shell(
      (isFirmware
        ? counted + "-semihosting-config enable=on,target=native"
          + settings.map { ",arg=" + $0 }.joined() + " -kernel \(program)"
        : words + " " + counted + program)
        + " <\(input) >\(output)",
      failure: "\(product) fails under \(command): see \(output) and \(log)", log: log)
    guard let bytes = try? File.read(count), let printed = try? File.read(output),
      let instructions = Int(String(decoding: bytes.dropLast(), as: UTF8.self))
    else { throw .failed("the plugin counted nothing: see \(log)") }
    return (instructions, String(decoding: printed, as: UTF8.self))
  }

  /// The compiler that built it.
  func toolchain() throws -> String {
    try shell(
      "swift --version 2>/dev/null | head -n 1 >\(directory)/toolchain",
      failure: "swift does not say which version it is", log: directory + "/log")
    let line = String(decoding: try File.read(directory + "/toolchain"), as: UTF8.self)
    return String(line.drop { !$0.isNumber }.prefix { $0 != " " })
  }
}

/// Runs a command of the shell, whose output goes to a log.
private func shell(_ command: String, failure: String, log: String) throws(Failure) {
  guard system("{ \(command); } >\(log) 2>&1") == 0 else { throw .failed(failure) }
}
