/// The labels whose classes compete in a batch, in any order and number; none if all classes do.
///
/// It owns nothing; the labels are lent to it. Firmware without rehearsal has none, and no bytes for them.
struct Competitors {
  #if SELVEDGE_TRAITS && !Rehearsal
    var labels: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: nil, count: 0) }

    init(_ labels: UnsafeBufferPointer<UInt32>) {}
  #else
    let labels: UnsafeBufferPointer<UInt32>

    init(_ labels: UnsafeBufferPointer<UInt32>) { self.labels = labels }
  #endif

  /// All classes.
  init() { self.init(UnsafeBufferPointer(start: nil, count: 0)) }

  /// Whether a class competes.
  func contains(_ label: Int) -> Bool {
    for other in labels where Int(truncatingIfNeeded: other) == label { return true }
    return labels.isEmpty
  }
}
