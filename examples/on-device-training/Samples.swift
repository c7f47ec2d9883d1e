import ExampleSupport

/// Samples of one step: from standard input, or ``Patterns`` if nothing is there.
struct Samples {
  /// Values of one sample.
  let inputs: Int
  let classes: Int
  /// Samples handed out.
  private(set) var count = 0
  private var stream: SampleStream?
  private var patterns = Patterns()

  init() throws(Failure) {
    do throws(StreamError) { stream = try SampleStream() } catch { throw .stream(error) }
    if let stream, stream.longest > 1 { throw .steps(stream.longest) }
    inputs = stream?.valuesPerStep ?? Patterns.inputs
    classes = stream?.classes ?? Patterns.classes
  }

  /// Fills `values` with the next sample, and gives its label; nil behind the last.
  mutating func next(
    into values: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) -> Int? {
    count += 1
    guard stream != nil else { return patterns.fill(values) }
    do throws(StreamError) {
      guard let sample = try stream!.next() else { return nil }
      try stream!.readStep(into: values)
      return sample.label
    } catch {
      throw .stream(error)
    }
  }
}
