// Trains where subnormal numbers would arise, and prints what came of it: the same on every target.
//
// ARMv7 NEON takes subnormal numbers for zero, other targets compute with them. Here two classes are
// so unlikely that their probabilities lie near 1e-38, their weights start from zero, and half of
// the inputs lie near 1e-39; only the quiet floor keeps all of it from the weights. No dimension is a
// multiple of eight.

import Selvedge

let (inputs, units, classes) = (37, 70, 11)

for rule in 0..<UInt8(6) {
  train(Rule(rawValue: rule)!, number: rule, batch: 1)
  train(Rule(rawValue: rule)!, number: rule, batch: 5)
}

func train(_ rule: Rule, number: UInt8, batch: Int) {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  defer { memory.deallocate() }
  let layers: InlineArray<2, LayerDescription> = [.dense(units), .output(classes)]
  let plan = try! Plan(
    inputs: inputs, layers: layers.span, batch: batch,
    purpose: .training(digest: rule.digestCount(classes: classes)))
  var arena = try! Arena(memory)
  var network = try! Network(plan, seed: 3, in: &arena)
  makeUnlikely(&network)
  var loss: Float = 0
  for step in 0..<200 {
    for sample in 0..<batch { add(step * batch + sample, to: &network) }
    loss = try! network.train(rule, rates: Rates(hidden: 0.003, output: 0.005)).loss!
  }
  let (zero, subnormal, other) = census(network)
  print(
    "rule \(number) batch \(batch) loss \(loss.bitPattern) crc32 \(network.weightsChecksum)"
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
  for layer in 0..<2 {
    let weights = try! network.weights(ofLayer: layer)
    for i in weights.indices {
      if weights[i] == 0 {
        zero += 1
      } else if weights[i].isSubnormal {
        subnormal += 1
      } else {
        other += 1
      }
    }
  }
  return (zero, subnormal, other)
}
