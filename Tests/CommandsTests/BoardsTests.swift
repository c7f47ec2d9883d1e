import Files
import TestSupport
import Testing

@Suite struct BoardsTests {
  let directory = TemporaryDirectory()

  @Test func tableAndJSONTellTheSame() throws {
    let outcome = try directory.selvedge("boards")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(outcome.lines.allSatisfy { $0.count <= 100 })
    let boards = try #require(try directory.json("boards")["boards"]?.array)
    #expect(boards.count >= 14 && outcome.lines.count == boards.count + 1)
    for (line, board) in zip(outcome.lines.dropFirst(), boards) {
      let fields = line.split(separator: " ")
      #expect(String(fields[0]) == board["name"]?.string)
      #expect(String(fields[1]) == board["core"]?.string)
      #expect(Double(fields[2]) == board["clock_mhz"]?["value"]?.number)
    }
  }

  @Test func oneBoardIsShownWithItsSources() throws {
    let board = try directory.json("boards", "stm32f446")
    #expect(board["firmware_ram_bytes"]?["value"] == 114_688)
    #expect(board["firmware_ram_bytes"]?["estimate"] == true)
    #expect(board["emulation"] == ["board": "mps2-an386"])
    let shown = try directory.selvedge("boards", "stm32f446")
    #expect(shown.code == 0)
    for figure in board.members ?? [] {
      guard let source = figure.value["source"]?.string else { continue }
      #expect(shown.output.contains(source), "\(figure.key)")
    }
    #expect(shown.output.contains("~112 KiB") && shown.output.contains("--swift-sdk stm32f446"))
    let pi = try directory.selvedge("boards", "raspberry-pi-4").output
    #expect(pi.contains("qemu-aarch64-static -cpu cortex-a72 .build/raspberry-pi-4/"))
  }

  @Test func faultsAreUsageErrors() throws {
    try directory.expectFailure(
      2, ["boards", "stm32f447"], says: ["no board 'stm32f447'; did you mean stm32f446?"])
    try directory.expectFailure(
      2, ["boards", "--boards", directory.path], says: [directory.path, "holds no boards"])
    try directory.expectFailure(
      2, ["boards", "--boards", directory("none")], says: [directory("none"), "No such file"])
    try directory.expectFailure(2, ["boards", "a", "b"], says: ["unexpected argument 'b'"])
    try directory.expectFailure(2, ["boads"], says: ["did you mean boards?"])
  }
}
