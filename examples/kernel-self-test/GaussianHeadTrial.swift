import Selvedge

/// The checksum of a small network whose last layer a Gaussian head has found, or nil if that went wrong: integers are
/// counted, and a system of equations is solved, to the same bits on every target.
func gaussianHeadChecksum(in memory: UnsafeMutableRawBufferPointer) -> UInt32? {
  let layers: InlineArray<2, LayerDescription> = [.dense(24), .output(5)]
  guard
    let plan = try? Plan(inputs: 40, layers: layers.span, batch: 1, purpose: .inference),
    let headPlan = try? GaussianHeadPlan(of: plan), var arena = try? Arena(memory),
    var network = try? Network(plan, seed: 3, in: &arena),
    var head = try? GaussianHead(headPlan, in: &arena)
  else { return nil }
  let random = CounterGenerator(seed: 4, stream: 0)
  var values = InlineArray<40, Float>(repeating: 0)
  do throws(GaussianHeadError) {
    for sample in 0..<60 {
      for i in values.indices {
        let word = random[UInt64(truncatingIfNeeded: sample * 40 + i)]
        // From -1 to 1, around a mean that the class moves.
        let noise = Float(Int(truncatingIfNeeded: word &>> 41)) * 0x1p-22 - 1
        values[i] = i % 5 == sample % 5 ? noise + 0.5 : noise
      }
      try network.count(values.span, label: sample % 5, in: &head)
    }
    try network.setOutput(from: &head)
  } catch {
    return nil
  }
  return network.weightsChecksum
}
