/// A layer's weights where they lie in the arena, [units, inputs] row-major, in their own precision.
///
/// The one place that chooses a kernel by precision. It owns nothing: its bytes are lent to it.
struct Weights {
  let precision: Precision
  let inputs: Int
  let units: Int
  private let base: UnsafeMutableRawPointer

  /// The weights at `base`, which is bound to the precision's type.
  init(_ precision: Precision, units: Int, inputs: Int, at base: UnsafeMutableRawPointer) {
    self.precision = precision
    self.units = units
    self.inputs = inputs
    self.base = base
  }

  var count: Int { units * inputs }

  /// The products of every row with every sample of `x`, plus the bias.
  func multiply(
    _ x: Span<Float>, bias: Span<Float>, samples: Int, into y: inout MutableSpan<Float>
  ) {
    switch precision {
    case .float32:
      Kernels.gemm(elements(of: Float.self).span, bias: bias, x, samples: samples, into: &y)
    case .float16:
      Kernels.gemm(elements(of: Float16.self).span, bias: bias, x, samples: samples, into: &y)
    }
  }

  /// Adds the outer products of deltas and inputs to the weights and biases of some units.
  func addOuterProducts(
    _ d: Span<Float>, _ x: Span<Float>, samples: Int, toUnits rows: Range<Int>,
    bias: inout MutableSpan<Float>
  ) {
    let range = rows.lowerBound * inputs..<rows.upperBound * inputs
    var biases = bias.part(rows)
    switch precision {
    case .float32:
      let all = elements(of: Float.self)
      var part = UnsafeMutableBufferPointer(rebasing: all[range]).mutableSpan
      Kernels.addOuterProducts(d, x, samples: samples, to: &part, bias: &biases)
    case .float16:
      let all = elements(of: Float16.self)
      var part = UnsafeMutableBufferPointer(rebasing: all[range]).mutableSpan
      Kernels.addOuterProducts(d, x, samples: samples, to: &part, bias: &biases)
    }
  }

  /// One weight as a float; setting it rounds to the precision.
  subscript(unit unit: Int, input input: Int) -> Float {
    get {
      let index = unit * inputs + input
      return switch precision {
      case .float32: elements(of: Float.self)[index]
      case .float16: Float16.load(elements(of: Float16.self).baseAddress! + index, count: 1).first
      }
    }
    nonmutating set {
      let index = unit * inputs + input
      switch precision {
      case .float32: elements(of: Float.self)[index] = newValue
      case .float16:
        let target = elements(of: Float16.self).baseAddress! + index
        Float16.store(Lanes(repeating: newValue), to: target, count: 1)
      }
    }
  }

  private func elements<Element: LaneElement>(
    of type: Element.Type
  ) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: base.assumingMemoryBound(to: type), count: count)
  }
}
