// Shape    patches[p, i, j, c] = map[top(p) + i, left(p) + j, c], 0 beyond the edges
// Layout   map [rows, columns, channels], patches [places, window rows, window columns, channels]: dense
// Order    none: numbers are moved; as floats, int8 is multiplied by a power of two
// Exact    the same bytes on every target
// Scratch  none

import CLanes

extension Kernels {
  /// Copies the window of the place (`row`, `column`) of the next map.
  ///
  /// (Not inlined: a few numbers at a time are copied, and in a caller's loops there are no registers left.)
  @inline(never)
  static func copyPatch<Element: BitwiseCopyable>(
    _ map: UnsafePointer<Element>, _ grid: WindowGrid, row: Int, column: Int,
    to patch: UnsafeMutablePointer<Element>, zero: Element
  ) {
    gather(map, grid, row, column, patch, zero) { source, target, count in
      copy(
        UnsafeRawPointer(source), to: UnsafeMutableRawPointer(target),
        count &* MemoryLayout<Element>.size)
    }
  }

  /// The same as floats: int8 times `factor`.
  @inline(never)
  static func copyPatch(
    _ map: UnsafePointer<Int8>, _ grid: WindowGrid, row: Int, column: Int,
    to patch: UnsafeMutablePointer<Float>, factor: Float
  ) {
    let factor = Lanes(repeating: factor)
    gather(map, grid, row, column, patch, 0) { source, target, count in
      if count < Lanes.width {
        for i in 0..<count { target[i] = Float(number: Int(source[i])) * factor.first }
        return
      }
      var i = 0
      while i < count {
        // The last eight begin among those before.
        i = min(i, count &- Lanes.width)
        Float.store(Int8.load(source + i) * factor, to: target + i)
        i &+= Lanes.width
      }
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
      var j = from
      while j &+ 8 <= to {
        (Lanes(at: target + j) + Lanes(at: source + j)).store(to: target + j)
        j &+= 8
      }
      while j < to {
        target[j] += source[j]
        j &+= 1
      }
    }
  }

  /// Sixteen bytes at a time, the last of which begin among those before; or eight, or four.
  @inline(__always)
  private static func copy(
    _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int
  ) {
    if count >= 16 {
      let (from, to) = (
        source.assumingMemoryBound(to: Int8.self), target.assumingMemoryBound(to: Int8.self)
      )
      var i = 0
      while i &+ 16 <= count {
        bytes_store(to + i, bytes_load(from + i))
        i &+= 16
      }
      if i < count { bytes_store(to + (count &- 16), bytes_load(from + (count &- 16))) }
    } else if count >= 8 {
      move(UInt64.self, source, target, count)
    } else if count >= 4 {
      move(UInt32.self, source, target, count)
    } else {
      for i in 0..<count { move(UInt8.self, source + i, target + i, 1) }
    }
  }

  /// The first and the last bytes of so many, which meet or overlap.
  @inline(__always)
  private static func move<Word: BitwiseCopyable>(
    _ word: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    let last = count &- MemoryLayout<Word>.size
    target.storeBytes(of: source.loadUnaligned(as: word), as: word)
    (target + last).storeBytes(of: (source + last).loadUnaligned(as: word), as: word)
  }

  @inline(__always)
  private static func gather<Source, Target>(
    _ map: UnsafePointer<Source>, _ grid: WindowGrid, _ row: Int, _ column: Int,
    _ patch: UnsafeMutablePointer<Target>, _ zero: Target,
    _ move: (UnsafePointer<Source>, UnsafeMutablePointer<Target>, Int) -> Void
  ) {
    let channels = grid.map.channels
    let (width, stride) = (grid.columns &* channels, grid.map.columns &* channels)
    let first = column &* grid.stride &- grid.left
    let top = row &* grid.stride &- grid.top
    var target = patch
    var source = map + (top &* stride &+ first &* channels)
    if top >= 0 && first >= 0 && top &+ grid.rows <= grid.map.rows
      && first &+ grid.columns <= grid.map.columns
    {
      for _ in 0..<grid.rows {
        move(source, target, width)
        source += stride
        target += width
      }
      return
    }
    // The part of every row of the window that lies within the map.
    let from = max(0, 0 &- first) &* channels
    let to = min(grid.columns, grid.map.columns &- first) &* channels
    for r in top..<top &+ grid.rows {
      if r >= 0 && r < grid.map.rows && from < to {
        for i in 0..<from { target[i] = zero }
        move(source + from, target + from, to &- from)
        for i in to..<width { target[i] = zero }
      } else {
        for i in 0..<width { target[i] = zero }
      }
      source += stride
      target += width
    }
  }
}
