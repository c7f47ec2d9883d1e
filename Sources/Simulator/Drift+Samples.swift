import Selvedge

// The formulas of every kind, on values of which 0 and 1 are the range of an image, or 0 and the
// deviation of sequences.

extension Drift {
  func changeImage(_ x: inout [Double], _ sample: Int) {
    switch kind {
    case .noise: addNoise(level(0.1, 0.2, 0.3, 0.4, 0.5), &x, sample)
    case .gain:
      let gain = level(0.8, 0.6, 0.4, 0.25, 0.15)
      for i in x.indices { x[i] *= gain }
    case .offset:
      let offset = level(0.1, 0.2, 0.3, 0.4, 0.5)
      for i in x.indices { x[i] += offset }
    case .contrast:
      let (gain, offset) = level((0.8, 0.15), (0.5, 0.35), (0.25, 0.55), (0.15, 0.62), (0.1, 0.66))
      for i in x.indices { x[i] = gain * x[i] + offset }
    case .rotate: x = read(x) { turned(row: $0, column: $1) }
    case .invert: for i in x.indices { x[i] = 1 - x[i] }
    case .columns: ageColumns(&x)
    case .shift:
      let (columns, rows) = level((1, 1), (3, 2), (4, 3), (6, 4), (8, 6))
      let down = Double(max((rows * shape[0] + 14) / 28, 1))
      let right = Double(max((columns * shape[1] + 14) / 28, 1))
      x = read(x) { (Double($0) - down, Double($1) - right) }
    case .blur: for _ in 0..<severity { x = smoothed(smoothed(x, along: 0), along: 1) }
    case .gamma:
      for i in x.indices {
        let value = min(max(x[i], 0), 1)
        let root = value.squareRoot()
        x[i] = level(
          value * root.squareRoot(), value * root, value * value, value * value * value,
          value * value * (value * value))
      }
    case .saltAndPepper:
      let (part, words) = (level(0.03, 0.06, 0.09, 0.17, 0.27), fresh(sample))
      for i in x.indices {
        let word = words[UInt64(i)]
        if Self.uniform(word) < part { x[i] = Double(word & 1) }
      }
    case .deadPixels:
      let (part, words) = (level(0.02, 0.05, 0.1, 0.2, 0.3), fixed)
      for i in x.indices where Self.uniform(words[UInt64(i)]) < part { x[i] = 0 }
    case .resample, .turn, .dropout: break
    }
  }

  func changeSequence(_ x: inout [Double], _ sample: Int) {
    switch kind {
    case .noise: addNoise(level(0.1, 0.25, 0.5, 0.75, 1), &x, sample)
    case .gain:
      let gain = level(1.1, 1.25, 1.5, 2, 3)
      for i in x.indices { x[i] *= gain }
    case .offset:
      let offset = level(0.25, 0.5, 1, 1.5, 2)
      for i in x.indices { x[i] += offset }
    case .resample: x = resampled(x, at: level(1.05, 1.1, 1.25, 1.5, 2))
    case .turn: turnAxes(&x)
    case .dropout: dropChannels(&x)
    default: break
    }
  }

  // MARK: Images

  private var channels: Int { shape.count > 2 ? shape[2] : 1 }

  /// Where a place of a turned image was: a turn about the middle.
  private func turned(row: Int, column: Int) -> (row: Double, column: Double) {
    let (middleRow, middleColumn) = (Double(shape[0] - 1) / 2, Double(shape[1] - 1) / 2)
    let (y, x) = (Double(row) - middleRow, Double(column) - middleColumn)
    let (cosine, sine) = angle
    return (cosine * y - sine * x + middleRow, sine * y + cosine * x + middleColumn)
  }

  /// An image whose every place is read elsewhere, between four places; outside all is black.
  private func read(
    _ x: [Double], at place: (Int, Int) -> (row: Double, column: Double)
  ) -> [Double] {
    let (rows, columns) = (shape[0], shape[1])
    var result = [Double](repeating: 0, count: x.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let from = place(row, column)
        let (top, left) = (from.row.rounded(.down), from.column.rounded(.down))
        let (down, right) = (from.row - top, from.column - left)
        for (dr, dc) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
          let (r, c) = (Int(top) + dr, Int(left) + dc)
          guard (0..<rows).contains(r), (0..<columns).contains(c) else { continue }
          let weight = (dr == 1 ? down : 1 - down) * (dc == 1 ? right : 1 - right)
          for channel in 0..<channels {
            result[(row * columns + column) * channels + channel] +=
              weight * x[(r * columns + c) * channels + channel]
          }
        }
      }
    }
    return result
  }

  private func ageColumns(_ x: inout [Double]) {
    let (strength, words) = (level(0.25, 0.5, 1, 1.125, 1.25), fixed)
    for i in x.indices {
      let column = UInt64(i / channels % shape[1])
      let gain = 1 + strength * (Self.uniform(words[2 * column]) - 0.8)
      x[i] = gain * x[i] + strength * 0.5 * Self.uniform(words[2 * column + 1])
    }
  }

  /// The mean of each value and its neighbours along a side, with weights 1, 2, 1; at its ends the
  /// value itself is its neighbour.
  private func smoothed(_ x: [Double], along side: Int) -> [Double] {
    let stride = side == 0 ? shape[1] * channels : channels
    return x.indices.map { i in
      let place = i / stride % shape[side]
      let before = place > 0 ? x[i - stride] : x[i]
      let after = place + 1 < shape[side] ? x[i + stride] : x[i]
      return 0.25 * (before + after) + 0.5 * x[i]
    }
  }

  // MARK: Sequences

  /// A sequence that is read between its steps: step t is what was at t / rate.
  private func resampled(_ x: [Double], at rate: Double) -> [Double] {
    let channels = shape.last!
    return x.indices.map { i in
      let from = Double(i / channels) / rate
      let step = from.rounded(.down)
      let first = Int(step) * channels + i % channels
      let next = min(first + channels, x.count - channels + i % channels)
      return x[first] + (from - step) * (x[next] - x[first])
    }
  }

  /// Turns each three channels about one of their axes, and a rest of two in its plane.
  private func turnAxes(_ x: inout [Double]) {
    let channels = shape.last!
    let (cosine, sine) = angle
    let axis = Int(fixed[0] % 3)
    for step in stride(from: 0, to: x.count, by: channels) {
      for first in stride(from: 0, to: channels - 1, by: 3) {
        // The axes that turn are the two others, or all there are.
        let isWhole = first + 3 <= channels
        let a = step + first + (isWhole ? (axis + 1) % 3 : 0)
        let b = step + first + (isWhole ? (axis + 2) % 3 : 1)
        (x[a], x[b]) = (cosine * x[a] - sine * x[b], sine * x[a] + cosine * x[b])
      }
    }
  }

  private func dropChannels(_ x: inout [Double]) {
    let channels = shape.last!
    var order = Array(0..<channels)
    for i in 0..<min(severity, channels - 1) {
      let choice = fixed[UInt64(i)].multipliedFullWidth(by: UInt64(channels - i)).high
      order.swapAt(i, i + Int(choice))
      for step in stride(from: 0, to: x.count, by: channels) { x[step + order[i]] = 0 }
    }
  }
}
