import Boards
import Files

/// The library that firmware links, as it was built for a board.
struct BuiltLibrary {
  let path: String
  let size: StaticLibrary

  /// The library in `.build/BOARD` beside the directory of the boards: with the C interface if that was
  /// built, or else for Swift; nil if there is none that can be read.
  init?(for board: Board, in catalogue: BoardCatalogue) {
    let root = catalogue.directory.split(separator: "/", omittingEmptySubsequences: false)
    let folder = (root.dropLast() + [".build", board.sdk[...]]).joined(separator: "/")
    let triples = (try? File.names(inDirectory: folder)) ?? []
    for name in ["libSelvedgeC.a", "libSelvedge.a"] {
      for triple in triples {
        let path = "\(folder)/\(triple)/release/\(name)"
        guard let bytes = try? File.read(path, atMost: 1 << 28),
          let size = try? StaticLibrary(bytes, path: path)
        else { continue }
        (self.path, self.size) = (path, size)
        return
      }
    }
    return nil
  }
}
