import CStandardLibrary

/// Files, read and written whole.
public enum File {
  /// The most bytes that are read unless the caller says otherwise: 4 GiB.
  public static let defaultLimit = 1 << 32

  /// The bytes of the file at `path`, which may also be a pipe or a device.
  ///
  /// - Throws: `FileError` if the file cannot be read or holds more than `limit` bytes.
  public static func read(
    _ path: String, atMost limit: Int = defaultLimit
  ) throws(FileError) -> [UInt8] {
    let file = try OpenFile.reading(path)
    return try file.readToEnd(path, atMost: limit)
  }

  /// The names in the directory at `path`, without `.` and `..`, in the order of their bytes.
  ///
  /// - Throws: `FileError` if the directory cannot be listed.
  public static func names(inDirectory path: String) throws(FileError) -> [String] {
    guard let directory = opendir(path) else {
      throw .system(action: "list the directory", path: path, number: last_error_number())
    }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
      // Only the error number tells the end of a directory from a failure.
      set_last_error_number(0)
      guard let entry = readdir(directory) else { break }
      let name = String(cString: entry_name(entry))
      if name != "." && name != ".." { names.append(name) }
    }
    guard last_error_number() == 0 else {
      throw .system(action: "list the directory", path: path, number: last_error_number())
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
