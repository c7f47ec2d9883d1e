import CLanes

/// What a layer's weights are stored as. They exist once, in this precision.
public enum Precision: UInt8, Sendable, BitwiseCopyable {
  case float32 = 0
  /// Half precision; sums are float32.
  case float16 = 1
  /// Integers from -127 to 127 times a power of two (``Scale``), as is what the layer reads; sums are
  /// exact in 32 bits.
  case int8 = 2

  /// Bytes of one weight.
  public var bytes: Int {
    switch self {
    case .float32: 4
    case .float16: 2
    case .int8: 1
    }
  }

  /// Bytes of one number that a layer of this precision reads.
  public var inputBytes: Int { self == .int8 ? 1 : 4 }

  /// Whether a value is still finite once it is rounded to the precision; int8 has a scale to fit it.
  func holds(_ value: Float) -> Bool {
    switch self {
    case .float32, .int8: value.isFinite
    case .float16: value.magnitude < 65_520
    }
  }
}

extension RawSpan {
  /// The offset of the first of `count` numbers, from byte `start` on, that no network may have: one that
  /// is not finite, a subnormal float, which not every target can keep, or -128. Nil if there is none.
  ///
  /// - Precondition: The bytes are there.
  func firstUnusable(_ precision: Precision, from start: Int, count: Int) -> Int? {
    for i in 0..<count {
      let offset = start + i * precision.bytes
      switch precision {
      case .float32:
        let value = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Float.self)
        if !value.isFinite || value.isSubnormal { return offset }
      case .float16:
        let bits = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
        if bits & 0x7C00 == 0x7C00 { return offset }
      case .int8:
        if unsafe unsafeLoad(fromByteOffset: offset, as: Int8.self) == -128 { return offset }
      }
    }
    return nil
  }
}

/// A number in memory that is loaded into float lanes, and rounded when it is stored.
protocol LaneElement: BitwiseCopyable {
  static func load(_ pointer: UnsafePointer<Self>) -> Lanes
  /// The first `count` of eight lanes, the rest zero; reads nothing behind them.
  static func load(_ pointer: UnsafePointer<Self>, count: Int) -> Lanes
  static func store(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Self>)
  /// Sixteen numbers at once: one instruction where the machine has it.
  static func loadPair(_ pointer: UnsafePointer<Self>) -> (Lanes, Lanes)
  static func storePair(_ low: Lanes, _ high: Lanes, to pointer: UnsafeMutablePointer<Self>)
  static func store(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Self>, count: Int)
  /// One number, for machines without vectors.
  static func number(at pointer: UnsafePointer<Self>) -> Float
  static func store(_ number: Float, to pointer: UnsafeMutablePointer<Self>)
}

extension LaneElement {
  @inline(__always) static func number(at pointer: UnsafePointer<Self>) -> Float {
    load(pointer, count: 1).first
  }
  @inline(__always) static func store(_ number: Float, to pointer: UnsafeMutablePointer<Self>) {
    store(Lanes(repeating: number), to: pointer, count: 1)
  }
  /// The first `count` of eight lanes, at most all of them.
  @inline(__always) static func load(_ pointer: UnsafePointer<Self>, upTo count: Int) -> Lanes {
    count >= Lanes.width ? load(pointer) : load(pointer, count: count)
  }
  @inline(__always) static func store(
    _ lanes: Lanes, to pointer: UnsafeMutablePointer<Self>, upTo count: Int
  ) {
    if count >= Lanes.width {
      store(lanes, to: pointer)
    } else {
      store(lanes, to: pointer, count: count)
    }
  }
}

extension Float: LaneElement {
  @inline(__always) static func number(at pointer: UnsafePointer<Float>) -> Float { pointer[0] }
  @inline(__always) static func store(_ number: Float, to pointer: UnsafeMutablePointer<Float>) {
    pointer[0] = number
  }
  @inline(__always) static func loadPair(_ pointer: UnsafePointer<Float>) -> (Lanes, Lanes) {
    (Lanes(at: pointer), Lanes(at: pointer + 8))
  }
  @inline(__always) static func storePair(
    _ low: Lanes, _ high: Lanes, to pointer: UnsafeMutablePointer<Float>
  ) {
    low.store(to: pointer)
    high.store(to: pointer + 8)
  }
  @inline(__always) static func load(_ pointer: UnsafePointer<Float>) -> Lanes {
    Lanes(at: pointer)
  }
  @inline(__always) static func load(_ pointer: UnsafePointer<Float>, count: Int) -> Lanes {
    Lanes(at: pointer, count: count)
  }
  @inline(__always) static func store(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Float>) {
    lanes.store(to: pointer)
  }
  @inline(__always) static func store(
    _ lanes: Lanes, to pointer: UnsafeMutablePointer<Float>, count: Int
  ) {
    lanes.store(to: pointer, count: count)
  }
}

extension Float16: LaneElement {
  @inline(__always) static func loadPair(_ pointer: UnsafePointer<Float16>) -> (Lanes, Lanes) {
    let pair = lanes_load_half_pair(pointer)
    return (Lanes(lanes_low(pair)), Lanes(lanes_high(pair)))
  }
  @inline(__always) static func storePair(
    _ low: Lanes, _ high: Lanes, to pointer: UnsafeMutablePointer<Float16>
  ) {
    lanes_store_half_pair(pointer, low.vector, high.vector)
  }
  @inline(__always) static func load(_ pointer: UnsafePointer<Float16>) -> Lanes {
    Lanes(lanes_load_half(pointer))
  }
  @inline(__always) static func load(_ pointer: UnsafePointer<Float16>, count: Int) -> Lanes {
    Lanes(lanes_load_some_halves(pointer, count))
  }
  @inline(__always) static func store(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Float16>) {
    lanes_store_half(pointer, lanes.vector)
  }
  @inline(__always) static func store(
    _ lanes: Lanes, to pointer: UnsafeMutablePointer<Float16>, count: Int
  ) {
    lanes_store_some_halves(pointer, lanes.vector, count)
  }
}

/// Steps of an int8 weight as floats; to the nearest, and held within -127 ... 127, when they are stored.
extension Int8: LaneElement {
  @inline(__always) static func loadPair(_ pointer: UnsafePointer<Int8>) -> (Lanes, Lanes) {
    (load(pointer), load(pointer + 8))
  }
  @inline(__always) static func storePair(
    _ low: Lanes, _ high: Lanes, to pointer: UnsafeMutablePointer<Int8>
  ) {
    store(low, to: pointer)
    store(high, to: pointer + 8)
  }
  @inline(__always) static func load(_ pointer: UnsafePointer<Int8>) -> Lanes {
    Lanes(lanes_load_bytes(pointer))
  }
  @inline(__always) static func load(_ pointer: UnsafePointer<Int8>, count: Int) -> Lanes {
    Lanes(lanes_load_some_bytes(pointer, count))
  }
  @inline(__always) static func store(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Int8>) {
    lanes_store_bytes(pointer, lanes.vector)
  }
  @inline(__always) static func store(
    _ lanes: Lanes, to pointer: UnsafeMutablePointer<Int8>, count: Int
  ) {
    lanes_store_some_bytes(pointer, lanes.vector, count)
  }
}
