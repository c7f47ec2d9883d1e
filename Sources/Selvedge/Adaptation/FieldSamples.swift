/// What a device has collected where it works: samples, of which the first ones have labels.
///
/// Their order should be by chance: each fifth labelled one is held back to judge by.
public protocol FieldSamples {
  /// Samples in all.
  var count: Int { get }
  /// How many of them, the first ones, have labels.
  var labelledCount: Int { get }
  /// Values of the longest sample.
  var longest: Int { get }
  /// Copies the raw values of a sample, and says how many there are: at most `longest`.
  mutating func copy(_ index: Int, into values: inout MutableSpan<Float>) -> Int
  /// The class of a sample that has a label.
  func label(of index: Int) -> Int
}

extension FieldSamples {
  /// Labelled samples to fit on; the others are held back.
  var fittingCount: Int { labelledCount - heldBackCount }
  /// Labelled samples that are held back.
  var heldBackCount: Int { labelledCount / 5 }
  /// Sample `i` of those to fit on.
  func fitting(_ i: Int) -> Int { i < 4 * heldBackCount ? i / 4 * 5 + i % 4 : i + heldBackCount }
  /// Sample `i` of those that are held back.
  func heldBack(_ i: Int) -> Int { 5 * i + 4 }
}
