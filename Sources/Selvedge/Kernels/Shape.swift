/// How the numbers of one sample lie between two layers: row by row, from left to right, the channels of
/// one place side by side.
public struct Shape: Equatable, Sendable, BitwiseCopyable {
  /// Numbers that a sample may have.
  static var limit: Int64 { 16_777_216 }

  /// Rows of a map; 1 if the sample is a plain list.
  public let rows: Int
  /// Places in a row; 1 if the sample is a plain list.
  public let columns: Int
  /// Numbers at each place.
  public let channels: Int

  /// A map of `rows` x `columns` places with `channels` numbers each.
  public init(rows: Int, columns: Int, channels: Int = 1) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
  }

  /// A plain list of numbers.
  public init(_ count: Int) { self.init(rows: 1, columns: 1, channels: count) }

  /// Places of the map.
  public var places: Int { rows &* columns }
  /// Numbers of a sample.
  public var count: Int { rows &* columns &* channels }

  /// Whether a sample can have this shape: 1 to 16,777,216 numbers.
  var isPossible: Bool {
    let limit = Int(truncatingIfNeeded: Self.limit)
    guard (1...limit).contains(rows), (1...limit).contains(columns) else { return false }
    guard (1...limit).contains(channels) else { return false }
    let places = Int64(widening: rows) * Int64(widening: columns)
    return places <= Self.limit
      && places * Int64(widening: channels) <= Self.limit
  }
}
