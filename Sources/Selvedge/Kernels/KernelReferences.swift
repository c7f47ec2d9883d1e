// Each kernel of the table in plain lines, which give the same bits.

extension KernelTrial {
  /// Runs the reference instead of the kernel.
  public func runReference() {
    switch kernel {
    case .multiplyFloat32, .multiplyFloat16, .multiplyInt8:
      for s in 0..<samples {
        for r in 0..<rows { outputs[s * rows + r] = product(r, s) + biases[r] }
      }
    case .updateFloat32, .updateFloat16, .updateFloat16AtRandom:
      for r in 0..<rows {
        for i in 0..<columns { setWeight(r, i, weight(r, i) + change(r, i)) }
        // With stochastic rounding, biases are another kernel's.
        if kernel != .updateFloat16AtRandom { biases[r] += total(r) }
      }
    case .updateInt8:
      for r in 0..<rows {
        for i in 0..<columns { moveInt8(r, i) }
      }
    case .tanh:
      for i in outputs.indices {
        outputs[i] = Lanes(repeating: outputs[i]).hyperbolicTangent.quiet.first
      }
    case .softmax:
      for s in 0..<samples { softmax(s * rows) }
    case .quantise:
      for i in outputs.indices { quantised[i] = Self.int8(outputs[i] * 64) }
    default: runReferenceOfMaps()
    }
  }

  // MARK: Products

  private func product(_ r: Int, _ s: Int) -> Float {
    if kernel == .multiplyInt8 {
      var sum = 0
      for i in 0..<columns {
        sum += Int(weights(Int8.self)[r * columns + i]) * Int(inputs(Int8.self)[s * columns + i])
      }
      return Float(number: sum) * .powerOfTwo(-(exponents.weight + exponents.input))
    }
    var lanes = InlineArray<8, Float>(repeating: 0)
    for i in 0..<columns { lanes[i & 7] += weight(r, i) * inputs(Float.self)[s * columns + i] }
    return Self.folded(lanes)
  }

  /// l + (l + 4), then l + (l + 2), then l + (l + 1).
  private static func folded(_ lanes: InlineArray<8, Float>) -> Float {
    ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6]))
      + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
  }

  // MARK: Updates

  private func change(_ r: Int, _ i: Int) -> Float {
    let (d, x) = (deltas(Float.self), inputs(Float.self))
    var change = d[r] * x[i]
    for s in 1..<samples { change += d[s * rows + r] * x[s * columns + i] }
    return change
  }

  func total(_ r: Int) -> Float {
    var total = deltas(Float.self)[r]
    for s in 1..<samples { total += deltas(Float.self)[s * rows + r] }
    return total
  }

  func weight(_ r: Int, _ i: Int) -> Float {
    kernel.precision == .float32
      ? weights(Float.self)[r * columns + i]
      : Float16.load(weights(Float16.self).baseAddress! + (r * columns + i), count: 1).first
  }

  private func setWeight(_ r: Int, _ i: Int, _ value: Float) {
    if kernel.precision == .float32 {
      weights(Float.self)[r * columns + i] = value
    } else {
      let target = weights(Float16.self).baseAddress! + (r * columns + i)
      let isRandom = kernel == .updateFloat16AtRandom
      Float16.store(
        Lanes(repeating: isRandom ? half(value, bits(r, i) & 0x1FFF) : value), to: target, count: 1)
    }
  }

  /// 16 bits of the column, xored with 16 bits of the row.
  private func bits(_ r: Int, _ i: Int) -> UInt32 {
    let own = generator[UInt64(widening: i / 4)] &>> (UInt64(widening: i % 4) &* 16)
    // The upper 16 bits of a row serve int8, 13 of them a half.
    let row = generator[0x1_0000_0000 &+ UInt64(widening: r)] &>> (kernel == .updateInt8 ? 48 : 51)
    return (UInt32(truncatingIfNeeded: own) ^ UInt32(truncatingIfNeeded: row)) & 0xFFFF
  }

  /// The number below or above in magnitude that a half can be, by 13 random bits.
  func half(_ value: Float, _ noise: UInt32) -> Float {
    guard value.magnitude < 0x1p-14 else {
      return Float(bitPattern: (value.bitPattern &+ noise) & ~0x1FFF)
    }
    let shift = Float(number: Int(noise)) * 0x1p-13 - (0.5 - 0x1p-14)
    let units = (value.magnitude * 0x1p24 + shift + 0x1.8p23) - 0x1.8p23
    return value.sign == .minus ? -(units * 0x1p-24) : units * 0x1p-24
  }

  private func moveInt8(_ r: Int, _ i: Int) {
    let (d, x, w) = (deltas(Int16.self), inputs(Int8.self), weights(Int8.self))
    var (change, isZero) = (Int(bits(r, i) ^ 0x8000), true)
    for s in 0..<samples {
      change += Int(d[s * rows + r]) * Int(x[s * columns + i])
      if d[s * rows + r] != 0 { isZero = false }
    }
    let moved = Int(w[r * columns + i]) + (change &>> 16)
    if !isZero { w[r * columns + i] = Int8(max(-127, min(127, moved))) }
  }

  // MARK: Elements

  private func softmax(_ first: Int) {
    var largest = outputs[first]
    for r in 1..<rows { largest = max(largest, outputs[first + r]) }
    var lanes = InlineArray<8, Float>(repeating: 0)
    for r in 0..<rows {
      outputs[first + r] = Lanes(repeating: outputs[first + r] - largest).exponential.first
      lanes[r & 7] += outputs[first + r]
    }
    let total = Self.folded(lanes)
    for r in 0..<rows { outputs[first + r] = (outputs[first + r] / total).quiet }
  }

  static func int8(_ value: Float) -> Int8 {
    let clamped = max(-127, min(127, value))
    return Int8(truncatingIfNeeded: Int((clamped + 12_582_912) - 12_582_912))
  }
}
