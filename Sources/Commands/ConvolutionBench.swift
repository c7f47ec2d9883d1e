import Files
import Selvedge
import Simulator

/// A convolution of 3 x 3 places from 32 to 32 channels on a map of 14 x 14: forward and update, beside the gemm
/// of the same matrices.
enum ConvolutionBench {
  private static let (side, channels) = (14, 32)
  private static let (rows, columns) = (channels, 9 * channels)
  private static let batches = [1, 32]

  /// What was measured of one layer.
  struct Measurement {
    let title: String
    let batch: Int
    let seconds: Double
    let multiplyAccumulates: Int
    /// Of the rate of a gemm of 196 samples, measured in between.
    let partOfGemm: Double
  }

  /// Medians over rounds in which all take turns; nothing if no title contains `filter`.
  static func measure(
    filter: (String) -> Bool, rounds: Int, _ console: Console
  ) throws -> [Measurement] {
    var results: [Measurement] = []
    for precision in [Precision.float32, .float16, .int8] {
      let parts = ["forward", "update", "step"]
      let titles = parts.map { "convolution \(precision.name) \($0)" }
      guard titles.contains(where: filter) else { continue }
      for batch in batches {
        console.progress("convolution \(precision.name), batch \(batch)")
        let measured = try measure(precision, batch: batch, rounds: rounds)
        for (title, result) in zip(titles, measured) where filter(title) {
          results.append(
            Measurement(
              title: title, batch: batch, seconds: result.seconds,
              multiplyAccumulates: result.work, partOfGemm: result.part))
        }
      }
    }
    console.clearProgress()
    return results
  }

  /// Forward, update and the step of both: seconds, multiply-accumulates and part of the gemm's rate.
  ///
  /// An update is what a step takes beyond forward. It is computed in floats whatever the weights are stored
  /// as, so that its measure is the gemm of float32.
  private static func measure(
    _ precision: Precision, batch: Int, rounds: Int
  ) throws -> [(seconds: Double, work: Int, part: Double)] {
    let layer = try ConvolutionProbe(precision, side: side, channels: channels, batch: batch)
    let places = side * side
    let own = try Probe(
      kernel: product(precision), rows: rows, columns: columns, samples: places)
    let floats = try Probe(
      kernel: .multiplyFloat32, rows: rows, columns: columns, samples: places)
    var times: [(forward: Double, step: Double, own: Double, floats: Double)] = []
    for round in 0...rounds {
      let taken = (
        forward: own.time { layer.forward() }, step: own.time { layer.step() },
        own: own.time { own.run() }, floats: own.time { floats.run() }
      )
      // The first round warms up.
      if round > 0 { times.append(taken) }
    }
    let work = batch * places * rows * columns
    let scale = Double(batch)
    func result(
      _ work: Int, _ taken: (Int) -> Double, _ gemm: (Int) -> Double
    ) -> (seconds: Double, work: Int, part: Double) {
      (
        Bench.median(times.indices.map(taken)), work,
        Bench.median(times.indices.map { gemm($0) / taken($0) })
      )
    }
    return [
      result(work, { times[$0].forward }, { times[$0].own * scale }),
      result(work, { times[$0].step - times[$0].forward }, { times[$0].floats * scale }),
      result(
        2 * work, { times[$0].step }, { (times[$0].own + times[$0].floats) * scale }),
    ]
  }

  private static func product(_ precision: Precision) -> Kernel {
    switch precision {
    case .float32: .multiplyFloat32
    case .float16: .multiplyFloat16
    case .int8: .multiplyInt8
    }
  }

  // MARK: Showing

  static func json(_ results: [Measurement]) -> JSON {
    .array(
      results.map { result in
        [
          "kernel": .string(result.title), "batch": .number(Double(result.batch)),
          "window": "3x3", "channels": .number(Double(channels)),
          "map": .string("\(side)x\(side)x\(channels)"), "seconds": .number(result.seconds),
          "gmac_per_second": .number(Double(result.multiplyAccumulates) / result.seconds / 1e9),
          "part_of_gemm": .number(result.partOfGemm),
        ]
      })
  }

  static func show(_ results: [Measurement], _ console: Console) {
    guard !results.isEmpty else { return }
    console.print(
      "\n" + left("3x3x\(channels)x\(channels) on \(side)x\(side)", 28) + right("batch", 7)
        + right("us", 11) + right("GMAC/s", 9) + right("of gemm", 9))
    for result in results {
      console.print(
        left(result.title, 28) + right(String(result.batch), 7)
          + right(decimal(result.seconds * 1e6, 1), 11)
          + right(decimal(Double(result.multiplyAccumulates) / result.seconds / 1e9, 2), 9)
          + right(decimal(result.partOfGemm * 100, 0) + " %", 9))
    }
    console.print(
      "\nGemm: the same weights times \(side * side) samples; for an update, which adds floats, that of "
        + "float32.\nThe rule of the step is squared.")
  }
}

/// A network that begins with a convolution, of which only that is computed.
final class ConvolutionProbe {
  private let device: Device
  private let samples: [[Float]]

  init(_ precision: Precision, side: Int, channels: Int, batch: Int) throws {
    let layers: [LayerDescription] = [.convolution(channels, Window(3, 3)), .output(2)]
    device = try Device(
      input: Shape(rows: side, columns: side, channels: channels),
      layers: layers.map { $0.stored(as: precision) }, batch: batch,
      purpose: .training(digest: 0), seed: 1)
    let count = side * side * channels
    samples = (0..<batch).map { s in (0..<count).map { Float(($0 * 7 + s) % 31) / 16 - 1 } }
  }

  func forward() { run(Frozen()) }
  func step() { run(Squared()) }

  private func run<Loss: LocalLoss>(_ loss: Loss) {
    do {
      for (s, sample) in samples.enumerated() { try device.network.add(sample.span, label: s % 2) }
      _ = try device.network.train(loss, rates: Rates(hidden: 1e-5, output: 0), layers: 0..<1)
    } catch {
      fatalError("the benchmark's own network does not run: \(error)")
    }
  }
}
