import Boards
import Files

/// selvedge boards [NAME]
enum ListBoards: Command {
  static let usage = Usage(
    name: "boards", optionalOperand: "NAME",
    summary: "List the boards, or show one: its figures, their sources, and how to build and run.",
    examples: ["selvedge boards raspberry-pi-4", "selvedge boards"],
    details: """
      RAM is all of the board's; an arena gets what firmware may use. An estimate is marked '~':
      'selvedge boards NAME' says how it was made, and of the others where they are published.
      """,
    options: [.boards, .json])

  static func run(_ arguments: Arguments, _ console: Console) throws {
    let catalogue = try arguments.catalogue()
    if let name = arguments.operands.first {
      let board = try catalogue.board(named: name)
      arguments.has("json")
        ? console.print(
          (["schema": "selvedge.board/1"] as JSON).joined(board.json).description)
        : show(board, console)
      return
    }
    var boards: [Board] = []
    for name in catalogue.names { boards.append(try catalogue.board(named: name)) }
    guard arguments.has("json") else { return list(boards, console) }
    let object: JSON = [
      "schema": "selvedge.boards/1", "boards": .array(boards.map(\.json)),
    ]
    console.print(object.description)
  }

  // MARK: Tables

  private static func list(_ boards: [Board], _ console: Console) {
    console.print(
      left("board", 22) + left("core", 13) + right("MHz", 6) + right("RAM", 11)
        + right("firmware", 11) + right("flash", 11) + right("watts", 8) + "  here under")
    for board in boards {
      console.print(
        left(board.name, 22) + left(board.core, 13)
          + right(decimal(board.clockMHz.value, 0), 6) + right(size(board.ramBytes.value), 11)
          + right(size(board.firmwareRAMBytes.value), 11)
          + right(board.flashBytes.map { size($0.value) } ?? "-", 11)
          + right(board.activeWatts.map { mark($0) + digitsOfPower($0.value) } ?? "-", 8)
          + "  \(board.emulatorName)")
    }
  }

  private static func show(_ board: Board, _ console: Console) {
    console.print("\(board.name): \(board.title)\n")
    func line<Value>(_ name: String, _ text: String, _ figure: Figure<Value>) {
      console.print("  \(left(name, 16))\(right(mark(figure) + text, 14))   \(figure.source)")
    }
    console.print("  \(left("chip", 16))\(board.chip)")
    console.print(
      "  \(left("core", 16))"
        + ([board.core, board.architecture] + board.features).joined(separator: ", "))
    line("clock", "\(decimal(board.clockMHz.value, 0)) MHz", board.clockMHz)
    line("cores", "\(board.cores.value)", board.cores)
    line("RAM", size(board.ramBytes.value), board.ramBytes)
    line("  for firmware", size(board.firmwareRAMBytes.value), board.firmwareRAMBytes)
    if let flash = board.flashBytes { line("flash", size(flash.value), flash) }
    for cache in board.caches {
      line("L\(cache.level), \(cache.kind.rawValue)", size(cache.bytes.value), cache.bytes)
    }
    if let bandwidth = board.bandwidthBytesPerSecond {
      line("memory", "\(decimal(bandwidth.value / 1e9, 2)) GB/s", bandwidth)
    }
    if let watts = board.activeWatts { line("power", digitsOfPower(watts.value) + " W", watts) }
    if let volts = board.supplyVolts { line("supply", "\(decimal(volts.value, 1)) V", volts) }
    console.print("\n~ marks an estimate. Build and run, in the directory of Selvedge's sources:\n")
    for command in board.commands { console.print("  " + command) }
  }

  /// In front of an estimate.
  private static func mark<Value>(_ figure: Figure<Value>) -> String {
    figure.isEstimate ? "~" : ""
  }

  private static func digitsOfPower(_ watts: Double) -> String {
    decimal(watts, watts < 1 ? 2 : 1)
  }

  /// Bytes as people write them: whole KiB, MiB or GiB, where they are no more than rounded to a tenth.
  private static func size(_ bytes: Int) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    guard let (unit, factor) = units.first(where: { bytes >= $0.1 }) else { return "\(bytes) B" }
    let isWhole = bytes.isMultiple(of: factor)
    return decimal(Double(bytes) / Double(factor), isWhole ? 0 : 1) + " " + unit
  }
}

extension Board {
  /// What runs its programs here.
  fileprivate var emulatorName: String {
    switch emulation {
    case .native: "itself"
    case .user(let program, _): program
    case .machine: "qemu-system-arm"
    case .board(let name): "as \(name)"
    }
  }

  /// How to build a program for it, and to run it here; lines of a shell.
  fileprivate var commands: [String] {
    let folder = ".build/\(sdk)"
    let example = "on-device-training"
    let build = [
      "swift build -c release --swift-sdks-path boards --swift-sdk \(sdk) \\",
      "  --scratch-path \(folder) --product \(example)",
    ]
    let program = "\(folder)/*/release/\(example)"
    switch emulation {
    case .native: return build + ["\(program) </dev/null"]
    case .user(let emulator, let cpu):
      return build + [
        "\(emulator)-static \(cpu.map { "-cpu \($0) " } ?? "")\(program) </dev/null"
      ]
    case .machine(let machine):
      return build + [
        "qemu-system-arm -M \(machine) -display none -monitor none -serial none \\",
        "  -semihosting-config enable=on,target=native -kernel \(program) </dev/null",
      ]
    case .board(let other):
      return build + ["# to run it here, build it for \(other), which has the same core"]
    }
  }

  /// All of it, with the names that the file has.
  fileprivate var json: JSON {
    let emulation: JSON =
      switch self.emulation {
      case .native: ["native": true]
      case .user(let program, let cpu?): ["user": .string(program), "cpu": .string(cpu)]
      case .user(let program, nil): ["user": .string(program)]
      case .machine(let machine): ["machine": .string(machine)]
      case .board(let other): ["board": .string(other)]
      }
    return [
      "name": .string(name), "title": .string(title), "chip": .string(chip), "core": .string(core),
      "architecture": .string(architecture), "features": .array(features.map { .string($0) }),
      "clock_mhz": clockMHz.json, "cores": cores.json,
      "ram_bytes": ramBytes.json,
      "firmware_ram_bytes": firmwareRAMBytes.json,
      "flash_bytes": flashBytes.map(\.json) ?? .null,
      "caches": .array(
        caches.map { cache in
          [
            "level": .number(Double(cache.level)), "kind": .string(cache.kind.rawValue),
            "bytes": cache.bytes.json,
          ]
        }),
      "active_watts": activeWatts.map(\.json) ?? .null,
      "supply_volts": supplyVolts.map(\.json) ?? .null,
      "bandwidth_bytes_per_second": bandwidthBytesPerSecond.map(\.json) ?? .null,
      "sdk": .string(sdk), "emulation": emulation,
    ]
  }
}

extension Figure<Int> {
  fileprivate var json: JSON { object(.number(Double(value))) }
}

extension Figure<Double> {
  fileprivate var json: JSON { object(.number(value)) }
}

extension Figure {
  fileprivate func object(_ value: JSON) -> JSON {
    ["value": value, "source": .string(source), "estimate": .bool(isEstimate)]
  }
}

extension Arguments {
  /// The boards that `--boards` means.
  func catalogue() throws(BoardError) -> BoardCatalogue {
    if let directory = self["boards"] { return try BoardCatalogue(directory: directory) }
    return try BoardCatalogue.find()
  }
}
