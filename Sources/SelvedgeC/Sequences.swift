// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge
import Selvedge

@c @implementation
public func selvedge_read(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    try handle.ask { network throws(NetworkError) in try network.read(values.span) }
    return 0
  }
}

@c @implementation
public func selvedge_predict_sequence(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    try handle.checkNoneWaits()
    try handle.ask { network throws(NetworkError) in
      try network.add()
      try network.predict()
    }
    return handle.predictedClass(of: 0)
  }
}

@c @implementation
public func selvedge_predict_so_far(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    try handle.ask { network throws(NetworkError) in try network.predictSoFar() }
    return handle.predictedClass(of: 0)
  }
}

@c @implementation
public func selvedge_train_sequence(_ network: OpaquePointer?, _ label: UInt32) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    try handle.checkTrains()
    try handle.checkNoneWaits()
    try handle.check(label: label)
    try handle.ask { network throws(NetworkError) in
      try network.add(label: Int(truncatingIfNeeded: label))
    }
    return try handle.step()
  }
}

@c @implementation
public func selvedge_train_sequence_values(
  _ network: OpaquePointer?, _ targets: UnsafePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let targets = try lent(targets, count)
    try handle.checkTrains()
    try handle.checkNoneWaits()
    try handle.ask { network throws(NetworkError) in try network.add(targets: targets.span) }
    return try handle.step()
  }
}

@c @implementation
public func selvedge_begin(
  _ network: OpaquePointer?, _ labels: UnsafePointer<UInt32>?, _ sequences: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let labels = try lent(labels, sequences)
    try handle.checkTrains()
    for label in labels { try handle.check(label: label) }
    try handle.ask { network throws(NetworkError) in
      try network.begin(labels.count) { Int(truncatingIfNeeded: labels[$0]) }
    }
    return 0
  }
}

@c @implementation
public func selvedge_begin_values(
  _ network: OpaquePointer?, _ targets: UnsafePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let targets = try lent(targets, count)
    try handle.checkTrains()
    try handle.ask { network throws(NetworkError) in try network.begin(targets: targets.span) }
    return 0
  }
}

@c @implementation
public func selvedge_learn(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    let settings = handle.settings
    try handle.ask { network throws(NetworkError) in
      try network.learn(
        values.span, from: settings.rule, rates: settings.rates, rounding: settings.rounding)
    }
    return 0
  }
}

@c @implementation
public func selvedge_memory(
  _ network: OpaquePointer?, _ outputs: UnsafeMutablePointer<Float>?, _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let outputs = try room(outputs, count)
    let wanted = handle.network.memoryOutputs
    guard wanted > 0 else { throw .state }
    guard count == wanted else { throw Failure(SELVEDGE_ERROR_COUNT, wanted: wanted, had: count) }
    try handle.ask { network throws(NetworkError) in
      var values = outputs.mutableSpan
      try network.copyMemory(into: &values)
    }
    return 0
  }
}

@c @implementation
public func selvedge_standardise_steps(
  _ network: OpaquePointer?, _ means: UnsafePointer<Float>?, _ factors: UnsafePointer<Float>?,
  _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let (means, factors) = (try lent(means, count), try lent(factors, count))
    try handle.ask { network throws(NetworkError) in
      try network.standardiseSteps(means: means.span, factors: factors.span)
    }
    return 0
  }
}

@c @implementation
public func selvedge_standardise_memory(
  _ network: OpaquePointer?, _ means: UnsafePointer<Float>?, _ factors: UnsafePointer<Float>?,
  _ count: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let (means, factors) = (try lent(means, count), try lent(factors, count))
    try handle.ask { network throws(NetworkError) in
      try network.standardiseMemory(means: means.span, factors: factors.span)
    }
    return 0
  }
}

extension Handle {
  /// Reads a whole sequence of which recurrent layers learn step by step, once `begin` has begun it.
  mutating func learn(
    _ values: UnsafeBufferPointer<Float>, _ begin: (inout Network) throws(NetworkError) -> Void
  ) throws(Failure) {
    let settings = settings
    try ask { network throws(NetworkError) in
      let inputs = network.inputs
      guard values.count > 0, values.count % inputs == 0 else {
        throw .valueCount(expected: inputs, found: values.count)
      }
      try network.checkValues(values.span)
      try begin(&network)
      var first = 0
      while first < values.count {
        let step = UnsafeBufferPointer(rebasing: values[first..<first + inputs])
        try network.learn(
          step.span, from: settings.rule, rates: settings.rates, rounding: settings.rounding)
        first += inputs
      }
    }
  }

  /// Refuses a call that is for one sequence where samples wait or sequences were begun.
  borrowing func checkNoneWaits() throws(Failure) {
    guard network.waiting == 0, network.begun == 0 else { throw .state }
  }
}

extension Network {
  /// How many numbers the memory gives that the network begins with; 0 without one.
  var memoryOutputs: Int {
    borrowing get {
      do throws(NetworkError) {
        guard try layer(0).kind.isMemory else { return 0 }
        return try shape(ofLayer: 0).output.count
      } catch {
        return 0
      }
    }
  }

  /// Whether the network begins with a layer that learns from every step of a sequence.
  var isRecurrent: Bool {
    borrowing get {
      do throws(NetworkError) { return try layer(0).kind.isRecurrent } catch { return false }
    }
  }
}
