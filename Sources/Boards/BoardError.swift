import Files

/// Why a board is not known; its description is a sentence for people.
public enum BoardError: Error, Equatable {
  /// The file of a board or the directory of boards cannot be read.
  case file(FileError)
  /// The file of a board is not JSON.
  case text(path: String, JSONError)
  /// A field of the file is missing, unknown or cannot be what it is.
  case field(path: String, field: String, expected: String, found: String)
  /// No board of the directory has this name.
  case unknown(name: String, directory: String, known: [String])
  /// The directory holds no board.
  case noBoards(directory: String)
  /// There is no directory of boards above any of these places.
  case notFound(above: [String])
}

extension BoardError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let error): return "\(error)"
    case .text(let path, let error): return "\(path): \(error)"
    case .field(let path, let field, let expected, let found):
      return "\(path): \(field): expected \(expected), found \(found)"
    case .unknown(let name, let directory, let known):
      let hint =
        nearestName(to: name, among: known).map { "did you mean \($0)?" }
        ?? "there are \(known.joined(separator: ", "))"
      return "\(directory) has no board '\(name)'; \(hint)"
    case .noBoards(let directory):
      return "\(directory) holds no boards: expected BUNDLE.artifactbundle/BOARD/board.json in it"
    case .notFound(let places):
      return "there is no folder 'boards' with boards in it above "
        + places.joined(separator: " or ") + "; name it by --boards DIR"
    }
  }
}
