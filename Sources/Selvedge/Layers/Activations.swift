/// A batch of numbers between two layers where they lie in the arena, [samples, width]: int8 where an
/// int8 layer reads them, otherwise float32.
///
/// It owns nothing; its bytes are lent to it.
struct Activations {
  let samples: Int
  let width: Int
  /// The scale of the int8 layer that reads them; nil for floats.
  var scale: ScalePointer? { Linked.int8 ? storedScale : nil }
  private let storedScale: ScalePointer?
  private let base: UnsafeMutableRawPointer

  /// The numbers at `base`.
  init(
    samples: Int, width: Int, scale: ScalePointer?, at base: UnsafeMutableRawPointer
  ) {
    self.samples = samples
    self.width = width
    storedScale = scale
    self.base = base
  }

  /// One sample of the batch.
  func sample(_ s: Int) -> Activations { samples(s..<s + 1) }

  /// Some samples of the batch.
  func samples(_ range: Range<Int>) -> Activations {
    let bytes = width * (isInt8 ? 1 : 4)
    return Activations(
      samples: range.count, width: width, scale: scale, at: base + range.lowerBound * bytes)
  }

  var isInt8: Bool { scale != nil }
  var exponent: Int { scale.map { Int($0.pointee.inputExponent) } ?? 0 }

  /// - Precondition: They are floats.
  var floats: UnsafeMutableBufferPointer<Float> {
    assert(!isInt8)
    return UnsafeMutableBufferPointer(
      start: base.bindMemory(to: Float.self, capacity: samples * width), count: samples * width)
  }

  /// - Precondition: They are int8.
  var bytes: UnsafeMutableBufferPointer<Int8> {
    assert(isInt8)
    return UnsafeMutableBufferPointer(
      start: base.bindMemory(to: Int8.self, capacity: samples * width), count: samples * width)
  }

  /// Stores the numbers `range` of sample `s`; training notes what does not fit int8.
  func store(_ values: Span<Float>, _ s: Int, _ range: Range<Int>, isTraining: Bool) {
    let place = place(s, range)
    guard let scale else {
      let floats = floats
      for i in values.indices { floats[place.lowerBound + i] = values[i] }
      return
    }
    var own = UnsafeMutableBufferPointer(rebasing: bytes[place]).mutableSpan
    let clipping = Kernels.quantise(values, exponent: exponent, into: &own)
    if isTraining { scale.note(clipping) }
  }

  /// The sum of the squares of all numbers.
  var sumOfSquares: Float {
    guard isInt8 else { return Kernels.sumOfSquares(UnsafeBufferPointer(floats).span) }
    var sum = 0
    for number in bytes { sum &+= Int(number) &* Int(number) }
    return Float(number: sum) * .powerOfTwo(-2 * exponent)
  }

  /// All numbers of sample `s` where they are.
  @_lifetime(borrow self)
  func output(_ s: Int) -> LayerOutput {
    let own = place(s, 0..<width)
    let output =
      isInt8
      ? LayerOutput(UnsafeBufferPointer(rebasing: bytes[own]).span, exponent: exponent)
      : LayerOutput(UnsafeBufferPointer(rebasing: floats[own]).span)
    // The arena's memory, not the local pointer, is what it lies in.
    return unsafe _overrideLifetime(output, borrowing: self)
  }

  /// The numbers `range` of sample `s` as floats: where they are, or in `copy` if they are int8.
  func values(
    _ s: Int, _ range: Range<Int>, in copy: UnsafeMutableBufferPointer<Float>
  ) -> UnsafeBufferPointer<Float> {
    guard isInt8 else { return UnsafeBufferPointer(rebasing: floats[place(s, range)]) }
    let part = UnsafeMutableBufferPointer(rebasing: copy[0..<range.count])
    var own = part.mutableSpan
    let stored = UnsafeBufferPointer(rebasing: bytes[place(s, range)])
    Kernels.dequantise(stored.span, exponent: exponent, into: &own)
    return UnsafeBufferPointer(part)
  }

  private func place(_ s: Int, _ range: Range<Int>) -> Range<Int> {
    s * width + range.lowerBound..<s * width + range.upperBound
  }
}
