import Selvedge
import Simulator
import Testing

/// Checkpoints of networks whose frozen layers stay in a model.
@Suite struct FlashCheckpointTests {
  /// A network over a model, in memory of exactly its plan; both live as long as this does.
  private final class Board {
    let model: UnsafeMutableRawBufferPointer
    private let memory: UnsafeMutableRawBufferPointer
    var network: Network

    init(_ bytes: [UInt8], frozen: Set<Int>, _ constants: Plan.Constants) throws {
      model = .allocate(byteCount: bytes.count, alignment: 16)
      model.copyBytes(from: bytes)
      let file = try ModelFile(UnsafeRawBufferPointer(model).bytes)
      var layers = (0..<file.layerCount).map { file.layer($0) }
      for k in layers.indices { layers[k].isFrozen = frozen.contains(k) }
      let plan = try Plan(
        input: file.inputShape, layers: layers.span, batch: 1, purpose: .training(digest: 2),
        constants: constants)
      memory = .allocate(byteCount: plan.footprint.total, alignment: 16)
      var arena = try Arena(memory)
      network = try Network(plan, of: file, in: &arena)
    }

    deinit {
      model.deallocate()
      memory.deallocate()
    }

    var saved: [UInt8] { SavedModel.bytes(of: network) }

    func train() throws {
      let sample: [Float] = [0.5, -1, 2]
      for label in 0..<2 {
        try network.add(sample.span, label: label)
        _ = try network.train(Rule.readout, rates: Rates(hidden: 0.1, output: 0.1))
      }
    }
  }

  private static func model(_ number: Int, _ precision: Precision) throws -> [UInt8] {
    let layers = [LayerDescription.dense(3), .dense(5), .output(2)].map {
      $0.stored(as: precision)
    }
    let bench = try CheckpointBench(layers: layers)
    try bench.change(number)
    return SavedModel.bytes(of: bench.saved.network)
  }

  @Test(arguments: [Precision.float32, .float16, .int8])
  func aCheckpointIsAWholeModelAndRestoresWhatLearns(precision: Precision) throws {
    let model = try Self.model(1, precision)
    let bench = try CheckpointBench()
    let board = try Board(model, frozen: [0, 1], .inFlash)
    try board.train()
    var store = try bench.store(
      SimulatedFlash(BlockGeometry(readBytes: 1, programBytes: 4, eraseBytes: 2048, blocks: 4)))
    try store.save(board.network)
    let saved = board.saved
    #expect(saved != model && Array(board.model) == model)

    for constants in [Plan.Constants.inFlash, .inArena] {
      let other = try Board(model, frozen: [0, 1], constants)
      #expect(other.saved != saved)
      try store.restore(&other.network)
      #expect(other.saved == saved)
      try other.train()
      try store.restore(&other.network)
      #expect(other.saved == saved && Array(other.model) == model)
    }
  }

  @Test func otherParametersInFlashAreAnotherNetwork() throws {
    let bench = try CheckpointBench()
    let model = try Self.model(1, .float32)
    let board = try Board(model, frozen: [0], .inFlash)
    try board.train()
    var store = try bench.store(
      SimulatedFlash(BlockGeometry(readBytes: 1, programBytes: 4, eraseBytes: 2048, blocks: 4)))
    try store.save(board.network)
    let others = [
      try Board(Self.model(2, .float32), frozen: [0], .inFlash),
      try Board(model, frozen: [1], .inFlash), try Board(model, frozen: [0, 1], .inFlash),
      try Board(model, frozen: [], .inFlash),
    ]
    for other in others {
      let before = other.saved
      let error = problem { () throws(CheckpointError) in try store.restore(&other.network) }
      guard case .otherNetwork(slot: 0, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(other.saved == before)
    }
    // What is not in flash may be whatever it was.
    let other = try Board(Self.model(2, .float32), frozen: [1], .inArena)
    try store.restore(&other.network)
    #expect(other.saved == board.saved)
  }
}
