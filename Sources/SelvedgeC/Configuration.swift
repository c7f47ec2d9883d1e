import CLanes
import CSelvedge
import Selvedge

/// A `selvedge_config` of a known version.
struct Configuration {
  private let config: selvedge_config

  /// Reads a configuration and does something with it: `SELVEDGE_OK`, or the failure, which goes where the
  /// configuration says too.
  static func read(
    _ pointer: UnsafePointer<selvedge_config>?, _ body: (Configuration) throws(Failure) -> Void
  ) -> Int32 {
    var errors: UnsafeMutablePointer<selvedge_error>?
    do throws(Failure) {
      let known = UInt32(truncatingIfNeeded: MemoryLayout<selvedge_config>.size)
      let config = try lent(pointer, 1)
      // The size comes first in every version.
      let size = UnsafeRawPointer(config.baseAddress!).load(as: UInt32.self)
      guard size >= known else { throw .argument }
      guard size == known else { throw Failure(SELVEDGE_ERROR_NOT_SUPPORTED) }
      if config[0].error != nil {
        errors = try room(ofThisVersion: config[0].error).baseAddress
      }
      try body(Configuration(config: config[0]))
      return 0
    } catch {
      errors?.pointee = error.details
      return error.result
    }
  }

  /// How the network is to learn.
  func settings() throws(Failure) -> Handle.Settings {
    let rates = try Self.rates(config.rates)
    guard let rounding = Rounding(rawValue: try Self.byte(config.rounding)) else {
      throw .argument
    }
    guard config.trains <= 1, config.saturation_limit <= 1000 else { throw .argument }
    return Handle.Settings(
      rule: try Self.rule(config.rule), rounding: rounding,
      saturationLimit: UInt16(truncatingIfNeeded: config.saturation_limit), rates: rates,
      trains: config.trains == 1, checkInterval: config.check_interval)
  }

  /// The rates, if they are numbers.
  static func rates(_ rates: selvedge_rates) throws(Failure) -> Rates {
    guard rates.hidden.isFinite, rates.output.isFinite, rates.convolution.isFinite,
      rates.recurrent.isFinite
    else { throw Failure(SELVEDGE_ERROR_NOT_FINITE) }
    return Rates(
      hidden: rates.hidden, output: rates.output, convolution: rates.convolution,
      recurrent: rates.recurrent)
  }

  /// The rule of a number.
  static func rule(_ number: UInt32) throws(Failure) -> Rule {
    guard let rule = Rule(rawValue: try byte(number)) else { throw .argument }
    return rule
  }

  private static func byte(_ number: UInt32) throws(Failure) -> UInt8 {
    guard number <= 255 else { throw .argument }
    return UInt8(truncatingIfNeeded: number)
  }

  // MARK: The plan

  /// Plans the network that the layers or the model describe.
  ///
  /// - Parameter body: Gets the plan, and the model if there is one.
  func withPlan(
    _ body: (borrowing Plan, ModelFile?) throws(Failure) -> Void
  ) throws(Failure) {
    var layers = InlineArray<32, LayerDescription>(repeating: .output(2))
    if config.model == nil {
      let (count, input) = try describe(in: &layers)
      try body(try plan(&layers, count, input), nil)
    } else {
      let file = try Self.open(try model().bytes)
      let count = try Self.readLayers(of: file, into: &layers)
      try body(try plan(&layers, count, file.inputShape), file)
    }
  }

  @_lifetime(&layers)
  private func plan(
    _ layers: inout InlineArray<32, LayerDescription>, _ count: Int, _ input: Shape
  ) throws(Failure) -> Plan {
    for k in 0..<count where config.frozen_layers & 1 &<< UInt32(truncatingIfNeeded: k) != 0 {
      layers[k].isFrozen = true
    }
    return try plan(layers.span.extracting(0..<count), input)
  }

  @_lifetime(copy layers)
  private func plan(_ layers: Span<LayerDescription>, _ input: Shape) throws(Failure) -> Plan {
    let classes = Int(truncatingIfNeeded: min(layers[layers.count - 1].units, 1 << 20))
    let rule = try Self.rule(config.rule)
    guard config.trains <= 1, config.in_place <= (config.model == nil ? 0 : 1) else {
      throw .argument
    }
    do throws(PlanError) {
      return try Plan(
        input: input, layers: layers, batch: Int(truncatingIfNeeded: min(config.batch, 257)),
        purpose: config.trains == 0
          ? .inference : .training(digest: rule.digestCount(classes: classes)),
        constants: config.in_place == 1 ? .inFlash : .inArena)
    } catch {
      throw Failure(error)
    }
  }

  /// Reads the layers that C describes.
  private func describe(
    in layers: inout InlineArray<32, LayerDescription>
  ) throws(Failure) -> (Int, Shape) {
    let count = Int(truncatingIfNeeded: min(config.layer_count, 0xFFFF))
    guard 1...Int(SELVEDGE_LAYERS_MAX) ~= count else { throw .argument }
    let own = try lent(config.layers, count)
    for k in 0..<count { layers[k] = try Self.layer(RawSpan(_unsafeElements: own), k) }
    let limit: UInt32 = 1 << 25
    let input = Shape(
      rows: Int(truncatingIfNeeded: min(config.rows, limit)),
      columns: Int(truncatingIfNeeded: min(config.columns, limit)),
      channels: Int(truncatingIfNeeded: min(config.channels, limit)))
    return (count, input)
  }

  private static func layer(_ all: RawSpan, _ k: Int) throws(Failure) -> LayerDescription {
    let size = MemoryLayout<selvedge_layer>.size
    do throws(ModelFileError) {
      return try LayerDescription(all.extracting(k * size..<(k + 1) * size))
    } catch {
      var offset = 0
      if case .value(let place) = error { offset = place }
      throw Failure(layer: k, byte: offset)
    }
  }

  /// Reads the layers of a model; how many there are.
  private static func readLayers(
    of file: borrowing ModelFile, into layers: inout InlineArray<32, LayerDescription>
  ) throws(Failure) -> Int {
    guard file.layerCount <= Int(SELVEDGE_LAYERS_MAX) else {
      throw Failure(
        SELVEDGE_ERROR_NOT_SUPPORTED, wanted: Int(SELVEDGE_LAYERS_MAX), had: file.layerCount)
    }
    for k in 0..<file.layerCount { layers[k] = file.layer(k) }
    return file.layerCount
  }

  private func model() throws(Failure) -> UnsafeRawBufferPointer {
    guard let start = config.model, config.model_bytes <= 0xFFFF_FFFF else {
      throw .argument
    }
    let count = Int(truncatingIfNeeded: config.model_bytes)
    guard count >= 0 else { throw .argument }
    return UnsafeRawBufferPointer(start: start, count: count)
  }

  /// The model file in some bytes.
  @_lifetime(copy bytes)
  static func open(_ bytes: RawSpan) throws(Failure) -> ModelFile {
    do throws(ModelFileError) { return try ModelFile(bytes) } catch { throw Failure(error) }
  }

  // MARK: The network

  /// The network of a plan, behind room for its handle, with the weights of the model if there is one.
  func network(
    _ plan: borrowing Plan, _ model: ModelFile?,
    in buffer: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Network {
    let standardisation = Standardisation(mean: config.mean, deviation: config.deviation)
    let targets = Standardisation(mean: config.target_mean, deviation: config.target_deviation)
    guard let standardisation, let targets else { throw .argument }
    let rest =
      buffer.count < Handle.size
      ? UnsafeMutableRawBufferPointer(start: nil, count: 0)
      : UnsafeMutableRawBufferPointer(rebasing: buffer[Handle.size...])
    do throws(ModelNetworkError) {
      var arena: Arena
      do throws(ArenaError) { arena = try Arena(rest) } catch { throw .memory(error) }
      if let model { return try Network(copy plan, of: model, in: &arena) }
      var network = try Self.network(plan, config.seed, in: &arena)
      network.standardisation = standardisation
      if network.learnsValues { network.targetStandardisation = targets }
      return network
    } catch {
      throw Failure(error, wanted: Handle.size + plan.footprint.total, had: buffer.count)
    }
  }

  private static func network(
    _ plan: borrowing Plan, _ seed: UInt64, in arena: inout Arena
  ) throws(ModelNetworkError) -> Network {
    do throws(ArenaError) {
      return try Network(copy plan, seed: seed, in: &arena)
    } catch {
      throw .memory(error)
    }
  }
}

extension Failure {
  fileprivate init(_ error: ModelNetworkError, wanted: Int, had: Int) {
    switch error {
    case .memory(.exhausted(let layer, let role, _, _)):
      self.init(SELVEDGE_ERROR_ARENA_TOO_SMALL, wanted: wanted, had: had)
      self.layer = Int32(truncatingIfNeeded: layer)
      tensor = Int32(truncatingIfNeeded: role.rawValue)
    case .memory: self.init(SELVEDGE_ERROR_ARGUMENT)
    case .input: self.init(SELVEDGE_ERROR_MODEL_DIFFERS)
    case .layer(let layer): self.init(layer: layer, byte: 0)
    }
  }
}

extension Network {
  /// Takes the weights and what belongs to them from a model of this very network.
  mutating func take(_ file: borrowing ModelFile) throws(Failure) {
    do throws(NetworkError) { try setParameters(file.parameters) } catch {
      // What is used in place is that of one model.
      if case .inFlash = error { throw Failure(SELVEDGE_ERROR_MODEL_DIFFERS) }
      throw Failure(error)
    }
    standardisation = file.standardisation
    targetStandardisation = file.targetStandardisation
    steps = file.steps
    takeStepMemory(of: file)
  }

  /// Whether a model is of this very network; which layers are frozen does not matter.
  borrowing func isDescribed(by file: borrowing ModelFile) -> Bool {
    guard file.inputShape == inputShape, file.layerCount == layerCount, file.seed == seed else {
      return false
    }
    for k in 0..<layerCount {
      var layer = file.layer(k)
      layer.isFrozen = plan.layers[k].isFrozen
      if layer != plan.layers[k] { return false }
    }
    return true
  }
}
