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

  /// How many kernels there are; their raw values count from 0.
  public static var count: Int { 10 }

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
    }
  }

  /// Whether it works on weights [rows, columns]; the others take [samples, rows].
  public var hasWeights: Bool { rawValue <= Kernel.updateInt8.rawValue }
  /// Whether it changes the weights.
  public var isUpdate: Bool {
    hasWeights && rawValue >= Kernel.updateFloat32.rawValue
  }

  /// What its weights are stored as.
  public var precision: Precision {
    switch self {
    case .multiplyFloat16, .updateFloat16, .updateFloat16AtRandom: .float16
    case .multiplyInt8, .updateInt8: .int8
    default: .float32
    }
  }

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
