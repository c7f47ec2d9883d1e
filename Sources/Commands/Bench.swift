import Boards
import CStandardLibrary
import Files
import Profiler
import Selvedge
import Simulator

/// selvedge bench
enum Bench: Command {
  static let usage = Usage(
    name: "bench",
    summary: "Measure the kernels against this machine's own peaks, or in a board's instructions.",
    examples: [
      "selvedge bench --shape 500x784",
      "selvedge bench --kernel int8 --json",
      "selvedge bench --instructions raspberry-pi-zero-2w",
    ],
    options: [
      .init("shape", "ROWSxCOLUMNS", "Shape of the weights (default: 500x784, then 1024x1024)."),
      .init("kernel", "TEXT", "Only kernels with TEXT in their names."),
      .init("rounds", "N", "Rounds, interleaved, of which medians are printed (default 15)."),
      .init(
        "instructions", "BOARD",
        "Count executed instructions per multiply-accumulate under qemu instead.\n"
          + "Run it in the directory of the sources."),
      .init(
        "calibrate", "BOARD",
        "Count steps of many networks under qemu instead, and keep what the\n"
          + "board's core executes for each operation: calibration.json of its SDK."),
      .init(
        "estimates", "BOARD",
        "Count steps of other networks, and compare them with predictions from\n"
          + "that; with --kernel, of those with TEXT in their layers. Exit code 1 if\n"
          + "one is wrong by more than 10 %."),
      .init("cpu", "NAME", "With --instructions: build for this core, such as cortex-a76."),
      .json,
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let filter = arguments["kernel"] ?? ""
    let kernels = (0..<UInt8(Kernel.count)).compactMap { Kernel(rawValue: $0) }
    let chosen = kernels.filter { contains(name($0), filter) }
    for option in ["calibrate", "estimates"] where arguments.has(option) {
      let catalogue = try BoardCatalogue.find()
      let board = try catalogue.board(named: arguments[option]!)
      if option == "calibrate" {
        try Calibrate.run(board, in: catalogue, console)
      } else {
        try Calibrate.compare(
          board, in: catalogue, part: filter, json: arguments.has("json"), console)
      }
      return
    }
    if let name = arguments["instructions"] {
      let board = try BoardCatalogue.find().board(named: name)
      if let other = ["rounds"].first(where: arguments.has) {
        throw Failure.usage("--\(other) has no meaning with --instructions")
      }
      guard chosen.contains(where: \.hasWeights) else {
        throw Failure.usage("--kernel \(filter): no kernel with weights is called so")
      }
      let shapes = try shape(arguments).map { [$0] } ?? [(500, 784), (128, 784)]
      let count = try InstructionCount(board, cpu: arguments["cpu"], console)
      try count.report(chosen.filter(\.hasWeights), shapes, json: arguments.has("json"))
      return
    }
    if arguments.has("cpu") { throw Failure.usage("--cpu goes with --instructions") }
    let rounds = try arguments.integer("rounds", in: 1...1000) ?? 15
    let shapes = try shape(arguments).map { [$0] } ?? [(500, 784), (1024, 1024)]
    // A convolution has a shape of its own.
    let maps =
      arguments.has("shape")
      ? []
      : try ConvolutionBench.measure(
        filter: { contains($0, filter) }, rounds: rounds, console)
    var results: [Measurement] = []
    for (rows, columns) in shapes {
      var probes = try chosen.map { try Probe(kernel: $0, rows: rows, columns: columns) }
      for precision in [Precision.float32, .float16, .int8] {
        for isFused in [true, false] {
          let title = "step \(precision.name), " + (isFused ? "fused" : "two passes")
          guard contains(title, filter) else { continue }
          probes.append(try Probe(title, precision, isFused: isFused, rows: rows, columns: columns))
        }
      }
      guard !probes.isEmpty || !maps.isEmpty else {
        throw Failure.usage("--kernel \(filter): no kernel is called so")
      }
      results += measure(probes, rounds: rounds, console)
    }
    show(results, maps, json: arguments.has("json"), rounds: rounds, console)
  }

  private static func shape(_ arguments: Arguments) throws -> (Int, Int)? {
    guard let text = arguments["shape"] else { return nil }
    let fields = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard fields.count == 2, let rows = fields[0], let columns = fields[1],
      1...65_536 ~= rows, 1...65_536 ~= columns
    else {
      throw Failure.usage("--shape '\(text)' is not ROWSxCOLUMNS, such as 500x784")
    }
    return (rows, columns)
  }

  // MARK: Measuring

  struct Measurement {
    let title: String
    let rows: Int
    let columns: Int
    let seconds: Double
    let multiplyAccumulates: Int
    let bytes: Int
    /// Parts of this machine's own peak and stream, measured in between; nil where there are no weights.
    let partOfPeak: Double?
    let partOfStream: Double?
  }

  /// Medians over rounds in which all take turns, and with each the stream over as many bytes.
  private static func measure(
    _ probes: [Probe], rounds: Int, _ console: Console
  ) -> [Measurement] {
    guard !probes.isEmpty else { return [] }
    var times = [[Double]](repeating: [], count: probes.count)
    var streams = times
    var peaks: [Double] = []
    var witness: Float = 1
    for round in 0...rounds {
      console.progress("round \(round) of \(rounds)")
      let start = processorSeconds()
      let operations = Peak.multiplyAdd(turns: 200_000, into: &witness)
      let peak = Double(operations) / (processorSeconds() - start)
      for (i, probe) in probes.enumerated() {
        let (own, stream) = (probe.time { probe.run() }, probe.time { probe.stream() })
        // The first round warms up.
        if round > 0 {
          times[i].append(own)
          streams[i].append(stream)
        }
      }
      if round > 0 { peaks.append(peak) }
    }
    console.clearProgress()
    let peak = median(peaks)
    return probes.indices.map { i in
      let (probe, seconds) = (probes[i], median(times[i]))
      let hasWeights = probe.bytes > 0
      return Measurement(
        title: probe.title, rows: probe.rows, columns: probe.columns, seconds: seconds,
        multiplyAccumulates: probe.multiplyAccumulates, bytes: probe.bytes,
        partOfPeak: hasWeights ? Double(probe.multiplyAccumulates) / seconds / peak : nil,
        partOfStream: hasWeights ? median(streams[i]) / seconds : nil)
    }
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  // MARK: Showing

  private static func show(
    _ results: [Measurement], _ maps: [ConvolutionBench.Measurement], json: Bool, rounds: Int,
    _ console: Console
  ) {
    if json {
      let rows = results.map { result -> JSON in
        [
          "kernel": .string(result.title), "rows": .number(Double(result.rows)),
          "columns": .number(Double(result.columns)), "seconds": .number(result.seconds),
          "gmac_per_second": .number(Double(result.multiplyAccumulates) / result.seconds / 1e9),
          "gbyte_per_second": .number(Double(result.bytes) / result.seconds / 1e9),
          "part_of_peak": JSON(result.partOfPeak), "part_of_stream": JSON(result.partOfStream),
        ]
      }
      let object: JSON = [
        "schema": "selvedge.bench/1", "rounds": .number(Double(rounds)),
        "many_registers": .bool(Peak.hasManyRegisters), "relaxed": .bool(Peak.isRelaxed),
        "kernels": .array(rows), "convolutions": ConvolutionBench.json(maps),
      ]
      console.print(object.description)
      return
    }
    defer { ConvolutionBench.show(maps, console) }
    guard !results.isEmpty else { return }
    console.print(
      left("kernel", 26) + left("weights", 11) + right("us", 9) + right("GMAC/s", 9)
        + right("GB/s", 8) + right("of peak", 9) + right("of stream", 11))
    for result in results {
      let work = Double(result.multiplyAccumulates) / result.seconds / 1e9
      let bytes = Double(result.bytes) / result.seconds / 1e9
      let hasWeights = result.bytes > 0
      console.print(
        left(result.title, 26) + left("\(result.rows)x\(result.columns)", 11)
          + right(decimal(result.seconds * 1e6, 2), 9)
          + right(hasWeights ? decimal(work, 2) : "-", 9)
          + right(hasWeights ? decimal(bytes, 1) : "-", 8)
          + right(result.partOfPeak.map { decimal($0 * 100, 0) + " %" } ?? "-", 9)
          + right(result.partOfStream.map { decimal($0 * 100, 0) + " %" } ?? "-", 11))
    }
    console.print(
      "\nPeak: multiplications and additions in float32 lanes, "
        + (Peak.isRelaxed ? "fused (relaxed)" : "each rounding by itself") + ". Stream: reading"
        + "\n(for an update: and writing) as many bytes. Medians of \(rounds) interleaved rounds,"
        + " processor time, one core, batch 1,\nbuilt "
        + (Peak.hasManyRegisters
          ? "with this machine's wide registers."
          : "without this machine's wide registers: see boards/host-native.json."))
  }
}

/// Seconds that the processor has worked for this thread: what others do meanwhile does not count.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The name of a kernel.
func name(_ kernel: Kernel) -> String { "\(kernel.name)" }

/// Whether a text contains another.
func contains(_ text: String, _ part: String) -> Bool {
  part.isEmpty || text.indices.contains { text[$0...].hasPrefix(part) }
}

/// One thing that is timed, and the memory that it works on.
final class Probe {
  let title: String
  let rows: Int
  let columns: Int
  let multiplyAccumulates: Int
  /// Bytes of weights that it reads, and writes if it is an update.
  let bytes: Int
  private let writes: Bool
  private let arena: UnsafeMutableRawBufferPointer
  private let buffer: UnsafeMutableBufferPointer<Float>
  private let trial: KernelTrial?
  private let device: Device?
  private let isFused: Bool
  private let sample: [Float]
  private var witness: Float = 0
  private var label = 0

  /// A kernel with a batch of so many samples.
  init(kernel: Kernel, rows: Int, columns: Int, samples: Int = 1) throws {
    let size = KernelTrial.bytes(kernel, rows: rows, columns: columns, samples: samples)
    arena = try Self.allocate(size)
    var arena = try Arena(self.arena)
    let trial = try KernelTrial(kernel, rows: rows, columns: columns, samples: samples, in: &arena)
    trial.fill()
    self.trial = trial
    device = nil
    isFused = false
    sample = []
    title = name(kernel)
    (self.rows, self.columns) = (rows, columns)
    multiplyAccumulates = trial.multiplyAccumulates
    writes = kernel.isUpdate
    bytes = trial.weightBytes * (writes ? 2 : 1)
    buffer = try Self.allocate(max(trial.weightBytes, 1)).bindMemory(to: Float.self)
  }

  /// A training step of a layer with a batch of one: forward, local error and update.
  init(_ title: String, _ precision: Precision, isFused: Bool, rows: Int, columns: Int) throws {
    let layers = [LayerDescription.dense(rows), .output(2)].map { $0.stored(as: precision) }
    device = try Device(
      input: Shape(columns), layers: layers, batch: 1, purpose: .training(digest: 2), seed: 1)
    sample = (0..<columns).map { Float($0 % 16) / 8 - 1 }
    self.isFused = isFused
    self.title = title
    (self.rows, self.columns) = (rows, columns)
    multiplyAccumulates = 2 * rows * columns
    writes = true
    // A fused pass reads and writes the weights once; two passes read them once more.
    bytes = rows * columns * precision.bytes * 2
    trial = nil
    arena = try Self.allocate(1)
    buffer = try Self.allocate(rows * columns * precision.bytes).bindMemory(to: Float.self)
  }

  deinit {
    free(arena.baseAddress)
    free(buffer.baseAddress)
  }

  private static func allocate(_ bytes: Int) throws -> UnsafeMutableRawBufferPointer {
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, bytes) == 0, let start else {
      throw DeviceError.memory(bytes: bytes)
    }
    memset(start, 0, bytes)
    return UnsafeMutableRawBufferPointer(start: start, count: bytes)
  }

  func run() {
    if let trial { return trial.run() }
    guard let device else { return }
    let sample = sample
    label = 1 - label
    do throws(NetworkError) { try device.network.add(sample.span, label: label) } catch { return }
    // One sample with either label in turn: there is always an error to learn from.
    let rates = Rates(hidden: 0.003, output: 0.005)
    if isFused {
      _ = try? device.network.train(Squared(), rates: rates)
    } else {
      _ = try? device.network.train(Readout(), rates: rates)
    }
  }

  /// Moves as many bytes as the weights have, in the way that the kernel does.
  func stream() {
    if writes { Peak.readAndWrite(buffer) } else { Peak.read(buffer, into: &witness) }
  }

  /// Seconds of one call, from as many as take about two milliseconds.
  func time(_ body: () -> Void) -> Double {
    var (calls, repeats, taken) = (0, 1, 0.0)
    let start = processorSeconds()
    repeat {
      for _ in 0..<repeats { body() }
      calls += repeats
      taken = processorSeconds() - start
      repeats *= 2
    } while taken < 0.002
    return taken / Double(calls)
  }
}
