/// What a layer learns from the layer behind it: the error that the next layer has at its own output, sent one
/// step back through its weights as they are, and never further.
///
/// A fully connected layer learns from that alone: the two are a block. A convolution adds it to its own error.
/// Where the next layer is the last, the error is that of the label or of the values themselves, times the root of
/// the units, by which weights are smaller than the signs of a projection: so the layer's rate fits it as it fits
/// its own readout. With one hidden layer that is backpropagation, the hidden layer at a rate of its own.
struct Lookahead {
  /// The next layer.
  let next: LayerDescription
  let nextShape: LayerShape
  let weights: Weights
  /// The next layer's outputs, then its deltas: of all samples behind a fully connected layer, otherwise of one.
  let deltas: UnsafeMutableBufferPointer<Float>
  /// The errors sent back: of a block of units, or of a whole map.
  let errors: UnsafeMutableBufferPointer<Float>
  /// The next layer's own memory, if it is a convolution.
  let scratch: Convolution.Scratch?

  /// Where things lie in the tensor that a layer has for this.
  struct Storage {
    let deltas: Range<Int>
    let errors: Range<Int>
    let digest: Range<Int>
    let block: Range<Int>
    let patches: Range<Int>
    /// Where the winners begin, which are bytes.
    let winners: Int
    /// Bytes in all.
    let bytes: Int

    /// - Parameters:
    ///   - shape: The shape of the layer that looks ahead.
    ///   - digest: Numbers that the next layer's loss keeps of a sample.
    init(
      _ layer: LayerDescription, _ shape: LayerShape, _ next: LayerDescription,
      _ nextShape: LayerShape, batch: Int, digest count: Int
    ) {
      let isDense = layer.kind == .dense
      let (samples, outputs) = (isDense ? batch : 1, nextShape.output.count)
      deltas = 0..<samples * outputs
      // Of a map all errors; a block of a layer's units otherwise, and of the next one's on the way.
      let units = isDense ? min(shape.output.count, Projection.block) : shape.output.count
      errors =
        deltas.upperBound..<deltas.upperBound + max(units, min(outputs, Projection.block))
      digest = errors.upperBound..<errors.upperBound + samples * count
      var (sums, window, winnerBytes) = (0, 0, 0)
      if next.kind == .convolution {
        let side = Int(truncatingIfNeeded: next.pool)
        let places =
          Convolution.block(columns: nextShape.output.columns, next.pool) * side * side
        sums = places * nextShape.output.channels
        window = places * nextShape.weightColumns
        winnerBytes = side > 1 ? outputs : 0
      }
      block = digest.upperBound..<digest.upperBound + sums
      patches = block.upperBound..<block.upperBound + window
      winners = patches.upperBound * 4
      bytes = winners + winnerBytes
    }
  }

  /// Replaces outputs by deltas: e f'(y).
  func keepDeltas<Loss: LocalLoss>(_ lesson: Lesson<Loss>, sample s: Int, at place: Int) {
    let width = nextShape.output.count
    let own = UnsafeMutableBufferPointer(rebasing: deltas[place * width..<(place + 1) * width])
    var first = 0
    while first < width {
      let last = min(first + Projection.block, width)
      let outputs = UnsafeBufferPointer(rebasing: own[first..<last])
      var delta = UnsafeMutableBufferPointer(rebasing: errors[0..<last - first]).mutableSpan
      lesson.deltas(
        of: outputs.span, sample: s, firstUnit: first, next.activation, parts: 1, into: &delta)
      for i in first..<last { own[i] = delta[i - first] }
      first = last
    }
  }

  /// The errors of some units of sample `s`, whose next layer is fully connected, at the beginning of `errors`.
  func errors(sample s: Int, units: Range<Int>) -> UnsafeBufferPointer<Float> {
    let width = nextShape.output.count
    let delta = UnsafeBufferPointer(rebasing: deltas[s * width..<(s + 1) * width])
    let own = UnsafeMutableBufferPointer(rebasing: errors[0..<units.count])
    var span = own.mutableSpan
    weights.multiplyTransposed(delta.span, samples: 1, columns: units, into: &span)
    return UnsafeBufferPointer(own)
  }
}
