/// A layer's weights where they lie in the arena or, only to be read, in flash: [units, inputs] row-major, in their own precision.
///
/// The one place that chooses a kernel by precision. It owns nothing: its bytes are lent to it.
struct Weights {
  var precision: Precision { Linked.certain(storedPrecision) }
  private let storedPrecision: Precision
  let inputs: Int
  let units: Int
  /// What int8 weights stand for; nil for floats.
  var scale: ScalePointer? { Linked.int8 ? storedScale : nil }
  private let storedScale: ScalePointer?
  private let base: UnsafeMutableRawPointer

  /// The weights at `base`.
  init(
    _ precision: Precision, units: Int, inputs: Int, scale: ScalePointer?,
    at base: UnsafeMutableRawPointer
  ) {
    storedPrecision = precision
    self.units = units
    self.inputs = inputs
    storedScale = scale
    self.base = base
  }

  /// The products of the rows `rows` with every sample of `x`, plus the bias of each.
  func multiply(
    _ x: Activations, bias: Span<Float>, units rows: Range<Int>, into y: inout MutableSpan<Float>
  ) {
    let biases = bias.extracting(rows)
    let samples = x.samples
    switch precision {
    case .float32:
      let w = elements(of: Float.self, rows).span
      Kernels.gemm(w, bias: biases, x.floats.span, samples: samples, into: &y)
    case .float16:
      let w = elements(of: Float16.self, rows).span
      Kernels.gemm(w, bias: biases, x.floats.span, samples: samples, into: &y)
    case .int8:
      Kernels.gemm(
        elements(of: Int8.self, rows).span, bias: biases, x.bytes.span, samples: samples,
        exponent: scale?.pointee.productExponent ?? 0, into: &y)
    }
  }

  /// Draws what an int8 update from the inputs `x` is rounded with, before its first units.
  func drawNoise(_ x: Activations, _ update: UpdateRounding) {
    guard precision == .int8 else { return }
    var noise = update.noise.mutableSpan
    Kernels.drawNoise(update.generator, x.bytes.span.extracting(0..<x.width), into: &noise)
  }

  /// Adds the outer products of deltas and inputs to the weights of some units, and the deltas to their
  /// biases.
  ///
  /// - Parameter update: The noise and scratch of this layer and step.
  func addOuterProducts(
    _ d: Span<Float>, _ x: Activations, toUnits rows: Range<Int>,
    bias: inout MutableSpan<Float>, _ update: UpdateRounding
  ) {
    var biases = bias.part(rows)
    let samples = x.samples
    switch precision {
    case .float32:
      var w = elements(of: Float.self, rows).mutableSpan
      Kernels.addOuterProducts(d, x.floats.span, samples: samples, to: &w, bias: &biases)
    case .float16:
      var w = elements(of: Float16.self, rows).mutableSpan
      if let generator = update.generator {
        Kernels.addOuterProducts(
          d, x.floats.span, samples: samples, generator, firstRow: rows.lowerBound, to: &w)
        Kernels.addDeltas(d, samples: samples, to: &biases)
      } else {
        Kernels.addOuterProducts(d, x.floats.span, samples: samples, to: &w, bias: &biases)
      }
    case .int8:
      guard let scale else { return }
      var w = elements(of: Int8.self, rows).mutableSpan
      let count = rows.count
      var steps = update.deltas.mutableSpan
      var clipped = 0
      for s in 0..<samples {
        var own = steps.part(s * count..<(s + 1) * count)
        clipped += Kernels.roundDeltas(
          d.extracting(s * count..<(s + 1) * count), exponent: scale.pointee.deltaExponent,
          update.generator, first: update.place(sample: s, unit: rows.lowerBound), into: &own)
      }
      scale.pointee.noteClippedDeltas(clipped)
      Kernels.addOuterProducts(
        steps.span.extracting(0..<samples * count), x.bytes.span, samples: samples,
        noise: update.noise.span, update.generator, firstRow: rows.lowerBound, to: &w)
      Kernels.addDeltas(d, samples: samples, to: &biases)
    }
  }

  /// Some columns of the transposed weights times every sample's deltas.
  func multiplyTransposed(
    _ d: Span<Float>, samples: Int, columns: Range<Int>, into e: inout MutableSpan<Float>
  ) {
    let first = columns.lowerBound
    switch precision {
    case .float32:
      let w = elements(of: Float.self).span
      Kernels.transposedGemm(w, factor: 1, d, samples: samples, firstColumn: first, into: &e)
    case .float16:
      let w = elements(of: Float16.self).span
      Kernels.transposedGemm(w, factor: 1, d, samples: samples, firstColumn: first, into: &e)
    case .int8:
      let w = elements(of: Int8.self).span
      Kernels.transposedGemm(w, factor: step, d, samples: samples, firstColumn: first, into: &e)
    }
  }

  /// The same of a pooled convolution: the deltas are those of the places `n`, one of each window.
  func multiplyTransposed(
    _ d: Span<Float>, at n: Span<Int8>, windows: Int, places: Int,
    into p: inout MutableSpan<Float>
  ) {
    switch precision {
    case .float32:
      Kernels.pooledTransposedGemm(
        elements(of: Float.self).span, factor: 1, d, at: n, windows: windows, places: places,
        into: &p)
    case .float16:
      Kernels.pooledTransposedGemm(
        elements(of: Float16.self).span, factor: 1, d, at: n, windows: windows, places: places,
        into: &p)
    case .int8:
      Kernels.pooledTransposedGemm(
        elements(of: Int8.self).span, factor: step, d, at: n, windows: windows, places: places,
        into: &p)
    }
  }

  // MARK: Maps

  /// The sums of a convolution of each channel by itself, whose weights are [taps, channels].
  ///
  /// - Parameter x: What each place is computed from, as floats [places, taps, channels].
  func multiplyByChannel(
    _ x: Span<Float>, places: Int, bias: Span<Float>, into y: inout MutableSpan<Float>
  ) {
    switch precision {
    case .float32:
      let w = elements(of: Float.self).span
      Kernels.depthwise(w, scale: 1, bias: bias, x, places: places, into: &y)
    case .float16:
      let w = elements(of: Float16.self).span
      Kernels.depthwise(w, scale: 1, bias: bias, x, places: places, into: &y)
    case .int8:
      let w = elements(of: Int8.self).span
      Kernels.depthwise(w, scale: step, bias: bias, x, places: places, into: &y)
    }
  }

  /// Where the sums of the updates go that many places share: straight to float32 weights, otherwise to
  /// `gradient`.
  func sums(or gradient: UnsafeMutableBufferPointer<Float>) -> UnsafeMutableBufferPointer<Float> {
    precision == .float32 ? elements(of: Float.self) : gradient
  }

  /// Adds `gradient`, [units, columns of a part], to a part of the columns of weights that are not float32.
  func add(
    _ gradient: UnsafeMutableBufferPointer<Float>, part: Int, of parts: Int,
    _ generator: CounterGenerator?
  ) {
    if precision != .float32 { addChange(gradient, part: part, of: parts, generator) }
  }

  /// The same of weights of any precision.
  func addChange(
    _ gradient: UnsafeMutableBufferPointer<Float>, part: Int, of parts: Int,
    _ generator: CounterGenerator?
  ) {
    if parts == 1 {
      add(gradient, to: 0..<units * inputs, generator, first: 0)
      return
    }
    let width = inputs / parts
    for row in 0..<units {
      let own = UnsafeMutableBufferPointer(rebasing: gradient[row * width..<(row + 1) * width])
      let place = row * inputs + part * width
      // Random numbers of its own, those that it has among all if there are as many as fill lanes.
      add(
        own, to: place..<place + width, generator, first: (row * parts + part) * ((width + 7) & ~7))
    }
  }

  /// The floats of a row, where they are to be added to: the weights of float32, otherwise `gradient`, which is
  /// zero then.
  func row(
    _ row: Int, or gradient: UnsafeMutableBufferPointer<Float>
  ) -> UnsafeMutableBufferPointer<Float> {
    if precision == .float32 { return elements(of: Float.self, row..<row + 1) }
    let own = UnsafeMutableBufferPointer(rebasing: gradient[0..<inputs])
    own.update(repeating: 0)
    return own
  }

  /// Adds what was added to `gradient` to a row that is not float32.
  func add(
    _ gradient: UnsafeMutableBufferPointer<Float>, toRow row: Int, _ generator: CounterGenerator?
  ) {
    if precision != .float32 { addChange(gradient, toRow: row, generator) }
  }

  /// The same of weights of any precision.
  func addChange(
    _ gradient: UnsafeMutableBufferPointer<Float>, toRow row: Int, _ generator: CounterGenerator?
  ) {
    // Each row has random numbers of its own.
    let own = UnsafeMutableBufferPointer(rebasing: gradient[0..<inputs])
    add(
      own, to: row * inputs..<(row + 1) * inputs, generator, first: row * ((inputs + 7) & ~7))
  }

  private func add(
    _ sums: UnsafeMutableBufferPointer<Float>, to range: Range<Int>,
    _ generator: CounterGenerator?, first: Int
  ) {
    switch precision {
    case .float32:
      // Only what a step rule has made: plain updates add to float32 weights at once.
      guard Linked.steps else { break }
      let own = UnsafeMutableBufferPointer(rebasing: elements(of: Float.self)[range])
      var w = own.mutableSpan
      Kernels.add(1, times: sums.span, to: &w)
    case .float16:
      let own = UnsafeMutableBufferPointer(rebasing: elements(of: Float16.self)[range])
      var w = own.mutableSpan
      Kernels.addRounded(sums.span, generator, first: first, to: &w)
    case .int8:
      let exponent = Int(scale?.pointee.weightExponent ?? 0)
      let own = UnsafeMutableBufferPointer(rebasing: elements(of: Int8.self)[range])
      var w = own.mutableSpan
      Kernels.addRounded(sums.span, exponent: exponent, generator, first: first, to: &w)
    }
  }

  /// One weight as a float; setting it rounds to the precision.
  subscript(unit unit: Int, input input: Int) -> Float {
    get {
      let index = unit * inputs + input
      switch precision {
      case .float32: return elements(of: Float.self)[index]
      case .float16:
        return Float16.load(elements(of: Float16.self).baseAddress! + index, count: 1).first
      case .int8: return Float(number: Int(elements(of: Int8.self)[index])) * step
      }
    }
    nonmutating set {
      let index = unit * inputs + input
      switch precision {
      case .float32: elements(of: Float.self)[index] = newValue
      case .float16:
        let target = elements(of: Float16.self).baseAddress! + index
        Float16.store(Lanes(repeating: newValue), to: target, count: 1)
      case .int8: elements(of: Int8.self)[index] = Self.int8(newValue / step)
      }
    }
  }

  /// Copies all weights as floats.
  ///
  /// - Precondition: There is room for just as many.
  func copy(to floats: inout MutableSpan<Float>) {
    for i in floats.indices { floats[i] = self[unit: i / inputs, input: i % inputs] }
  }

  /// Replaces all weights: int8 ones get the finest scale that holds them all, and subnormal numbers become
  /// zero.
  ///
  /// - Precondition: There are just as many, and the precision holds each.
  func set(_ floats: Span<Float>) {
    if let scale {
      var largest: Float = 0
      for i in floats.indices { largest = max(largest, floats[i].magnitude) }
      if largest > 0 { scale.pointee.weightExponent = Scale.weightExponent(largest: largest) }
    }
    for i in floats.indices {
      self[unit: i / inputs, input: i % inputs] = floats[i].isSubnormal ? 0 : floats[i]
    }
  }

  // MARK: int8

  /// What one step of an int8 weight stands for.
  private var step: Float { .powerOfTwo(-Int(scale?.pointee.weightExponent ?? 0)) }

  /// The nearest integer from -127 to 127, ties to even.
  private static func int8(_ value: Float) -> Int8 {
    let shift: Float = 12_582_912
    let clamped = max(-127, min(127, value))
    return Int8(truncatingIfNeeded: Int32((clamped + shift) - shift))
  }

  /// How many int8 weights are at either end of their range.
  var saturatedCount: Int {
    guard precision == .int8 else { return 0 }
    var count = 0
    for weight in elements(of: Int8.self) where weight.magnitude == 127 { count += 1 }
    return count
  }

  /// Expresses int8 weights with another exponent: halves round to even, and what no longer fits is
  /// clipped.
  func rescale(exponent: Int32) {
    guard let scale, exponent != scale.pointee.weightExponent else { return }
    let factor = Float.powerOfTwo(Int(exponent) - Int(scale.pointee.weightExponent))
    let all = elements(of: Int8.self)
    for i in all.indices { all[i] = Self.int8(Float(number: Int(all[i])) * factor) }
    scale.pointee.weightExponent = exponent
  }

  /// Chooses the exponents anew by the weights as they are, and by the inputs that training has met since
  /// the last choice; the counts begin again.
  ///
  /// The range of the weights doubles where more than one weight in 128 is at its end, and is halved
  /// where all of them lie in three eighths of it.
  func chooseScale() {
    guard let scale else { return }
    var (atEnd, largest) = (0, 0)
    for weight in elements(of: Int8.self) {
      if weight.magnitude == 127 { atEnd += 1 }
      largest = max(largest, Int(weight.magnitude))
    }
    let present = scale.pointee.weightExponent
    if atEnd * 128 > units * inputs && present > Scale.exponents.lowerBound {
      rescale(exponent: present - 1)
    } else if largest < 48 && present < Scale.exponents.upperBound {
      rescale(exponent: present + 1)
    }
    scale.pointee.chooseInputExponent()
  }

  // MARK: Memory

  private func elements<Element: BitwiseCopyable>(
    of type: Element.Type
  ) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: base.bindMemory(to: type, capacity: units * inputs), count: units * inputs)
  }

  private func elements<Element: BitwiseCopyable>(
    of type: Element.Type, _ rows: Range<Int>
  ) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      rebasing: elements(of: type)[rows.lowerBound * inputs..<rows.upperBound * inputs])
  }
}
