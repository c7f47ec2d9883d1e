import Files
import TestSupport
import Testing

@Suite struct BenchTests {
  let directory = TemporaryDirectory()

  @Test func everyKernelIsMeasured() throws {
    let run = try directory.json(["bench", "--shape", "9x20", "--rounds", "1"])
    let kernels = try #require(run["kernels"]?.array)
    let names = kernels.compactMap { $0["kernel"]?.string }
    #expect(Set(names).count == 31 && names.contains("update int8") && names.contains("tanh"))
    for kernel in kernels {
      let title = kernel["kernel"]?.string ?? ""
      #expect(kernel["rows"]?.integer == 9 && kernel["columns"]?.integer == 20)
      #expect(try #require(kernel["seconds"]?.number) > 0, "\(title)")
      let hasWeights = kernel["part_of_peak"]?.number != nil
      let isElementwise = [
        "tanh", "softmax", "quantise", "pool", "copy patches", "add patches", "oscillators",
        "Legendre memory",
      ].contains(title)
      #expect(hasWeights != isElementwise, "\(title)")
      if hasWeights { #expect(try #require(kernel["part_of_stream"]?.number) > 0, "\(title)") }
    }
    #expect(run["rounds"]?.integer == 1 && run["relaxed"]?.bool == false)
  }

  @Test func convolutionsAreMeasuredBesideTheGemm() throws {
    let run = try directory.json(["bench", "--kernel", "convolution float32", "--rounds", "1"])
    let rows = try #require(run["convolutions"]?.array)
    #expect(
      rows.compactMap { $0["kernel"]?.string }
        == ["forward", "update", "step", "forward", "update", "step"].map {
          "convolution float32 \($0)"
        })
    #expect(rows.compactMap { $0["batch"]?.integer } == [1, 1, 1, 32, 32, 32])
    for row in rows where row["kernel"]?.string != "convolution float32 update" {
      #expect(try #require(row["part_of_gemm"]?.number) > 0)
      #expect(try #require(row["gmac_per_second"]?.number) > 0)
    }
    #expect(run["kernels"]?.array?.isEmpty == true)
  }

  @Test func aKernelIsChosenByItsName() throws {
    let outcome = try directory.selvedge([
      "bench", "--shape", "4x8", "--rounds", "1", "--kernel", "update",
    ])
    #expect(outcome.code == 0 && outcome.output.contains("update float16 stochastic"))
    #expect(!outcome.output.contains("multiply int8") && outcome.output.contains("of stream"))
  }

  @Test(
    arguments: [
      (["--shape", "8"], "ROWSxCOLUMNS"), (["--shape", "0x8"], "ROWSxCOLUMNS"),
      (["--shape", "8x8x8"], "ROWSxCOLUMNS"), (["--kernel", "nothing"], "no kernel"),
      (["--rounds", "0"], "--rounds"), (["--instructions", "toaster"], "raspberry-pi-zero-2w"),
      (["--cpu", "cortex-a76"], "--instructions"),
      (["--instructions", "luckfox-pico", "--rounds", "3"], "no meaning"),
      (["--instructions", "luckfox-pico", "--kernel", "tanh"], "no kernel with weights"),
      (["--instructions", "luckfox-pico", "--cpu", "a;b"], "not the name of a core"),
    ] as [([String], String)])
  func wrongUsageIsExplained(options: [String], message: String) throws {
    let outcome = try directory.selvedge(["bench"] + options)
    #expect(outcome.code == 2 && outcome.errors.contains(message), "\(outcome.errors)")
  }
}
