import CStandardLibrary
import Files

/// The boards in a directory: `BUNDLE.artifactbundle/BOARD/board.json`, beside the Swift SDKs of the bundle.
///
/// A board is read when it is asked for, so that a fault in one does not hide the others.
public struct BoardCatalogue: Sendable {
  /// The directory, as `swift build --swift-sdks-path` takes it.
  public let directory: String
  /// The boards' names, in order.
  public let names: [String]
  private let paths: [String: String]

  /// The boards of a directory.
  ///
  /// - Throws: `BoardError` if it cannot be listed or holds none.
  public init(directory: String) throws(BoardError) {
    var paths: [String: String] = [:]
    do throws(FileError) {
      for bundle in try File.names(inDirectory: directory) where bundle.hasSuffix(Self.suffix) {
        for name in try File.names(inDirectory: "\(directory)/\(bundle)") {
          let path = "\(directory)/\(bundle)/\(name)/board.json"
          if access(path, F_OK) == 0 { paths[name] = path }
        }
      }
    } catch { throw .file(error) }
    guard !paths.isEmpty else { throw .noBoards(directory: directory) }
    self.directory = directory
    self.paths = paths
    names = paths.keys.sorted()
  }

  /// The boards of the folder `boards` that lies nearest above the program's own file, or else above the
  /// current directory.
  ///
  /// - Throws: `BoardError` that says where was looked.
  public static func find() throws(BoardError) -> BoardCatalogue {
    let starts = [ownPath, currentDirectory].compactMap(\.self)
    for start in starts {
      if let directory = nearest(above: start) { return try BoardCatalogue(directory: directory) }
    }
    throw .notFound(above: starts)
  }

  /// The board with a name.
  ///
  /// - Throws: `BoardError`, with the nearest name if there is no such board.
  public func board(named name: String) throws(BoardError) -> Board {
    guard let path = paths[name] else {
      throw .unknown(name: name, directory: directory, known: names)
    }
    return try Board(contentsOf: path, name: name)
  }

  // MARK: Places

  private static let suffix = ".artifactbundle"

  /// The folder `boards` with a bundle in it, in the directory `start` or in the nearest above.
  static func nearest(above start: String) -> String? {
    var folder = start[...]
    while true {
      let candidate = folder == "/" ? "/boards" : "\(folder)/boards"
      let names = (try? File.names(inDirectory: candidate)) ?? []
      if names.contains(where: { $0.hasSuffix(suffix) }) { return candidate }
      guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return nil }
      folder = slash == folder.startIndex ? "/" : folder[..<slash]
    }
  }

  private static var ownPath: String? {
    var link = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &link, link.count)
    return length > 0 ? text(link.prefix(length)) : nil
  }

  private static var currentDirectory: String? {
    var path = [CChar](repeating: 0, count: 4096)
    guard getcwd(&path, path.count) != nil else { return nil }
    return text(path.prefix { $0 != 0 })
  }

  private static func text(_ characters: ArraySlice<CChar>) -> String {
    String(decoding: characters.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
