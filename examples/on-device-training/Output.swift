import CStandardLibrary
import Selvedge

/// Why there is nothing to train, or no further: numbers only until it is explained.
enum Failure: Error {
  case precision
  case architecture
  case square(inputs: Int)
  case shortHeader(found: Int)
  case notAStream
  case shape(inputs: Int, classes: Int)
  case memory(asked: Int, missing: Int)
  case cutSample(Int, found: Int, expected: Int)
  case label(Int, sample: Int)
  case noSamples

  /// Prints a sentence to standard error.
  func explain() {
    let output = Output(stream: standard_error())
    output.text("on-device-training: ")
    switch self {
    case .precision:
      output.text("PRECISION is float32, float16 or int8")
    case .architecture:
      output.text("NETWORK is mlp, cnn, oscillators, legendre, elman or gru")
    case .square(let inputs):
      output.text("samples of ", inputs, " values are no squares; NETWORK=mlp learns them too")
    case .shortHeader(let found):
      output.text("the stream's header has 16 bytes, but only ", found, " came")
    case .notAStream:
      output.text("standard input does not begin with SELVSTRM")
    case .shape(let inputs, let classes):
      output.text("samples of ", inputs, " values in ", classes)
      output.text(" classes: from 1 to 65536 and from 2 to 256 are possible")
    case .memory(let asked, let missing):
      output.text("the network and a sample take ", asked, " bytes; ", missing, " are missing")
    case .cutSample(let number, let found, let expected):
      output.text("sample ", number, " ends after ", found)
      output.text(" of ", expected, " bytes")
    case .label(let label, let sample):
      output.text("sample ", sample, " has the label ", label, ", which is no class")
    case .noSamples:
      output.text("the stream ends behind its header")
    }
    output.text("\n")
  }
}

func printShape(_ architecture: Architecture, inputs: Int, classes: Int) {
  let output = Output(stream: standard_output())
  output.text("network ", inputs, " inputs, ")
  switch architecture {
  case .mlp: output.text("", Architecture.hiddenUnits, " tanh, ")
  case .cnn: output.text("convolutions, ")
  case .oscillators: output.text("oscillators, ")
  case .legendre: output.text("Legendre memory, ")
  case .elman: output.text("Elman, ")
  case .gru: output.text("GRU, ")
  }
  output.text("", classes, " classes\n")
}

func printResult(_ title: StaticString, _ number: Int, loss: Double, accuracy: Double) {
  let output = Output(stream: standard_output())
  output.text(title, number)
  output.text(" loss ", loss, decimals: 4)
  output.text(" accuracy ", accuracy, decimals: 3)
  output.text("\n")
}

func printMemory(_ footprint: Footprint, sample: Int, given: Int) {
  let output = Output(stream: standard_output())
  output.text("bytes: weights ", footprint.weights, ", activations ", footprint.activations)
  output.text(", scratch ", footprint.scratch, ", sample ", sample)
  output.text(", given ", given, "\n")
}

func printChecksum(_ crc: UInt32) {
  let output = Output(stream: standard_output())
  output.text("crc32 ")
  print_hexadecimal(output.stream, crc)
  output.text("\n")
}

/// A standard stream, written to without a string ever being built.
struct Output {
  let stream: UnsafeMutablePointer<FILE>

  func text(_ text: StaticString) {
    fwrite(text.utf8Start, 1, text.utf8CodeUnitCount, stream)
  }

  func text(
    _ before: StaticString, _ number: Int, _ between: StaticString = "", _ other: Int? = nil,
    _ after: StaticString = ""
  ) {
    text(before)
    print_integer(stream, number)
    text(between)
    if let other { print_integer(stream, other) }
    text(after)
  }

  func text(_ before: StaticString, _ number: Double, decimals: Int32) {
    text(before)
    print_decimal(stream, number, decimals)
  }
}
