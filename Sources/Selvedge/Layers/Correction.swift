/// What an adaptor does to the sums of a layer that it leaves as it is, before their activation:
/// a' = gain * a + offset for each unit, or each channel of a map, and where it has a rank the products of a small
/// layer's outputs with the weights `up`.
///
/// It owns nothing; its numbers are lent to it.
struct Correction {
  /// [channels]
  let gain: UnsafeMutableBufferPointer<Float>
  /// [channels]
  let offset: UnsafeMutableBufferPointer<Float>
  /// Weights [channels, rank] by which the outputs of the small layer are added; none without a rank.
  let up: UnsafeMutableBufferPointer<Float>
  /// The outputs of the small layer for the sample that is computed, [rank].
  let reduced: UnsafeMutableBufferPointer<Float>
  /// Where the sums of one sample go as they were before [outputs]; none if nobody asks.
  var record = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)

  /// Whether samples are computed one after the other.
  var isForOneSample: Bool { !record.isEmpty || !reduced.isEmpty }

  /// Corrects sums [samples or places, channels of a range].
  ///
  /// - Parameter first: The place of the first among the outputs of its sample.
  func apply(_ sums: inout MutableSpan<Float>, channels: Range<Int>, first: Int) {
    let count = channels.count
    if !record.isEmpty {
      for i in sums.indices { record[first + i] = sums[i] }
    }
    var row = 0
    while row < sums.count {
      for c in 0..<count {
        sums[row + c] =
          gain[channels.lowerBound + c] * sums[row + c] + offset[channels.lowerBound + c]
      }
      row += count
    }
    guard !reduced.isEmpty else { return }
    for c in 0..<count {
      let own = (channels.lowerBound + c) * reduced.count
      var sum: Float = 0
      for j in reduced.indices { sum += up[own + j] * reduced[j] }
      sums[c] += sum
    }
  }

  /// Learns from the deltas of some outputs of the sample whose sums were recorded.
  ///
  /// - Parameter first: The place of the first among the outputs of its sample.
  func learn(_ deltas: Span<Float>, first: Int) {
    for i in deltas.indices where deltas[i] != 0 {
      let channel = (first + i) % gain.count
      gain[channel] += (deltas[i] * record[first + i]).quiet
      offset[channel] += deltas[i]
      for j in reduced.indices { up[channel * reduced.count + j] += (deltas[i] * reduced[j]).quiet }
    }
  }
}
