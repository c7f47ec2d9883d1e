import CStandardLibrary
import CortexM
import ExampleSupport
import Selvedge
import Semihosting

/// Two networks, one in float32 and one in int8, learn from the same stream of samples.
enum Firmware {
  static func run(in bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    do throws(Failure) {
      try learn(in: bytes)
      return EXIT_SUCCESS
    } catch {
      error.explain()
      return EXIT_FAILURE
    }
  }

  private static func learn(in bytes: UnsafeMutableRawBufferPointer) throws(Failure) {
    var stream = try open()
    let (inputs, classes) = (stream.valuesPerStep, stream.classes)
    let parts = try parts(of: bytes, inputs, classes)
    let values = parts.sample.bindMemory(to: Float.self)
    var wide = try Learner(inputs: inputs, classes: classes, .float32, in: parts.wide)
    var narrow = try Learner(inputs: inputs, classes: classes, .int8, in: parts.narrow)

    var read = 0
    while let label = try next(&stream, values) {
      do throws(NetworkError) {
        try wide.learn(values.span, label: label)
        try narrow.learn(values.span, label: label)
      } catch {
        throw .sample(stream.count)
      }
      read += 1
    }
    guard read > 0 else { throw .noSamples }
    wide.report("float32")
    narrow.report("int8")
    measure()
  }

  /// What a board alone can say, apart from what every machine prints.
  private static func measure() {
    guard cortex_m_stack_size() > 0 else { return }
    let output = Output.errors
    output.text("stack: at most ", Int(cortex_m_stack_used()), " bytes of ")
    output.text("", Int(cortex_m_stack_size()), "\n")
  }

  private static func open() throws(Failure) -> SampleStream {
    do throws(StreamError) {
      if let stream = try SampleStream() { return stream }
    } catch {
      throw .stream(error)
    }
    throw .noStream
  }

  private static func next(
    _ stream: inout SampleStream, _ values: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) -> Int? {
    do throws(StreamError) {
      guard let sample = try stream.next() else { return nil }
      for _ in 0..<sample.steps { try stream.readStep(into: values) }
      return sample.label
    } catch {
      throw .stream(error)
    }
  }

  /// The memory of the program, shared out: each part begins at a multiple of 16.
  private static func parts(
    of bytes: UnsafeMutableRawBufferPointer, _ inputs: Int, _ classes: Int
  ) throws(Failure) -> (
    wide: UnsafeMutableRawBufferPointer, narrow: UnsafeMutableRawBufferPointer,
    sample: UnsafeMutableRawBufferPointer
  ) {
    let (first, second): (Int, Int)
    do throws(PlanError) {
      first = try Learner.bytes(inputs: inputs, classes: classes, .float32)
      second = first + (try Learner.bytes(inputs: inputs, classes: classes, .int8))
    } catch {
      throw .shape(inputs: inputs, classes: classes)
    }
    let end = second + 4 * inputs
    guard end <= bytes.count else { throw .memory(asked: end, given: bytes.count) }
    return (
      UnsafeMutableRawBufferPointer(rebasing: bytes[..<first]),
      UnsafeMutableRawBufferPointer(rebasing: bytes[first..<second]),
      UnsafeMutableRawBufferPointer(rebasing: bytes[second..<end])
    )
  }
}
