// Shape    patches[p, i, j, c] = map[top(p) + i, left(p) + j, c], 0 beyond the edges
// Layout   map [rows, columns, channels], patches [places, window rows, window columns, channels]: dense
// Order    none: numbers are moved; as floats, int8 is multiplied by a power of two
// Exact    the same bytes on every target
// Scratch  none

extension Kernels {
  /// Copies the window of the place (`row`, `column`) of the next map.
  @inline(__always)
  static func copyPatch<Element: BitwiseCopyable>(
    _ map: UnsafePointer<Element>, _ grid: WindowGrid, row: Int, column: Int,
    to patch: UnsafeMutablePointer<Element>, zero: Element
  ) {
    gather(map, grid, row, column, patch, zero) { source, target, count in
      for i in 0..<count { target[i] = source[i] }
    }
  }

  /// The same as floats: int8 times `factor`.
  @inline(__always)
  static func copyPatch(
    _ map: UnsafePointer<Int8>, _ grid: WindowGrid, row: Int, column: Int,
    to patch: UnsafeMutablePointer<Float>, factor: Float
  ) {
    gather(map, grid, row, column, patch, 0) { source, target, count in
      for i in 0..<count { target[i] = Float(number: Int(source[i])) * factor }
    }
  }

  /// Adds a window of the place (`row`, `column`) of the next map to the map that it lies over.
  @inline(__always)
  static func addPatch(
    _ patch: UnsafePointer<Float>, _ grid: WindowGrid, row: Int, column: Int,
    to map: UnsafeMutablePointer<Float>
  ) {
    let channels = grid.map.channels
    let first = column &* grid.stride &- grid.left
    let from = max(0, 0 &- first) &* channels
    let to = min(grid.columns, grid.map.columns &- first) &* channels
    guard from < to else { return }
    for i in 0..<grid.rows {
      let r = row &* grid.stride &- grid.top &+ i
      guard r >= 0 && r < grid.map.rows else { continue }
      let target = map + (r &* grid.map.columns &+ first) &* channels
      let source = patch + i &* grid.columns &* channels
      for j in from..<to { target[j] += source[j] }
    }
  }

  @inline(__always)
  private static func gather<Source, Target>(
    _ map: UnsafePointer<Source>, _ grid: WindowGrid, _ row: Int, _ column: Int,
    _ patch: UnsafeMutablePointer<Target>, _ zero: Target,
    _ move: (UnsafePointer<Source>, UnsafeMutablePointer<Target>, Int) -> Void
  ) {
    let channels = grid.map.channels
    let width = grid.columns &* channels
    let first = column &* grid.stride &- grid.left
    // The part of every row of the window that lies within the map.
    let from = max(0, 0 &- first) &* channels
    let to = min(grid.columns, grid.map.columns &- first) &* channels
    var target = patch
    var r = row &* grid.stride &- grid.top
    for _ in 0..<grid.rows {
      if r >= 0 && r < grid.map.rows && from < to {
        let source = map + (r &* grid.map.columns &+ first) &* channels
        for i in 0..<from { target[i] = zero }
        move(source + from, target + from, to &- from)
        for i in to..<width { target[i] = zero }
      } else {
        for i in 0..<width { target[i] = zero }
      }
      target += width
      r &+= 1
    }
  }
}
