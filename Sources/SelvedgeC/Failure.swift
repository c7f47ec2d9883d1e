import CLanes
import CSelvedge
import Selvedge

/// A result of the C interface below 0, and what is known of it; -1 is what does not apply.
struct Failure: Error {
  var code: Int
  var layer: Int32 = -1
  var tensor: Int32 = -1
  var wanted: Int64 = -1
  var had: Int64 = -1
  var offset: Int64 = -1

  init(_ code: Int) { self.code = code }

  init(_ code: Int, wanted: Int, had: Int) {
    self.code = code
    self.wanted = widened(wanted)
    self.had = widened(had)
  }

  init(_ code: Int, offset: Int) {
    self.code = code
    self.offset = widened(offset)
  }

  /// A layer that cannot be so, by the byte of its description.
  init(layer: Int, byte: Int) {
    code = SELVEDGE_ERROR_LAYER
    self.layer = Int32(truncatingIfNeeded: layer)
    offset = widened(byte)
  }

  var result: Int32 { Int32(truncatingIfNeeded: code) }

  /// The failure as C reads it.
  var details: selvedge_error {
    selvedge_error(
      size: Size.of(selvedge_error.self), code: result,
      layer: layer, tensor: tensor, wanted: wanted, had: had, offset: offset)
  }
}

extension Failure {
  static var argument: Failure { Failure(SELVEDGE_ERROR_ARGUMENT) }
  static var state: Failure { Failure(SELVEDGE_ERROR_STATE) }

  init(_ error: NetworkError) {
    switch error {
    case .valueCount(let wanted, let had), .targetCount(let wanted, let had),
      .parameterBytes(let wanted, let had), .parameterCount(let wanted, let had),
      .sequenceCount(let wanted, let had):
      self.init(SELVEDGE_ERROR_COUNT, wanted: wanted, had: had)
    case .notFinite(let index), .target(let index), .parameter(let index):
      self.init(SELVEDGE_ERROR_NOT_FINITE, offset: index)
    case .rates: self.init(SELVEDGE_ERROR_NOT_FINITE)
    case .label(let label, let classes):
      self.init(SELVEDGE_ERROR_LABEL, wanted: classes, had: label)
    case .batchFull(let count): self.init(SELVEDGE_ERROR_FULL, wanted: count, had: count)
    case .noLayer(let layer): self.init(layer: layer, byte: -1)
    case .inFlash(let layer):
      self.init(SELVEDGE_ERROR_STATE)
      self.layer = Int32(truncatingIfNeeded: layer)
    case .noSamples, .noMemory, .noSequences, .notRecurrent, .nothingBegun, .noSteps,
      .sequenceIsOpen, .samplesWait, .unlabelled, .notPlannedForTraining:
      self.init(SELVEDGE_ERROR_STATE)
    }
  }

  init(_ error: PlanError) {
    switch error {
    case .noLayers, .inputs, .batch, .digest, .layers: self.init(SELVEDGE_ERROR_ARGUMENT)
    case .int8Inputs(let layer, _): self.init(layer: layer, byte: 3)
    case .units(let layer, _), .outputs(let layer, _): self.init(layer: layer, byte: 4)
    case .window(let layer), .row(let layer, _): self.init(layer: layer, byte: 8)
    case .leak(let layer): self.init(layer: layer, byte: 12)
    case .lookahead(let layer): self.init(layer: layer, byte: 13)
    case .steps(let layer): self.init(layer: layer, byte: 14)
    case .memory(let layer), .recurrent(let layer), .readout(let layer), .outputLayer(let layer),
      .step(_, let layer):
      self.init(layer: layer, byte: 0)
    case .notLinked(let layer):
      self.init(SELVEDGE_ERROR_NOT_SUPPORTED)
      self.layer = Int32(truncatingIfNeeded: layer)
    case .tooLarge(let bytes):
      self.init(SELVEDGE_ERROR_ARENA_TOO_SMALL)
      wanted = bytes
    }
  }

  init(_ error: ModelFileError) {
    switch error {
    case .truncated(let offset, _, _), .checksum(let offset, _), .section(let offset),
      .value(let offset):
      self.init(SELVEDGE_ERROR_CORRUPT, offset: offset)
    case .notAModel: self.init(SELVEDGE_ERROR_CORRUPT, offset: 0)
    case .version: self.init(SELVEDGE_ERROR_NOT_SUPPORTED, offset: 8)
    case .parameters(let wanted, let had):
      self.init(SELVEDGE_ERROR_CORRUPT, wanted: wanted, had: had)
    }
  }
}
