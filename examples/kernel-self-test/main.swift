// Tests every kernel of the runtime on the machine that it is to train on.
//
// Without an environment it compares each kernel with its plain reference and prints a checksum of
// each: the same on every target. With KERNEL (the number of a row), ROWS, COLUMNS, SAMPLES and
// REPEATS it runs one kernel so often and nothing else, for whoever counts its instructions.

import CStandardLibrary
import Selvedge

func number(_ name: StaticString, otherwise: Int) -> Int {
  // A constant ends with a zero byte, as C wants it.
  let name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
  guard let text = getenv(name) else { return otherwise }
  return Int(atoi(text))
}

func show(_ text: StaticString) {
  text.withUTF8Buffer { _ = fwrite($0.baseAddress, 1, $0.count, standard_output()) }
}

/// Runs `body` with so many bytes from a multiple of 64 on; says so and is false if there are none.
func withMemory(_ bytes: Int, _ body: (UnsafeMutableRawBufferPointer) -> Bool) -> Bool {
  guard let start = malloc(bytes + 63) else {
    show("FAULT: too little memory\n")
    return false
  }
  defer { free(start) }
  let aligned = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: start) + 63) & ~63)
  return body(UnsafeMutableRawBufferPointer(start: aligned, count: bytes))
}

/// Runs `body` with a trial in memory made for it.
func withTrial(
  _ kernel: Kernel, rows: Int, columns: Int, samples: Int, _ body: (KernelTrial) -> Void
) -> Bool {
  let bytes = KernelTrial.bytes(kernel, rows: rows, columns: columns, samples: samples)
  return withMemory(bytes) { memory in
    do throws(ArenaError) {
      var arena = try Arena(memory)
      body(try KernelTrial(kernel, rows: rows, columns: columns, samples: samples, in: &arena))
      return true
    } catch {
      return false
    }
  }
}

/// Whether every kernel gives the bits of its reference; names the first that does not.
func agreesWithReferences(in memory: UnsafeMutableRawBufferPointer) -> Bool {
  do throws(ArenaError) {
    guard let kernel = try Kernel.firstFault(in: memory) else { return true }
    show("FAULT: other bits than its reference: ")
    show(kernel.name)
    show("\n")
  } catch {
    show("FAULT: too little memory\n")
  }
  return false
}

/// Compares every kernel with its reference and prints the checksums of a larger shape, and of a Gaussian head.
func test() -> Int32 {
  guard withMemory(16_384, agreesWithReferences) else { return EXIT_FAILURE }
  for index in 0..<Kernel.count {
    guard let kernel = Kernel(rawValue: UInt8(truncatingIfNeeded: index)) else { continue }
    let isDone = withTrial(kernel, rows: 61, columns: 203, samples: 3) { trial in
      trial.fill()
      trial.run()
      show("crc32 ")
      print_hexadecimal(standard_output(), trial.checksum)
      show(" ")
      show(kernel.name)
      show("\n")
    }
    if !isDone { return EXIT_FAILURE }
  }
  let isFound = withMemory(16_384) { memory in
    guard let checksum = gaussianHeadChecksum(in: memory) else {
      show("FAULT: no weights of a Gaussian head\n")
      return false
    }
    show("crc32 ")
    print_hexadecimal(standard_output(), checksum)
    show(" gaussian head\n")
    return true
  }
  return isFound ? EXIT_SUCCESS : EXIT_FAILURE
}

/// Runs one kernel so often.
func run(_ index: Int) -> Int32 {
  guard index < Kernel.count, let kernel = Kernel(rawValue: UInt8(truncatingIfNeeded: index)) else {
    return EXIT_FAILURE
  }
  let repeats = number("REPEATS", otherwise: 1)
  let isDone = withTrial(
    kernel, rows: number("ROWS", otherwise: 500), columns: number("COLUMNS", otherwise: 784),
    samples: number("SAMPLES", otherwise: 1)
  ) { trial in
    trial.fill()
    for _ in 0..<repeats { trial.run() }
  }
  return isDone ? EXIT_SUCCESS : EXIT_FAILURE
}

let index = number("KERNEL", otherwise: -1)
let code = index < 0 ? test() : run(index)
exit(fflush(standard_output()) == 0 ? code : EXIT_FAILURE)
