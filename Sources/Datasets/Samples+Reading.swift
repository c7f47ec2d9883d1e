import Files

extension Samples {
  /// The samples in the file at `path`: sequences if its name ends in `.ts`, IDX or NPY by its first
  /// bytes, else a table as CSV; each also compressed, with a name that ends in `.gz`.
  ///
  /// - Throws: `DatasetError` if the file cannot be read or breaks its format.
  public init(contentsOf path: String) throws(DatasetError) {
    let bytes = try Self.read(path)
    let name = Self.name(path)
    if path.hasSuffix(".ts") || path.hasSuffix(".ts.gz") {
      self = try TimeSeries(text: bytes, name: name).samples.samples
    } else if bytes.starts(with: [0, 0]) {
      try self.init(IDX(bytes: bytes, name: name))
    } else if bytes.starts(with: NPY.magic) || path.hasSuffix(".npy") || path.hasSuffix(".npy.gz") {
      try self.init(NPY(bytes: bytes, name: name))
    } else if bytes.starts(with: [0x1F, 0x8B]) {
      throw .malformed(
        name, at: 0, expected: "a name that ends in .gz, as the file is compressed",
        found: "0x1F 0x8B")
    } else {
      let isTable = path.hasSuffix(".csv") || path.hasSuffix(".csv.gz")
      try self.init(
        CSV(text: bytes, name: isTable ? name : "\(name) (not IDX or NPY, read as CSV)"))
    }
  }

  /// The decompressed content of a file.
  static func read(_ path: String) throws(DatasetError) -> [UInt8] {
    do throws(FileError) {
      return try File.readDecompressed(path)
    } catch {
      throw .file(error)
    }
  }

  /// The name that errors give a file: offsets in a compressed one count decompressed bytes.
  static func name(_ path: String) -> String {
    path.hasSuffix(".gz") ? "\(path) (decompressed)" : path
  }
}
