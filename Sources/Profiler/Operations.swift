import Selvedge

/// How wide the tiles of a core's kernels are, as far as the number of instructions depends on it.
public struct Tiles: Hashable, Sendable {
  /// Rows of float weights that one sample passes at once: 8 (AArch64), 4 (NEON of 32 bits) or 2 (no vectors).
  public let rows: Int
  /// Rows of int8 weights: 8 with dot products, otherwise 4.
  public let int8Rows: Int

  public init(rows: Int, int8Rows: Int) { (self.rows, self.int8Rows) = (rows, int8Rows) }

  /// All that there are.
  public static let all = [
    Tiles(rows: 8, int8Rows: 4), Tiles(rows: 8, int8Rows: 8), Tiles(rows: 4, int8Rows: 4),
    Tiles(rows: 2, int8Rows: 4),
  ]

  /// Whether two samples pass four rows at once.
  var pairsSamples: Bool { rows == 8 }
  /// Numbers of an int8 row that are multiplied at once.
  var int8Columns: Int { rows == 2 ? 4 : 16 }
}

/// What a step does, by the inner loops of the kernels that it runs: how often each goes round, counted from
/// shapes alone.
///
/// A group is eight numbers of a row, of int8 sixteen (four without vectors); what is left behind the last
/// whole one is a rest. Instructions are a sum of these counts times a core's coefficients (`Calibration`).
public struct Operations: Equatable, Sendable {
  public private(set) var counts: [String: Double] = [:]
  let tiles: Tiles

  init(_ tiles: Tiles) { self.tiles = tiles }

  mutating func add(_ name: String, _ count: Int) { add(name, Double(count)) }

  mutating func add(_ name: String, _ count: Double) {
    if count != 0 { counts[name, default: 0] += count }
  }

  /// Adds what another list has, so many times.
  public mutating func add(_ other: Operations, times: Double = 1) {
    for (name, count) in other.counts { add(name, count * times) }
  }

  /// The kernels that move rests alike.
  enum Family: String { case multiply, pairs, update, maps, other }

  /// The rest of a row behind its last whole group, which kernels move number by number: `times` accesses to
  /// so many numbers of a precision.
  mutating func rest(
    _ length: Int, of width: Int = 8, _ times: Int, _ p: Precision = .float32,
    _ family: Family = .other
  ) {
    let rest = length % width
    guard rest > 0 else { return }
    add("\(family.rawValue) \(p.name) rests", times)
    add("\(family.rawValue) \(p.name) rest numbers", rest * times)
  }

  /// The rest of an int8 row, loaded so many times by words that meet or overlap: one or two, or where it is
  /// shorter than a word, bytes.
  mutating func restOfBytes(_ length: Int, of width: Int, _ times: Int, _ family: Family) {
    let rest = length % width
    guard rest > 0 else { return }
    let size = rest >= 8 ? "long" : rest >= 4 ? "middle" : "short"
    add("\(family.rawValue) int8 \(size) rests", times)
    if size == "short" { add("\(family.rawValue) int8 rest bytes", rest * times) }
  }

  // MARK: Kernels

  /// Rows of weights times samples.
  mutating func multiply(_ p: Precision, samples: Int, rows: Int, columns: Int) {
    guard samples > 0, rows > 0 else { return }
    add("calls", 1)
    guard p != .int8 else {
      let (full, left) = (rows - rows % tiles.int8Rows, rows % tiles.int8Rows)
      // What is too small for eight goes in fours.
      let (fours, ones) = (full + left / 4 * 4, left % 4)
      let groups = columns / tiles.int8Columns
      add("multiply int8 groups", fours * groups * samples)
      add("multiply int8 single groups", ones * groups * samples)
      restOfBytes(columns, of: tiles.int8Columns, rows * samples, .multiply)
      add("multiply int8 outputs", rows * samples)
      return
    }
    let isPaired = samples > 1 && tiles.pairsSamples
    let tile = isPaired ? 4 : tiles.rows
    let (full, left, groups) = (rows - rows % tile, rows % tile, columns / 8)
    add("multiply \(p.name) single groups", left * groups * samples)
    add("multiply \(p.name) outputs", rows * samples)
    rest(columns, left * samples, p, .multiply)
    rest(columns, left * samples, .float32, .multiply)
    let paired = isPaired ? samples & ~1 : 0
    add("multiply \(p.name) pairs groups", full * groups * paired)
    // The weights of a pair are loaded once, and a sample once for the rows of a tile.
    rest(columns, full * paired / 2, p, .pairs)
    rest(columns, full / tile * paired, .float32, .pairs)
    let one = samples - paired
    add("multiply \(p.name) \(isPaired ? "fours" : "groups")", full * groups * one)
    rest(columns, full * one, p, .multiply)
    rest(columns, full / tile * one, .float32, .multiply)
  }

  /// Outer products of deltas and inputs, added to weights.
  ///
  /// - Parameter share: The part of the deltas that are not zero, which int8 alone passes over.
  mutating func update(
    _ p: Precision, samples: Int, rows: Int, columns: Int, isRandom: Bool, share: Double = 1
  ) {
    guard samples > 0, rows > 0 else { return }
    add("calls", 1)
    add("biases", rows * samples)
    if p == .int8 {
      updateInt8(samples, rows, columns, share)
    } else if p == .float16 && isRandom {
      add("update float16 random weights", rows * ((columns + 7) / 8))
      add("update float16 random groups", rows * ((columns + 7) / 8) * samples)
      rest(columns, rows * samples, .float32, .update)
      rest(columns, rows * 2, .float16, .update)
    } else if samples == 1 {
      let full = rows & ~3
      add("update \(p.name) groups", full * (columns / 8))
      add("update \(p.name) single groups", (rows - full) * (columns / 8))
      add("update \(p.name) rows", rows)
      rest(columns, rows * 2, p, .update)
      rest(columns, rows, .float32, .update)
    } else {
      let (full, groups) = (rows & ~3, columns / 8)
      add("update \(p.name) many groups", full * groups * samples)
      add("update \(p.name) many weights", full * groups)
      let parts = (columns % 8 == 0 ? 0 : full) + (rows - full) * ((columns + 7) / 8)
      add("update \(p.name) parts groups", parts * samples)
      add("update \(p.name) parts", parts)
      rest(columns, rows * samples, .float32, .update)
      rest(columns, rows * 2, p, .update)
    }
  }

  private mutating func updateInt8(_ samples: Int, _ rows: Int, _ columns: Int, _ share: Double) {
    add("noise", columns)
    add("rounded deltas", (rows + 7) / 8 * samples)
    var silent = 1.0
    for _ in 0..<samples { silent *= 1 - share }
    let active = Double(rows) * (1 - silent)
    let full = (active / 4).rounded(.down) * 4
    let groups = Double(columns / 16)
    let many = samples > 1 ? " many" : ""
    add("update int8\(many) weights", full * groups)
    add("update int8\(many) single weights", (active - full) * groups)
    add("update int8 many groups", full * groups * Double(samples - 1))
    add("update int8\(many) single groups", (active - full) * groups * Double(samples - 1))
    restOfBytes(columns, of: 16, Int(active) * samples, .update)
    rest(columns, of: 16, Int(active), .int8, .update)
    add("update int8 rows", rows * samples)
  }

  /// Deltas sent back through weights.
  mutating func transpose(_ p: Precision, samples: Int, rows: Int, columns: Int) {
    add("calls", 1)
    let many = samples & ~3
    add("transposed \(p.name) many groups", many * rows * (columns / 16))
    let narrow = ((columns % 16) + 7) / 8
    add("transposed \(p.name) narrow groups", many * rows * narrow)
    let one = samples - many
    add("transposed \(p.name) groups", one * rows * (columns / 32 * 4))
    add("transposed \(p.name) narrow groups", one * rows * ((columns % 32 + 7) / 8))
    add("transposed outputs", samples * ((columns + 7) / 8))
    rest(columns, samples * rows, p, .maps)
    rest(columns, samples, .float32, .maps)
  }

  // MARK: Losses

  /// A projection times outputs of `units` units, for each of so many numbers.
  mutating func project(_ numbers: Int, units: Int) {
    add("projected groups", numbers * ((units + 7) / 8))
    add("projected numbers", numbers)
    add("hashes", numbers * ((units + 63) / 64))
    rest(units, numbers)
  }

  /// What the loss of a layer keeps of one sample.
  mutating func digest(_ lesson: LessonKind, units: Int) {
    switch lesson {
    case .head(let classes), .readout(let classes):
      if case .readout = lesson { project(classes, units: units) }
      add("softmax groups", (classes + 7) / 8)
      add("class numbers", classes)
      add("softmaxes", 1)
      rest(classes, 5)
    case .elementwise, .masked: break
    }
  }

  /// The deltas of some units of one sample.
  mutating func deltas(_ lesson: LessonKind, units: Int, isOwn: Bool = true) {
    add("deltas", units)
    let blocks = (units + 63) / 64
    add("delta blocks", blocks)
    guard isOwn else { return }
    switch lesson {
    case .head: add("class numbers", units)
    case .readout(let classes):
      add("sent groups", classes * ((units + 7) / 8))
      add("hashes", classes * blocks)
      rest(units, 2 * classes)
    case .elementwise: add("targets", units)
    case .masked: add("masked targets", units)
    }
  }

  mutating func activate(_ activation: Activation, _ numbers: Int) {
    let name =
      switch activation {
      case .tanh: "tanh groups"
      case .sigmoid: "sigmoid groups"
      case .relu, .linear: "other activations groups"
      }
    add(name, (numbers + 7) / 8)
    rest(numbers, 2)
  }

  /// int8 outputs as floats again.
  mutating func load(int8 numbers: Int, times: Int = 1) {
    add("loaded int8 groups", (numbers + 7) / 8 * times)
    rest(numbers, times)
    rest(numbers, times, .int8)
  }

  /// Outputs of a block moved to where the next layer reads them.
  mutating func store(_ numbers: Int, asInt8: Bool, times: Int = 1) {
    if asInt8 {
      add("stored int8 groups", (numbers + 7) / 8 * times)
      add("stored int8", times)
      rest(numbers, times)
      rest(numbers, times, .int8)
    } else {
      add("stored floats", numbers * times)
    }
  }
}

/// The loss that a layer learns from, as far as its work differs.
enum LessonKind {
  case head(classes: Int)
  case readout(classes: Int)
  case elementwise
  case masked

  /// What hidden layers learn from by a rule.
  init(_ rule: Rule, classes: Int) {
    switch rule {
    case .readout: self = .readout(classes: classes)
    case .masked: self = .masked
    default: self = .elementwise
    }
  }

  /// The part of the deltas that are not zero.
  func share(_ activation: Activation) -> Double {
    var share = 1.0
    if case .masked = self { share = 0.5 }
    // Of rectified units about half are at rest.
    return activation == .relu ? share / 2 : share
  }
}

extension Precision {
  var name: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .int8: "int8"
    }
  }
}
