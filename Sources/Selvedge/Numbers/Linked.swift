/// What of the runtime a program links: all of it, unless its build names the parts by SwiftPM's traits.
///
/// A network is described at run time, so a linker cannot know which layers it will have. Where a part is left
/// out, `Plan` refuses what needs it (`PlanError.notLinked`), and behind that door the compiler knows that no
/// layer is of that kind: nothing else of the runtime asks.
enum Linked {
  static var float32: Bool {
    #if SELVEDGE_TRAITS && !Float32
      false
    #else
      true
    #endif
  }
  static var float16: Bool {
    #if SELVEDGE_TRAITS && !Float16
      false
    #else
      true
    #endif
  }
  static var int8: Bool {
    #if SELVEDGE_TRAITS && !Int8
      false
    #else
      true
    #endif
  }
  /// Convolutions, pools and normalisation.
  static var maps: Bool {
    #if SELVEDGE_TRAITS && !Maps
      false
    #else
      true
    #endif
  }
  /// Memories that turn a sequence into a vector.
  static var memories: Bool {
    #if SELVEDGE_TRAITS && !Memories
      false
    #else
      true
    #endif
  }
  static var recurrence: Bool {
    #if SELVEDGE_TRAITS && !Recurrence
      false
    #else
      true
    #endif
  }
  static var lookahead: Bool {
    #if SELVEDGE_TRAITS && !Lookahead
      false
    #else
      true
    #endif
  }

  /// Numbers that fit a frozen network to another sensor.
  static var adaptors: Bool {
    #if SELVEDGE_TRAITS && !Adaptors
      false
    #else
      true
    #endif
  }

  /// Step rules other than plain ones.
  static var steps: Bool {
    #if SELVEDGE_TRAITS && !Steps
      false
    #else
      true
    #endif
  }

  /// Old samples that are learned from again with each new one, and classes that do not compete.
  static var rehearsal: Bool {
    #if SELVEDGE_TRAITS && !Rehearsal
      false
    #else
      true
    #endif
  }

  /// Loops that do more in a turn than the smallest code would: faster, with the same bits.
  static var unrolledLoops: Bool {
    #if SELVEDGE_TRAITS && !UnrolledLoops
      false
    #else
      true
    #endif
  }

  /// A precision that is linked: the same, if it is.
  @inline(__always)
  static func certain(_ precision: Precision) -> Precision {
    if !float16 && !int8 { return .float32 }
    if !float32 && !float16 { return .int8 }
    if !float32 && !int8 { return .float16 }
    if !float16 { return precision == .int8 ? .int8 : .float32 }
    if !int8 { return precision == .float16 ? .float16 : .float32 }
    if !float32 { return precision == .int8 ? .int8 : .float16 }
    return precision
  }
}
