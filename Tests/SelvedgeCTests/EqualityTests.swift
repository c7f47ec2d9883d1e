import CSelvedge
import Selvedge
import Testing

/// What C does with a network, Swift does with the same bytes.
struct EqualityTests {
  @Test(arguments: [Precision.float32, .float16, .int8])
  func samplesTeachCAndSwiftAlike(precision: Precision) throws {
    let batch = 3
    let layers = [
      LayerDescription.dense(24).stored(as: precision), .output(4).stored(as: precision),
    ]
    let memory = Memory()
    let plan = try Plan(
      inputs: 8, layers: layers.span, batch: batch,
      purpose: .training(digest: Readout().digestCount(classes: 4)))
    var arena = try Arena(memory.swift)
    var network = try Network(plan, seed: 5, in: &arena)
    network.standardisation = Standardisation(mean: 0.5, deviation: 2)!

    var own = [selvedge_layer_dense(24, UInt8(SELVEDGE_TANH)), selvedge_layer_output(4)]
    for k in own.indices { own[k] = selvedge_layer_stored(own[k], precision.rawValue) }
    let other = try memory.create(own, channels: 8) { config in
      config.seed = 5
      config.batch = UInt32(batch)
      config.mean = 0.5
      config.deviation = 2
      config.rates = selvedge_rates_init(0.02, 0.05)
    }

    var numbers = Numbers()
    for step in 0..<60 {
      let values = (0..<batch * 8).map { _ in numbers.next() }
      let labels = (0..<batch).map { _ in UInt32(numbers.next() * 4) }
      for s in 0..<batch {
        try network.add(values.span.extracting(s * 8..<(s + 1) * 8), label: Int(labels[s]))
      }
      _ = try network.train(Readout(), rates: Rates(hidden: 0.02, output: 0.05))
      let trained = selvedge_train_batch(other, values, values.count, labels, batch)
      #expect(trained == Int32(batch))
      if step == 30 {
        network.chooseScales()
        #expect(selvedge_choose_scales(other) == 0)
      }
    }
    let checksum = network.weightsChecksum
    #expect(checksum == crc(other))

    // The same bytes are saved, and the same class is told.
    let values = (0..<8).map { _ in numbers.next() }
    try network.add(values.span)
    try network.predict()
    let predicted = network.predictedClass(of: 0)
    #expect(selvedge_predict(other, values, 8) == Int32(predicted))
    var file = [UInt8](repeating: 0, count: ModelFile.byteCount(of: network, withRecord: false))
    var bytes = file.mutableSpan
    var raw = bytes.mutableBytes
    ModelFile.write(network, record: nil, into: &raw)
    #expect(saved(other) == file)
  }

  @Test(arguments: [Precision.float32, .int8])
  func sequencesTeachCAndSwiftAlike(precision: Precision) throws {
    let layers = [
      LayerDescription.gru(6, steps: 5).stored(as: precision), .output(4).stored(as: precision),
    ]
    let memory = Memory()
    let plan = try Plan(
      inputs: 3, layers: layers.span, batch: 1,
      purpose: .training(digest: Readout().digestCount(classes: 4)))
    var arena = try Arena(memory.swift)
    var network = try Network(plan, seed: 1, in: &arena)
    var own = [selvedge_layer_gru(6, 5, 0), selvedge_layer_output(4)]
    for k in own.indices { own[k] = selvedge_layer_stored(own[k], precision.rawValue) }
    let other = try memory.create(own, channels: 3) { config in
      config.rates = selvedge_rates_init(0.02, 0.05)
    }
    var numbers = Numbers()
    let rates = Rates(hidden: 0.02, output: 0.05)
    for _ in 0..<20 {
      let values = (0..<15).map { _ in numbers.next() }
      let label = Int(numbers.next() * 4)
      let labels = [label]
      try network.begin(labels.span)
      for t in 0..<5 {
        try network.learn(values.span.extracting(3 * t..<3 * t + 3), from: Readout(), rates: rates)
      }
      _ = try network.train(Readout(), rates: rates)
      #expect(selvedge_train(other, values, 15, UInt32(label)) == 1)
    }
    let checksum = network.weightsChecksum
    #expect(checksum == crc(other))
  }

  /// The numbers of the header are those of the runtime.
  @Test func theHeaderHasTheVersionOfTheFile() throws {
    let memory = Memory()
    let network = try memory.create([selvedge_layer_output(2)], channels: 2) { _ in }
    let file = saved(network)
    #expect(file[8] == UInt8(SELVEDGE_FILE_VERSION))
    #expect(MemoryLayout<selvedge_layer>.size == 16)
  }

  // MARK: What a network of C has

  private func crc(_ network: OpaquePointer) -> UInt32 {
    var crc: UInt32 = 0
    _ = selvedge_weights_crc(network, &crc)
    return crc
  }

  private func saved(_ network: OpaquePointer) -> [UInt8] {
    var file: [UInt8] = []
    withUnsafeMutablePointer(to: &file) { file in
      let write: selvedge_write = { context, _, bytes, count in
        let file = context!.assumingMemoryBound(to: [UInt8].self)
        file.pointee += UnsafeRawBufferPointer(start: bytes, count: Int(count))
        return 0
      }
      _ = selvedge_save(network, write, file, 100)
    }
    return file
  }
}

/// A buffer for each of two networks.
private final class Memory {
  let swift = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private let c = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

  deinit {
    swift.deallocate()
    c.deallocate()
  }

  func create(
    _ layers: [selvedge_layer], channels: UInt32, _ change: (inout selvedge_config) -> Void
  ) throws -> OpaquePointer {
    var config = selvedge_config_init()
    config.channels = channels
    change(&config)
    return try layers.withUnsafeBufferPointer { layers in
      config.layers = layers.baseAddress
      config.layer_count = UInt32(layers.count)
      var network: OpaquePointer?
      #expect(selvedge_create_abi1(&network, c.baseAddress, c.count, &config) == 0)
      return try #require(network)
    }
  }
}

/// Numbers from 0 to 1, not reached.
private struct Numbers {
  private var state: UInt32 = 1

  mutating func next() -> Float {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) / 16_777_216
  }
}
