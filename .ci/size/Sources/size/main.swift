// Trains and predicts for ever: samples come from nowhere, results go nowhere, nothing is printed.

import CortexM
import Selvedge

nonisolated(unsafe) var arena = InlineArray<1500, SIMD64<UInt8>>(repeating: .zero)
nonisolated(unsafe) var sample = InlineArray<784, Float>(repeating: 0)
nonisolated(unsafe) var label = 0
nonisolated(unsafe) var result = 0

#if Int8
  let precision = Precision.int8
#else
  let precision = Precision.float32
#endif

func layers() -> InlineArray<2, LayerDescription> {
  [.dense(24).stored(as: precision), .output(10).stored(as: precision)]
}

func learn(_ network: inout Network, _ values: Span<Float>) throws(NetworkError) {
  try network.add(values, label: label)
  result = try network.train(Readout(), rates: Rates(hidden: 0.003, output: 0.005)).correct
  try network.add(values)
  try network.predict()
  result = network.predictedClass(of: 0)
  #if Int8
    network.chooseScales()
  #endif
}

#if Recurrence
  func read(_ network: inout Network, _ values: Span<Float>) throws(NetworkError) {
    let labels: InlineArray<1, Int> = [label]
    try network.begin(labels.span)
    try network.learn(
      values.extracting(0..<network.inputs), from: Readout(),
      rates: Rates(hidden: 0.003, output: 0.005))
  }
#endif

func run(in memory: UnsafeMutableRawBufferPointer) -> Bool {
  let layers = layers()
  guard
    let plan = try? Plan(
      inputs: 784, layers: layers.span, batch: 1,
      purpose: .training(digest: Readout().digestCount(classes: 10))),
    var arena = try? Arena(memory), var network = try? Network(plan, seed: 1, in: &arena)
  else { return false }
  network.standardisation = Standardisation(mean: 73, deviation: 90)!
  while true {
    let isLearned = withUnsafeBytes(of: &sample) { bytes in
      let values = bytes.bindMemory(to: Float.self).span
      do throws(NetworkError) {
        #if Recurrence
          if network.readsSequences { try read(&network, values) }
        #endif
        try learn(&network, values)
        return true
      } catch {
        return false
      }
    }
    guard isLearned else { return false }
  }
}

_ = withUnsafeMutableBytes(of: &arena) { run(in: $0) }
