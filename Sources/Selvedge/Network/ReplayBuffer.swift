/// Samples of a stream that are kept to be learned from again, in bytes of an arena: a part of all that came, which
/// the seed chooses, the same on every board.
///
/// A number is kept in 8 bits: 32 times the standardised value, to the nearest integer, -127 to 127.
public struct ReplayBuffer: ~Copyable {
  public let plan: ReplayPlan
  public let seed: UInt64
  /// Samples that are kept.
  public private(set) var count = 0
  /// Samples that were offered so far.
  public private(set) var offered: UInt64 = 0
  /// Samples that were drawn so far.
  private(set) var drawn: UInt64 = 0
  private let base: UnsafeMutableRawPointer

  /// What a number is multiplied by: 2^5.
  static var exponent: Int { 5 }

  /// An empty buffer. Its bytes must outlive it.
  ///
  /// - Throws: `ReplayError.memory`, with the bytes that are missing; the arena is then as it was.
  public init(_ plan: ReplayPlan, seed: UInt64, in arena: inout Arena) throws(ReplayError) {
    guard Linked.rehearsal else { throw .notLinked }
    do throws(ArenaError) {
      base = try arena.reserve(plan.bytes, layer: 0, role: .replay).baseAddress!
    } catch {
      throw .memory(error)
    }
    self.plan = plan
    self.seed = seed
    seen.update(repeating: 0)
  }

  /// Forgets all samples, as if none had ever come.
  public mutating func clear() {
    (count, offered, drawn) = (0, 0, 0)
    seen.update(repeating: 0)
  }

  /// Offers a sample of the stream, which is kept or not.
  ///
  /// - Parameters:
  ///   - values: Raw values.
  ///   - standardisation: That of the network.
  /// - Returns: Whether it was kept.
  /// - Throws: `ReplayError.network`, if the sample is not one for the network; nothing has changed then.
  @discardableResult
  public mutating func offer(
    _ values: Span<Float>, label: Int, _ standardisation: Standardisation
  ) throws(ReplayError) -> Bool {
    guard values.count == plan.values else {
      throw .network(.valueCount(expected: plan.values, found: values.count))
    }
    guard (0..<plan.classes).contains(label) else {
      throw .network(.label(label, classes: plan.classes))
    }
    let (mean, scale) = (standardisation.mean, standardisation.scale)
    if let index = Kernels.firstNotFinite(values, mean: mean, scale: scale) {
      throw .network(.notFinite(index: index))
    }
    let place = place(for: label)
    offered &+= 1
    let seen = seen
    // (Under the thread sanitizer the compiler breaks at a sum in place.)
    if !seen.isEmpty && seen[label] < .max { seen[label] = seen[label] + 1 }
    guard let place else { return false }
    var kept = sample(place).mutableSpan
    _ = Kernels.standardise(values, mean: mean, scale: scale, exponent: Self.exponent, into: &kept)
    labels[place] = UInt8(truncatingIfNeeded: label)
    if place == count { count += 1 }
    return true
  }

  /// The class of a sample that is kept.
  ///
  /// - Precondition: `index` is less than `count`.
  public func label(of index: Int) -> Int {
    precondition(index >= 0 && index < count, "label: no such sample is kept")
    return Int(truncatingIfNeeded: labels[index])
  }

  /// Copies a sample that is kept, standardised.
  ///
  /// - Precondition: `index` is less than `count`, and `values` has room for just the sample.
  public func copy(_ index: Int, into values: inout MutableSpan<Float>) {
    precondition(index >= 0 && index < count, "copy: no such sample is kept")
    Kernels.dequantise(
      UnsafeBufferPointer(sample(index)).span, exponent: Self.exponent, into: &values)
  }

  /// The number of a sample that is kept, any of them.
  ///
  /// - Precondition: One is kept.
  public mutating func draw() -> Int {
    precondition(count > 0, "draw: no sample is kept")
    drawn &+= 1
    return choice(below: UInt32(truncatingIfNeeded: count), drawn, .draws)
  }

  /// Takes back all draws behind the first so many.
  mutating func takeBack(to drawn: UInt64) { self.drawn = drawn }

  // MARK: Replacement

  /// Where the next sample goes, or nil if it is not kept.
  private func place(for label: Int) -> Int? {
    guard count == plan.capacity else { return count }
    if plan.replacement == .reservoir {
      // In 32 bits: from then on each has the same small chance.
      let all = UInt32(truncatingIfNeeded: min(offered &+ 1, 0xFFFF_FFFF))
      let place = choice(below: all, offered, .places)
      return place < count ? place : nil
    }
    let largest = largestClass(preferring: label)
    let size = population(of: largest)
    if largest == label {
      // Among those of its class, as in a reservoir of their own.
      let all = seen[label] == .max ? .max : seen[label] + 1
      let place = choice(below: all, offered, .places)
      return place < size ? find(place, of: label) : nil
    }
    let place = choice(below: UInt32(truncatingIfNeeded: size), offered, .places)
    return find(place, of: largest)
  }

  /// The class that most samples are of: of equals `label`, otherwise the first.
  private func largestClass(preferring label: Int) -> Int {
    var (largest, most) = (label, population(of: label))
    for other in 0..<plan.classes {
      let size = population(of: other)
      if size > most { (largest, most) = (other, size) }
    }
    return largest
  }

  /// How many samples of a class are kept.
  public func population(of label: Int) -> Int {
    var population = 0
    for i in 0..<count where Int(truncatingIfNeeded: labels[i]) == label { population += 1 }
    return population
  }

  /// The place of a class's sample number `number`.
  private func find(_ number: Int, of label: Int) -> Int? {
    var left = number
    for i in 0..<count where Int(truncatingIfNeeded: labels[i]) == label {
      if left == 0 { return i }
      left -= 1
    }
    return nil
  }

  /// Far from the streams of layers, orders and prompts.
  private enum Stream: UInt64 {
    case places = 0x5245_5000_0000_0000
    case draws = 0x5245_5000_0000_0001
  }

  /// A number below `bound`, by the counter generator.
  private func choice(below bound: UInt32, _ counter: UInt64, _ stream: Stream) -> Int {
    let word = CounterGenerator(seed: seed, stream: stream.rawValue)[counter] &>> 32
    // Without the sign that it may have in the machine's own width.
    let range = UInt64(bitPattern: Int64(widening: Int(truncatingIfNeeded: bound))) & 0xFFFF_FFFF
    return Int(truncatingIfNeeded: (word &* range) &>> 32)
  }

  // MARK: Memory

  /// The bytes of a sample.
  func sample(_ index: Int) -> UnsafeMutableBufferPointer<Int8> {
    let first = index * plan.values
    return UnsafeMutableBufferPointer(
      rebasing: plan.samples.elements(as: Int8.self, in: base)[first..<first + plan.values])
  }

  private var labels: UnsafeMutableBufferPointer<UInt8> {
    plan.labels.elements(as: UInt8.self, in: base)
  }

  private var seen: UnsafeMutableBufferPointer<UInt32> {
    plan.seen.elements(as: UInt32.self, in: base)
  }
}
