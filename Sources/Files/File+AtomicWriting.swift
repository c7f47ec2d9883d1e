import CStandardLibrary

extension File {
  /// Puts `bytes` into the file at `path`, or leaves everything as it was.
  ///
  /// The bytes go to a temporary file beside the target, reach the device, and take the target's
  /// name in one step; whoever reads meanwhile sees the old file or the new one. A symbolic link
  /// is followed and stays a link, and an existing file keeps its mode. A pipe or device, such as
  /// /dev/stdout, is written to straight away.
  ///
  /// - Throws: `FileError`. Only a failure to flush the directory, after the rename, leaves the
  ///   new file in place.
  public static func writeAtomically(_ bytes: [UInt8], to path: String) throws(FileError) {
    try writeAtomically(bytes.span, to: path)
  }

  /// Puts `bytes` into the file at `path`, or leaves everything as it was.
  ///
  /// - Throws: `FileError`, as the variant that takes an array.
  public static func writeAtomically(_ bytes: Span<UInt8>, to path: String) throws(FileError) {
    switch try Destination(path) {
    case .device: try writeStraight(bytes, to: path)
    case .new: try replace(path, mode: nil, by: bytes, askedFor: path)
    case .existing(let real, let mode): try replace(real, mode: mode, by: bytes, askedFor: path)
    }
  }

  /// Finds out, before hours of work are done for it, whether a file can be put at `path`: a
  /// temporary file comes and goes where the bytes would. The target is not touched.
  ///
  /// - Throws: `FileError`, as `writeAtomically` would before it writes a byte.
  public static func requireWritable(_ path: String) throws(FileError) {
    let target: String
    switch try Destination(path) {
    case .device:
      // To open a pipe would be to wait for its reader.
      guard access(path, W_OK) == 0 else {
        throw .system(action: "open", path: path, number: last_error_number())
      }
      return
    case .new: target = path
    case .existing(let real, _): target = real
    }
    let (name, descriptor) = try createTemporary(in: directory(of: target))
    _ = CStandardLibrary.close(descriptor)
    unlink(name)
  }

  private static func writeStraight(_ bytes: Span<UInt8>, to path: String) throws(FileError) {
    let descriptor = open_for_writing(path)
    guard descriptor >= 0 else {
      throw .system(action: "open", path: path, number: last_error_number())
    }
    let file = OpenFile(descriptor)
    try file.write(bytes, path)
    try file.close(path)
  }

  private static func replace(
    _ target: String, mode: mode_t?, by bytes: Span<UInt8>, askedFor path: String
  ) throws(FileError) {
    let directory = directory(of: target)
    let (name, descriptor) = try createTemporary(in: directory)
    do throws(FileError) {
      let file = OpenFile(descriptor)
      if let mode, fchmod(descriptor, mode) != 0 {
        throw .system(action: "keep the mode of", path: path, number: last_error_number())
      }
      try file.write(bytes, path)
      try file.synchronise(path)
      try file.close(path)
      guard rename(name, target) == 0 else {
        throw .system(action: "replace", path: path, number: last_error_number())
      }
    } catch {
      unlink(name)
      throw error
    }
    try synchronise(directory: directory)
  }

  /// A new file that nobody else writes to.
  private static func createTemporary(
    in directory: String
  ) throws(FileError) -> (name: String, descriptor: Int32) {
    // A process that died may have left files behind, and its number may have become ours.
    for attempt in 0..<10_000 {
      let name = "\(directory)/.selvedge-\(getpid())-\(attempt)"
      let descriptor = create_exclusively(name)
      if descriptor >= 0 { return (name, descriptor) }
      let number = last_error_number()
      guard number == EEXIST || number == EINTR else {
        throw .system(action: "create a file in", path: directory, number: number)
      }
    }
    throw .system(action: "create a file in", path: directory, number: EEXIST)
  }

  /// Waits until the rename is on the device too.
  private static func synchronise(directory: String) throws(FileError) {
    let descriptor = open_for_reading(directory)
    // A directory may be writable without being readable; then this is all one can do.
    guard descriptor >= 0 else { return }
    let file = OpenFile(descriptor)
    do throws(FileError) {
      try file.synchronise(directory)
    } catch .system(_, _, let number) where number == EINVAL || number == ENOTSUP {
      // Some file systems cannot flush a directory.
    }
  }

  /// The path up to the last slash, or the current directory.
  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// What a path to write to stands for.
private enum Destination {
  case new
  case existing(realPath: String, mode: mode_t)
  case device

  init(_ path: String) throws(FileError) {
    // A C string would end at the zero, and so name another file.
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .system(action: "write", path: path, number: path.isEmpty ? ENOENT : EINVAL)
    }
    var status = stat()
    guard stat(path, &status) == 0 else {
      let number = last_error_number()
      let dangles = lstat(path, &status) == 0 && is_symbolic_link(status.st_mode) != 0
      guard number == ENOENT && !dangles else {
        throw .system(action: dangles ? "follow the link" : "write", path: path, number: number)
      }
      self = .new
      return
    }
    guard is_directory(status.st_mode) == 0 else { throw .directory(path: path) }
    guard is_regular_file(status.st_mode) != 0 else {
      self = .device
      return
    }
    guard let real = realpath(path, nil) else {
      throw .system(action: "resolve", path: path, number: last_error_number())
    }
    defer { free(real) }
    self = .existing(realPath: String(cString: real), mode: status.st_mode & 0o7777)
  }
}
