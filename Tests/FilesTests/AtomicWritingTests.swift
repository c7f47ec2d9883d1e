import CStandardLibrary
import Files
import TestSupport
import Testing

@Suite struct AtomicWritingTests {
  let directory = TemporaryDirectory()

  @Test func newContentReplacesTheOld() throws {
    let path = directory("file")
    for content in [[1, 2, 3], [], [4]] as [[UInt8]] {
      try File.writeAtomically(content, to: path)
      #expect(try File.read(path) == content)
    }
    #expect(directory.names == ["file"])
  }

  @Test func failedWriteChangesNothing() throws {
    let path = directory("file")
    try File.writeAtomically([1, 2, 3], to: path)
    // Far above what any other test writes meanwhile, as the limit holds for the process.
    let limit = 64 << 20
    let before = limit_file_size(UInt64(limit))
    let complaint = complaint {
      try File.writeAtomically([UInt8](repeating: 9, count: limit + 1), to: path)
    }
    _ = limit_file_size(before)
    #expect(complaint == "cannot write \(path): File too large")
    #expect(try File.read(path) == [1, 2, 3])
    #expect(directory.names == ["file"])
  }

  @Test func missingDirectoryIsNamed() {
    #expect(
      complaint { try File.writeAtomically([1], to: directory("absent/file")) }
        == "cannot create a file in \(directory("absent")): No such file or directory")
  }

  @Test func directoryIsNotReplaced() throws {
    let target = directory("target")
    mkdir(target, 0o755)
    #expect(throws: FileError.directory(path: target)) {
      try File.writeAtomically([1], to: target)
    }
    #expect(directory.names == ["target"])
  }

  @Test func fullDeviceIsReported() {
    #expect(
      complaint { try File.writeAtomically([1], to: "/dev/full") }
        == "cannot write /dev/full: No space left on device")
  }

  @Test func deviceStaysADevice() throws {
    try File.writeAtomically([1, 2], to: "/dev/null")
    #expect(try File.read("/dev/null") == [])
  }

  @Test func linkStaysALinkAndItsTargetIsReplaced() throws {
    try File.writeAtomically([1], to: directory("file"))
    symlink("file", directory("link"))
    try File.writeAtomically([2], to: directory("link"))
    #expect(try File.read(directory("file")) == [2])
    var status = stat()
    #expect(lstat(directory("link"), &status) == 0 && is_symbolic_link(status.st_mode) != 0)
  }

  @Test func linkToNothingIsRefused() throws {
    symlink("absent", directory("link"))
    #expect(throws: FileError.system(action: "follow the link", path: directory("link"), number: 2))
    { try File.writeAtomically([2], to: directory("link")) }
    #expect(directory.names == ["link"])
  }

  // MARK: Asking before

  @Test func askingWhetherAFileCanBeWrittenTouchesNothing() throws {
    let path = directory("file")
    try File.requireWritable(path)
    #expect(directory.names.isEmpty)
    try File.writeAtomically([1], to: path)
    symlink("file", directory("link"))
    for path in [path, directory("link"), "/dev/null", "/dev/full"] {
      try File.requireWritable(path)
    }
    #expect(try File.read(path) == [1])
    #expect(directory.names == ["file", "link"])
  }

  @Test func whatCannotBeWrittenIsKnownBefore() throws {
    symlink("absent", directory("link"))
    let long = directory(String(repeating: "x", count: 256))
    for (path, says) in [
      ("", "cannot write '': No such file or directory"), (directory.path, "is a directory"),
      (directory("link"), "cannot follow the link \(directory("link")): No such file"),
      (long, "cannot write \(long): File name too long"),
      (directory("absent/file"), "cannot create a file in \(directory("absent")): No such file"),
      ("\(Self.unwritable)/version", "cannot create a file in \(Self.unwritable): "),
    ] where !path.hasPrefix(Self.unwritable) || access(path, F_OK) == 0 {
      let complaint = complaint { try File.requireWritable(path) }
      #expect(complaint.contains(says), "\(complaint)")
    }
    #expect(directory.names == ["link"])
  }

  /// A directory with files to which nobody can add one, not even root.
  static let unwritable = "/proc"

  @Test(arguments: [0o600, 0o640, 0o755])
  func modeIsKept(mode: mode_t) throws {
    let path = directory("file")
    try File.writeAtomically([1], to: path)
    chmod(path, mode)
    try File.writeAtomically([2], to: path)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == mode)
  }

  @Test func fileLeftBehindByAnotherIsNotTouched() throws {
    let leftover = directory(".selvedge-\(getpid())-0")
    try File.writeAtomically([7], to: leftover)
    try File.writeAtomically([1], to: directory("file"))
    #expect(try File.read(leftover) == [7])
    #expect(try File.read(directory("file")) == [1])
  }
}
