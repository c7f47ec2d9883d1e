// The kernels of maps, of memories and of what is sent back in plain lines, which give the same bits.

extension KernelTrial {
  func runReferenceOfMaps() {
    switch kernel {
    case .sendBackFloat32, .sendBackFloat16, .sendBackInt8:
      for s in 0..<samples {
        for i in 0..<columns { maps(samples * columns)[s * columns + i] = sentBack(s, i) }
      }
    case .updatePooled:
      for r in 0..<rows {
        for i in 0..<columns { weights(Float.self)[r * columns + i] += pooledChange(r, i) }
        biases[r] += total(r)
      }
    case .sendBackPooled: sendBackPooled()
    case .depthwise, .updateDepthwise, .updatePooledDepthwise: depthwise()
    case .addFloat16AtRandom, .addInt8AtRandom:
      for k in 0..<rows * columns { addRounded(k) }
    case .maxPool:
      for r in 0..<rows {
        for i in 0..<columns { pool(r, i) }
      }
    case .copyPatches, .addPatches:
      for r in 0..<rows {
        for k in 0..<9 * samples { movePatch(r, k) }
      }
    case .oscillate:
      for i in 0..<columns { oscillate(i) }
    case .legendre:
      for i in 0..<columns { legendre(i) }
    default: break
    }
  }

  // MARK: Sending back

  private func sentBack(_ s: Int, _ i: Int) -> Float {
    var sum: Float = 0
    for r in 0..<rows {
      let w =
        kernel == .sendBackInt8
        ? Float(number: Int(weights(Int8.self)[r * columns + i])) : weight(r, i)
      sum += errors(samples * rows)[s * rows + r] * w
    }
    return kernel == .sendBackInt8 ? sum * .powerOfTwo(-exponents.weight) : sum
  }

  private func pooledChange(_ r: Int, _ i: Int) -> Float {
    var sum: Float = 0
    for q in 0..<samples {
      let place = q * places + Int(quantised[q * rows + r])
      sum += errors(samples * rows)[q * rows + r] * maps((place + 1) * columns)[place * columns + i]
    }
    return sum
  }

  private func sendBackPooled() {
    let p = maps(samples * places * columns)
    p.update(repeating: 0)
    for q in 0..<samples {
      for r in 0..<rows {
        let place = q * places + Int(quantised[q * rows + r])
        for i in 0..<columns {
          p[place * columns + i] += errors(samples * rows)[q * rows + r] * weight(r, i)
        }
      }
    }
  }

  // MARK: Maps

  private func depthwise() {
    let (d, x) = (errors(samples * columns), maps(2 * samples * rows * columns))
    let w = weights(Float.self)
    for i in 0..<columns {
      if kernel == .depthwise {
        for p in 0..<samples {
          var sum: Float = 0
          for t in 0..<rows { sum += w[t * columns + i] * x[(p * rows + t) * columns + i] }
          outputs[p * columns + i] = sum + biases[i]
        }
        continue
      }
      for t in 0..<rows {
        let isPooled = kernel == .updatePooledDepthwise
        var sum: Float = isPooled ? w[t * columns + i] : 0
        for p in 0..<samples {
          let place = isPooled ? p * places + Int(quantised[p * columns + i]) : p
          let product = d[p * columns + i] * x[(place * rows + t) * columns + i]
          sum = p == 0 && !isPooled ? product : sum + product
        }
        w[t * columns + i] = isPooled ? sum : w[t * columns + i] + sum
      }
    }
  }

  private func pool(_ r: Int, _ i: Int) {
    let (y, count) = (maps(2 * samples * rows * columns), 2 * samples)
    var best = 0
    for p in 1..<count where y[(r * count + p) * columns + i] > y[(r * count + best) * columns + i]
    {
      best = p
    }
    // Windows before this one have been read.
    y[r * columns + i] = y[(r * count + best) * columns + i]
    quantised[r * columns + i] = Int8(best)
  }

  private func movePatch(_ r: Int, _ k: Int) {
    let (row, place, c) = (r + k / samples / 3 - 1, column(r) + k / samples % 3 - 1, k % samples)
    let isInside = (0..<rows).contains(row) && (0..<columns).contains(place)
    let patch = r * 9 * samples + k
    let x = maps(rows * columns * samples)
    if kernel == .copyPatches {
      outputs[patch] = isInside ? x[(row * columns + place) * samples + c] : 0
    } else if isInside {
      x[(row * columns + place) * samples + c] += outputs[patch]
    }
  }

  // MARK: Rounding

  private func addRounded(_ k: Int) {
    let g = maps(rows * columns)[k]
    if kernel == .addFloat16AtRandom {
      let target = weights(Float16.self).baseAddress! + k
      let bits = generator[UInt64(widening: k / 4)] &>> (UInt64(widening: k % 4) &* 16)
      let sum = half(
        Float16.load(target, count: 1).first + g, UInt32(truncatingIfNeeded: bits) & 0x1FFF)
      Float16.store(Lanes(repeating: sum), to: target, count: 1)
      return
    }
    let bits = generator[UInt64(widening: k / 2)] &>> (UInt64(widening: k % 2) &* 32)
    let noise = Float(number: Int(UInt32(truncatingIfNeeded: bits) &>> 8)) * 0x1p-24 - 0.5
    let change = max(-1024, min(1024, g * .powerOfTwo(exponents.weight) + noise))
    let steps = (change + 0x1.8p23) - 0x1.8p23
    let w = weights(Int8.self)
    w[k] = Self.int8(Float(number: Int(w[k])) + steps)
  }

  // MARK: Memories

  private func oscillate(_ i: Int) {
    let (state, table) = (maps((2 * rows - 1) * columns), errors(2 * rows))
    state[i] = (state[i] * table[0] + biases[i]).quiet
    for k in 1..<max(rows, 1) {
      let (real, imaginary) = (k * columns + i, (rows + k - 1) * columns + i)
      let (a, b, c, s) = (state[real], state[imaginary], table[k], table[rows + k])
      state[real] = (a * c - b * s + biases[i]).quiet
      state[imaginary] = (a * s + b * c).quiet
    }
  }

  /// The sums of each row over all rows up to it, as matrix and vector would add them.
  private func legendre(_ i: Int) {
    let (m, term) = (maps(rows * columns), outputs)
    let parts = 1 + 5 * rows / steps
    for _ in 0..<parts {
      var total: Float = 0
      for q in 0..<rows { total += m[q * columns + i] }
      for n in 1...8 {
        let share = 1 / Float(number: steps) / Float(number: parts * n)
        var (plain, signed, sum): (Float, Float, Float) = (0 - total, n == 1 ? 0 - biases[i] : 0, 0)
        var (sign, rate): (Float, Float) = (1, share)
        for q in 0..<rows {
          let place = q * columns + i
          let value = n == 1 ? m[place] : term[place]
          plain += value
          signed += value * sign
          term[place] = ((plain - signed * sign) * rate).quiet
          sum += term[place]
          m[place] = (m[place] + term[place]).quiet
          sign = 0 - sign
          rate += 2 * share
        }
        total = sum
      }
    }
  }
}
