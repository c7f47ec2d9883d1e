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

    // All that the device keeps: a network, the statistics of its memory, and one step of a sequence.
    let outputs = stream.valuesPerStep * oscillators
    let beside =
      RunningStatistics.bytes(outputs: outputs) + Arena.rounded(4 * stream.valuesPerStep)
    var network: Network
    var statistics: RunningStatistics
    let step: UnsafeMutableBufferPointer<Float>
    do throws(ArenaError) {
      var arena = try Arena(bytes)
      statistics = try RunningStatistics(outputs: outputs, in: &arena)
      step = try RunningStatistics.reserve(stream.valuesPerStep, &arena)
      network = try Network(plan, seed: seed, in: &arena)
    } catch {
      let asked = plan.footprint.total + beside
      throw .memory(asked: asked, missing: asked - bytes.count)
    }
    let output = Output.standard
    output.text("steps of ", stream.valuesPerStep, " values, ", oscillators)
    output.text(" oscillators each, ", hiddenUnits, " tanh, ")
    output.text("", stream.classes, " classes\n")

    var (recent, learned) = (Tally(), 0)
    var (tested, correct) = (0, 0)
    while let sample = try read(&stream, step, into: &network) {
      do throws(NetworkError) {
        if sample.isTest {
          try network.add()
          try network.predict()
          tested += 1
          if network.predictedClass(of: 0) == sample.label { correct += 1 }
        } else {
          try statistics.follow(&network)
          try network.add(label: sample.label)
          recent.add(try network.train(Readout(), rates: rates))
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
    output.text("bytes: network ", network.footprint.total, ", statistics and a step ", beside)
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

  /// Reads the next sample into the network's memory, a step at a time; nil behind the last.
  private static func read(
    _ stream: inout SampleStream, _ step: UnsafeMutableBufferPointer<Float>,
    into network: inout Network
  ) throws(Failure) -> SampleStream.Sample? {
    do throws(StreamError) {
      guard let sample = try stream.next() else { return nil }
      for _ in 0..<sample.steps {
        try stream.readStep(into: step)
        do throws(NetworkError) {
          try network.read(step.span)
        } catch {
          throw StreamError.notFinite(sample: stream.count)
        }
      }
      return sample
    } catch {
      throw .stream(error)
    }
  }
}
