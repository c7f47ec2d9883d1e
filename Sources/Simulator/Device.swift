import CStandardLibrary
import Files
import Selvedge

/// A device in the host's memory: an arena of a fixed number of bytes and one network in it.
public final class Device {
  /// What the device has for its network.
  public let arenaBytes: Int
  public var network: Network
  private let memory: UnsafeMutableRawBufferPointer
  /// What an adaptor takes beside it.
  private var adaptorMemory: UnsafeMutableRawBufferPointer?

  /// A device with an untrained network.
  ///
  /// - Parameter arenaBytes: The arena; exactly what the plan takes if nil.
  /// - Throws: `DeviceError`, before anything is computed.
  public init(
    input: Shape, layers: [LayerDescription], batch: Int, purpose: Plan.Purpose, seed: UInt64,
    step: StepRule = .plain, arenaBytes: Int? = nil
  ) throws(DeviceError) {
    let plan: Plan
    do throws(PlanError) {
      plan = try Plan(input: input, layers: layers.span, batch: batch, purpose: purpose, step: step)
    } catch {
      throw .plan(error)
    }
    let bytes = arenaBytes ?? plan.footprint.total
    let memory = try Self.allocate(bytes)
    do throws(ArenaError) {
      var arena = try Arena(memory)
      network = try Network(plan, seed: seed, in: &arena)
    } catch {
      free(memory.baseAddress)
      throw .arena(error, capacity: bytes)
    }
    self.memory = memory
    self.arenaBytes = bytes
  }

  /// A device with the network of a saved model.
  ///
  /// - Parameter purpose: What the memory is for, once the number of classes is known.
  public convenience init(
    _ model: SavedModel, batch: Int, purpose: (_ classes: Int) -> Plan.Purpose,
    step: StepRule = .plain, arenaBytes: Int? = nil
  ) throws(DeviceError) {
    try self.init(
      input: model.inputShape, layers: model.layers, batch: batch, purpose: purpose(model.classes),
      seed: model.seed, step: step, arenaBytes: arenaBytes)
    network.standardisation = model.standardisation
    network.targetStandardisation = model.targetStandardisation
    network.steps = model.steps
    do throws(NetworkError) { try network.setParameters(model.parameters.span.bytes) } catch {
      throw .network(error)
    }
    model.giveStepMemory(to: &network)
  }

  deinit {
    free(memory.baseAddress)
    free(adaptorMemory?.baseAddress)
  }

  /// Fits the network to what an adaptor file says, once.
  ///
  /// - Throws: `AdaptorFileError`, or `DeviceError.memory`; the network is then as it was.
  public func adapt(to bytes: [UInt8]) throws {
    let file = try AdaptorFile(bytes.span.bytes)
    let plan = network.adaptorPlan(for: file)
    let memory = try Self.allocate(plan.bytes)
    do throws(AdaptorFileError) {
      // No bytes more than were planned.
      guard var arena = try? Arena(memory) else { throw .memory(.misaligned(excess: 0)) }
      try network.adapt(to: file, in: &arena)
    } catch {
      free(memory.baseAddress)
      throw error
    }
    adaptorMemory = memory
  }

  /// Like the memory of a board: there or not there, and never a trap. It begins at a cache line, so that
  /// the speed does not depend on where the heap happens to stand.
  static func allocate(_ bytes: Int) throws(DeviceError) -> UnsafeMutableRawBufferPointer {
    var start: UnsafeMutableRawPointer?
    guard bytes >= 0, posix_memalign(&start, 64, max(bytes, 1)) == 0 else {
      throw .memory(bytes: bytes)
    }
    return UnsafeMutableRawBufferPointer(start: start, count: bytes)
  }
}

/// Why a device cannot be had.
public enum DeviceError: Error {
  case plan(PlanError)
  case arena(ArenaError, capacity: Int)
  case network(NetworkError)
  /// The host itself has not so much memory.
  case memory(bytes: Int)
}
