// The kernels of maps, of memories and of what is sent back, with the operands of a trial: inputs are maps
// [2 samples, rows, columns] or as the kernel wants them, windows have two places.

extension KernelTrial {
  /// Places of a window.
  var places: Int { 2 }
  /// The steps that a Legendre memory of `rows` numbers spans.
  var steps: Int { 5 * rows }
  /// Where the window of row `r` lies.
  func column(_ r: Int) -> Int { 5 * r % columns }

  private var values: UnsafeMutableBufferPointer<Float> { maps(2 * samples * rows * columns) }

  /// The first numbers of the inputs.
  func maps(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: inputs.assumingMemoryBound(to: Float.self), count: count)
  }

  /// The first deltas.
  func errors(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: deltas.assumingMemoryBound(to: Float.self), count: count)
  }

  private func part<Element>(
    _ all: UnsafeMutableBufferPointer<Element>, _ count: Int
  ) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: all[0..<count])
  }

  func runOfMaps() {
    switch kernel {
    case .sendBackFloat32: sendBack(Float.self, factor: 1)
    case .sendBackFloat16: sendBack(Float16.self, factor: 1)
    case .sendBackInt8: sendBack(Int8.self, factor: .powerOfTwo(-exponents.weight))
    case .updatePooled:
      var w = weights(Float.self).mutableSpan
      var b = part(biases, rows).mutableSpan
      Kernels.addPooledOuterProducts(
        errors(samples * rows).span, at: part(quantised, samples * rows).span,
        maps(samples * places * columns).span, windows: samples, places: places, channels: rows,
        to: &w)
      Kernels.addDeltas(errors(samples * rows).span, samples: samples, to: &b)
    case .sendBackPooled:
      var p = maps(samples * places * columns).mutableSpan
      Kernels.pooledTransposedGemm(
        weights(Float.self).span, factor: 1, errors(samples * rows).span,
        at: part(quantised, samples * rows).span, windows: samples, places: places, into: &p)
    case .depthwise:
      var y = part(outputs, samples * columns).mutableSpan
      Kernels.depthwise(
        weights(Float.self).span, scale: 1, bias: part(biases, columns).span,
        maps(samples * rows * columns).span, places: samples, into: &y)
    case .updateDepthwise:
      var w = weights(Float.self).mutableSpan
      Kernels.addDepthwise(
        errors(samples * columns).span, maps(samples * rows * columns).span, places: samples,
        channels: columns, to: &w)
    case .updatePooledDepthwise:
      var w = weights(Float.self).mutableSpan
      Kernels.addPooledDepthwise(
        errors(samples * columns).span, at: part(quantised, samples * columns).span, values.span,
        windows: samples, places: places, channels: columns, to: &w)
    case .addFloat16AtRandom:
      var w = weights(Float16.self).mutableSpan
      Kernels.addRounded(maps(rows * columns).span, generator, to: &w)
    case .addInt8AtRandom:
      var w = weights(Int8.self).mutableSpan
      Kernels.addRounded(
        maps(rows * columns).span, exponent: exponents.weight, generator, to: &w)
    case .maxPool:
      var y = values.mutableSpan
      var n = part(quantised, rows * columns).mutableSpan
      Kernels.maxPool(
        &y, windows: rows, places: 2 * samples, channels: columns, winners: &n)
    case .copyPatches, .addPatches: movePatches()
    case .oscillate:
      var state = maps((2 * rows - 1) * columns).mutableSpan
      Kernels.oscillate(&state, errors(2 * rows).span, part(biases, columns).span)
    case .legendre:
      var m = maps(rows * columns).mutableSpan
      var scratch = part(outputs, rows * columns).mutableSpan
      Kernels.legendre(&m, part(biases, columns).span, steps: steps, scratch: &scratch)
    default: break
    }
  }

  @inline(__always)
  private func sendBack<Weight: LaneElement>(_ type: Weight.Type, factor: Float) {
    var e = maps(samples * columns).mutableSpan
    Kernels.transposedGemm(
      weights(type).span, factor: factor, errors(samples * rows).span, samples: samples,
      firstColumn: 0, into: &e)
  }

  private func movePatches() {
    let map = Shape(rows: rows, columns: columns, channels: samples)
    let grid = WindowGrid(Window(3, 3), over: map)
    let values = maps(map.count).baseAddress!
    for r in 0..<rows {
      let patch = outputs.baseAddress! + r * grid.count
      if kernel == .copyPatches {
        Kernels.copyPatch(values, grid, row: r, column: column(r), to: patch, zero: 0)
      } else {
        Kernels.addPatch(patch, grid, row: r, column: column(r), to: values)
      }
    }
  }
}
