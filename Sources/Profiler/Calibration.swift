import Files

/// The instructions that a core executes for each operation of a step, fitted to counts under qemu.
public struct Calibration: Equatable, Sendable {
  /// The core whose instructions were counted.
  public let core: String
  /// The board whose Swift SDK the counted program was built with.
  public let board: String
  /// The compiler that built it.
  public let toolchain: String
  public let tiles: Tiles
  /// Instructions for one of each operation.
  public let coefficients: [String: Double]

  /// A step that was counted.
  public struct Observation: Sendable {
    public let operations: [Tiles: Operations]
    public let instructions: Double

    /// - Parameter operations: What the step does on each kind of core.
    public init(_ instructions: Double, _ operations: (Tiles) -> Operations) {
      self.instructions = instructions
      self.operations = Dictionary(
        uniqueKeysWithValues: Tiles.all.map { ($0, operations($0)) })
    }
  }

  /// The calibration that comes nearest to what was counted, of all kinds of cores.
  ///
  /// - Precondition: There are observations, of at least one instruction each.
  public init(
    fitting observations: [Observation], core: String, board: String, toolchain: String
  ) {
    var best: (tiles: Tiles, coefficients: [String: Double], error: Double)?
    for tiles in Tiles.all {
      let steps = observations.map { $0.operations[tiles]! }
      let names = Set(steps.flatMap(\.counts.keys)).sorted()
      let fit = NonNegativeLeastSquares(
        rows: steps.map { step in names.map { step.counts[$0] ?? 0 } },
        targets: observations.map(\.instructions))
      let coefficients = Dictionary(uniqueKeysWithValues: zip(names, fit.solution))
      var error = 0.0
      for (step, observation) in zip(steps, observations) {
        let ratio = Self.sum(step, coefficients) / observation.instructions - 1
        error += ratio * ratio
      }
      if error < best?.error ?? .infinity { best = (tiles, coefficients, error) }
    }
    self.core = core
    self.board = board
    self.toolchain = toolchain
    tiles = best!.tiles
    coefficients = best!.coefficients
  }

  /// The instructions of some operations.
  public func instructions(_ operations: Operations) -> Double {
    Self.sum(operations, coefficients)
  }

  /// The operations that were never counted, which the sum leaves out.
  public func unknown(_ operations: Operations) -> [String] {
    operations.counts.keys.filter { coefficients[$0] == nil }.sorted()
  }

  private static func sum(_ operations: Operations, _ coefficients: [String: Double]) -> Double {
    // In one order: dictionaries have another in every process, and sums then other last bits.
    operations.counts.keys.sorted().reduce(0) {
      $0 + operations.counts[$1]! * (coefficients[$1] ?? 0)
    }
  }
}

// MARK: The file

extension Calibration {
  /// What the file says of itself.
  private static let schema = "selvedge.calibration/1"

  /// A line a coefficient, so that a change shows.
  public var text: String {
    let head: JSON = [
      "schema": .string(Self.schema),
      "core": .string(core),
      "board": .string(board),
      "toolchain": .string(toolchain),
      "command": .string("selvedge bench --calibrate \(board)"),
      "rows_at_once": .number(Double(tiles.rows)),
      "int8_rows_at_once": .number(Double(tiles.int8Rows)),
    ]
    var text = "{\n"
    for member in head.members! { text += "  \(JSON.string(member.key)): \(member.value),\n" }
    let lines = coefficients.keys.sorted().map { name in
      let number = (coefficients[name]! * 1000).rounded() / 1000
      return "    \(JSON.string(name)): \(JSON.number(number))"
    }
    return text + "  \"instructions\": {\n" + lines.joined(separator: ",\n") + "\n  }\n}\n"
  }

  /// The calibration in a file's bytes.
  ///
  /// - Throws: `CalibrationError` that names what is wrong.
  public init(parsing bytes: [UInt8]) throws(CalibrationError) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .text(error) }
    guard json["schema"] == .string(Self.schema) else { throw .field("schema") }
    guard let core = json["core"]?.string else { throw .field("core") }
    guard let board = json["board"]?.string else { throw .field("board") }
    guard let toolchain = json["toolchain"]?.string else { throw .field("toolchain") }
    guard case .number(let rows) = json["rows_at_once"],
      case .number(let int8Rows) = json["int8_rows_at_once"],
      let tiles = Tiles.all.first(where: {
        Double($0.rows) == rows && Double($0.int8Rows) == int8Rows
      })
    else { throw .field("rows_at_once") }
    guard case .object(let members) = json["instructions"] else { throw .field("instructions") }
    var coefficients: [String: Double] = [:]
    for member in members {
      guard case .number(let value) = member.value, value.isFinite, value >= 0 else {
        throw .field("instructions.\(member.key)")
      }
      coefficients[member.key] = value
    }
    self.core = core
    self.board = board
    self.toolchain = toolchain
    self.tiles = tiles
    self.coefficients = coefficients
  }
}

/// Why a file holds no calibration.
public enum CalibrationError: Error, Equatable, CustomStringConvertible {
  case file(FileError)
  case text(JSONError)
  /// This field is missing or is no such number.
  case field(String)

  public var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .text(let error): "\(error)"
    case .field(let name): "\(name) is missing or is no such number"
    }
  }
}
