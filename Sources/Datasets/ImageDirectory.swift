import Files

/// A directory with training and test images, named as MNIST's files are.
///
/// For each role a file is sought that has its prefix, `train-images` for one, then `-idx`,
/// `.idx` or `_idx`, and what else there is up to the end or to `.gz`.
public enum ImageDirectory {
  /// The training images; nothing else is read.
  ///
  /// - Throws: `DatasetError` if a file is missing or unsound.
  public static func loadTrain(_ directory: String) throws(DatasetError) -> LabelledSamples {
    try load(directory, ["train"])
  }

  /// The test images; nothing else is read.
  ///
  /// - Throws: `DatasetError` if a file is missing or unsound.
  public static func loadTest(_ directory: String) throws(DatasetError) -> LabelledSamples {
    try load(directory, ["t10k", "test"])
  }

  private static func load(
    _ directory: String, _ roles: [String]
  ) throws(DatasetError) -> LabelledSamples {
    let sought = (
      images: roles.map { "\($0)-images-idx3-ubyte" },
      labels: roles.map { "\($0)-labels-idx1-ubyte" }
    )
    let names: [String]
    do throws(FileError) {
      names = try File.names(inDirectory: directory)
    } catch {
      throw .file(error)
    }
    func path(_ kind: String, _ sought: [String]) throws(DatasetError) -> String {
      for role in roles {
        if let name = file("\(role)-\(kind)", among: names) { return "\(directory)/\(name)" }
      }
      throw .missing(
        directory: directory, names: sought,
        reason: names.isEmpty ? "the directory is empty" : "there is no file of \(kind)")
    }
    return try LabelledSamples(
      images: path("images", sought.images), labels: path("labels", sought.labels))
  }

  /// The first of `names` that begins with `prefix` and is IDX by its name, plain if possible.
  static func file(_ prefix: String, among names: [String]) -> String? {
    let candidates = names.filter { name in
      let stem = name.hasSuffix(".gz") ? name.dropLast(3) : name[...]
      let rest = stem.dropFirst(prefix.count)
      // A further dot would be a checksum or a half-finished download.
      return stem.hasPrefix(prefix) && ["-idx", ".idx", "_idx"].contains(rest.prefix(4))
        && !rest.dropFirst().contains(".")
    }
    return candidates.first { !$0.hasSuffix(".gz") } ?? candidates.first
  }
}
