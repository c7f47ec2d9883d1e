/// A fixed stretch of the caller's memory, given out from the bottom up and never grown.
///
/// Every reservation is a multiple of 16 bytes. A failed call changes nothing.
public struct Arena: ~Copyable {
  /// Every offset is a multiple of this many bytes.
  public static let alignment = 16

  /// A height of the arena to return to.
  public struct Mark: Sendable {
    let used: Int
  }

  private let base: UnsafeMutableRawPointer
  /// Bytes that the caller gave.
  public let capacity: Int
  /// Bytes given out.
  public private(set) var used = 0
  /// The most bytes that were ever given out at once.
  public private(set) var highWater = 0

  /// An empty arena over bytes that the caller owns and keeps alive, and lends to nobody else, for as
  /// long as the arena or anything reserved from it is in use.
  ///
  /// - Throws: `ArenaError.misaligned` unless the bytes begin at a multiple of 16.
  public init(_ bytes: UnsafeMutableRawBufferPointer) throws(ArenaError) {
    guard let base = bytes.baseAddress else {
      // No bytes at all: an arena of nothing, whose address is never used.
      self.base = UnsafeMutableRawPointer(bitPattern: Self.alignment)!
      capacity = 0
      return
    }
    let excess = Int(bitPattern: base) & (Self.alignment - 1)
    guard excess == 0 else { throw .misaligned(excess: excess) }
    self.base = base
    capacity = bytes.count
  }

  /// `bytes`, rounded up to a multiple of 16; `Int.max` stands for anything too large to round.
  public static func rounded(_ bytes: Int) -> Int {
    bytes > Int.max - (alignment - 1) ? Int.max : (bytes + (alignment - 1)) & ~(alignment - 1)
  }

  /// Bytes that can still be reserved.
  public var available: Int { (capacity & ~(Self.alignment - 1)) - used }

  /// The bytes of a new reservation; `layer` and `role` name it in an error.
  ///
  /// - Precondition: `bytes` is not negative.
  /// - Throws: `ArenaError.exhausted`, whose `missing` counts the rounding too.
  public mutating func reserve(
    _ bytes: Int, layer: Int, role: Tensor.Role
  ) throws(ArenaError) -> UnsafeMutableRawBufferPointer {
    precondition(bytes >= 0, "reserve: negative size")
    let rounded = Self.rounded(bytes)
    guard rounded <= available else {
      throw .exhausted(
        layer: layer, role: role, asked: bytes, missing: missing(rounded))
    }
    let start = base + used
    used += rounded
    highWater = max(highWater, used)
    return UnsafeMutableRawBufferPointer(start: start, count: rounded)
  }

  /// How many bytes more the arena would need for `bytes` (a multiple of 16) more.
  public func missing(_ bytes: Int) -> Int {
    bytes - (capacity - used)
  }

  /// The present height, to return to.
  public var mark: Mark { Mark(used: used) }

  /// Gives back all that was reserved since `mark`.
  ///
  /// - Precondition: no earlier mark was released to in between.
  public mutating func release(to mark: Mark) {
    precondition(mark.used <= used, "release: the mark lies above what is in use")
    used = mark.used
  }
}
