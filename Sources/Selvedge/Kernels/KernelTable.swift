/// The kernels that training spends its time in: one row each, for tests, the bench and a board's self-test.
///
/// Every one gives the same bits as its plain reference (`KernelReferences.swift`), on every target.
public enum Kernel: UInt8, Sendable {
  case multiplyFloat32 = 0
  case multiplyFloat16
  case multiplyInt8
  case updateFloat32
  case updateFloat16
  case updateFloat16AtRandom
  case updateInt8
  case tanh
  case softmax
  case quantise
  case sendBackFloat32
  case sendBackFloat16
  case sendBackInt8
  case updatePooled
  case sendBackPooled
  case depthwise
  case updateDepthwise
  case updatePooledDepthwise
  case addFloat16AtRandom
  case addInt8AtRandom
  case maxPool
  case copyPatches
  case addPatches
  case oscillate
  case legendre

  /// How many kernels there are; their raw values count from 0.
  public static var count: Int { 25 }

  /// What people call it.
  public var name: StaticString {
    switch self {
    case .multiplyFloat32: "multiply float32"
    case .multiplyFloat16: "multiply float16"
    case .multiplyInt8: "multiply int8"
    case .updateFloat32: "update float32"
    case .updateFloat16: "update float16"
    case .updateFloat16AtRandom: "update float16 stochastic"
    case .updateInt8: "update int8"
    case .tanh: "tanh"
    case .softmax: "softmax"
    case .quantise: "quantise"
    case .sendBackFloat32: "send back float32"
    case .sendBackFloat16: "send back float16"
    case .sendBackInt8: "send back int8"
    case .updatePooled: "update pooled"
    case .sendBackPooled: "send back pooled"
    case .depthwise: "depthwise"
    case .updateDepthwise: "update depthwise"
    case .updatePooledDepthwise: "update depthwise pooled"
    case .addFloat16AtRandom: "add float16 stochastic"
    case .addInt8AtRandom: "add int8 stochastic"
    case .maxPool: "pool"
    case .copyPatches: "copy patches"
    case .addPatches: "add patches"
    case .oscillate: "oscillators"
    case .legendre: "Legendre memory"
    }
  }

  /// What it computes of which shapes.
  public var contract: StaticString {
    switch self {
    case .multiplyFloat32, .multiplyFloat16:
      "y[s, r] = b[r] + sum over i of w[r, i] * x[s, i]"
    case .multiplyInt8: "y[s, r] = b[r] + 2^-e * (sum over i of w[r, i] * x[s, i])"
    case .updateFloat32, .updateFloat16, .updateFloat16AtRandom:
      "w[r, i] += sum over s of d[s, r] * x[s, i]"
    case .updateInt8: "w[r, i] += floor((sum over s of d[s, r] * x[s, i] + noise) / 2^16)"
    case .tanh: "y[s, r] = tanh(y[s, r])"
    case .softmax: "y[s, ...] = softmax(y[s, ...])"
    case .quantise: "q[s, r] = round(y[s, r] * 2^e)"
    case .sendBackFloat32, .sendBackFloat16, .sendBackInt8:
      "e[s, i] = 2^-e * (sum over r of d[s, r] * w[r, i])"
    case .updatePooled: "w[r, i] += sum over q of d[q, r] * x[q, n(q, r), i]"
    case .sendBackPooled: "p[q, n(q, r), i] = sum over those r of d[q, r] * w[r, i]"
    case .depthwise: "y[p, i] = b[i] + sum over t of w[t, i] * x[p, t, i]"
    case .updateDepthwise: "w[t, i] += sum over p of d[p, i] * x[p, t, i]"
    case .updatePooledDepthwise: "w[t, i] += sum over q of d[q, i] * x[q, n(q, i), t, i]"
    case .addFloat16AtRandom, .addInt8AtRandom: "w[r, i] = round(w[r, i] + g[r, i])"
    case .maxPool: "y[r, i] = max over p of y[r, p, i], n[r, i] = the first such p"
    case .copyPatches: "p[r, i, j, c] = x[r + i - 1, l + j - 1, c], l = 5 r mod columns"
    case .addPatches: "x[r + i - 1, l + j - 1, c] += p[r, i, j, c]"
    case .oscillate: "(a, b) = (c a - s b + x, s a + c b)"
    case .legendre: "m = e^A m + (integral of e^(A t) over a step) B x"
    }
  }

  /// What is promised of the results.
  public var exactness: StaticString {
    switch self {
    case .multiplyFloat32, .multiplyFloat16: "sums in eight lanes, upwards, folded in a fixed tree"
    case .multiplyInt8, .updateInt8: "exact sums of integers"
    case .updateFloat32, .updateFloat16, .updateFloat16AtRandom: "samples upwards, then the weight"
    case .tanh: "within 6 ulp; the same bits in every lane"
    case .softmax: "eight lanes, upwards, folded in a fixed tree"
    case .quantise: "to the nearest, ties to even"
    case .sendBackFloat32, .sendBackFloat16, .sendBackInt8, .sendBackPooled:
      "rows upwards from zero"
    case .updatePooled: "windows upwards from zero, then the weight"
    case .depthwise: "taps upwards from zero"
    case .updateDepthwise: "places upwards, then the weight"
    case .updatePooledDepthwise: "windows upwards from the weight"
    case .addFloat16AtRandom, .addInt8AtRandom: "each number by itself, by the noise of its place"
    case .maxPool, .copyPatches: "numbers are compared and moved"
    case .addPatches: "places upwards"
    case .oscillate: "each number by itself"
    case .legendre: "rows upwards"
    }
  }

  /// Whether it works on weights [rows, columns]; others take [samples, rows], or maps.
  public var hasWeights: Bool {
    switch self {
    case .tanh, .softmax, .quantise, .maxPool, .copyPatches, .addPatches, .oscillate, .legendre:
      false
    default: true
    }
  }
  /// Whether it changes the weights.
  public var isUpdate: Bool {
    switch self {
    case .updateFloat32, .updateFloat16, .updateFloat16AtRandom, .updateInt8, .updatePooled,
      .updateDepthwise, .updatePooledDepthwise, .addFloat16AtRandom, .addInt8AtRandom:
      true
    default: false
    }
  }

  /// What its weights are stored as.
  public var precision: Precision {
    switch self {
    case .multiplyFloat16, .updateFloat16, .updateFloat16AtRandom, .sendBackFloat16,
      .addFloat16AtRandom:
      .float16
    case .multiplyInt8, .updateInt8, .sendBackInt8, .addInt8AtRandom: .int8
    default: .float32
    }
  }

  /// Whether its inputs are int8.
  var readsInt8: Bool { self == .multiplyInt8 || self == .updateInt8 }
  /// Whether it works on maps, sequences or what is sent back.
  var isOfMaps: Bool { rawValue > Kernel.quantise.rawValue }

  /// Runs every kernel over shapes around the boundaries of lanes and tiles, and compares each with its
  /// reference; for a board, before it is trusted.
  ///
  /// - Parameter memory: At least 16,384 bytes that begin at a multiple of 16.
  /// - Returns: The first kernel with other bits than its reference, or nil if all agree.
  /// - Throws: `ArenaError`, if the memory is too small or misaligned.
  public static func firstFault(
    in memory: UnsafeMutableRawBufferPointer
  ) throws(ArenaError) -> Kernel? {
    for index in 0..<count {
      guard let kernel = Kernel(rawValue: UInt8(truncatingIfNeeded: index)) else { continue }
      for rows in 1...9 {
        for columns in 1...35 where (rows + columns) % 3 == 0 {
          for samples in 1...3 {
            var arena = try Arena(memory)
            let trial = try KernelTrial(
              kernel, rows: rows, columns: columns, samples: samples, in: &arena)
            trial.fill()
            trial.run()
            let found = trial.checksum
            trial.fill()
            trial.runReference()
            if trial.checksum != found || found == 0 { return kernel }
          }
        }
      }
    }
    return nil
  }
}
