extension Samples {
  /// The mean and the population deviation over all values of the samples in `indices`; a
  /// deviation of 0 is given as 1, as it is there to divide by.
  ///
  /// Sums of bytes are exact; other values are summed as doubles, sample after sample, twice.
  ///
  /// - Precondition: every index is below `count`.
  public func standardisation(
    of indices: some Collection<some BinaryInteger>
  ) -> (mean: Float, deviation: Float) {
    guard !indices.isEmpty else { return (0, 1) }
    let (mean, variance) =
      switch storage {
      case .bytes(let bytes, let start): moments(of: bytes, from: start, indices)
      case .floats(let floats): moments(of: floats, indices)
      }
    let deviation = Float(variance.squareRoot())
    return (Float(mean), deviation > 0 ? deviation : 1)
  }

  private func moments(
    of bytes: [UInt8], from start: Int, _ indices: some Collection<some BinaryInteger>
  ) -> (mean: Double, variance: Double) {
    var sum: UInt64 = 0
    var squares: UInt64 = 0
    for index in indices {
      let range = range(index)
      Self.add(
        bytes.span.extracting(start + range.lowerBound..<start + range.upperBound),
        to: &sum, &squares)
    }
    // n^2 times the variance is n * squares - sum^2, which takes 128 bits but no rounding.
    let n = UInt64(indices.count) * UInt64(valuesPerSample)
    let all = n.multipliedFullWidth(by: squares)
    let middle = sum.multipliedFullWidth(by: sum)
    let (low, borrows) = all.low.subtractingReportingOverflow(middle.low)
    let high = all.high - middle.high - (borrows ? 1 : 0)
    let scaled = Double(high) * 0x1p64 + Double(low)
    return (Double(sum) / Double(n), scaled / (Double(n) * Double(n)))
  }

  private static func add(_ values: Span<UInt8>, to sum: inout UInt64, _ squares: inout UInt64) {
    // In 32 bits, as wide vectors have them; 65536 squares of a byte still fit.
    var start = 0
    while start < values.count {
      let end = min(start + 65536, values.count)
      var partSum: UInt32 = 0
      var partSquares: UInt32 = 0
      for position in start..<end {
        let value = UInt32(values[unchecked: position])
        partSum &+= value
        partSquares &+= value &* value
      }
      sum += UInt64(partSum)
      squares += UInt64(partSquares)
      start = end
    }
  }

  private func moments(
    of floats: [Float], _ indices: some Collection<some BinaryInteger>
  ) -> (mean: Double, variance: Double) {
    let n = Double(indices.reduce(0) { $0 + range($1).count })
    var sum = 0.0
    for index in indices {
      for position in range(index) { sum += Double(floats[position]) }
    }
    let mean = sum / n
    var squares = 0.0
    for index in indices {
      for position in range(index) {
        let distance = Double(floats[position]) - mean
        squares += distance * distance
      }
    }
    return (mean, squares / n)
  }
}
