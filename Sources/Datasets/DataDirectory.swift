import Files

/// A directory with labelled samples to train on and to test with, whatever their format: the images of
/// `ImageDirectory`; `NAME_TRAIN.ts` and `NAME_TEST.ts` (`TimeSeries`); `train.csv` and `test.csv`, the
/// class in the last column; `X_train.npy`, `y_train.npy` and the same for `test`. With values to learn in place
/// of classes: in the last columns, in `y_train.npy` as [samples, values], and one behind each sequence.
public enum DataDirectory {
  /// The training samples; nothing else is read.
  ///
  /// - Parameter targets: How many values of each sample are to be learned, or nil for a class.
  /// - Throws: `DatasetError` if a file is missing or unsound.
  public static func loadTrain(
    _ directory: String, targets: Int? = nil
  ) throws(DatasetError) -> LabelledSamples {
    if let samples = try load(directory, "train", targets) { return samples }
    try requireClasses(directory, "train", targets)
    let names = try names(directory)
    guard ImageDirectory.file("train-images", among: names) != nil else {
      throw .missing(
        directory: directory,
        names: ["train-images-idx3-ubyte", "NAME_TRAIN.ts", "train.csv", "X_train.npy"],
        reason: names.isEmpty ? "the directory is empty" : "there is no file to train on")
    }
    return try ImageDirectory.loadTrain(directory)
  }

  /// The test samples; nothing else is read.
  ///
  /// - Parameter targets: How many values of each sample are to be learned, or nil for a class.
  /// - Throws: `DatasetError` if a file is missing or unsound.
  public static func loadTest(
    _ directory: String, targets: Int? = nil
  ) throws(DatasetError) -> LabelledSamples {
    if let samples = try load(directory, "test", targets) { return samples }
    try requireClasses(directory, "test", targets)
    try requireFormatOfTraining(directory)
    return try ImageDirectory.loadTest(directory)
  }

  /// Tables and sequences to train on have no images to test with.
  private static func requireFormatOfTraining(_ directory: String) throws(DatasetError) {
    let names = try names(directory)
    for (suffix, sought) in [
      ("_train.ts", ["NAME_TEST.ts"]), ("train.csv", ["test.csv"]),
      ("x_train.npy", ["X_test.npy", "y_test.npy"]),
    ] where try file(suffix, among: names, directory) != nil {
      throw .missing(
        directory: directory, names: sought, reason: "there are no samples to test with")
    }
  }

  private static func names(_ directory: String) throws(DatasetError) -> [String] {
    do throws(FileError) { return try File.names(inDirectory: directory) } catch {
      throw .file(error)
    }
  }

  /// Images in IDX files have classes.
  private static func requireClasses(
    _ directory: String, _ role: String, _ targets: Int?
  ) throws(DatasetError) {
    guard targets != nil else { return }
    throw .missing(
      directory: directory,
      names: ["\(role).csv", "X_\(role).npy", "NAME_\(role.uppercased()).ts"],
      reason: "there are no values to learn")
  }

  /// The samples of a role, unless they are images in IDX files.
  private static func load(
    _ directory: String, _ role: String, _ targets: Int?
  ) throws(DatasetError) -> LabelledSamples? {
    let names = try names(directory)
    func path(_ suffix: String) throws(DatasetError) -> String? {
      try file(suffix, among: names, directory)
    }
    func series(_ path: String) throws(DatasetError) -> TimeSeries {
      try TimeSeries(
        text: Samples.read(path), name: Samples.name(path), learnsValues: targets != nil)
    }
    if let path = try path("_\(role).ts") {
      let own = try series(path)
      guard targets ?? 1 == 1 else {
        throw .malformed(
          Samples.name(path), at: 0, expected: "\(targets ?? 1) values to learn of a sequence",
          found: "1")
      }
      // A class is known by its place in the header, which must be the same as where it was learned.
      if role == "test", let other = try file("_train.ts", among: names, directory),
        let learned = try? series(other).classNames, learned != own.classNames
      {
        throw .classNames(own.classNames, file: path, others: learned, otherFile: other)
      }
      return own.samples
    }
    if let path = try path("\(role).csv") {
      let table = try CSV(text: Samples.read(path), name: Samples.name(path))
      guard let targets else { return try table.labelled() }
      return try table.labelled(targets: targets)
    }
    guard let values = try path("x_\(role).npy"), let labels = try path("y_\(role).npy") else {
      return nil
    }
    return try LabelledSamples(
      Samples(NPY(bytes: Samples.read(values), name: Samples.name(values))),
      NPY(bytes: Samples.read(labels), name: Samples.name(labels)), targets: targets)
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
          expected: "a class, a whole number from 0, in the last column "
            + "(--regression learns values)",
          found: "\(values[(row + 1) * columns - 1])")
      }
      labels.append(label)
    }
    return LabelledSamples(
      Samples(floats: rest, shape: [columns - 1], name: name), labels: labels, name: name)
  }
}

extension CSV {
  /// The rows without their last columns, which are values to learn.
  ///
  /// - Throws: `DatasetError`, if no other column is left.
  public func labelled(targets: Int) throws(DatasetError) -> LabelledSamples {
    guard columns > targets else {
      throw .table(
        file: name, line: lines[0], column: 1,
        expected: "values, and \(targets) to learn in the last columns",
        found: "\(columns) columns")
    }
    var (rest, last): ([Float], [Float]) = ([], [])
    for row in 0..<rows {
      let own = values[row * columns..<(row + 1) * columns]
      rest += own.dropLast(targets)
      last += own.suffix(targets)
    }
    return LabelledSamples(
      Samples(floats: rest, shape: [columns - targets], name: name), targets: last)
  }
}

extension LabelledSamples {
  /// Samples with the labels of a list in an NPY file, or with so many values to learn of each.
  ///
  /// - Throws: `DatasetError`, unless there is a whole number from 0 for each sample, or as many finite values.
  init(_ samples: Samples, _ labels: NPY, targets: Int?) throws(DatasetError) {
    let block = labels.block
    guard block.dimensions[0] == samples.count else {
      throw .counts(
        images: samples.count, imageFile: samples.name, labels: block.dimensions[0],
        labelFile: block.file)
    }
    let width = block.dimensions.dropFirst().reduce(1, *)
    guard width == targets ?? 1 else {
      throw .malformed(
        block.file, at: block.start, expected: "\(targets ?? 1) numbers for each sample",
        found: "\(width)")
    }
    let numbers = block.floats
    if targets != nil {
      for (index, number) in numbers.enumerated() where !number.isFinite {
        throw .malformed(
          block.file, at: block.start + index * block.format.size,
          expected: "a finite number at index \(index)", found: "\(number)")
      }
      self.init(samples, targets: numbers)
      return
    }
    for (index, number) in numbers.enumerated() where Int(exactly: number) == nil || number < 0 {
      throw .malformed(
        block.file, at: block.start + index * block.format.size,
        expected: "a label, a whole number from 0, at index \(index)", found: "\(number)")
    }
    self.init(samples, labels: numbers.map { Int($0) }, name: block.file)
  }
}
