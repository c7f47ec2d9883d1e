import Boards
import Files

/// What is known of the speed of a core: how many instructions a step takes, and how long one of them.
public struct Core: Equatable, Sendable {
  /// Such as Cortex-A53.
  public let name: String
  public let calibration: Calibration
  /// Cycles that an instruction takes in the mean, as long as memory does not hold it up.
  public let cyclesPerInstruction: Double
  /// The part of it by which it may be wrong.
  public let uncertainty: Double
  /// Where that number is from.
  public let source: String

  public init(
    name: String, calibration: Calibration, cyclesPerInstruction: Double, uncertainty: Double,
    source: String
  ) {
    self.name = name
    self.calibration = calibration
    self.cyclesPerInstruction = cyclesPerInstruction
    self.uncertainty = uncertainty
    self.source = source
  }

  /// The core of a board, from `cores.json` in the catalogue's directory and the calibration in a folder of
  /// its bundle; nil if its instructions were never counted.
  ///
  /// - Throws: `CoreError` that names the file and what is wrong in it.
  public init?(of board: Board, in catalogue: BoardCatalogue) throws(CoreError) {
    let path = "\(catalogue.directory)/cores.json"
    guard let core = try Self.json(path)[board.core] else { return nil }
    guard let folder = core["calibration"]?.string,
      let cycles = core["cycles_per_instruction"]?.number, cycles > 0,
      let uncertainty = core["within"]?.number, 0...1 ~= uncertainty,
      let source = core["source"]?.string
    else { throw .core(path: path, name: board.core) }
    let file = Self.calibrationPath(folder, in: catalogue)
    let names = try? File.names(inDirectory: Self.folder(folder, in: catalogue))
    guard names?.contains("calibration.json") == true else { return nil }
    do throws(CalibrationError) {
      calibration = try Calibration(parsing: Self.bytes(file))
    } catch {
      throw .calibration(path: file, error)
    }
    name = board.core
    cyclesPerInstruction = cycles
    self.uncertainty = uncertainty
    self.source = source
  }

  /// Where the calibration of a board's core is kept; nil if nothing is known of that core.
  public static func calibrationPath(
    of board: Board, in catalogue: BoardCatalogue
  ) throws(CoreError) -> String? {
    let cores = try json("\(catalogue.directory)/cores.json")
    guard let folder = cores[board.core]?["calibration"]?.string else { return nil }
    return calibrationPath(folder, in: catalogue)
  }

  private static func calibrationPath(_ folder: String, in catalogue: BoardCatalogue) -> String {
    Self.folder(folder, in: catalogue) + "/calibration.json"
  }

  private static func folder(_ folder: String, in catalogue: BoardCatalogue) -> String {
    "\(catalogue.directory)/selvedge.artifactbundle/\(folder)"
  }

  private static func bytes(_ path: String) throws(CalibrationError) -> [UInt8] {
    do throws(FileError) { return try File.read(path, atMost: 1 << 20) } catch {
      throw .file(error)
    }
  }

  private static func json(_ path: String) throws(CoreError) -> JSON {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try File.read(path, atMost: 1 << 20) } catch {
      throw .file(error)
    }
    do throws(JSONError) { return try JSON(parsing: bytes) } catch {
      throw .text(path: path, error)
    }
  }
}

/// Why nothing can be said of a core; its description is a sentence for people.
public enum CoreError: Error, Equatable, CustomStringConvertible {
  case file(FileError)
  case text(path: String, JSONError)
  /// The core lacks a field, or one is no such number.
  case core(path: String, name: String)
  case calibration(path: String, CalibrationError)

  public var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .text(let path, let error): "\(path): \(error)"
    case .core(let path, let name):
      "\(path): \(name): expected calibration, cycles_per_instruction, within and source"
    case .calibration(let path, let error): "\(path): \(error)"
    }
  }
}
