import CStandardLibrary
import Files

/// A new directory, removed with its files at the end of a test.
final class TemporaryDirectory {
  let path: String

  init() {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let parent = place.isEmpty ? "/tmp" : place
    var template = Array("\(parent)/selvedge-files-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    guard mkdtemp(&template) != nil else { fatalError("cannot create a directory in \(parent)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in (try? File.names(inDirectory: path)) ?? [] { remove(path + "/" + name) }
    rmdir(path)
  }

  /// The path of a file in the directory.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// The names of all files in the directory.
  var names: [String] { (try? File.names(inDirectory: path)) ?? ["?"] }

  /// The path of a gzip file that holds `bytes`.
  func compressed(_ name: String, _ bytes: [UInt8]) throws -> String {
    try File.writeAtomically(bytes, to: self("plain"))
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
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}

/// Numbers that look random and are the same in every run, by SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
