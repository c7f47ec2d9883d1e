import CStandardLibrary

extension File {
  /// The bytes of the file at `path`, decompressed by the system's gzip if its name ends in `.gz`.
  ///
  /// - Throws: `FileError` if the file cannot be read, is no sound gzip file, or holds more than
  ///   `limit` bytes after decompression.
  public static func readDecompressed(
    _ path: String, atMost limit: Int = defaultLimit
  ) throws(FileError) -> [UInt8] {
    guard path.hasSuffix(".gz") else { return try read(path, atMost: limit) }
    let input = try OpenFile.reading(path)
    let gzip = try Gzip(input, path)
    return try gzip.output(path, atMost: limit)
  }
}

/// A running `gzip -dc` that has the compressed file as its standard input.
///
/// gzip opens nothing itself, so that no spelling of a path can be taken for an option.
private struct Gzip: ~Copyable {
  private let process: pid_t
  private let result: OpenFile
  private let complaints: OpenFile

  init(_ input: borrowing OpenFile, _ path: String) throws(FileError) {
    let result = try Pipe(path)
    let complaints = try Pipe(path)
    var process: pid_t = 0
    let words = [strdup("gzip"), strdup("-dc"), nil]
    defer { for word in words { free(word) } }
    let failure = start_program(
      &process, words, input.descriptor, result.writing.descriptor,
      complaints.writing.descriptor)
    guard failure == 0 else {
      throw .system(action: "run gzip to decompress", path: path, number: failure)
    }
    self.process = process
    // The writing ends close here; only gzip's copies keep the pipes open.
    self.result = result.readingEnd()
    self.complaints = complaints.readingEnd()
  }

  /// Everything that gzip writes; returns, or throws, only after gzip has ended.
  consuming func output(_ path: String, atMost limit: Int) throws(FileError) -> [UInt8] {
    let outcome = Self.readAndClose(result, path, atMost: limit)
    // gzip says a line or two, which a pipe holds however long nobody reads it.
    let said = (try? complaints.readToEnd(path, atMost: 1 << 20)) ?? []
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard last_error_number() == EINTR else {
        throw .system(action: "wait for gzip on", path: path, number: last_error_number())
      }
    }
    let bytes = try outcome.get()
    guard exit_status(status) == 0 else {
      throw .compression(path: path, reason: Self.reason(said, status))
    }
    return bytes
  }

  /// Reads a pipe and closes it, so that a gzip with more to write does not wait for us.
  private static func readAndClose(
    _ pipe: consuming OpenFile, _ path: String, atMost limit: Int
  ) -> Result<[UInt8], FileError> {
    do throws(FileError) {
      return .success(try pipe.readToEnd(path, atMost: limit))
    } catch {
      return .failure(error)
    }
  }

  /// The first line that gzip complained with, or how it ended.
  private static func reason(_ said: [UInt8], _ status: Int32) -> String {
    let lines = said.split(separator: UInt8(ascii: "\n"))
    guard let line = lines.first.map({ String(decoding: $0, as: UTF8.self) }) else {
      return exit_status(status) < 0
        ? "gzip was ended by a signal" : "gzip ended with status \(exit_status(status))"
    }
    let prefix = "gzip: stdin: "
    return line.hasPrefix(prefix) ? "gzip says: \(line.dropFirst(prefix.count))" : line
  }
}

/// A pipe between this process and another.
private struct Pipe: ~Copyable {
  let reading: OpenFile
  let writing: OpenFile

  init(_ path: String) throws(FileError) {
    var ends: [Int32] = [-1, -1]
    guard open_pipe(&ends) == 0 else {
      throw .system(action: "open a pipe for", path: path, number: last_error_number())
    }
    reading = OpenFile(ends[0])
    writing = OpenFile(ends[1])
  }

  /// The end to read from; the other one is closed.
  consuming func readingEnd() -> OpenFile { reading }
}
