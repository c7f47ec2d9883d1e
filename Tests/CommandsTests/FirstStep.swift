import CStandardLibrary
import TestSupport

/// One step of training in doubles, from the definitions: what a run of a single step must give.
struct FirstStep {
  enum Rule: String, CaseIterable { case readout, masked, squared, absolute, direct }

  var widths: [Int]
  var seed: UInt64
  var rule = Rule.readout
  var rate: Double
  var outputRate: Double

  /// Weights [unit][input] and biases of every layer after the step, and the mean loss before it.
  func parameters(
    _ images: [UInt8], _ labels: [UInt8]
  ) -> (layers: [(weights: [[Double]], biases: [Double])], loss: Double) {
    var inputs = standardised(images, count: labels.count)
    var result: [(weights: [[Double]], biases: [Double])] = []
    var loss = 0.0
    for layer in 0..<widths.count - 1 {
      let units = widths[layer + 1]
      let isLast = layer == widths.count - 2
      var weights = initial(layer)
      var biases = [Double](repeating: 0, count: units)
      let sums = inputs.map { x in weights.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
      }
      let outputs = isLast ? sums : sums.map { $0.map(tanh) }
      for (sample, y) in outputs.enumerated() {
        let label = Int(labels[sample])
        var deltas: [Double]
        if isLast {
          deltas = errorOfLogits(y, label)
          loss -= log(1 - deltas[label]) / Double(labels.count)
        } else {
          deltas = zip(errors(y, label, layer), y).map { $0 * (1 - $1 * $1) }
        }
        let step = (isLast ? outputRate : rate) / Double(labels.count)
        for u in 0..<units {
          for i in inputs[sample].indices { weights[u][i] += step * deltas[u] * inputs[sample][i] }
          biases[u] += step * deltas[u]
        }
      }
      result.append((weights, biases))
      inputs = outputs
    }
    return (result, loss)
  }

  private func standardised(_ images: [UInt8], count: Int) -> [[Double]] {
    let values = images.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let scaled = values.map { ($0 - mean) / variance.squareRoot() }
    return (0..<count).map { Array(scaled[$0 * widths[0]..<($0 + 1) * widths[0]]) }
  }

  private func hash(_ seed: UInt64, _ layer: Int, _ counter: UInt64) -> UInt64 {
    let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
    let key = mixed(seed &+ golden &* UInt64(layer + 1))
    return mixed(key &+ golden &* (counter + 1))
  }

  private func initial(_ layer: Int) -> [[Double]] {
    let (inputs, units) = (widths[layer], widths[layer + 1])
    return (0..<units).map { u in
      (0..<inputs).map { i in
        let uniform = Double(hash(~seed, layer, UInt64(i * units + u)) >> 40) / 0x1p24
        return (2 * uniform - 1) / Double(inputs).squareRoot()
      }
    }
  }

  /// Entry [class, unit] of a layer's projection: stream 0 the signs, stream 1 who cares.
  private func bit(_ layer: Int, _ stream: UInt64, _ label: Int, _ unit: Int) -> Bool {
    let word = hash(seed, layer, stream << 56 + UInt64(label) << 32 + UInt64(unit / 64))
    return word >> UInt64(unit % 64) & 1 == 1
  }

  private func sign(_ layer: Int, _ label: Int, _ unit: Int) -> Double {
    bit(layer, 0, label, unit) ? 1 : -1
  }

  private func errors(_ y: [Double], _ label: Int, _ layer: Int) -> [Double] {
    if rule == .readout {
      let classes = widths[widths.count - 1]
      let logits = (0..<classes).map { c in
        y.indices.reduce(0) { $0 + sign(layer, c, $1) * y[$1] } / Double(y.count).squareRoot()
      }
      let digest = errorOfLogits(logits, label)
      return y.indices.map { u in
        (0..<classes).reduce(0) { $0 + sign(layer, $1, u) * digest[$1] }
      }
    }
    return y.indices.map { u in
      let target = sign(layer, label, u)
      return switch rule {
      case .masked: bit(layer, 1, label, u) ? target - y[u] : 0
      case .squared: target - y[u]
      case .absolute: target < y[u] ? -1 : 1
      case .direct, .readout: target
      }
    }
  }

  private func errorOfLogits(_ logits: [Double], _ label: Int) -> [Double] {
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.enumerated().map { ($0.offset == label ? 1 : 0) - $0.element / sum }
  }
}
