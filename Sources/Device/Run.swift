import CStandardLibrary
import ExampleSupport
import Selvedge

/// One run: a model, then samples to the end of the stream.
struct Run: ~Copyable {
  private var network: Network
  private var record: TrainingRecord
  private var batch: Batch
  private var stream: SampleStream
  private var (trained, right) = (0, 0)
  private var (predicted, hits) = (0, 0)

  /// Runs; gives the exit code.
  static func all() -> Int32 {
    do throws(Failure) {
      var run = try Run()
      try run.readSamples()
      run.print()
      return EXIT_SUCCESS
    } catch {
      error.explain()
      return EXIT_FAILURE
    }
  }

  /// Makes the network of the model that standard input begins with.
  private init() throws(Failure) {
    let bytes = try Self.model()
    let file = try Self.file(RawSpan(_unsafeBytes: bytes))
    guard let record = file.record else { throw .noRecord }
    // Samples arrive once, and are not kept for another update.
    guard record.updatesPerLabel == 1 else { throw .plan }
    let layers = try Memory.map(file.layerCount * MemoryLayout<LayerDescription>.stride)
      .bindMemory(to: LayerDescription.self)
    for k in layers.indices { layers[k] = file.layer(k) }
    let classes = Int(truncatingIfNeeded: layers[layers.count - 1].units)
    guard layers[layers.count - 1].kind != .regression else { throw .regression }
    var network = try Self.network(file, layers.span, record)
    network.standardisation = file.standardisation
    network.steps = file.steps
    do throws(NetworkError) { try network.setParameters(file.parameters) } catch { throw .plan }
    network.takeStepMemory(of: file)
    let stream = try Self.stream()
    guard stream.valuesPerStep == network.inputs && stream.classes <= classes else {
      throw .shape(values: stream.valuesPerStep, classes: stream.classes)
    }
    let isRecurrent = layers[0].kind.isRecurrent
    batch = try Batch(
      sequences: isRecurrent ? record.batch : 1, steps: stream.longest, width: network.inputs,
      isRecurrent: isRecurrent)
    self.record = record
    self.stream = stream
    self.network = network
  }

  @_lifetime(copy bytes)
  private static func file(_ bytes: RawSpan) throws(Failure) -> ModelFile {
    do throws(ModelFileError) { return try ModelFile(bytes) } catch { throw .model(error) }
  }

  private static func stream() throws(Failure) -> SampleStream {
    var stream: SampleStream?
    do throws(StreamError) { stream = try SampleStream() } catch { throw .stream(error) }
    guard let stream else { throw .stream(.shortHeader(found: 0, expected: 28)) }
    return stream
  }

  /// The network in an arena of just as many bytes as were planned.
  private static func network(
    _ file: borrowing ModelFile, _ layers: Span<LayerDescription>, _ record: TrainingRecord
  ) throws(Failure) -> Network {
    let plan = try self.plan(
      file.inputShape, layers, record)
    let bytes = try Memory.map(plan.footprint.total)
    do throws(ArenaError) {
      var arena = try Arena(bytes)
      return try Network(plan, seed: file.seed, in: &arena)
    } catch {
      throw .plan
    }
  }

  @_lifetime(copy layers)
  private static func plan(
    _ input: Shape, _ layers: Span<LayerDescription>, _ record: TrainingRecord
  ) throws(Failure) -> Plan {
    let classes = Int(truncatingIfNeeded: layers[layers.count - 1].units)
    do throws(PlanError) {
      return try Plan(
        input: input, layers: layers, batch: record.batch,
        purpose: .training(digest: record.rule.digestCount(classes: classes)),
        step: record.stepRule)
    } catch {
      throw .plan
    }
  }

  private static func model() throws(Failure) -> UnsafeRawBufferPointer {
    var length: UInt32 = 0
    guard fread(&length, 1, 4, standard_input()) == 4 else { throw .length }
    // What a machine cannot address it cannot have either.
    let count = Int(truncatingIfNeeded: UInt32(littleEndian: length) & 0x7FFF_FFFF)
    let bytes = try Memory.map(count)
    guard fread(bytes.baseAddress!, 1, count, standard_input()) == count else { throw .length }
    return UnsafeRawBufferPointer(bytes)
  }

  // MARK: Samples

  private mutating func readSamples() throws(Failure) {
    while let sample = try next() {
      let values = try batch.read(sample, &stream)
      do throws(NetworkError) {
        if sample.isTest {
          guard batch.count == 0 && network.waiting == 0 else { throw .batchFull(0) }
          try network.add(values.span)
          try network.predict()
          predicted += 1
          if network.predictedClass(of: 0) == sample.label { hits += 1 }
        } else if batch.isRecurrent {
          guard batch.keep(sample) else { throw .batchFull(0) }
          if batch.count == record.samplesOfStep {
            let rates = record.rates(in: network)
            let layers = record.activeLayers(of: network)
            try batch.learn(record, rates, layers, &network)
            try step(rates, layers)
            batch.empty()
          }
        } else {
          try network.add(values.span, label: sample.label)
          if network.waiting == record.samplesOfStep {
            try step(record.rates(in: network), record.activeLayers(of: network))
          }
        }
      } catch {
        switch error {
        case .batchFull: throw .order(stream.count)
        default: throw .sample(stream.count)
        }
      }
    }
  }

  private mutating func next() throws(Failure) -> SampleStream.Sample? {
    do throws(StreamError) { return try stream.next() } catch { throw .stream(error) }
  }

  /// A step of training on the samples that wait.
  private mutating func step(_ rates: Rates, _ layers: Range<Int>?) throws(NetworkError) {
    let outcome = try network.train(
      record.rule, rates: rates, layers: layers, rounding: record.rounding)
    trained += outcome.samples
    right += outcome.correct
    record.advance(&network)
  }

  private borrowing func print() {
    let output = Output.standard
    output.text("arena ", network.footprint.total, " bytes\n")
    output.text("trained ", trained, " right ", right, "\n")
    output.text("predicted ", predicted, " right ", hits, "\n")
    output.checksum(network.weightsChecksum)
  }
}
