import Boards
import CStandardLibrary
import Files
import Selvedge

/// `selvedge-device` under qemu: what a board makes of a model and samples.
struct EmulatedDevice {
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

  private let emulator: Emulator
  /// Where counts of this very program are kept.
  private let counts: String

  /// Builds the program.
  init(_ board: Board, _ console: Console) throws(Failure) {
    emulator = try Emulator("selvedge-device", for: board, console)
    let bytes: [UInt8]
    do throws(FileError) { bytes = try File.read(emulator.program) } catch {
      throw .failed("\(error)")
    }
    counts = "\(emulator.directory)/counts-\(hexadecimal(CRC32.of(bytes.span.bytes)))"
    // It may be there from an earlier run.
    mkdir(counts, 0o777)
    guard access(counts, W_OK) == 0 else { throw .failed("cannot make \(counts)") }
  }

  /// The compiler that built it.
  func toolchain() throws -> String { try emulator.toolchain() }

  /// The instructions of a run, counted once for every program and input.
  func instructions(_ input: [UInt8]) throws -> Int {
    let path = "\(counts)/\(hexadecimal(CRC32.of(input.span.bytes)))-\(input.count)"
    if let kept = try? File.read(path), let count = Int(String(decoding: kept, as: UTF8.self)) {
      return count
    }
    let count = try run(input).instructions
    try File.writeAtomically(Array(String(count).utf8), to: path)
    return count
  }

  /// Runs the program on a model and samples.
  func run(_ input: [UInt8]) throws -> Output {
    let path = emulator.directory + "/input"
    try File.writeAtomically(input, to: path)
    defer { unlink(path) }
    let (instructions, output) = try emulator.run(input: path)
    let words = output.split { $0 == " " || $0 == "\n" }.map(String.init)
    // arena N bytes trained N right N predicted N right N crc32 DIGITS
    guard words.count == 13, let arena = Int(words[1]),
      let trained = Int(words[4]), let trainedRight = Int(words[6]),
      let predicted = Int(words[8]), let predictedRight = Int(words[10])
    else {
      throw Failure.failed(
        "selvedge-device printed something else: see \(emulator.directory)/output")
    }
    return Output(
      arena: arena, trained: trained, trainedRight: trainedRight, predicted: predicted,
      predictedRight: predictedRight, checksum: words[12], instructions: instructions)
  }
}
