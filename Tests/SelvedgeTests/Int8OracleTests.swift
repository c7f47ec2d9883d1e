import Files
import Testing

@testable import Selvedge

/// Steps of an int8 layer against Tests/Vectors/int8.json, which Tests/Oracles/int8_steps.py makes.
@Suite struct Int8OracleTests {
  static let vectors: JSON = {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try! JSON(parsing: File.read("/\(path)/Vectors/int8.json"))
  }()

  @Test(arguments: [0, 1, 2])
  func weightsAndBiasesAreTheOraclesToTheBit(number: Int) throws {
    let entry = Self.vectors["cases"]!.array![number]
    let (inputs, units) = (entry["inputs"]!.integer!, entry["units"]!.integer!)
    let samples = entry["samples"]!.integer!
    let layers = [LayerDescription.dense(units, .relu), .output(3)].map { $0.stored(as: .int8) }
    let plan = try Plan(
      inputs: inputs, layers: layers.span, batch: samples, purpose: .training(digest: 0))
    let memory = TestMemory(plan.footprint.total)
    defer { #expect(memory.guardsAreIntact) }
    var arena = memory.arena()
    var network = try Network(plan, seed: UInt64(Self.vectors["seed"]!.integer!), in: &arena)
    let before = network.parameters(ofLayer: 0).weights
    let rounding: Rounding = entry["rounding"]!.string! == "nearest" ? .nearest : .automatic
    let values = entry["values"]!.array!.map(\.floats)
    for step in 0..<values.count / samples {
      for s in 0..<samples {
        let own = values[step * samples + s]
        try network.add(own.span, label: (step + s) % 3)
      }
      // The last layer rests: its softmax would bring in rounding that the oracle does not share.
      _ = try network.train(
        Squared(), rates: Rates(hidden: entry["rate"]!.float, output: 0), layers: 0..<1,
        rounding: rounding)
    }
    let exponent = entry["exponent"]!.integer!
    #expect(try network.scale(ofLayer: 0)?.weightExponent == Int32(exponent))
    let found = network.parameters(ofLayer: 0)
    let unit = Float(sign: .plus, exponent: -exponent, significand: 1)
    #expect(found.weights == entry["weights"]!.flattened.map { $0 * unit })
    #expect(found.biases.bits == entry["biases"]!.floats.bits)
    #expect(found.weights != before)
  }
}
