import Selvedge
import Simulator
import Testing

@Suite struct SavedModelTests {
  static let record = TrainingRecord(
    rule: .masked, schedule: .sequential, shuffles: false, batch: 3, epochs: 5,
    rates: Rates(hidden: 0.25, output: 0.5), validation: 0.125, samples: 40, dataChecksum: 7,
    step: 11)

  static func device(seed: UInt64) throws -> Device {
    var layers: [LayerDescription] = [.dense(3, .relu), .dense(2, .sigmoid), .output(2)]
    layers[1].isFrozen = true
    let device = try Device(
      input: Shape(5), layers: layers, batch: 1, purpose: .inference, seed: seed)
    device.network.standardisation = Standardisation(mean: 3, deviation: 2)!
    return device
  }

  @Test(arguments: [nil, record]) func fileSaysAllOfTheModel(record: TrainingRecord?) throws {
    let device = try Self.device(seed: .max)
    let bytes = SavedModel.bytes(of: device.network, record: record)
    let model = try SavedModel(bytes)
    #expect(model.inputs == 5 && model.classes == 2 && model.seed == .max)
    #expect(model.layers.map(\.units) == [3, 2, 2])
    #expect(model.layers.map(\.activation) == [.relu, .sigmoid, .linear])
    #expect(model.layers.map(\.isFrozen) == [false, true, false])
    #expect(model.standardisation == Standardisation(mean: 3, deviation: 2))
    #expect(model.record == record)
    let again = try Device(model, batch: 1, purpose: { _ in .inference })
    #expect(again.network.weightsChecksum == device.network.weightsChecksum)
    #expect(SavedModel.bytes(of: again.network, record: record) == bytes)
  }

  @Test(arguments: [nil, record]) func everyFlippedBitIsFound(record: TrainingRecord?) throws {
    let bytes = SavedModel.bytes(of: try Self.device(seed: 3).network, record: record)
    var found = 0
    for bit in 0..<8 * bytes.count {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: ModelFileError.self, "bit \(bit)") { try SavedModel(damaged) }
      found += 1
    }
    #expect(found == 8 * bytes.count && bytes.count > 250)
  }

  @Test func everyTruncationAndEveryTailIsFound() throws {
    let bytes = SavedModel.bytes(of: try Self.device(seed: 3).network, record: Self.record)
    for count in bytes.indices {
      #expect(throws: ModelFileError.self, "\(count) bytes") {
        try SavedModel(Array(bytes[..<count]))
      }
    }
    for tail in [1, 15, 16, 1000] {
      let grown = bytes + [UInt8](repeating: 0, count: tail)
      #expect(throws: ModelFileError.self, "\(tail) more") { try SavedModel(grown) }
    }
  }
}
