// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge
import Selvedge

@c @implementation
public func selvedge_set_rates(_ network: OpaquePointer?, _ rates: selvedge_rates) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    handle.settings.rates = try Configuration.rates(rates)
    return 0
  }
}

@c @implementation
public func selvedge_set_rule(_ network: OpaquePointer?, _ rule: UInt32) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    let rule = try Configuration.rule(rule)
    guard case .training(let digest) = handle.network.plan.purpose,
      rule.digestCount(classes: handle.network.classes) <= digest
    else { throw .state }
    handle.settings.rule = rule
    return 0
  }
}

@c @implementation
public func selvedge_freeze(_ network: OpaquePointer?, _ layer: UInt32, _ frozen: UInt32) -> Int32 {
  Handle.call(network, worksDiverged: true) { handle throws(Failure) in
    guard frozen <= 1 else { throw .argument }
    try handle.ask { network throws(NetworkError) in
      try network.setFrozen(frozen == 1, layer: index(layer))
    }
    return 0
  }
}

@c @implementation
public func selvedge_choose_scales(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    handle.network.chooseScales()
    return 0
  }
}

/// The index of a layer; what no machine's network has stays so.
func index(_ layer: UInt32) -> Int { Int(truncatingIfNeeded: min(layer, 1 << 30)) }
