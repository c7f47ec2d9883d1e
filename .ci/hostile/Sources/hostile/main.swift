// Trains where subnormal numbers would arise, and prints what came of it: the same on every target.
//
// ARMv7 NEON takes subnormal numbers for zero, other targets compute with them. Here two classes are
// so unlikely that their probabilities lie near 1e-38, their weights start from zero, and half of
// the inputs lie near 1e-39; only the quiet floor keeps all of it from the weights. No dimension is a
// multiple of eight.

import Selvedge

let (inputs, units, classes) = (37, 70, 11)

let precisions: [Precision] = [.float32, .float16, .int8]
for rule in 0..<UInt8(6) {
  for batch in [1, 5] {
    for (hidden, output) in [(0, 0), (1, 1), (2, 2), (0, 2), (2, 1)] {
      for rounding in [Rounding.nearest, .stochastic] {
        train(Rule(rawValue: rule)!, batch, precisions[hidden], precisions[output], rounding)
      }
    }
  }
}

func train(
  _ rule: Rule, _ batch: Int, _ hidden: Precision, _ output: Precision, _ rounding: Rounding
) {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  defer { memory.deallocate() }
  let layers: InlineArray<2, LayerDescription> = [
    .dense(units).stored(as: hidden), .output(classes).stored(as: output),
  ]
  let plan = try! Plan(
    inputs: inputs, layers: layers.span, batch: batch,
    purpose: .training(digest: rule.digestCount(classes: classes)))
  var arena = try! Arena(memory)
  var network = try! Network(plan, seed: 3, in: &arena)
  makeUnlikely(&network)
  var loss: Float = 0
  for step in 0..<200 {
    for sample in 0..<batch { add(step * batch + sample, to: &network) }
    let rates = Rates(hidden: 0.003, output: 0.005)
    loss = try! network.train(rule, rates: rates, rounding: rounding).loss!
    if step % 50 == 49 { network.chooseScales() }
  }
  let (zero, subnormal, other) = census(network)
  print(
    "precisions \(hidden.rawValue) \(output.rawValue) rounding \(rounding.rawValue) rule \(rule.rawValue)"
      + " batch \(batch) loss \(loss.bitPattern) crc32 \(network.weightsChecksum)"
      + " zero \(zero) subnormal \(subnormal) other \(other)")
}

/// Gives the last layer zero weights, and the last two classes probabilities around 1e-38.
func makeUnlikely(_ network: inout Network) {
  let weights = InlineArray<770, Float>(repeating: 0)
  var biases = InlineArray<11, Float>(repeating: 0)
  (biases[9], biases[10]) = (-86.5, -100)
  try! network.setLayer(1, weights: weights.span, biases: biases.span)
}

func add(_ index: Int, to network: inout Network) {
  let random = CounterGenerator(seed: 5, stream: UInt64(index))
  var values = InlineArray<37, Float>(repeating: 0)
  for i in 0..<inputs {
    let uniform = Float(Int(random[UInt64(i)] >> 40)) * 0x1p-23 - 1
    values[i] = i % 2 == 0 ? uniform : uniform * 0x1p-129
  }
  try! network.add(values.span, label: Int(random[99] % 9))
}

func census(_ network: borrowing Network) -> (Int, Int, Int) {
  var (zero, subnormal, other) = (0, 0, 0)
  for (layer, inputs, units) in [(0, inputs, units), (1, units, classes)] {
    let weights = UnsafeMutableBufferPointer<Float>.allocate(capacity: inputs * units)
    let biases = UnsafeMutableBufferPointer<Float>.allocate(capacity: units)
    defer {
      weights.deallocate()
      biases.deallocate()
    }
    var own = weights.mutableSpan
    var ownBiases = biases.mutableSpan
    try! network.copyLayer(layer, weights: &own, biases: &ownBiases)
    for i in 0..<own.count {
      if own[i] == 0 {
        zero += 1
      } else if own[i].isSubnormal {
        subnormal += 1
      } else {
        other += 1
      }
    }
  }
  return (zero, subnormal, other)
}
