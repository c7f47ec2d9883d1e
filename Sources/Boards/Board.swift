/// A board as its `board.json` describes it: what limits a network on it, and what a step costs there.
public struct Board: Equatable, Sendable {
  /// The name on the command line, which is that of the board's folder.
  public let name: String
  /// The name that its maker gives it.
  public let title: String
  /// The chip, as its maker calls it.
  public let chip: String
  /// The core that the program runs on, such as Cortex-A53.
  public let core: String
  /// The architecture of that core, such as ARMv8.0-A.
  public let architecture: String
  /// What of the instruction set kernels can use: `neon`, `dsp`, `fp16`, `dotprod`, ...
  public let features: [String]
  /// The clock of the core in MHz.
  public let clockMHz: Figure<Double>
  /// Cores of this kind; Selvedge trains on one.
  public let cores: Figure<Int>
  /// All memory that a program could see, in bytes.
  public let ramBytes: Figure<Int>
  /// The part of it that firmware may give to an arena, in bytes.
  public let firmwareRAMBytes: Figure<Int>
  /// Flash that is soldered or built in, in bytes; none where programs lie on a card or a disk.
  public let flashBytes: Figure<Int>?
  /// From the core outwards; empty if there are none.
  public let caches: [Cache]
  /// What it draws while the core computes, in watts.
  public let activeWatts: Figure<Double>?
  /// The voltage that it is supplied with.
  public let supplyVolts: Figure<Double>?
  /// What one core reads from memory behind the caches in the long run, in bytes a second.
  public let bandwidthBytesPerSecond: Figure<Double>?
  /// The Swift SDK in the same bundle that programs for it are built with.
  public let sdk: String
  /// How its programs run on the host.
  public let emulation: Emulation
}

/// A number of a board, and where it is from.
public struct Figure<Value: Equatable & Sendable>: Equatable, Sendable {
  public let value: Value
  /// The document and its section; of an estimate, how it was made.
  public let source: String
  /// Whether nobody has published the number.
  public let isEstimate: Bool
}

/// A cache of a board.
public struct Cache: Equatable, Sendable {
  /// 1 is the nearest to the core.
  public let level: Int
  /// Only data, or data and instructions; caches of instructions alone do not matter here.
  public let kind: Kind
  /// Bytes of one such cache.
  public let bytes: Figure<Int>

  public enum Kind: String, CaseIterable, Sendable { case data, unified }
}

/// How programs for a board run on the host.
public enum Emulation: Equatable, Sendable {
  /// The host runs them itself.
  case native
  /// As programs of Linux, by qemu's user mode: `qemu-aarch64` or `qemu-arm`, and the core for `-cpu` if one
  /// has to be named. Its static build, which takes no plugins, is called so with `-static` behind.
  case user(program: String, cpu: String?)
  /// As firmware on a machine that qemu-system-arm emulates.
  case machine(String)
  /// Not as they are: built for another board with the same core.
  case board(String)
}
