import Selvedge
import Simulator
import Testing

/// Networks share nothing: on threads of their own they learn what they learn alone. Run it under the thread
/// sanitizer (`.ci/check sanitizers`), which sees what only happens to go well.
@Suite struct ReentrancyTests {
  static let networks: [(input: Shape, layers: [LayerDescription])] = [
    (Shape(9), [.dense(13, .tanh), .dense(7, .relu).stored(as: .float16), .output(3)]),
    (Shape(9), [.dense(13, .tanh).stored(as: .int8), .output(3).stored(as: .int8)]),
    (
      Shape(rows: 3, columns: 3),
      [.convolution(4, Window(3, 3), .tanh).lookingAhead(), .dense(6), .output(3)]
    ),
    (Shape(3), [.gru(5, steps: 3, trace: true), .output(3)]),
  ]

  /// What a network learns from samples by its number, and the checkpoint that it is restored from in the end.
  private static func learn(_ number: Int) throws -> UInt32 {
    let (input, layers) = networks[number % networks.count]
    let device = try Device(
      input: input, layers: layers, batch: 2, purpose: .training(digest: 3),
      seed: UInt64(number))
    let generator = CounterGenerator(seed: UInt64(number), stream: 1)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    defer { buffer.deallocate() }
    var store = try CheckpointStore(
      SimulatedFlash(
        BlockGeometry(readBytes: 1, programBytes: 16, eraseBytes: 4096, blocks: 4)),
      buffer: buffer)
    for step in 0..<40 {
      let labels = [step % 3, (step + number) % 3]
      let values = (0..<18).map { i in
        Float(generator[UInt64(18 * step + i)] >> 40) / 8_388_608 - 1
      }
      let rates = Rates(hidden: 0.02, output: 0.05)
      if layers[0].kind.isRecurrent {
        try device.network.begin(labels.span)
        for t in 0..<3 {
          try device.network.learn(
            values.span.extracting(6 * t..<6 * t + 6), from: Rule.readout, rates: rates)
        }
      } else {
        for s in 0..<2 {
          try device.network.add(values.span.extracting(9 * s..<9 * s + 9), label: labels[s])
        }
      }
      _ = try device.network.train(Rule.readout, rates: rates)
      if step % 20 == 19 { try store.save(device.network) }
    }
    let learned = device.network.weightsChecksum
    try store.restore(&device.network)
    let restored = device.network.weightsChecksum
    #expect(restored == learned)
    return learned
  }

  @Test func networksOnThreadsOfTheirOwnLearnWhatTheyLearnAlone() async throws {
    let alone = try (0..<8).map { try Self.learn($0) }
    #expect(Set(alone).count == 8)
    let together = try await withThrowingTaskGroup(of: (Int, UInt32).self) { group in
      for number in 0..<8 { group.addTask { (number, try Self.learn(number)) } }
      return try await group.reduce(into: [Int: UInt32]()) { $0[$1.0] = $1.1 }
    }
    for number in 0..<8 { #expect(together[number] == alone[number], "network \(number)") }
  }
}
