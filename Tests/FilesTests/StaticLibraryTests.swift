import Files
import Testing

@Suite struct StaticLibraryTests {
  private struct Section {
    let type: UInt64
    let flags: UInt64
    let size: UInt64
  }

  private static func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }

  /// An ELF object of a header and a table of sections, by the ELF specification.
  private static func object(is64: Bool, _ sections: [Section]) -> [UInt8] {
    let word = is64 ? 8 : 4
    let (head, entry) = is64 ? (64, 64) : (52, 40)
    var all = [0x7F, 0x45, 0x4C, 0x46, is64 ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
    all += bytes(1, 2) + bytes(0x28, 2) + bytes(1, 4) + bytes(0, word) + bytes(0, word)
    all += bytes(UInt64(head), word) + bytes(0, 4) + bytes(UInt64(head), 2) + bytes(0, 4)
    all += bytes(UInt64(entry), 2) + bytes(UInt64(sections.count), 2) + bytes(0, 2)
    for section in sections {
      // name, type, flags, address, offset, size, link, info, alignment, entry size
      all += bytes(0, 4) + bytes(section.type, 4) + bytes(section.flags, word) + bytes(0, word)
      all += bytes(0, word) + bytes(section.size, word) + bytes(0, 8) + bytes(0, 2 * word)
    }
    return all
  }

  private static func archive(_ members: [(String, [UInt8])]) -> [UInt8] {
    var all = Array("!<arch>\n".utf8)
    for (name, bytes) in members {
      func field(_ text: String, _ width: Int) -> [UInt8] {
        Array((text + String(repeating: " ", count: width - text.count)).utf8)
      }
      all += field(name, 16) + field("0", 12) + field("0", 6) + field("0", 6) + field("644", 8)
      all += field("\(bytes.count)", 10) + [0x60, 0x0A] + bytes
      if bytes.count % 2 == 1 { all.append(0x0A) }
    }
    return all
  }

  /// Nothing, code, constants, variables, zeros, and what a debugger wants.
  private static let sections = [
    Section(type: 0, flags: 0, size: 0), Section(type: 1, flags: 6, size: 1000),
    Section(type: 1, flags: 2, size: 200), Section(type: 1, flags: 3, size: 30),
    Section(type: 8, flags: 3, size: 4), Section(type: 1, flags: 0, size: 50_000),
  ]

  @Test(arguments: [false, true]) func loadedSectionsAreAddedUp(is64: Bool) throws {
    let object = Self.object(is64: is64, Self.sections)
    let bytes = Self.archive([
      ("/", [1, 2, 3]), ("//", [9]), ("a.o/", object), ("/17", object), ("/SYM64/", [0, 0]),
    ])
    let library = try StaticLibrary(bytes, path: "x.a")
    #expect(library.flashBytes == 2 * 1230 && library.ramBytes == 2 * 34 && library.objects == 2)
    #expect(try StaticLibrary(Self.archive([]), path: "x.a").objects == 0)
  }

  /// Cut anywhere or changed anywhere, a library is refused or read, and the refusal names the file.
  @Test func damagedLibrariesDoNoHarm() throws {
    let object = Self.object(is64: true, Self.sections)
    let bytes = Self.archive([("/", [1, 2]), ("a.o/", object)])
    let whole = try StaticLibrary(bytes, path: "x.a")
    var refused = 0
    for index in bytes.indices {
      let cut = Array(bytes[..<index])
      if let library = try? StaticLibrary(cut, path: "x.a") { #expect(library != whole) }
      for byte: UInt8 in [0, 0x7F, 0xFF] where byte != bytes[index] {
        var changed = bytes
        changed[index] = byte
        do throws(FileError) { _ = try StaticLibrary(changed, path: "x.a") } catch {
          refused += 1
          #expect("\(error)".hasPrefix("x.a: at byte "))
        }
      }
    }
    #expect(refused > 100)
    #expect(throws: FileError.self) { try StaticLibrary([], path: "x.a") }
  }
}
