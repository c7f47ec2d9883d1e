import Files

extension Board {
  /// The board that a file describes.
  ///
  /// - Parameters:
  ///   - path: The file, a JSON object with exactly the fields below.
  ///   - name: What to call the board.
  /// - Throws: `BoardError` with the file, the field, and what was expected there.
  public init(contentsOf path: String, name: String) throws(BoardError) {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try File.read(path, atMost: 1 << 20) } catch {
      throw .file(error)
    }
    try self.init(parsing: bytes, path: path, name: name)
  }

  /// The board that the bytes of a file describe; `path` is for errors.
  public init(parsing text: [UInt8], path: String, name: String) throws(BoardError) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: text) } catch { throw .text(path: path, error) }
    let fields = try Fields(
      json, path: path, prefix: "",
      known: [
        "title", "chip", "core", "architecture", "features", "clock_mhz", "cores", "ram_bytes",
        "firmware_ram_bytes", "flash_bytes", "caches", "active_watts", "supply_volts",
        "bandwidth_bytes_per_second", "sdk", "emulation",
      ])
    self.name = name
    title = try fields.string("title")
    chip = try fields.string("chip")
    core = try fields.string("core")
    architecture = try fields.string("architecture")
    features = try fields.strings("features")
    clockMHz = try fields.number("clock_mhz", 1...10_000)
    cores = try fields.integer("cores", 1...1024)
    ramBytes = try fields.integer("ram_bytes", 1024...1 << 44)
    firmwareRAMBytes = try fields.integer("firmware_ram_bytes", 1024...1 << 44)
    flashBytes = try fields.has("flash_bytes") ? fields.integer("flash_bytes", 1024...1 << 44) : nil
    caches = try Self.caches(fields)
    activeWatts =
      try fields.has("active_watts") ? fields.number("active_watts", 0.0001...10_000) : nil
    supplyVolts = try fields.has("supply_volts") ? fields.number("supply_volts", 0.5...500) : nil
    let bandwidth = "bandwidth_bytes_per_second"
    bandwidthBytesPerSecond =
      try fields.has(bandwidth) ? fields.number(bandwidth, 1e5...1e13) : nil
    sdk = try fields.string("sdk")
    emulation = try Self.emulation(fields)
    guard firmwareRAMBytes.value <= ramBytes.value else {
      throw fields.error(
        "firmware_ram_bytes.value", "at most the \(ramBytes.value) bytes of ram_bytes",
        "\(firmwareRAMBytes.value)")
    }
  }

  private static func caches(_ fields: borrowing Fields) throws(BoardError) -> [Cache] {
    var caches: [Cache] = []
    for (index, element) in try fields.array("caches").enumerated() {
      let cache = try Fields(
        element, path: fields.path, prefix: "caches[\(index)].", known: ["level", "kind", "bytes"])
      let level = try cache.whole("level", 1...4)
      let kinds = Cache.Kind.allCases
      let name = try cache.string("kind")
      guard let kind = Cache.Kind(rawValue: name) else {
        throw cache.error("kind", kinds.map(\.rawValue).joined(separator: " or "), "\"\(name)\"")
      }
      guard level >= caches.last?.level ?? 1 else {
        throw cache.error("level", "the levels from the core outwards", "\(level)")
      }
      caches.append(
        Cache(level: level, kind: kind, bytes: try cache.integer("bytes", 256...1 << 32)))
    }
    return caches
  }

  private static func emulation(_ fields: borrowing Fields) throws(BoardError) -> Emulation {
    let emulation = try fields.object(
      "emulation", known: ["native", "user", "cpu", "machine", "board"])
    let ways = ["native", "user", "machine", "board"].filter { emulation.has($0) }
    guard ways.count == 1, !emulation.has("cpu") || ways == ["user"] else {
      throw fields.error(
        "emulation", "one of native, user (with or without cpu), machine and board",
        ways.isEmpty ? "none of them" : ways.joined(separator: " and "))
    }
    switch ways[0] {
    case "native":
      guard try emulation.value("native") == .bool(true) else {
        throw emulation.error("native", "true", try emulation.value("native").description)
      }
      return .native
    case "user":
      let programs = ["qemu-aarch64", "qemu-arm"]
      let program = try emulation.word("user")
      guard programs.contains(program) else {
        throw emulation.error("user", programs.joined(separator: " or "), "\"\(program)\"")
      }
      return .user(program: program, cpu: try emulation.has("cpu") ? emulation.word("cpu") : nil)
    case "machine": return .machine(try emulation.word("machine"))
    default: return .board(try emulation.word("board"))
    }
  }
}
