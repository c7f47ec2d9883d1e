// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge
import Selvedge

@c @implementation
public func selvedge_get_info(
  _ network: OpaquePointer?, _ info: UnsafeMutablePointer<selvedge_info>?
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let info = try room(ofThisVersion: info)
    let own = handle.network.footprint
    info[0] = selvedge_info(
      size: Size.of(selvedge_info.self),
      layers: UInt32(truncatingIfNeeded: handle.network.layerCount),
      inputs: UInt32(truncatingIfNeeded: handle.network.inputs),
      outputs: UInt32(truncatingIfNeeded: handle.network.classes),
      batch: UInt32(truncatingIfNeeded: handle.network.batch),
      learns_values: handle.network.learnsValues ? 1 : 0,
      reads_sequences: handle.network.readsSequences ? 1 : 0,
      memory_outputs: UInt32(truncatingIfNeeded: handle.network.memoryOutputs),
      waiting: UInt32(truncatingIfNeeded: handle.network.waiting),
      predicted: UInt32(truncatingIfNeeded: handle.network.predicted),
      steps_read: wide(handle.network.stepsRead), parameters: wide(own.parameterCount),
      bytes: wide(Handle.size + own.total), in_place_bytes: wide(own.flash),
      model_bytes: wide(ModelFile.byteCount(of: handle.network, withRecord: false)))
    return 0
  }
}

@c @implementation
public func selvedge_get_counters(
  _ network: OpaquePointer?, _ counters: UnsafeMutablePointer<selvedge_counters>?
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let counters = try room(ofThisVersion: counters)
    let own = handle.counters
    counters[0] = selvedge_counters(
      size: Size.of(selvedge_counters.self), loss: own.loss, last_loss: own.lastLoss,
      restored: own.restored,
      steps: handle.network.steps, samples: own.samples, correct: own.correct,
      refused: own.refused, diverged: own.diverged)
    return 0
  }
}

@c @implementation
public func selvedge_reset_counters(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    handle.counters = Counters()
    return 0
  }
}

@c @implementation
public func selvedge_get_saturation(
  _ network: OpaquePointer?, _ layer: UInt32,
  _ saturation: UnsafeMutablePointer<selvedge_saturation>?
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let saturation = try room(ofThisVersion: saturation)
    var own: Saturation?
    try handle.ask { network throws(NetworkError) in
      own = try network.saturation(ofLayer: index(layer))
    }
    guard let own else { throw .argument }
    saturation[0] = selvedge_saturation(
      size: Size.of(selvedge_saturation.self), weights: UInt32(truncatingIfNeeded: own.weights),
      inputs: UInt32(truncatingIfNeeded: own.inputs),
      deltas: UInt32(truncatingIfNeeded: own.deltas))
    return 0
  }
}

@c @implementation
public func selvedge_weights_crc(
  _ network: OpaquePointer?, _ crc: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let crc = try room(crc, 1)
    crc[0] = handle.network.weightsChecksum
    return 0
  }
}

@c @implementation
public func selvedge_last_error(
  _ network: OpaquePointer?, _ error: UnsafeMutablePointer<selvedge_error>?
) -> Int32 {
  // It changes nothing, so it works in the middle of another call.
  guard let handle = Handle.at(network) else {
    return Int32(truncatingIfNeeded: SELVEDGE_ERROR_HANDLE)
  }
  do throws(Failure) {
    try room(ofThisVersion: error)[0] = handle.pointee.error.details
    return 0
  } catch {
    return error.result
  }
}
