import CStandardLibrary
import Files

/// A new directory, removed with its files at the end of a test.
public final class TemporaryDirectory {
  public let path: String
  /// Programs that were started here, to give each files of its own.
  public var programs = 0

  public init() {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let parent = place.isEmpty ? "/tmp" : place
    var template = Array("\(parent)/selvedge-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    guard mkdtemp(&template) != nil else { fatalError("cannot create a directory in \(parent)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in (try? File.names(inDirectory: path)) ?? [] { remove(path + "/" + name) }
    rmdir(path)
  }

  /// The path of a file in the directory.
  public func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// The names of all files in the directory.
  public var names: [String] { (try? File.names(inDirectory: path)) ?? ["?"] }

  /// The bytes of a file in the directory.
  public func read(_ name: String) throws -> [UInt8] { try File.read(self(name)) }

  /// Writes a file, and gives its path.
  @discardableResult
  public func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try File.writeAtomically(bytes, to: self(name))
    return self(name)
  }

  /// The path of a gzip file that holds `bytes`.
  public func compressed(_ name: String, _ bytes: [UInt8]) throws -> String {
    try write(bytes, "plain")
    let (input, output) = (open_for_reading(self("plain")), create_exclusively(self(name)))
    let words = [strdup("gzip"), strdup("-c"), nil]
    defer {
      for word in words { free(word) }
      close(input)
      close(output)
    }
    var (process, status): (pid_t, Int32) = (0, 0)
    guard start_program(&process, words, input, output, 2) == 0 else { fatalError("no gzip") }
    waitpid(process, &status, 0)
    remove(self("plain"))
    return self(name)
  }
}

/// What an error says for itself, or "no error".
public func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
