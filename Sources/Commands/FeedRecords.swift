import Datasets

/// How samples become bytes.
struct FeedRecords {
  let valuesPerStep: Int
  /// Steps of the longest sample.
  let longest: Int
  /// Whether every value is a whole number from 0 to 255.
  let areBytes: Bool

  init(valuesPerStep: Int, _ training: Samples, _ test: Samples?) throws(Failure) {
    self.valuesPerStep = valuesPerStep
    let all = [training] + (test.map { [$0] } ?? [])
    for samples in all {
      for index in 0..<samples.count
      where !samples.valueCount(index).isMultiple(of: valuesPerStep) {
        throw .failed(
          "\(samples.name): sample \(index) has \(samples.valueCount(index)) values, which are no whole "
            + "number of steps of \(valuesPerStep); give --sequence rows, or values of a step")
      }
    }
    longest = all.map { $0.valuesPerSample }.max()! / valuesPerStep
    guard longest <= 65_535 else {
      throw .failed("a sample of a stream has at most 65535 steps; there is one of \(longest)")
    }
    guard valuesPerStep <= 65_536 else {
      throw .failed("a step of a stream has at most 65536 values; there are \(valuesPerStep)")
    }
    areBytes = all.allSatisfy { samples in
      (0..<samples.count).allSatisfy { index in
        samples.values(index).allSatisfy { UInt8(exactly: $0) != nil }
      }
    }
  }

  func header(classes: Int) -> [UInt8] {
    let numbers = [2, classes, valuesPerStep, longest, areBytes ? 1 : 4]
    return Array("SELVSTRM".utf8) + numbers.flatMap { littleEndian(UInt32($0)) }
  }

  func record(_ samples: Samples, _ index: Int, label: Int, isTest: Bool) -> [UInt8] {
    let values = samples.values(index)
    let steps = UInt16(values.count / valuesPerStep)
    let head = [UInt8(label), isTest ? 1 : 0] + littleEndian(steps)
    return areBytes
      ? head + values.map { UInt8($0) } : head + values.flatMap { littleEndian($0.bitPattern) }
  }

  private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

extension Samples {
  fileprivate func values(_ index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: valueCount(index)) { buffer, count in
      buffer.initialize(repeating: 0)
      var span = buffer.mutableSpan
      count = copy(index, into: &span)
    }
  }
}
