import Testing

@testable import Selvedge

/// Files of networks that end in a readout or a regression.
@Suite struct HeadModelFileTests {
  /// Where the network begins in a file of three sections, and its two layers.
  private static let (network, rows) = (128, 128 + 48)

  private static func file(_ layers: [LayerDescription]) throws -> [UInt8] {
    let plan = try Plan(inputs: 3, layers: layers.span, batch: 1, purpose: .inference)
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: 5, in: &arena)
    // Of a network that learns classes it is not written.
    network.targetStandardisation = Standardisation(mean: -7.5, deviation: 0.125)!
    return ModelBytes.bytes(of: network, record: ModelBytes.record)
  }

  private static func error(
    _ bytes: [UInt8], _ change: (inout [UInt8]) -> Void
  ) -> ModelFileError? {
    var bytes = bytes
    change(&bytes)
    ModelBytes.forge(&bytes)
    return ModelBytes.error(bytes)
  }

  @Test func headsComeBack() throws {
    for head in [LayerDescription.readout(2), .regression(2), .output(2)] {
      let bytes = try Self.file([.dense(3), head])
      let model = try ModelFile(bytes.span.bytes)
      #expect(model.layer(1) == head)
      let target = model.targetStandardisation
      #expect((target == .identity) == (head.kind != .regression))
      if head.kind == .regression { #expect(target.mean == -7.5 && target.deviation == 0.125) }
    }
  }

  @Test func kindsThatDoNotFitNameTheirRow() throws {
    let readout = try Self.file([.dense(3, .linear), .readout(2)])
    let (first, last) = (Self.rows, Self.rows + 16)
    for kind in [0, 14, 255] as [UInt8] {
      #expect(Self.error(readout) { $0[last] = kind } == .value(offset: last))
    }
    // A head in the middle, and a readout behind what has no weights.
    for kind in [2, 12, 13] as [UInt8] {
      #expect(Self.error(readout) { $0[first] = kind } == .value(offset: first))
    }
    let behind = Self.error(readout) {
      $0[first] = LayerDescription.Kind.normalise.rawValue
      $0[first + 4] = 0
    }
    #expect(behind == .value(offset: last))
    let alone = try Self.file([.regression(2)])
    #expect(Self.error(alone) { $0[first] = 12 } == .value(offset: Self.network + 40))
    #expect(
      Self.error(alone) {
        $0[first] = 12
        ModelBytes.put(UInt64(0), at: Self.network + 40, in: &$0)
      } == .value(offset: first))
    // Weights that a readout does not have, and none where there must be some.
    let output = try Self.file([.dense(3), .output(2)])
    #expect(Self.error(output) { $0[last] = 12 } == .parameters(expected: 64, found: 112))
    #expect(Self.error(readout) { $0[last] = 2 } == .parameters(expected: 112, found: 64))
    #expect(Self.error(readout) { $0[last + 1] = 1 } == .value(offset: last + 1))
    #expect(Self.error(readout) { $0[last + 3] = 1 } == .value(offset: last + 3))
    #expect(Self.error(readout) { $0[last + 4] = 1 } == .value(offset: last + 4))
    #expect(Self.error(readout) { $0[first + 13] = 4 } == .value(offset: first + 13))
  }

  @Test func targetsThatCannotBeAreRefused() throws {
    let place = Self.network + 40
    let bytes = try Self.file([.dense(3), .regression(2)])
    for (mean, deviation) in [
      (0, 0), (0, -1), (.nan, 1), (.infinity, 1), (1, .nan), (1, .infinity), (1, 0x1p-140),
    ] as [(Float, Float)] {
      let error = Self.error(bytes) {
        ModelBytes.put(mean, at: place, in: &$0)
        ModelBytes.put(deviation, at: place + 4, in: &$0)
      }
      #expect(error == .value(offset: place), "\(mean), \(deviation)")
    }
    let classes = try Self.file([.dense(3), .readout(2)])
    let error = Self.error(classes) { ModelBytes.put(Float(1), at: place + 4, in: &$0) }
    #expect(error == .value(offset: place))
  }
}
