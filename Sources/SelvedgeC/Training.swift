// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CLanes
import CSelvedge
import Selvedge

@c @implementation
public func selvedge_train(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int, _ label: UInt32
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    try handle.checkTrains()
    try handle.checkIdle()
    guard handle.network.isRecurrent else {
      try handle.add(values, label)
      return try handle.step()
    }
    try handle.check(label: label)
    try handle.learn(values) { network throws(NetworkError) in
      try network.begin(1) { _ in Int(truncatingIfNeeded: label) }
    }
    return try handle.step()
  }
}

@c @implementation
public func selvedge_train_values(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int,
  _ targets: UnsafePointer<Float>?, _ targetCount: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    let targets = try lent(targets, targetCount)
    try handle.checkTrains()
    try handle.checkIdle()
    guard handle.network.isRecurrent else {
      try handle.add(values, targets)
      return try handle.step()
    }
    guard targetCount == handle.network.classes else {
      throw Failure(SELVEDGE_ERROR_COUNT, wanted: handle.network.classes, had: targetCount)
    }
    try handle.learn(values) { network throws(NetworkError) in
      try network.begin(targets: targets.span)
    }
    return try handle.step()
  }
}

@c @implementation
public func selvedge_train_batch(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int,
  _ labels: UnsafePointer<UInt32>?, _ samples: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    let labels = try lent(labels, samples)
    try handle.checkTrains()
    try handle.checkIdle()
    guard samples > 0 else { throw .argument }
    guard samples <= handle.network.batch else {
      throw Failure(SELVEDGE_ERROR_FULL, wanted: handle.network.batch, had: samples)
    }
    // A recurrent layer learns at every step; a sequence has to be read to be checked.
    guard !handle.network.readsSequences else { throw .state }
    let inputs = handle.network.inputs
    guard count == samples * inputs else {
      throw Failure(SELVEDGE_ERROR_COUNT, wanted: samples * inputs, had: count)
    }
    for s in 0..<samples { try handle.check(label: labels[s]) }
    try handle.ask { network throws(NetworkError) in try network.checkValues(values.span) }
    for s in 0..<samples {
      try handle.add(
        UnsafeBufferPointer(rebasing: values[s * inputs..<(s + 1) * inputs]), labels[s])
    }
    return try handle.step()
  }
}

@c @implementation
public func selvedge_add(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int, _ label: UInt32
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    try handle.checkTrains()
    try handle.add(values, label)
    return 0
  }
}

@c @implementation
public func selvedge_add_values(
  _ network: OpaquePointer?, _ values: UnsafePointer<Float>?, _ count: Int,
  _ targets: UnsafePointer<Float>?, _ targetCount: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let values = try lent(values, count)
    let targets = try lent(targets, targetCount)
    try handle.checkTrains()
    try handle.add(values, targets)
    return 0
  }
}

@c @implementation
public func selvedge_step(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    try handle.checkTrains()
    return try handle.step()
  }
}

@c @implementation
public func selvedge_discard(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    handle.network.discard()
    return 0
  }
}

extension Handle {
  borrowing func check(label: UInt32) throws(Failure) {
    let classes = network.learnsValues ? 0 : network.classes
    guard label < UInt32(truncatingIfNeeded: classes) else {
      throw Failure(SELVEDGE_ERROR_LABEL, wanted: classes, had: Int(truncatingIfNeeded: label))
    }
  }

  mutating func add(_ values: UnsafeBufferPointer<Float>, _ label: UInt32) throws(Failure) {
    try check(label: label)
    try ask { network throws(NetworkError) in
      try network.add(values.span, label: Int(truncatingIfNeeded: label))
    }
  }

  mutating func add(
    _ values: UnsafeBufferPointer<Float>, _ targets: UnsafeBufferPointer<Float>
  ) throws(Failure) {
    try ask { network throws(NetworkError) in
      try network.add(values.span, targets: targets.span)
    }
  }

  /// A training step on what waits; the number of its samples.
  mutating func step() throws(Failure) -> Int {
    let settings = settings
    let outcome: StepOutcome
    do throws(NetworkError) {
      outcome = try network.train(
        settings.rule, rates: settings.rates, rounding: settings.rounding)
    } catch {
      throw Failure(error)
    }
    counters.add(outcome)
    if hasRunAway(outcome) {
      hasDiverged = true
      counters.diverged &+= 1
      throw Failure(SELVEDGE_ERROR_DIVERGED)
    }
    return outcome.samples
  }

  /// Whether the step just made shows that training has run away.
  private mutating func hasRunAway(_ outcome: StepOutcome) -> Bool {
    do throws(Divergence) {
      try outcome.checkLoss()
      // A sequence is many steps of recurrent layers, so multiples of the interval may be stepped over.
      let step = UInt32(truncatingIfNeeded: network.steps)
      guard settings.checkInterval > 0, step &- checkedStep >= settings.checkInterval else {
        return false
      }
      checkedStep = step
      try network.checkParameters(
        saturationLimit: Int(truncatingIfNeeded: settings.saturationLimit))
      return false
    } catch {
      return true
    }
  }
}
