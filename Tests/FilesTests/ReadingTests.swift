import CStandardLibrary
import Files
import TestSupport
import Testing

@Suite struct ReadingTests {
  let directory = TemporaryDirectory()

  @Test(arguments: [0, 1, 65535, 65536, 65537, 200_000])
  func everyByteIsRead(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try File.writeAtomically(bytes, to: directory("file"))
    #expect(try File.read(directory("file")) == bytes)
  }

  @Test func missingFileIsNamedWithItsReason() {
    let path = directory("absent")
    #expect(
      complaint { _ = try File.read(path) } == "cannot open \(path): No such file or directory")
    #expect(
      complaint { _ = try File.readDecompressed(path + ".gz") }
        == "cannot open \(path).gz: No such file or directory")
  }

  @Test func directoryIsNoFile() {
    #expect(throws: FileError.directory(path: directory.path)) { try File.read(directory.path) }
  }

  @Test func pathWithZeroOpensNothing() throws {
    try File.writeAtomically([1], to: directory("file"))
    #expect(throws: FileError.self) { try File.read(directory("file") + "\0more") }
    #expect(throws: FileError.self) {
      try File.writeAtomically([2], to: directory("file") + "\0more")
    }
    #expect(try File.read(directory("file")) == [1])
  }

  @Test func limitIsKept() throws {
    try File.writeAtomically([1, 2, 3], to: directory("file"))
    #expect(try File.read(directory("file"), atMost: 3) == [1, 2, 3])
    #expect(throws: FileError.tooLarge(path: directory("file"), limit: 2)) {
      try File.read(directory("file"), atMost: 2)
    }
    #expect(throws: FileError.tooLarge(path: "/dev/zero", limit: 100_000)) {
      try File.read("/dev/zero", atMost: 100_000)
    }
  }

  @Test func namesAreSortedByBytes() throws {
    for name in ["b", "a", "B", "é"] { try File.writeAtomically([], to: directory(name)) }
    #expect(directory.names == ["B", "a", "b", "é"])
    #expect(throws: FileError.self) { try File.names(inDirectory: directory("absent")) }
  }

  @Test func compressedFilesAreDecompressed() throws {
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    for name in ["file.gz", "-dash and 'quote.gz"] {
      let path = try directory.compressed(name, bytes)
      #expect(try File.readDecompressed(path) == bytes)
      // Enough is left to write that gzip would wait for ever if nobody let go of it.
      #expect(throws: FileError.tooLarge(path: path, limit: 70_000)) {
        try File.readDecompressed(path, atMost: 70_000)
      }
    }
    try File.writeAtomically([1, 2], to: directory("plain"))
    #expect(try File.readDecompressed(directory("plain")) == [1, 2])
  }

  @Test func corruptCompressionNamesTheFile() throws {
    let path = try directory.compressed("file.gz", Array("some text, some text".utf8))
    let sound = try File.read(path)
    for count in 0..<sound.count {
      try File.writeAtomically(Array(sound[..<count]), to: path)
      // gzip takes no bytes at all for an empty file; all other pieces are broken.
      if count == 0 { continue }
      let complaint = complaint { _ = try File.readDecompressed(path) }
      #expect(complaint.hasPrefix("cannot decompress \(path): gzip says: "), "\(count) bytes")
    }
    var broken = sound
    broken[sound.count - 6] ^= 1
    try File.writeAtomically(broken, to: path)
    #expect(complaint { _ = try File.readDecompressed(path) }.contains("crc error"))
  }
}
