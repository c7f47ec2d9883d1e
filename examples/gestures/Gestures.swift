import CStandardLibrary
import ExampleSupport
import Selvedge

/// A bank of oscillators reads each sequence step by step; layers behind it learn from what it gives at the end.
enum Gestures {
  static var oscillators: Int { 8 }
  static var hiddenUnits: Int { 32 }
  static var seed: UInt64 { 1 }
  static var rates: Rates { Rates(hidden: 0.02, output: 0.02) }

  /// Learns from the samples of standard input; gives the exit code.
  static func run(in bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    do throws(Failure) {
      try learn(in: bytes)
      return EXIT_SUCCESS
    } catch {
      error.explain()
      return EXIT_FAILURE
    }
  }

  /// Predicts each sample of the stream, and learns from those that are not for the test; prints how it went.
  private static func learn(in bytes: UnsafeMutableRawBufferPointer) throws(Failure) {
    var stream = try open()
    let layers: InlineArray<3, LayerDescription> = [
      .oscillators(oscillators, steps: stream.longest, magnitude: true), .dense(hiddenUnits),
      .output(stream.classes),
    ]
    let plan: Plan
    do throws(PlanError) {
      plan = try Plan(
        inputs: stream.valuesPerStep, layers: layers.span, batch: 1,
        purpose: .training(digest: Readout().digestCount(classes: stream.classes)))
    } catch {
      throw .shape(values: stream.valuesPerStep, classes: stream.classes)
    }

    // All that the device keeps: a network, and the statistics of steps and of what its memory gives.
    let outputs = stream.valuesPerStep * oscillators
    let beside =
      RunningStatistics.bytes(stream.valuesPerStep) + RunningStatistics.bytes(outputs)
    var network: Network
    let (stepRoom, memoryRoom): (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer)
    do throws(ArenaError) {
      var arena = try Arena(bytes)
      stepRoom = try arena.reserve(
        RunningStatistics.bytes(stream.valuesPerStep), layer: 0, role: .input)
      memoryRoom = try arena.reserve(RunningStatistics.bytes(outputs), layer: 0, role: .output)
      network = try Network(plan, seed: seed, in: &arena)
    } catch {
      let asked = plan.footprint.total + beside
      throw .memory(asked: asked, missing: asked - bytes.count)
    }
    var steps = RunningStatistics(stream.valuesPerStep, horizon: 10_000, in: stepRoom)
    var memory = RunningStatistics(outputs, horizon: 100, in: memoryRoom)
    let output = Output.standard
    output.text("steps of ", stream.valuesPerStep, " values, ", oscillators)
    output.text(" oscillators each, ", hiddenUnits, " tanh, ")
    output.text("", stream.classes, " classes\n")

    var (recent, learned) = (Tally(), 0)
    var (tested, correct) = (0, 0)
    while let sample = try read(&stream, &steps, into: &network) {
      do throws(NetworkError) {
        if sample.isTest {
          try network.add()
          try network.predict()
          tested += 1
          if network.predictedClass(of: 0) == sample.label { correct += 1 }
        } else {
          try note(network, in: memory)
          memory.add()
          try standardiseMemory(of: &network, by: memory)
          try network.add(label: sample.label)
          recent.add(try network.train(Readout(), rates: rates))
          // What the next sequence is read with.
          try standardiseSteps(of: &network, by: steps)
          learned += 1
        }
      } catch {
        throw .sample(stream.count)
      }
      if recent.samples == 100 {
        recent.print("samples ", learned)
        recent = Tally()
      }
    }
    guard learned + tested > 0 else { throw .noSamples }
    if tested > 0 {
      output.text("test ", correct, " of ", tested, ", accuracy ")
      output.text("", Double(correct) / Double(tested), decimals: 3)
      output.text("\n")
    }
    output.text("bytes: network ", network.footprint.total, ", statistics ", beside)
    output.text(", given ", bytes.count, "\n")
    output.checksum(network.weightsChecksum)
  }

  private static func open() throws(Failure) -> SampleStream {
    do throws(StreamError) {
      if let stream = try SampleStream() { return stream }
    } catch {
      throw .stream(error)
    }
    throw .noStream
  }

  // Spans of a variable's buffers would put the variable on the heap; those of a parameter do not.

  private static func note(
    _ network: borrowing Network, in memory: RunningStatistics
  ) throws(NetworkError) {
    var outputs = memory.latest.mutableSpan
    try network.copyMemory(into: &outputs)
  }

  private static func standardiseMemory(
    of network: inout Network, by memory: RunningStatistics
  ) throws(NetworkError) {
    try network.standardiseMemory(means: memory.means.span, factors: memory.factors.span)
  }

  private static func standardiseSteps(
    of network: inout Network, by steps: RunningStatistics
  ) throws(NetworkError) {
    try network.standardiseSteps(means: steps.means.span, factors: steps.factors.span)
  }

  /// Reads the next sample into the network's memory, a step at a time; nil behind the last.
  private static func read(
    _ stream: inout SampleStream, _ steps: inout RunningStatistics, into network: inout Network
  ) throws(Failure) -> SampleStream.Sample? {
    do throws(StreamError) {
      guard let sample = try stream.next() else { return nil }
      for _ in 0..<sample.steps {
        try stream.readStep(into: steps.latest)
        do throws(NetworkError) {
          try network.read(steps.latest.span)
        } catch {
          throw StreamError.notFinite(sample: stream.count)
        }
        if !sample.isTest { steps.add() }
      }
      return sample
    } catch {
      throw .stream(error)
    }
  }
}
