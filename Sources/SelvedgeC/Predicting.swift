// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge
import Selvedge

@c @implementation
public func selvedge_predict(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    try handle.checkIdle()
    try handle.add(values)
    try handle.ask { network throws(NetworkError) in try network.predict() }
    return handle.predictedClass(of: 0)
  }
}

@c @implementation
public func selvedge_outputs(
  _ network: OpaquePointer?, _ sample: UInt32, _ outputs: UnsafeMutablePointer<Float>?,
  _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let (sample, outputs) = try handle.answer(sample, outputs, count)
    if handle.network.learnsValues {
      var values = outputs.mutableSpan
      handle.network.copyOutputs(of: sample, into: &values)
    } else {
      let logits = handle.network.logits(of: sample)
      for c in logits.indices { outputs[c] = logits[c] }
    }
    return 0
  }
}

@c @implementation
public func selvedge_probabilities(
  _ network: OpaquePointer?, _ sample: UInt32, _ probabilities: UnsafeMutablePointer<Float>?,
  _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let (sample, probabilities) = try handle.answer(sample, probabilities, count)
    guard !handle.network.learnsValues else { throw .state }
    var values = probabilities.mutableSpan
    handle.network.probabilities(of: sample, into: &values)
    return 0
  }
}

@c @implementation
public func selvedge_add_unlabelled(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    try handle.add(try lent(values, count))
    return 0
  }
}

@c @implementation
public func selvedge_predict_batch(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    try handle.ask { network throws(NetworkError) in try network.predict() }
    return handle.network.predicted
  }
}

@c @implementation
public func selvedge_class(_ network: OpaquePointer?, _ sample: UInt32) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    handle.predictedClass(of: try handle.predicted(sample))
  }
}

extension Handle {
  mutating func add(_ values: UnsafeBufferPointer<Float>) throws(Failure) {
    try ask { network throws(NetworkError) in try network.add(values.span) }
  }

  /// The class of a sample, or 0 of one that has none.
  borrowing func predictedClass(of sample: Int) -> Int {
    network.learnsValues ? 0 : network.predictedClass(of: sample)
  }

  /// The number of a sample of the latest prediction.
  borrowing func predicted(_ sample: UInt32) throws(Failure) -> Int {
    guard network.predicted > 0 else { throw .state }
    guard sample < UInt32(truncatingIfNeeded: network.predicted) else { throw .argument }
    return Int(truncatingIfNeeded: sample)
  }

  /// A sample of the latest prediction, and the room for its outputs.
  borrowing func answer(
    _ sample: UInt32, _ outputs: UnsafeMutablePointer<Float>?, _ count: Int
  ) throws(Failure) -> (Int, UnsafeMutableBufferPointer<Float>) {
    let outputs = try room(outputs, count)
    let sample = try predicted(sample)
    guard count == network.classes else {
      throw Failure(SELVEDGE_ERROR_COUNT, wanted: network.classes, had: count)
    }
    return (sample, outputs)
  }
}
