/// What a layer learns from the layer behind it: the error that the next layer has at its own output, sent one
/// step back through its weights as they are, and never further.
///
/// A fully connected layer learns from that alone: the two are a block. A convolution adds it to its own error.
/// Where the next layer is the last, the error is that of the label itself; with one hidden layer that is
/// backpropagation.
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
    /// Winners are bytes, four to a number.
    let winners: Range<Int>

    /// - Parameters:
    ///   - shape: The shape of the layer that looks ahead.
    ///   - digest: Numbers that the next layer's loss keeps of a sample.
    init(
      _ layer: LayerDescription, _ shape: LayerShape, _ next: LayerDescription,
      _ nextShape: LayerShape, batch: Int, digest count: Int
    ) {
      let samples = layer.kind == .dense ? batch : 1
      deltas = 0..<samples * nextShape.output.count
      let errorCount = layer.kind == .dense ? Projection.block : shape.output.count
      errors = deltas.upperBound..<deltas.upperBound + max(errorCount, Projection.block)
      digest = errors.upperBound..<errors.upperBound + samples * count
      guard next.kind == .convolution else {
        block = digest.upperBound..<digest.upperBound
        (patches, winners) = (block, block)
        return
      }
      let kept = Convolution.block(columns: nextShape.output.columns, next.pool)
      let places = kept * Int(truncatingIfNeeded: next.pool) * Int(truncatingIfNeeded: next.pool)
      let sums = places * nextShape.output.channels
      block = digest.upperBound..<digest.upperBound + sums
      patches = block.upperBound..<block.upperBound + places * nextShape.weightColumns
      let bytes = next.pool > 1 ? nextShape.output.count : 0
      winners = patches.upperBound..<patches.upperBound + (bytes + 3) / 4
    }

    /// Numbers in all.
    var count: Int { winners.upperBound }
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
