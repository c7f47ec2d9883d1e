import Files

/// Samples and, for each, the class that it belongs to, or the values that are to be learned of it.
public struct LabelledSamples: Sendable {
  public let samples: Samples
  /// The classes of the samples, from 0; none where there are values.
  public let labels: [Int]
  /// The values of the samples, all finite, one sample after the other; none where there are classes.
  public let targets: [Float]

  /// Where the labels were read: the file, its first label, and the bytes of each.
  private let source: (file: String, start: Int, size: Int)

  /// The number of samples; at least 1.
  public var count: Int { samples.count }

  /// The samples in an IDX file `images` with the labels in an IDX file `labels`.
  ///
  /// - Throws: `DatasetError` if a file cannot be read or breaks its format, if the labels are not
  ///   a list of whole numbers from 0, or if there is not one for each image.
  public init(images: String, labels: String) throws(DatasetError) {
    try self.init(
      IDX(bytes: Samples.read(images), name: Samples.name(images)),
      labels: IDX(bytes: Samples.read(labels), name: Samples.name(labels)))
  }

  /// The samples in `images` with the labels in `labels`.
  ///
  /// - Throws: `DatasetError`, as for the files.
  public init(_ images: IDX, labels: IDX) throws(DatasetError) {
    let name = labels.name
    guard labels.dimensions.count == 1 else {
      throw .malformed(
        name, at: 3, expected: "1 dimension, as labels are a list",
        found: "\(labels.dimensions.count)")
    }
    guard labels.elementType != .float, labels.elementType != .double else {
      throw .malformed(
        name, at: 2, expected: "whole numbers as labels", found: "\(labels.elementType)")
    }
    guard images.dimensions[0] == labels.dimensions[0] else {
      throw .counts(
        images: images.dimensions[0], imageFile: images.name, labels: labels.dimensions[0],
        labelFile: name)
    }
    let (bytes, start) = (labels.bytes, labels.dataOffset)
    let size = labels.elementType.format.size
    var values: [Int] = []
    values.reserveCapacity(labels.dimensions[0])
    for offset in stride(from: start, to: bytes.count, by: size) {
      let bits = ByteOrder.bigEndian.unsigned(bytes[offset..<offset + size])
      let value =
        switch labels.elementType {
        case .byte: Int(Int8(truncatingIfNeeded: bits))
        case .short: Int(Int16(truncatingIfNeeded: bits))
        case .int: Int(Int32(truncatingIfNeeded: bits))
        case .ubyte, .float, .double: Int(bits)
        }
      guard value >= 0 else {
        throw .malformed(
          name, at: offset, expected: "a label from 0 at index \(values.count)",
          found: "\(value)")
      }
      values.append(value)
    }
    samples = try Samples(images)
    self.labels = values
    targets = []
    source = (name, start, size)
  }

  /// `samples` with `labels`, one for each.
  ///
  /// - Precondition: there are as many labels as samples, and none is negative.
  public init(_ samples: Samples, labels: [Int], name: String = "labels") {
    precondition(samples.count == labels.count, "there must be a label for each sample")
    precondition(labels.allSatisfy { $0 >= 0 }, "labels must not be negative")
    self.samples = samples
    self.labels = labels
    targets = []
    source = (name, 0, 1)
  }

  /// `samples` with values to learn, as many for each.
  ///
  /// - Precondition: there are as many values for each sample, at least one, and all are finite.
  public init(_ samples: Samples, targets: [Float]) {
    precondition(
      !targets.isEmpty && targets.count.isMultiple(of: samples.count), "targets must be whole")
    precondition(targets.allSatisfy(\.isFinite), "targets must be finite")
    self.samples = samples
    self.targets = targets
    labels = []
    source = (samples.name, 0, 1)
  }

  /// The values to learn of the sample `index`: none where there are classes.
  ///
  /// - Precondition: `index` is below `count`.
  public func targets(of index: Int) -> ArraySlice<Float> {
    let width = targets.count / count
    return targets[index * width..<(index + 1) * width]
  }
}

extension LabelledSamples {
  /// The number of classes: as many as `declared`, else the largest label and 1 more.
  ///
  /// - Throws: `DatasetError` if a label names no class, if a class has no example and the number
  ///   was not declared, or if there are fewer than 2 classes.
  public func classes(declared: Int? = nil) throws(DatasetError) -> Int {
    let present = Set(labels).sorted()
    let classes = declared ?? (present.last ?? 0) + 1
    if declared == nil {
      // A label may be large, so that gaps are counted between labels and not class by class.
      let gaps = zip([-1] + present, present).filter { $0 + 1 < $1 }
      if !gaps.isEmpty {
        throw .emptyClasses(
          empty: gaps.map { $0 + 1...$1 - 1 }, label: classes - 1, place(of: classes - 1))
      }
    }
    guard classes >= 2 else { throw .fewClasses(classes, file: source.file) }
    try requireLabels(below: classes)
    return classes
  }

  /// Checks that every label names one of `classes` classes.
  ///
  /// - Throws: `DatasetError` with file, index and byte of the first label that does not.
  public func requireLabels(below classes: Int) throws(DatasetError) {
    guard let label = labels.first(where: { $0 >= classes }) else { return }
    throw .label(label, place(of: label), classes: classes)
  }

  /// Where `label` was read first.
  private func place(of label: Int) -> LabelPlace {
    let index = labels.firstIndex(of: label) ?? 0
    return LabelPlace(
      index: index, offset: source.start + index * source.size, file: source.file)
  }
}
