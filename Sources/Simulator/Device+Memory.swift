import Datasets
import Selvedge

extension Device {
  /// Lets the memory that the network begins with, if it does, read values and give outputs of mean 0 and
  /// deviation 1 over some samples.
  ///
  /// - Throws: `SampleError` if a sample is not one for the network.
  public func standardiseMemory(
    over data: LabelledSamples, indices: [Int]
  ) throws(SampleError) {
    guard let first = try? network.layer(0), first.kind.isMemory,
      let count = try? network.shape(ofLayer: 0).output.count
    else { return }
    let channels = network.inputs
    var steps = Moments(channels)
    var memories = Moments(count)
    let own = network.standardisation
    var values = [Float](repeating: 0, count: data.samples.valuesPerSample)
    for index in indices {
      var span = values.mutableSpan
      let length = data.samples.copy(index, into: &span)
      for step in stride(from: 0, to: length - length % channels, by: channels) {
        steps.add(values[step..<step + channels].map { ($0 - own.mean) / own.deviation })
      }
    }
    var outputs = [Float](repeating: 0, count: count)
    var latest = 0
    do throws(NetworkError) {
      let (means, factors) = steps.standardisation
      try network.standardiseSteps(means: means.span, factors: factors.span)
      for index in indices {
        latest = index
        var span = values.mutableSpan
        let length = data.samples.copy(index, into: &span)
        try network.read(values.span.extracting(0..<length))
        var outputSpan = outputs.mutableSpan
        try network.copyMemory(into: &outputSpan)
        network.forgetSequence()
        memories.add(outputs)
      }
      let (outputMeans, outputFactors) = memories.standardisation
      try network.standardiseMemory(means: outputMeans.span, factors: outputFactors.span)
    } catch {
      network.forgetSequence()
      throw SampleError(file: data.samples.name, index: latest, error: error)
    }
  }
}

/// Sums of vectors and of their squares.
private struct Moments {
  private var count = 0.0
  private var sums: [Double]
  private var squares: [Double]

  init(_ width: Int) {
    sums = [Double](repeating: 0, count: width)
    squares = sums
  }

  mutating func add(_ values: some Sequence<Float>) {
    count += 1
    for (i, value) in values.enumerated() {
      sums[i] += Double(value)
      squares[i] += Double(value) * Double(value)
    }
  }

  /// The mean of each number, and the inverse of its deviation.
  var standardisation: (means: [Float], factors: [Float]) {
    let n = max(count, 1)
    let factors = zip(sums, squares).map { sum, square in
      let variance = square / n - sum / n * (sum / n)
      // A number that never changes says nothing.
      return variance > 1e-10 ? Float(1 / variance.squareRoot()) : 0
    }
    return (sums.map { Float($0 / n) }, factors)
  }
}
