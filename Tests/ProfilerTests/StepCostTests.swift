import Boards
import Profiler
import Selvedge
import Testing

/// Figures computed by hand.
@Suite struct StepCostTests {
  /// A board at 1 MHz that draws half a watt, with 1 KiB of cache in front of memory of 100 KB/s.
  private func board(watts: Bool = true) throws -> Board {
    let figure = { (value: String) in "{\"value\": \(value), \"source\": \"by hand\"}" }
    let text = """
      {"title": "Hand", "chip": "Hand", "core": "Hand", "architecture": "none", "features": [],
       "clock_mhz": \(figure("1")), "cores": \(figure("1")), "ram_bytes": \(figure("65536")),
       "firmware_ram_bytes": \(figure("65536")),
       "caches": [{"level": 1, "kind": "data", "bytes": \(figure("1024"))}],
       \(watts ? "\"active_watts\": \(figure("0.5"))," : "")
       "bandwidth_bytes_per_second": \(figure("100000")),
       "sdk": "hand", "emulation": {"native": true}}
      """
    return try Board(parsing: Array(text.utf8), path: "hand.json", name: "hand")
  }

  private func core(_ instructions: String) throws -> Core {
    let text = """
      {"schema": "selvedge.calibration/1", "core": "Hand", "board": "hand", "toolchain": "6",
       "command": "none", "rows_at_once": 8, "int8_rows_at_once": 4,
       "instructions": {\(instructions)}}
      """
    return Core(
      name: "Hand", calibration: try Calibration(parsing: Array(text.utf8)),
      cyclesPerInstruction: 2, uncertainty: 0.25, source: "by hand")
  }

  /// 20 numbers to 11 units: rows of 2 whole groups and a rest of 4; 8 rows in a tile and 3 by themselves.
  @Test func instructionsAreCountsTimesCoefficients() throws {
    let layers: [LayerDescription] = [.output(11)]
    let plan = try Plan(
      inputs: 20, layers: layers.span, batch: 1, purpose: .training(digest: 11))
    let core = try core(
      #""multiply float32 groups": 10, "multiply float32 single groups": 100, "samples": 7,"#
        + #""multiply float32 rest numbers": 1000, "update float32 groups": 10000"#)
    let cost = StepCost(of: plan, rule: .readout, on: try board(), core: core)
    // 8 rows * 2 groups, 3 * 2, and 4 numbers of 11 rows and of the sample, once for the tile and for each row.
    let forward: Double = 160 + 600 + 7 + 60_000
    #expect(cost.prediction.instructions == forward)
    // An update takes four rows at a time.
    #expect(cost.training.instructions == forward + 16 * 10000)
    #expect(cost.batch == 1)
    // 2 cycles at 1 MHz, half a watt; that is longer than memory takes for the weights.
    #expect(cost.prediction.streamedBytes == 880 && !cost.prediction.isBoundByMemory)
    #expect(abs(cost.prediction.seconds - forward * 2e-6) < 1e-12)
    #expect(abs(try #require(cost.prediction.joules) - forward * 1e-6) < 1e-12)
  }

  @Test func theLongerOfComputingAndMemoryCounts() throws {
    // Weights of 64 * 16 floats are four times the cache; those of 4 * 64 floats fill it just so.
    let layers: [LayerDescription] = [.dense(64), .output(4)]
    let plan = try Plan(inputs: 16, layers: layers.span, batch: 1, purpose: .training(digest: 4))
    let cost = StepCost(
      of: plan, rule: .readout, on: try board(watts: false), core: try core(#""samples": 1"#))
    #expect(cost.prediction.streamedBytes == 4096 + 1024)
    #expect(cost.training.streamedBytes == 3 * 4096 + 2 * 1024)
    #expect(cost.training.isBoundByMemory && cost.training.seconds == 14_336 / 100_000)
    #expect(cost.training.joules == nil)
    #expect(cost.basis.contains { $0.contains("2.0 cycles an instruction at 1.0 MHz") })
    #expect(cost.basis.contains("energy: unknown, as the board's active power is"))
    let frozen = StepCost(
      of: plan, rule: .frozen, on: try board(), core: try core(#""samples": 1"#))
    #expect(frozen.training.streamedBytes == 4096 + 2 * 1024)
  }

  @Test func aFitFindsWhatWasCounted() throws {
    let layers: [LayerDescription] = [.dense(40), .output(4)]
    let core = try core(#""multiply float32 groups": 5, "tanh groups": 60, "samples": 900"#)
    func step(_ inputs: Int, _ tiles: Tiles) -> Operations {
      guard
        let plan = try? Plan(inputs: inputs, layers: layers.span, batch: 1, purpose: .inference)
      else { preconditionFailure("such a network can be planned") }
      var planned: [PlannedLayer] = []
      plan.forEachLayer { planned.append($0) }
      var step = StepOperations(planned, batch: 1, tiles: tiles, rounding: .automatic)
      step.predict()
      return step.all
    }
    let tiles = core.calibration.tiles
    let observations = [8, 16, 64, 200, 504].map { inputs in
      Calibration.Observation(core.calibration.instructions(step(inputs, tiles))) {
        step(inputs, $0)
      }
    }
    let fitted = Calibration(
      fitting: observations, core: "Hand", board: "hand", toolchain: "6")
    #expect(fitted.coefficients.values.allSatisfy { $0 >= 0 })
    for inputs in [24, 120, 1000] {
      let (expected, found) = (
        core.calibration.instructions(step(inputs, tiles)),
        fitted.instructions(step(inputs, fitted.tiles))
      )
      #expect(abs(found / expected - 1) < 0.01, "\(inputs): \(found) instead of \(expected)")
    }
    #expect(try Calibration(parsing: Array(fitted.text.utf8)).tiles == fitted.tiles)
    #expect(fitted.unknown(step(20, tiles)).contains("multiply float32 rests"))
  }

  @Test(arguments: [
    ("{}", "schema"), (#"{"schema": "selvedge.calibration/2"}"#, "schema"),
    (#"{"schema": "selvedge.calibration/1", "core": 1}"#, "core"),
  ])
  func damagedCalibrationsAreRefused(text: String, field: String) {
    #expect(throws: CalibrationError.field(field)) { try Calibration(parsing: Array(text.utf8)) }
  }

  /// What a core's file says of any coefficient must be a number that instructions can be.
  @Test(arguments: ["-1", "\"3\"", "1e999"])
  func coefficientsAreNumbers(value: String) {
    #expect(throws: CalibrationError.self) { try core("\"samples\": \(value)") }
  }
}
