import Files

/// A reason why a data set cannot be used; its description is a sentence for people.
public enum DatasetError: Error, Equatable, Sendable {
  /// A file could not be read, or is not what its format demands.
  case file(FileError)
  /// A table has something else at `line` and `column` (both from 1) than a number.
  case table(file: String, line: Int, column: Int, expected: String, found: String)
  /// No file in `directory` has one of `names`.
  case missing(directory: String, names: [String], reason: String)
  /// More than one file in `directory` could be meant.
  case ambiguous(directory: String, names: [String])
  /// Two files have other classes, or the same in another order.
  case classNames([String], file: String, others: [String], otherFile: String)
  /// There are more images than labels, or the other way about.
  case counts(images: Int, imageFile: String, labels: Int, labelFile: String)
  /// Training and test images differ in shape.
  case shapes(train: [Int], test: [Int], directory: String)
  /// A label names none of `classes` classes.
  case label(Int, LabelPlace, classes: Int)
  /// The classes in `empty`, below `label`, have no examples.
  case emptyClasses(empty: [ClosedRange<Int>], label: Int, LabelPlace)
  /// There is nothing to tell apart.
  case fewClasses(Int, file: String)

  /// What a format demands at a byte, and what is there.
  static func malformed(
    _ file: String, at offset: Int, expected: String, found: String
  ) -> DatasetError {
    .file(.malformed(path: file, offset: offset, expected: expected, found: found))
  }
}

/// Where a label was read.
public struct LabelPlace: Equatable, Sendable, CustomStringConvertible {
  /// The number of the label, from 0.
  public var index: Int
  /// The first byte of the label in `file`.
  public var offset: Int
  public var file: String

  public var description: String { "index \(index) (byte \(offset) of \(file))" }
}

extension DatasetError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .table(let file, let line, let column, let expected, let found):
      "\(file): line \(line), column \(column): expected \(expected), found \(found)"
    case .missing(let directory, let names, let reason):
      "\(reason): looked in \(directory) for \(Self.list(names, "or")), plain or with .gz"
    case .ambiguous(let directory, let names):
      "\(directory): any of \(Self.list(names, "and")) could be meant; leave one of them there"
    case .classNames(let names, let file, let others, let otherFile):
      "\(file) has the classes \(names.prefix(12).joined(separator: " ")), but \(otherFile) "
        + "\(others.prefix(12).joined(separator: " ")); their names and order must be the same"
    case .counts(let images, let imageFile, let labels, let labelFile):
      "\(imageFile) holds \(images) images, but \(labelFile) \(labels) labels"
    case .shapes(let train, let test, let directory):
      "\(directory): the training images have the shape \(train), the test images \(test)"
    case .label(let label, let place, let classes):
      "label \(label) at \(place): expected a label from 0 to \(classes - 1), as there are"
        + " \(classes) classes"
    case .emptyClasses(let empty, let label, let place):
      "label \(label) at \(place): \(Self.classes(empty)) no examples;"
        + " pass --classes \(label + 1) if that is meant"
    case .fewClasses(let classes, let file):
      "\(file): expected at least 2 classes to tell apart, found \(classes)"
    }
  }

  private static func classes(_ ranges: [ClosedRange<Int>]) -> String {
    if ranges.count == 1, ranges[0].count == 1 { return "class \(ranges[0].lowerBound) has" }
    // Labels may be all over the place; a few gaps show that as well as a thousand.
    var parts = ranges.prefix(5).map { range in
      range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
    if ranges.count > 5 { parts.append("more") }
    return "classes \(list(parts, "and")) have"
  }

  private static func list(_ parts: [String], _ word: String) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    return "\(parts.dropLast().joined(separator: ", ")) \(word) \(last)"
  }
}
