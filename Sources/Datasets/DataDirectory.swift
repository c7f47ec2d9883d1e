import Files

/// A directory with labelled samples to train on and to test with, whatever their format: the images of
/// `ImageDirectory`; `NAME_TRAIN.ts` and `NAME_TEST.ts` (`TimeSeries`); `train.csv` and `test.csv`, the
/// class in the last column; `X_train.npy`, `y_train.npy` and the same for `test`.
public enum DataDirectory {
  /// The training samples; nothing else is read.
  ///
  /// - Throws: `DatasetError` if a file is missing or unsound.
  public static func loadTrain(_ directory: String) throws(DatasetError) -> LabelledSamples {
    if let samples = try load(directory, "train") { return samples }
    return try ImageDirectory.loadTrain(directory)
  }

  /// The test samples; nothing else is read.
  ///
  /// - Throws: `DatasetError` if a file is missing or unsound.
  public static func loadTest(_ directory: String) throws(DatasetError) -> LabelledSamples {
    if let samples = try load(directory, "test") { return samples }
    return try ImageDirectory.loadTest(directory)
  }

  /// The samples of a role, unless they are images in IDX files.
  private static func load(
    _ directory: String, _ role: String
  ) throws(DatasetError) -> LabelledSamples? {
    let names: [String]
    do throws(FileError) { names = try File.names(inDirectory: directory) } catch {
      throw .file(error)
    }
    func path(_ suffix: String) throws(DatasetError) -> String? {
      try file(suffix, among: names, directory)
    }
    func series(_ path: String) throws(DatasetError) -> TimeSeries {
      try TimeSeries(text: Samples.read(path), name: Samples.name(path))
    }
    if let path = try path("_\(role).ts") {
      let own = try series(path)
      // A class is known by its place in the header, which must be the same as where it was learned.
      if role == "test", let other = try file("_train.ts", among: names, directory),
        let learned = try? series(other).classNames, learned != own.classNames
      {
        throw .classNames(own.classNames, file: path, others: learned, otherFile: other)
      }
      return own.samples
    }
    if let path = try path("\(role).csv") {
      return try CSV(text: Samples.read(path), name: Samples.name(path)).labelled()
    }
    guard let values = try path("x_\(role).npy"), let labels = try path("y_\(role).npy") else {
      return nil
    }
    return try LabelledSamples(
      Samples(NPY(bytes: Samples.read(values), name: Samples.name(values))),
      NPY(bytes: Samples.read(labels), name: Samples.name(labels)))
  }

  /// The one of `names` that ends in `suffix`, whatever the case of its letters, plain if possible, else `.gz`.
  private static func file(
    _ suffix: String, among names: [String], _ directory: String
  ) throws(DatasetError) -> String? {
    let plain = names.filter { $0.lowercased().hasSuffix(suffix) }
    let found = plain.isEmpty ? names.filter { $0.lowercased().hasSuffix(suffix + ".gz") } : plain
    guard found.count < 2 else { throw .ambiguous(directory: directory, names: found) }
    return found.first.map { "\(directory)/\($0)" }
  }
}

extension CSV {
  /// The rows without their last column, which is the class.
  ///
  /// - Throws: `DatasetError`, if there is but one column, or a class is not a whole number from 0.
  public func labelled() throws(DatasetError) -> LabelledSamples {
    guard columns >= 2 else {
      throw .table(
        file: name, line: lines[0], column: 1, expected: "values, and the class in the last column",
        found: "one column")
    }
    var (rest, labels): ([Float], [Int]) = ([], [])
    for row in 0..<rows {
      rest += values[row * columns..<(row + 1) * columns - 1]
      guard let label = Int(exactly: values[(row + 1) * columns - 1]), label >= 0 else {
        throw .table(
          file: name, line: lines[row], column: columns,
          expected: "a class, a whole number from 0, in the last column",
          found: "\(values[(row + 1) * columns - 1])")
      }
      labels.append(label)
    }
    return LabelledSamples(
      Samples(floats: rest, shape: [columns - 1], name: name), labels: labels, name: name)
  }
}

extension LabelledSamples {
  /// Samples with the labels of a list in an NPY file.
  ///
  /// - Throws: `DatasetError`, unless there is a whole number from 0 for each sample.
  init(_ samples: Samples, _ labels: NPY) throws(DatasetError) {
    let block = labels.block
    guard block.dimensions[0] == samples.count, block.dimensions.dropFirst().allSatisfy({ $0 == 1 })
    else {
      throw .counts(
        images: samples.count, imageFile: samples.name, labels: block.dimensions[0],
        labelFile: block.file)
    }
    let numbers = block.floats
    for (index, number) in numbers.enumerated() where Int(exactly: number) == nil || number < 0 {
      throw .malformed(
        block.file, at: block.start + index * block.format.size,
        expected: "a label, a whole number from 0, at index \(index)", found: "\(number)")
    }
    self.init(samples, labels: numbers.map { Int($0) }, name: block.file)
  }
}
