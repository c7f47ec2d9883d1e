import CStandardLibrary
import Files
import Selvedge

/// Executed instructions of kernels on a board's processor, counted under qemu by a plugin.
struct InstructionCount {
  /// The boards that can be emulated here, and their emulators.
  private static let boards = [
    (name: "raspberry-pi-zero-2w", emulator: "qemu-aarch64 -cpu max"),
    (name: "luckfox-pico", emulator: "qemu-arm"),
    (name: "mps2-an386", emulator: machine + "mps2-an386"),
    (name: "mps2-an500", emulator: machine + "mps2-an500"),
  ]
  private static let machine = "qemu-system-arm -display none -monitor none -serial none -M "
  static var boardNames: String { boards.map(\.name).joined(separator: ", ") }

  private let board: String
  private let emulator: String
  private let program: String
  private let directory: String
  private let console: Console

  /// Builds the self-test for a board, and the plugin.
  ///
  /// - Throws: `Failure`, naming what is missing and what installs it.
  init(board name: String, cpu: String?, _ console: Console) throws(Failure) {
    guard let board = Self.boards.first(where: { $0.name == name }) else {
      throw .usage(
        "--instructions '\(name)': boards that can be emulated are \(Self.boardNames)"
          + suggestion(name, Self.boards.map(\.name), prefix: ""))
    }
    if let cpu,
      !cpu.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-.+".contains($0)) })
    {
      throw .usage("--cpu '\(cpu)' is not the name of a core")
    }
    guard access("boards/count-instructions.c", R_OK) == 0 else {
      throw .failed(
        "boards/count-instructions.c is not here; run this in the directory of Selvedge's sources")
    }
    self.board = name
    self.console = console
    emulator = board.emulator
    directory = ".build/bench/\(name)" + (cpu.map { "-\($0)" } ?? "")
    try Self.shell("mkdir -p \(directory)", failure: "cannot make \(directory)", log: "/dev/null")
    let log = directory + "/log"
    let tool = board.emulator.prefix { $0 != " " }
    try Self.shell(
      "command -v \(tool) && command -v cc",
      failure: "\(tool) or cc is missing; .ci/install installs what boards need", log: log)
    console.progress("building for \(name)")
    try Self.shell(
      "cc -O2 -shared -fPIC -o \(directory)/count.so boards/count-instructions.c",
      failure: "the plugin does not compile: see \(log)", log: log)
    try Self.shell(
      "swift build -c release --swift-sdks-path boards --swift-sdk \(name) "
        + "--scratch-path \(directory)/build --product kernel-self-test"
        + (cpu.map { " -Xcc -mcpu=\($0)" } ?? ""),
      failure: "the self-test does not build for \(name): see \(log); .ci/install installs what "
        + "boards need", log: log)
    console.clearProgress()
    program = "\(directory)/build/*/release/kernel-self-test"
  }

  /// Prints the counts of kernels for shapes of weights.
  func report(
    _ kernels: [Kernel], _ shapes: [(rows: Int, columns: Int)], json: Bool
  ) throws(Failure) {
    var rows: [JSON] = []
    if !json {
      console.print(
        left("kernel", 26) + left("weights", 11) + right("instructions", 14) + right("per MAC", 9))
    }
    for (height, width) in shapes {
      for kernel in kernels {
        let count = try count(kernel, height, width)
        let share = Double(count) / Double(height * width)
        if json {
          rows.append([
            "kernel": .string(name(kernel)), "rows": .number(Double(height)),
            "columns": .number(Double(width)), "instructions": .number(Double(count)),
            "per_multiply_accumulate": .number(share),
          ])
        } else {
          console.print(
            left(name(kernel), 26) + left("\(height)x\(width)", 11) + right(String(count), 14)
              + right(decimal(share, 3), 9))
        }
      }
    }
    guard json else { return }
    let object: JSON = [
      "schema": "selvedge.instructions/1", "board": .string(board), "kernels": .array(rows),
    ]
    console.print(object.description)
  }

  /// What a second run of a kernel adds to a first: start and end of the program drop out.
  private func count(_ kernel: Kernel, _ rows: Int, _ columns: Int) throws(Failure) -> Int {
    var totals: [Int] = []
    for repeats in [1, 2] {
      let result = "\(directory)/count"
      let choices = [
        "KERNEL=\(kernel.rawValue)", "ROWS=\(rows)", "COLUMNS=\(columns)", "SAMPLES=1",
        "REPEATS=\(repeats)",
      ]
      let counted = "\(emulator) -plugin \(directory)/count.so,out=\(result) "
      // Firmware has no environment but the words of its command line.
      let run =
        emulator.hasPrefix(Self.machine)
        ? counted + "-semihosting-config enable=on,target=native"
          + choices.map { ",arg=" + $0 }.joined() + " -kernel \(program)"
        : choices.joined(separator: " ") + " " + counted + program
      try Self.shell(
        run,
        failure: "the self-test fails under \(emulator): see \(directory)/log",
        log: directory + "/log")
      guard let bytes = try? File.read(result),
        let total = Int(String(decoding: bytes.dropLast(), as: UTF8.self))
      else { throw .failed("the plugin counted nothing: see \(directory)/log") }
      totals.append(total)
    }
    return totals[1] - totals[0]
  }

  private static func shell(
    _ command: String, failure: String, log: String
  ) throws(Failure) {
    guard system("{ \(command); } >\(log) 2>&1") == 0 else { throw .failed(failure) }
  }
}
