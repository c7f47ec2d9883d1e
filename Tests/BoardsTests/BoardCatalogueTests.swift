import CStandardLibrary
import Files
import TestSupport
import Testing

@testable import Boards

@Suite struct BoardCatalogueTests {
  /// The boards of this package.
  static let package: BoardCatalogue = {
    let here = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    return try! BoardCatalogue(directory: here + "/boards")
  }()

  @Test(arguments: package.names) func boardsOfThePackageAreInOrder(name: String) throws {
    let board = try Self.package.board(named: name)
    #expect(board.name == name && !board.title.isEmpty)
    if case .board(let other) = board.emulation {
      let emulated = try Self.package.board(named: other)
      #expect(emulated.core == board.core && emulated.features == board.features)
      guard case .machine = emulated.emulation else {
        Issue.record("\(other) is no machine")
        return
      }
    }
    let bundle = try JSON(
      parsing: File.read(Self.package.directory + "/selvedge.artifactbundle/info.json"))
    let variants = try #require(bundle["artifacts"]?[board.sdk]?["variants"]?.array)
    let settings = try #require(variants.first?["path"]?.string)
    _ = try File.read(
      "\(Self.package.directory)/selvedge.artifactbundle/\(settings)/swift-sdk.json")
    // From the core outwards memories grow.
    let caches = board.caches.map(\.bytes.value) + [board.ramBytes.value]
    #expect(caches == caches.sorted())
    let folder = "\(Self.package.directory)/selvedge.artifactbundle/\(name)"
    let text = String(decoding: try File.read(folder + "/README.md"), as: UTF8.self)
    #expect(text.hasPrefix("# ") && text.contains("selvedge boards \(name)"))
  }

  @Test func boardsThatTheProjectPromisesAreThere() {
    let promised = [
      "raspberry-pi-zero-2w", "raspberry-pi-3b-plus", "raspberry-pi-4", "raspberry-pi-5",
      "beaglebone-black", "luckfox-pico", "stm32mp157", "imx8m-mini", "jetson-nano", "mps2-an386",
      "mps2-an500", "stm32f446", "teensy-4.1", "host-embedded",
    ]
    for name in promised { #expect(Self.package.names.contains(name), "\(name)") }
    #expect(Self.package.names == Self.package.names.sorted())
  }

  @Test func unknownBoardIsAnsweredWithTheNearest() {
    func sentence(_ name: String) -> String {
      complaint { _ = try Self.package.board(named: name) }
    }
    #expect(sentence("stm32f447").contains("no board 'stm32f447'; did you mean stm32f446?"))
    #expect(sentence("rasberry-pi-4").contains("did you mean raspberry-pi-4?"))
    #expect(sentence("zzz").contains("there are beaglebone-black, "))
    #expect(sentence("").contains("no board ''"))
    #expect(sentence("../host-embedded").contains("no board"))
  }

  @Test func foldersAreFoundFromAnyDepth() throws {
    let root = TemporaryDirectory()
    let board = root.path + "/boards/b.artifactbundle/x"
    for folder in ["boards", "boards/b.artifactbundle", "boards/b.artifactbundle/x", "a", "a/b"] {
      mkdir(root.path + "/" + folder, 0o755)
    }
    // A folder boards without a bundle is passed by.
    mkdir(root.path + "/a/boards", 0o755)
    defer {
      remove(board + "/board.json")
      for folder in [
        "a/boards", "a/b", "a", "boards/b.artifactbundle/x", "boards/b.artifactbundle", "boards",
      ] { rmdir(root.path + "/" + folder) }
    }
    for place in ["", "/a", "/a/b", "/a/b/program"] {
      #expect(BoardCatalogue.nearest(above: root.path + place) == root.path + "/boards")
    }
    let empty = complaint { _ = try BoardCatalogue(directory: root.path + "/boards") }
    #expect(
      empty == "\(root.path)/boards holds no boards: "
        + "expected BUNDLE.artifactbundle/BOARD/board.json in it")
    try File.writeAtomically(Array(BoardTests.text.utf8), to: board + "/board.json")
    let catalogue = try BoardCatalogue(directory: root.path + "/boards")
    let title = try catalogue.board(named: "x").title
    #expect(catalogue.names == ["x"] && title == "Board")
    #expect(complaint { _ = try BoardCatalogue(directory: root("none")) }.contains("none"))
  }

  @Test func ownBoardsAreFound() throws {
    #expect(try BoardCatalogue.find().names == Self.package.names)
  }
}
