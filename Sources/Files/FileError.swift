import CStandardLibrary

/// A reason why a file could not be read or written; its description is a sentence for people.
public enum FileError: Error, Equatable, Sendable {
  /// The system refused to `action` the file; `number` is its error number.
  case system(action: String, path: String, number: Int32)
  /// The path names a directory where a file was wanted.
  case directory(path: String)
  /// The file holds more than `limit` bytes.
  case tooLarge(path: String, limit: Int)
  /// gzip could not decompress the file; `reason` is what it said.
  case compression(path: String, reason: String)
  /// The content is not what its format demands.
  case malformed(path: String, offset: Int, expected: String, found: String)
}

extension FileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let action, let path, let number):
      "cannot \(action) \(path.isEmpty ? "''" : path): \(String(cString: strerror(number)))"
    case .directory(let path):
      "\(path) is a directory; name a file"
    case .tooLarge(let path, let limit):
      "\(path) holds more than \(limit) bytes, the most that is read"
    case .compression(let path, let reason):
      "cannot decompress \(path): \(reason)"
    case .malformed(let path, let offset, let expected, let found):
      "\(path): at byte \(offset): expected \(expected), found \(found)"
    }
  }
}
