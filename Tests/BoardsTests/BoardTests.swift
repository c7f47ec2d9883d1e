import Files
import TestSupport
import Testing

@testable import Boards

@Suite struct BoardTests {
  /// A board's file that is in order.
  static let text = """
    {
      "title": "Board", "chip": "Chip", "core": "Core", "architecture": "ARMv7E-M",
      "features": ["dsp"],
      "clock_mhz": { "value": 180, "source": "data sheet" },
      "cores": { "value": 1, "source": "data sheet" },
      "ram_bytes": { "value": 131072, "source": "data sheet" },
      "firmware_ram_bytes": { "value": 114688, "source": "less a stack", "estimate": true },
      "flash_bytes": { "value": 524288, "source": "data sheet" },
      "caches": [
        { "level": 1, "kind": "data", "bytes": { "value": 4096, "source": "data sheet" } },
        { "level": 2, "kind": "unified", "bytes": { "value": 65536, "source": "data sheet" } }
      ],
      "active_watts": { "value": 0.13, "source": "guess", "estimate": true },
      "supply_volts": { "value": 3.3, "source": "data sheet" },
      "bandwidth_bytes_per_second": { "value": 720000000, "source": "data sheet" },
      "sdk": "board", "emulation": { "user": "qemu-arm", "cpu": "cortex-m4" }
    }
    """

  static func board(_ text: String) throws(BoardError) -> Board {
    try Board(parsing: Array(text.utf8), path: "x/board.json", name: "x")
  }

  @Test func everyFieldArrives() throws {
    let board = try Self.board(Self.text)
    #expect(board.name == "x" && board.title == "Board" && board.chip == "Chip")
    #expect(board.core == "Core" && board.architecture == "ARMv7E-M" && board.features == ["dsp"])
    #expect(board.clockMHz == Figure(value: 180, source: "data sheet", isEstimate: false))
    #expect(board.cores.value == 1 && board.ramBytes.value == 131_072)
    #expect(
      board.firmwareRAMBytes == Figure(value: 114_688, source: "less a stack", isEstimate: true))
    #expect(board.flashBytes?.value == 524_288)
    #expect(board.caches.map(\.level) == [1, 2] && board.caches.map(\.kind) == [.data, .unified])
    #expect(board.caches.map(\.bytes.value) == [4096, 65_536])
    #expect(board.activeWatts?.value == 0.13 && board.supplyVolts?.value == 3.3)
    #expect(board.bandwidthBytesPerSecond?.value == 7.2e8)
    #expect(board.sdk == "board" && board.emulation == .user(program: "qemu-arm", cpu: "cortex-m4"))
  }

  @Test(arguments: [
    (#""native": true"#, Emulation.native), (#""machine": "mps2-an386""#, .machine("mps2-an386")),
    (#""board": "y""#, .board("y")),
    (#""user": "qemu-aarch64""#, .user(program: "qemu-aarch64", cpu: nil)),
  ])
  func everyWayToRunIsRead(words: String, emulation: Emulation) throws {
    let text = Self.text.replacing(#""user": "qemu-arm", "cpu": "cortex-m4""#, with: words)
    #expect(try Self.board(text).emulation == emulation)
  }

  /// Without these a board is a board all the same.
  @Test func figuresThatNobodyPublishesMayBeMissing() throws {
    var text = Self.text
    for field in ["flash_bytes", "active_watts", "supply_volts", "bandwidth_bytes_per_second"] {
      let lines = text.split(separator: "\n").filter { !$0.contains("\"\(field)\"") }
      #expect(lines.count == text.split(separator: "\n").count - 1)
      text = lines.joined(separator: "\n")
    }
    let board = try Self.board(text)
    #expect(board.flashBytes == nil && board.activeWatts == nil && board.supplyVolts == nil)
    #expect(board.bandwidthBytesPerSecond == nil)
  }

  @Test(arguments: [
    ("\"core\": \"Core\"", "\"core\": 7", "core", "a text"),
    ("\"core\": \"Core\"", "\"core\": \"\"", "core", "a text"),
    ("\"core\": \"Core\", ", "", "core", "the field"),
    ("\"clock_mhz\"", "\"clock_mz\"", "clock_mz", "such as clock_mhz"),
    ("\"chip\"", "\"qwertyuiop\"", "qwertyuiop", "a known field"),
    ("\"value\": 180", "\"value\": -180", "clock_mhz.value", "from 1.0 to 10000.0"),
    ("\"value\": 180", "\"value\": 18000000", "clock_mhz.value", "from 1.0"),
    ("\"value\": 180, ", "", "clock_mhz.value", "the field"),
    ("\"value\": 180,", "\"value\": \"180\",", "clock_mhz.value", "a number"),
    ("{ \"value\": 180, \"source\": \"data sheet\" }", "180", "clock_mhz", "an object"),
    ("180, \"source\": \"data sheet\"", "180", "clock_mhz.source", "the field"),
    ("180, \"source\": \"data sheet\"", "180, \"source\": \"\"", "clock_mhz.source", "a text"),
    ("180,", "180, \"extimate\": true,", "clock_mhz.extimate", "such as estimate"),
    ("\"estimate\": true", "\"estimate\": 1", "firmware_ram_bytes.estimate", "true or false"),
    ("\"value\": 1,", "\"value\": 0,", "cores.value", "from 1 to 1024"),
    ("\"value\": 1,", "\"value\": 1.5,", "cores.value", "a whole number"),
    ("131072", "13", "ram_bytes.value", "from 1024"),
    ("131072", "1e300", "ram_bytes.value", "a whole number"),
    ("114688", "131073", "firmware_ram_bytes.value", "at most the 131072 bytes"),
    ("524288", "-1", "flash_bytes.value", "a whole number"),
    ("\"level\": 1", "\"level\": 3", "caches[1].level", "from the core outwards"),
    ("\"level\": 2", "\"level\": 9", "caches[1].level", "from 1 to 4"),
    ("\"unified\"", "\"shared\"", "caches[1].kind", "data or unified"),
    ("65536", "6", "caches[1].bytes.value", "from 256"),
    ("[\"dsp\"]", "\"dsp\"", "features", "an array"),
    ("[\"dsp\"]", "[8]", "features", "an array of texts"),
    ("0.13", "1e99", "active_watts.value", "a number from"),
    ("3.3", "0", "supply_volts.value", "a number from 0.5"),
    ("720000000", "1", "bandwidth_bytes_per_second.value", "a number from"),
    ("\"qemu-arm\"", "\"rm\"", "emulation.user", "qemu-aarch64 or qemu-arm"),
    ("\"cortex-m4\"", "\"x; rm\"", "emulation.cpu", "a name of letters"),
    ("\"cortex-m4\"", "\"-x\"", "emulation.cpu", "a name of letters"),
    ("\"user\": \"qemu-arm\", ", "", "emulation", "one of native"),
    ("\"user\": \"qemu-arm\"", "\"machine\": \"a\"", "emulation", "one of native"),
    ("{ \"user\": \"qemu-arm\", \"cpu\"", "{ \"native\": true, \"board\"", "emulation", "one of"),
    ("\"user\": \"qemu-arm\", \"cpu\": \"cortex-m4\"", "\"native\": 1", "emulation.native", "true"),
  ])
  func faultyFieldIsNamed(what: String, with: String, field: String, expected: String) throws {
    let text = Self.text.replacing(what, with: with, maxReplacements: 1)
    try #require(text != Self.text)
    let sentence = complaint { _ = try Self.board(text) }
    #expect(sentence.hasPrefix("x/board.json: \(field): expected "), "\(sentence)")
    #expect(sentence.contains(expected), "\(sentence)")
  }

  @Test func textThatIsNoObjectIsNamed() {
    #expect(complaint { _ = try Self.board("[]") }.contains("the file: expected an object"))
    #expect(complaint { _ = try Self.board("") }.hasPrefix("x/board.json: at byte 0: expected"))
    let cut = String(Self.text.dropLast(9))
    #expect(complaint { _ = try Self.board(cut) }.hasPrefix("x/board.json: at byte"))
  }

  /// No prefix of the file, and no file with a byte changed, does worse than to be refused.
  @Test func damagedFilesAreRefusedOrRead() {
    let bytes = Array(Self.text.utf8)
    var refused = 0
    for index in bytes.indices {
      for byte in [UInt8(ascii: "0"), 0x22, 0x7D, 0xFF] where byte != bytes[index] {
        var changed = bytes
        changed[index] = byte
        if (try? Board(parsing: changed, path: "x", name: "x")) == nil { refused += 1 }
      }
      #expect((try? Board(parsing: Array(bytes[..<index]), path: "x", name: "x")) == nil)
    }
    #expect(refused > bytes.count)
  }
}
