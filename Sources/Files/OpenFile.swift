import CStandardLibrary

/// An open file or pipe end, closed when it goes out of scope.
///
/// It does not know its path, so that it can be closed early; errors are given one.
struct OpenFile: ~Copyable {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { _ = CStandardLibrary.close(descriptor) }

  /// An existing file, open for reading; never a directory.
  static func reading(_ path: String) throws(FileError) -> OpenFile {
    // A C string would end at the zero, and so name another file.
    guard !path.utf8.contains(0) else {
      throw .system(action: "open", path: path, number: EINVAL)
    }
    let descriptor = open_for_reading(path)
    guard descriptor >= 0 else {
      throw .system(action: "open", path: path, number: last_error_number())
    }
    let file = OpenFile(descriptor)
    guard is_directory(try file.status(path).st_mode) == 0 else {
      throw .directory(path: path)
    }
    return file
  }

  /// The system's record of the file: size, kind and mode.
  func status(_ path: String) throws(FileError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(action: "examine", path: path, number: last_error_number())
    }
    return status
  }

  /// All bytes from here to the end.
  func readToEnd(_ path: String, atMost limit: Int) throws(FileError) -> [UInt8] {
    let status = try status(path)
    let size = is_regular_file(status.st_mode) != 0 ? Int(status.st_size) : 0
    guard size <= limit else { throw .tooLarge(path: path, limit: limit) }
    // One byte of room more than the file is long lets the end show itself without growing.
    var bytes = [UInt8](repeating: 0, count: max(size, 65535) + 1)
    var filled = 0
    while true {
      if filled == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
      let count = bytes.withUnsafeMutableBytes { room in
        read(descriptor, room.baseAddress! + filled, min(room.count - filled, 1 << 30))
      }
      if count == 0 { break }
      guard count > 0 else {
        if last_error_number() == EINTR { continue }
        throw .system(action: "read", path: path, number: last_error_number())
      }
      filled += count
      guard filled <= limit else { throw .tooLarge(path: path, limit: limit) }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Writes all of `bytes`, in as many pieces as the system takes them.
  func write(_ bytes: Span<UInt8>, _ path: String) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        CStandardLibrary.write(
          descriptor, all.baseAddress! + written, min(all.count - written, 1 << 30))
      }
      guard count > 0 else {
        if count < 0 && last_error_number() == EINTR { continue }
        // A device that takes nothing and reports nothing would keep us here for ever.
        let number = count < 0 ? last_error_number() : EIO
        throw .system(action: "write", path: path, number: number)
      }
      written += count
    }
  }

  /// Waits until the file is on its device.
  func synchronise(_ path: String) throws(FileError) {
    while fsync(descriptor) != 0 {
      guard last_error_number() == EINTR else {
        throw .system(action: "flush", path: path, number: last_error_number())
      }
    }
  }

  /// Closes the file and says whether the last of it was written.
  consuming func close(_ path: String) throws(FileError) {
    let result = CStandardLibrary.close(descriptor)
    let number = last_error_number()
    discard self
    // After EINTR the descriptor is gone all the same, and the bytes have been flushed before.
    guard result == 0 || number == EINTR else {
      throw .system(action: "close", path: path, number: number)
    }
  }
}
