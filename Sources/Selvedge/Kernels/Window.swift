/// The part of a map that one number of the next map is computed from, and how it moves: 4 bytes.
public struct Window: Equatable, Sendable, BitwiseCopyable {
  /// What lies beyond the edges of a map.
  public enum Padding: UInt8, Sendable, BitwiseCopyable {
    /// Zeros, so many that the map only shrinks by the stride: (size - 1) / stride + 1 windows.
    case same = 0
    /// Nothing: windows lie within the map.
    case valid = 1
  }

  /// Rows of the window; 0 stands for the whole map.
  public let rows: UInt8
  /// Columns of the window; 0 stands for the whole map.
  public let columns: UInt8
  /// By how many places it moves.
  public let stride: UInt8
  /// What lies beyond the edges.
  public let padding: Padding

  /// A window of `rows` x `columns` places.
  public init(_ rows: Int, _ columns: Int, stride: Int = 1, padding: Padding = .same) {
    self.rows = UInt8(truncatingIfNeeded: max(0, min(rows, 255)))
    self.columns = UInt8(truncatingIfNeeded: max(0, min(columns, 255)))
    self.stride = UInt8(truncatingIfNeeded: max(0, min(stride, 255)))
    self.padding = padding
  }

  /// The window of layers that have none.
  static let none = Window(1, 1)

  /// The same window, its size spelled out for a map.
  func over(_ map: Shape) -> (rows: Int, columns: Int, stride: Int) {
    rows == 0 || columns == 0
      ? (map.rows, map.columns, 1)
      : (
        Int(truncatingIfNeeded: rows), Int(truncatingIfNeeded: columns),
        Int(truncatingIfNeeded: stride)
      )
  }

  /// How many windows lie along a side of `size` places.
  func count(along size: Int, of window: Int, stride: Int) -> Int {
    switch padding {
    case .same: rows == 0 ? 1 : (size - 1) / stride + 1
    case .valid: window > size ? 0 : (size - window) / stride + 1
    }
  }

  /// Places by which the first window begins before the map.
  func margin(of window: Int) -> Int {
    padding == .same && rows != 0 ? (window - 1) / 2 : 0
  }
}

/// How the windows of a layer lie over a map.
struct WindowGrid {
  let map: Shape
  let rows: Int
  let columns: Int
  let stride: Int
  let top: Int
  let left: Int

  init(_ window: Window, over map: Shape) {
    let size = window.over(map)
    self.map = map
    (rows, columns, stride) = size
    top = window.margin(of: size.rows)
    left = window.margin(of: size.columns)
  }

  /// Numbers of the map in one window.
  var count: Int { rows * columns * map.channels }

  /// Part `k` of so many equal parts of every window, which lie in it one behind the other.
  ///
  /// - Precondition: There is one part, or one for each row, or one for each place.
  func part(_ k: Int, of parts: Int) -> WindowGrid {
    if parts == 1 { return self }
    let size = parts == rows ? (rows: 1, columns: columns) : (rows: 1, columns: 1)
    let (row, column) = parts == rows ? (k, 0) : (k / columns, k % columns)
    return WindowGrid(
      map: map, rows: size.rows, columns: size.columns, stride: stride, top: top - row,
      left: left - column)
  }

  private init(map: Shape, rows: Int, columns: Int, stride: Int, top: Int, left: Int) {
    (self.map, self.rows, self.columns) = (map, rows, columns)
    (self.stride, self.top, self.left) = (stride, top, left)
  }
}
