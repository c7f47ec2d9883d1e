/// A layer without weights: the largest number or the mean of each window of a map, channel by channel.
struct Pooling {
  let shape: LayerShape
  let description: LayerDescription

  /// Channels that are pooled at once.
  static func block(channels: Int) -> Int { min(channels, 64) }

  /// The outputs `y` of the inputs `x`, which are floats.
  ///
  /// - Parameter block: Room for a block of channels.
  func forward(
    _ x: Activations, into y: Activations, _ block: UnsafeMutableBufferPointer<Float>,
    isTraining: Bool
  ) {
    let grid = WindowGrid(description.window, over: shape.input)
    let channels = shape.output.channels
    for s in 0..<x.samples {
      let map = UnsafeBufferPointer(rebasing: x.floats[s * x.width..<(s + 1) * x.width])
      for place in 0..<shape.output.places {
        let row = place / shape.output.columns * grid.stride - grid.top
        let column = place % shape.output.columns * grid.stride - grid.left
        let rows = max(row, 0)..<min(row + grid.rows, shape.input.rows)
        let columns = max(column, 0)..<min(column + grid.columns, shape.input.columns)
        var first = 0
        while first < channels {
          let part = first..<min(first + Self.block(channels: channels), channels)
          pool(map, rows, columns, channels: part, into: block)
          let pooled = UnsafeBufferPointer(rebasing: block[0..<part.count])
          let range = place * channels + part.lowerBound..<place * channels + part.upperBound
          y.store(pooled.span, s, range, isTraining: isTraining)
          first = part.upperBound
        }
      }
    }
  }

  /// One window of some channels: the part of it that lies within the map.
  private func pool(
    _ map: UnsafeBufferPointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>,
    channels: Range<Int>, into result: UnsafeMutableBufferPointer<Float>
  ) {
    let takesMean = description.kind == .averagePool
    let share = 1 / Float(number: rows.count * columns.count)
    var isFirst = true
    for r in rows {
      for c in columns {
        let start = (r * shape.input.columns + c) * shape.input.channels
        for k in channels {
          let (value, i) = (map[start + k], k - channels.lowerBound)
          if isFirst {
            result[i] = value
          } else if takesMean {
            result[i] += value
          } else if value > result[i] {
            result[i] = value
          }
        }
        isFirst = false
      }
    }
    guard takesMean else { return }
    for i in 0..<channels.count { result[i] = (result[i] * share).quiet }
  }
}
