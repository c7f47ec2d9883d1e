import CStandardLibrary

/// Something that takes bytes from strangers: whatever they are, it neither stops, hangs nor reads what is not its own,
/// and what it makes of them is sound.
public struct FuzzTarget: Sendable {
  public let name: String
  /// Inputs to begin with.
  public let seeds: [[UInt8]]
  /// Tries an input; stops the program where a promise is broken.
  public let run: @Sendable ([UInt8]) -> Void

  public static let all: [FuzzTarget] = [
    model, network, networkText, checkpoint, calls, idx, csv, npy, timeSeries, json, safetensors,
    gzip,
  ]

  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A word of the environment.
public func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

/// Makes a directory, unless it is there.
public func makeDirectory(_ path: String) { mkdir(path, 0o755) }

/// Stops where a promise is broken.
func promise(_ isKept: Bool, _ what: @autoclosure () -> String) {
  if !isKept { fatalError("broken promise: \(what())") }
}

/// An input as a sequence of choices; zeros behind its end.
struct Choices {
  private let bytes: [UInt8]
  private(set) var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place >= bytes.count }

  mutating func byte() -> UInt8 {
    defer { place += 1 }
    return place < bytes.count ? bytes[place] : 0
  }

  mutating func number(below limit: Int) -> Int { Int(byte()) % limit }

  /// Mostly small numbers, now and then one that nobody should be given.
  mutating func float() -> Float {
    switch byte() {
    case 255: .nan
    case 254: .infinity
    case 253: -3e38
    case 252: .leastNonzeroMagnitude
    case let byte: Float(Int(byte) - 126) / 32
    }
  }

  mutating func take(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

  var rest: [UInt8] { Array(bytes.dropFirst(place)) }
}
