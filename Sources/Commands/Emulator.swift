import Boards
import CStandardLibrary
import Files
import Selvedge

/// `selvedge-device`, built for a board's Swift SDK, and run here under qemu.
struct Emulator {
  /// What a run printed.
  struct Output {
    /// Bytes of the arena.
    let arena: Int
    let trained: Int
    let trainedRight: Int
    let predicted: Int
    let predictedRight: Int
    let checksum: String
    /// Instructions from the start of the program to its end.
    let instructions: Int
  }

  private let emulator: String
  /// How the program, a %, stands on its command line.
  private let way: String
  /// Where the program is built and run.
  private let directory: String
  private let program: String
  private let programChecksum: String

  /// Builds the program, and the plugin that counts.
  ///
  /// - Throws: `Failure`, naming what is missing and what installs it.
  init(_ board: Board, _ console: Console) throws(Failure) {
    let name: String
    switch board.emulation {
    case .user(let program, let cpu):
      name = program
      emulator = program + (cpu.map { " -cpu \($0)" } ?? "")
      way = "%"
    case .machine(let machine):
      name = "qemu-system-arm"
      emulator = "\(name) -display none -monitor none -serial none -M \(machine)"
      way = "-semihosting-config enable=on,target=native -kernel %"
    case .board(let other):
      throw .failed("\(board.name) is not emulated itself; \(other) has the same core")
    case .native: throw .failed("\(board.name) needs no emulator")
    }
    let sdk = board.sdk
    guard access("boards/count-instructions.c", R_OK) == 0 else {
      throw .failed(
        "boards/count-instructions.c is not here; run this in the directory of Selvedge's sources")
    }
    directory = ".build/\(sdk)/emulation"
    try shell("mkdir -p \(directory)", failure: "cannot make \(directory)", log: "/dev/null")
    let log = directory + "/log"
    try shell(
      "command -v \(name) && command -v cc",
      failure: "\(name) or cc is missing; .ci/install installs what boards need", log: log)
    console.progress("building selvedge-device for \(sdk)")
    try shell(
      "cc -O2 -shared -fPIC -o \(directory)/count.so boards/count-instructions.c",
      failure: "the plugin does not compile: see \(log)", log: log)
    try shell(
      "swift build -c release --swift-sdks-path boards --swift-sdk \(sdk) "
        + "--scratch-path .build/\(sdk) --product selvedge-device",
      failure: "selvedge-device does not build for \(sdk): see \(log); .ci/install installs what "
        + "boards need", log: log)
    console.clearProgress()
    program = directory + "/selvedge-device"
    try shell(
      "cp .build/\(sdk)/*/release/selvedge-device \(program)",
      failure: "selvedge-device is not where it was built", log: log)
    let bytes: [UInt8]
    do throws(FileError) { bytes = try File.read(program) } catch { throw .failed("\(error)") }
    programChecksum = hexadecimal(CRC32.of(bytes.span.bytes))
    try shell(
      "mkdir -p \(directory)/counts-\(programChecksum)", failure: "cannot write \(directory)",
      log: log)
  }

  /// The compiler that built it.
  func toolchain() throws -> String {
    try shell(
      "swift --version 2>/dev/null | head -n 1 >\(directory)/toolchain",
      failure: "swift does not say which version it is", log: directory + "/log")
    let line = String(decoding: try File.read(directory + "/toolchain"), as: UTF8.self)
    return String(line.drop { !$0.isNumber }.prefix { $0 != " " })
  }

  /// The instructions of a run, counted once for every program and input.
  func instructions(_ input: [UInt8]) throws -> Int {
    let key = hexadecimal(CRC32.of(input.span.bytes)) + "-\(input.count)"
    let path = "\(directory)/counts-\(programChecksum)/\(key)"
    if let kept = try? File.read(path), let count = Int(String(decoding: kept, as: UTF8.self)) {
      return count
    }
    let count = try run(input).instructions
    try File.writeAtomically(Array(String(count).utf8), to: path)
    return count
  }

  /// Runs the program on a model and samples.
  func run(_ input: [UInt8]) throws -> Output {
    let (path, log) = (directory + "/input", directory + "/log")
    try File.writeAtomically(input, to: path)
    defer { unlink(path) }
    try shell(
      "\(emulator) -plugin \(directory)/count.so,out=\(directory)/count "
        + way.split(separator: "%", omittingEmptySubsequences: false).joined(separator: program)
        + " <\(path) >\(directory)/output",
      failure: "selvedge-device fails under \(emulator): see \(log)", log: log)
    let words = String(decoding: try File.read(directory + "/output"), as: UTF8.self)
      .split { $0 == " " || $0 == "\n" }.map(String.init)
    let count = String(decoding: try File.read(directory + "/count").dropLast(), as: UTF8.self)
    // arena N bytes trained N right N predicted N right N crc32 DIGITS
    guard words.count == 13, let instructions = Int(count), let arena = Int(words[1]),
      let trained = Int(words[4]), let trainedRight = Int(words[6]),
      let predicted = Int(words[8]), let predictedRight = Int(words[10])
    else { throw Failure.failed("selvedge-device printed something else: see \(directory)/output") }
    return Output(
      arena: arena, trained: trained, trainedRight: trainedRight, predicted: predicted,
      predictedRight: predictedRight, checksum: words[12], instructions: instructions)
  }
}

/// Runs a command of the shell, whose output goes to a log.
func shell(_ command: String, failure: String, log: String) throws(Failure) {
  guard system("{ \(command); } >\(log) 2>&1") == 0 else { throw .failed(failure) }
}
