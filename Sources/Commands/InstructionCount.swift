import Boards
import Files
import Selvedge

/// Executed instructions of kernels on a board's core, counted under qemu.
struct InstructionCount {
  private let board: Board
  private let emulator: Emulator
  private let console: Console

  /// Builds the self-test for a board.
  ///
  /// - Throws: `Failure`, naming what is missing and what installs it.
  init(_ board: Board, cpu: String?, _ console: Console) throws(Failure) {
    if let cpu,
      !cpu.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-.+".contains($0)) })
    {
      throw .usage("--cpu '\(cpu)' is not the name of a core")
    }
    self.board = board
    self.console = console
    emulator = try Emulator("kernel-self-test", for: board, cpu: cpu, console)
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
      "schema": "selvedge.instructions/1", "board": .string(board.name), "kernels": .array(rows),
    ]
    console.print(object.description)
  }

  /// What a second run of a kernel adds to a first: start and end of the program drop out.
  private func count(_ kernel: Kernel, _ rows: Int, _ columns: Int) throws(Failure) -> Int {
    let once = ["KERNEL=\(kernel.rawValue)", "ROWS=\(rows)", "COLUMNS=\(columns)", "SAMPLES=1"]
    let first = try emulator.run(settings: once + ["REPEATS=1"]).instructions
    return try emulator.run(settings: once + ["REPEATS=2"]).instructions - first
  }
}
