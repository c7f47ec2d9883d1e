import CLanes

/// Loops that do one thing as fast as this machine can: what kernels are measured against.
///
/// The accumulators stay in registers, twelve of eight lanes where there are as many and six where not:
/// in the disassembly none of the loops below touches the stack.
public enum Peak {
  /// Multiplications and additions, each rounding by itself; how many of both together were done.
  public static func multiplyAdd(turns: Int, into witness: inout Float) -> Int {
    let factor = lanes_splat(0.999_999_9)
    let step = lanes_splat(1e-7)
    var a0 = lanes_splat(witness)
    var (a1, a2, a3, a4, a5) = (a0, a0, a0, a0, a0)
    if lanes_registers_are_many() != 0 {
      var (b0, b1, b2, b3, b4, b5) = (a0, a0, a0, a0, a0, a0)
      for _ in 0..<turns {
        (a0, a1) = (lanes_multiply_add(step, a0, factor), lanes_multiply_add(step, a1, factor))
        (a2, a3) = (lanes_multiply_add(step, a2, factor), lanes_multiply_add(step, a3, factor))
        (a4, a5) = (lanes_multiply_add(step, a4, factor), lanes_multiply_add(step, a5, factor))
        (b0, b1) = (lanes_multiply_add(step, b0, factor), lanes_multiply_add(step, b1, factor))
        (b2, b3) = (lanes_multiply_add(step, b2, factor), lanes_multiply_add(step, b3, factor))
        (b4, b5) = (lanes_multiply_add(step, b4, factor), lanes_multiply_add(step, b5, factor))
      }
      let sums = lanes_add(lanes_add(b0, b1), lanes_add(lanes_add(b2, b3), lanes_add(b4, b5)))
      a0 = lanes_add(a0, sums)
    } else {
      for _ in 0..<turns {
        (a0, a1) = (lanes_multiply_add(step, a0, factor), lanes_multiply_add(step, a1, factor))
        (a2, a3) = (lanes_multiply_add(step, a2, factor), lanes_multiply_add(step, a3, factor))
        (a4, a5) = (lanes_multiply_add(step, a4, factor), lanes_multiply_add(step, a5, factor))
      }
    }
    let sums = lanes_add(lanes_add(a0, a1), lanes_add(lanes_add(a2, a3), lanes_add(a4, a5)))
    witness = lanes_sum(sums)
    return turns * (lanes_registers_are_many() != 0 ? 12 : 6) * 8
  }

  /// Reads all of `memory` once.
  public static func read(_ memory: UnsafeMutableBufferPointer<Float>, into witness: inout Float) {
    guard var p = memory.baseAddress.map({ UnsafePointer($0) }) else { return }
    var a0 = lanes_splat(0)
    var (a1, a2, a3) = (a0, a0, a0)
    for _ in 0..<memory.count / 64 {
      (a0, a1) = (lanes_add(a0, lanes_load(p)), lanes_add(a1, lanes_load(p + 8)))
      (a2, a3) = (lanes_add(a2, lanes_load(p + 16)), lanes_add(a3, lanes_load(p + 24)))
      (a0, a1) = (lanes_add(a0, lanes_load(p + 32)), lanes_add(a1, lanes_load(p + 40)))
      (a2, a3) = (lanes_add(a2, lanes_load(p + 48)), lanes_add(a3, lanes_load(p + 56)))
      p += 64
    }
    witness = lanes_sum(lanes_add(lanes_add(a0, a1), lanes_add(a2, a3)))
  }

  /// Reads all of `memory` once and writes it back, changed.
  public static func readAndWrite(_ memory: UnsafeMutableBufferPointer<Float>) {
    guard var p = memory.baseAddress else { return }
    let step = lanes_splat(1)
    for _ in 0..<memory.count / 32 {
      lanes_store(p, lanes_add(lanes_load(p), step))
      lanes_store(p + 8, lanes_add(lanes_load(p + 8), step))
      lanes_store(p + 16, lanes_add(lanes_load(p + 16), step))
      lanes_store(p + 24, lanes_add(lanes_load(p + 24), step))
      p += 32
    }
  }

  /// Whether multiplication and addition are fused, and round once: not the same bits on every target.
  public static var isRelaxed: Bool { lanes_are_relaxed() != 0 }

  /// Whether the program was built with registers for the wide tiles.
  public static var hasManyRegisters: Bool { lanes_registers_are_many() != 0 }
}
