import CStandardLibrary
import Files

/// A new directory, removed with its files at the end of a test.
final class TemporaryDirectory {
  let path: String
  /// Programs that were started here, to give each files of its own.
  var programs = 0

  init() {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let parent = place.isEmpty ? "/tmp" : place
    var template = Array("\(parent)/selvedge-commands-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    guard mkdtemp(&template) != nil else { fatalError("cannot create a directory in \(parent)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in names { remove(path + "/" + name) }
    rmdir(path)
  }

  /// The path of a file in the directory.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// The names of all files in the directory.
  var names: [String] { (try? File.names(inDirectory: path)) ?? [] }

  func read(_ name: String) throws -> [UInt8] { try File.read(self(name)) }

  /// Writes a file, and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try File.writeAtomically(bytes, to: self(name))
    return self(name)
  }
}

/// Numbers that look random and are the same in every run, by SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }
}

/// SplitMix64's finaliser, written down again so that the tests do not lean on the runtime's.
func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
