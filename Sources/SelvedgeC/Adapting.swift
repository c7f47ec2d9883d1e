// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CLanes
import CSelvedge
import Selvedge

@c @implementation
public func selvedge_adapt_bytes(
  _ adaptation: UnsafePointer<selvedge_adaptation>?, _ rung: UInt32,
  _ bytes: UnsafeMutablePointer<Int>?
) -> Int32 {
  Failure.result { () throws(Failure) in
    let result = try room(bytes, 1)
    guard rung <= 6, let rung = Rung(rawValue: UInt8(truncatingIfNeeded: rung)) else {
      throw .argument
    }
    let field = try Field(adaptation)
    try field.withModel { own throws(Failure) in
      // Room for the descriptions of a model's layers, which a buffer may not have yet.
      var layers = InlineArray<32, LayerDescription>(repeating: .output(2))
      var needed = 0
      var span = layers.mutableSpan
      try span.withUnsafeMutableBytes { bytes throws(Failure) in
        // What C has on its stack begins where it may.
        let excess = -Int(bitPattern: bytes.baseAddress) & (Arena.alignment - 1)
        var arena = try Failure.arena(
          UnsafeMutableRawBufferPointer(rebasing: bytes[excess...]))
        needed = try Failure.adapting { () throws(AdaptationError) in
          try own.bytes(for: rung, longest: field.longest, in: &arena)
        }
      }
      result[0] = needed
    }
  }
}

@c @implementation
public func selvedge_adapt_moments(
  _ adaptation: UnsafePointer<selvedge_adaptation>?, _ buffer: UnsafeMutableRawPointer?,
  _ bytes: Int, _ moments: UnsafeMutablePointer<Float>?, _ count: Int
) -> Int32 {
  Failure.result { () throws(Failure) in
    var field = try Field(adaptation)
    let moments = try room(moments, count)
    var arena = try Failure.arena(buffer, bytes)
    try field.call { field throws(Failure) in
      try field.withModel { own throws(Failure) in
        var copy = field
        var span = moments.mutableSpan
        do throws(AdaptationError) {
          try own.measureMoments(&copy, in: &arena, into: &span)
        } catch {
          field.failed = copy.failed
          throw Failure(error)
        }
      }
    }
  }
}

@c @implementation
public func selvedge_adapt(
  _ adaptation: UnsafePointer<selvedge_adaptation>?, _ buffer: UnsafeMutableRawPointer?,
  _ bytes: Int, _ file: UnsafeMutableRawPointer?, _ fileBytes: Int,
  _ adapted: UnsafeMutablePointer<selvedge_adapted>?
) -> Int32 {
  Failure.result { () throws(Failure) in
    var field = try Field(adaptation)
    let result = try room(ofThisVersion: adapted)
    guard let file, (0...Int.max / 8).contains(fileBytes) else { throw .argument }
    var arena = try Failure.arena(buffer, bytes)
    let room = UnsafeMutableRawBufferPointer(start: file, count: fileBytes)
    try field.call { field throws(Failure) in
      try field.withModel { own throws(Failure) in
        result[0] = try field.climb(own, in: &arena, file: room)
      }
    }
  }
}

@c @implementation
public func selvedge_attach_bytes(
  _ network: OpaquePointer?, _ file: UnsafeRawPointer?, _ fileBytes: Int,
  _ bytes: UnsafeMutablePointer<Int>?
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let result = try room(bytes, 1)
    let file = try Failure.adaptor(file, fileBytes)
    result[0] = handle.network.adaptorPlan(for: file).bytes
    return 0
  }
}

@c @implementation
public func selvedge_attach(
  _ network: OpaquePointer?, _ file: UnsafeRawPointer?, _ fileBytes: Int,
  _ memory: UnsafeMutableRawPointer?, _ bytes: Int
) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    let file = try Failure.adaptor(file, fileBytes)
    var arena = try Failure.arena(memory, bytes)
    do throws(AdaptorFileError) { try handle.network.adapt(to: file, in: &arena) } catch {
      throw Failure(error)
    }
    return 0
  }
}

@c @implementation
public func selvedge_detach(_ network: OpaquePointer?) -> Int32 {
  Handle.call(network) { handle throws(Failure) in
    handle.network.detach()
    return 0
  }
}

@c @implementation
public func selvedge_adapt_blackbox(
  _ rows: UInt32, _ columns: UInt32, _ channels: UInt32,
  _ starts: UnsafePointer<Float>?, _ count: UInt32, _ steps: UInt32, _ seed: UInt64,
  _ loss: selvedge_loss?, _ context: UnsafeMutableRawPointer?,
  _ numbers: UnsafeMutablePointer<Float>?, _ numberCount: Int
) -> Int32 {
  Failure.result { () throws(Failure) in
    let form = try Field.form(rows, columns, channels)
    guard let loss, 1...64 ~= count, steps <= 1_000_000 else { throw .argument }
    let starts = try lent(starts, 2 * Int(truncatingIfNeeded: count))
    for i in starts.indices where !starts[i].isFinite {
      throw Failure(SELVEDGE_ERROR_NOT_FINITE, offset: i)
    }
    let result = try room(numbers, numberCount)
    guard numberCount == form.count else {
      throw Failure(SELVEDGE_ERROR_COUNT, wanted: form.count, had: numberCount)
    }
    // Eight numbers at most, and four times that for the search.
    var memory = InlineArray<40, Float>(repeating: 0)
    var span = memory.mutableSpan
    let least = try span.withUnsafeMutableBufferPointer { all throws(Failure) in
      let asked = UnsafeMutableBufferPointer(rebasing: all[0..<form.count])
      let search = UnsafeMutableBufferPointer(rebasing: all[8..<40])
      func start(_ k: Int) -> (gain: Float, offset: Float) { (starts[2 * k], starts[2 * k + 1]) }
      let least = try PromptSearch.best(
        form, starts: Int(truncatingIfNeeded: count),
        start, steps: Int(truncatingIfNeeded: steps),
        seed: seed, in: search, numbers: asked
      ) { step throws(Failure) in
        var value = Float.nan
        let code = loss(
          context, step.map { UInt32(truncatingIfNeeded: $0) } ?? .max, asked.baseAddress,
          UInt32(truncatingIfNeeded: form.count), &value)
        guard code >= 0 else {
          throw Failure(SELVEDGE_ERROR_STORAGE, wanted: 0, had: Int(truncatingIfNeeded: code))
        }
        return value
      }
      guard least < .infinity else { throw Failure(SELVEDGE_ERROR_DIVERGED) }
      for i in result.indices { result[i] = asked[i] }
      return least
    }
    _ = least
  }
}

@c @implementation
public func selvedge_prompt(
  _ rows: UInt32, _ columns: UInt32, _ channels: UInt32, _ numbers: UnsafePointer<Float>?,
  _ count: Int, _ mean: Float, _ deviation: Float, _ values: UnsafePointer<Float>?,
  _ changed: UnsafeMutablePointer<Float>?, _ valueCount: Int
) -> Int32 {
  Failure.result { () throws(Failure) in
    let form = try Field.form(rows, columns, channels)
    let (numbers, values) = (try lent(numbers, count), try lent(values, valueCount))
    let changed = try room(changed, valueCount)
    guard count == form.count else {
      throw Failure(SELVEDGE_ERROR_COUNT, wanted: form.count, had: count)
    }
    guard let own = Standardisation(mean: mean, deviation: deviation) else { throw .argument }
    switch form {
    case .image(let shape):
      guard valueCount == shape.count else {
        throw Failure(SELVEDGE_ERROR_COUNT, wanted: shape.count, had: valueCount)
      }
    case .sequence(let channels):
      guard valueCount > 0, valueCount % channels == 0 else {
        throw Failure(SELVEDGE_ERROR_COUNT, wanted: channels, had: valueCount)
      }
    }
    var span = changed.mutableSpan
    Prompt.apply(numbers.span, form, own, to: values.span, into: &span)
  }
}

/// Samples that C gives by a callback.
private struct Field: FieldSamples {
  private let config: selvedge_adaptation
  /// What the callback returned where it failed.
  var failed: Int32?

  init(_ pointer: UnsafePointer<selvedge_adaptation>?) throws(Failure) {
    let config = try lent(pointer, 1)
    let known = Size.of(selvedge_adaptation.self)
    let size = UnsafeRawPointer(config.baseAddress!).load(as: UInt32.self)
    guard size >= known else { throw .argument }
    guard size == known else { throw Failure(SELVEDGE_ERROR_NOT_SUPPORTED) }
    self.config = config[0]
    let own = self.config
    guard own.model != nil, own.sample != nil, own.labelled <= own.samples,
      own.samples <= 0x100_0000, 1...0x100_0000 ~= own.values, 1...256 ~= own.batch,
      1...64 ~= own.rank, own.passes <= 1_000_000, own.prompt_steps <= 1_000_000,
      own.rungs <= 0x7F
    else { throw .argument }
    guard own.model_bytes <= wide(.max / 8) else { throw .argument }
  }

  /// What a prompt takes a sample for.
  static func form(
    _ rows: UInt32, _ columns: UInt32, _ channels: UInt32
  ) throws(Failure) -> Prompt.Form {
    let limit: UInt32 = 4096
    guard rows >= 1, rows <= limit, columns <= limit, channels >= 1, channels <= limit else {
      throw .argument
    }
    if rows == 1 && columns == 0 {
      return .sequence(channels: Int(truncatingIfNeeded: channels))
    }
    guard columns >= 1, rows * columns <= 0x100_0000 / channels else { throw .argument }
    return .image(
      Shape(
        rows: Int(truncatingIfNeeded: rows), columns: Int(truncatingIfNeeded: columns),
        channels: Int(truncatingIfNeeded: channels)))
  }

  func withModel(
    _ body: (borrowing Adaptation) throws(Failure) -> Void
  ) throws(Failure) {
    let bytes = UnsafeRawBufferPointer(
      start: config.model, count: Int(truncatingIfNeeded: config.model_bytes))
    let file = try Configuration.open(bytes.bytes)
    var settings = AdaptationSettings()
    settings.batch = Int(truncatingIfNeeded: config.batch)
    settings.passes = config.passes == 0 ? nil : Int(truncatingIfNeeded: config.passes)
    settings.rank = Int(truncatingIfNeeded: config.rank)
    settings.promptSteps = Int(truncatingIfNeeded: config.prompt_steps)
    settings.seed = config.seed
    let isGiven = config.rows != 0 || config.columns != 0 || config.channels != 0
    let form =
      isGiven ? try Self.form(config.rows, config.columns, config.channels) : nil
    let own = Adaptation(file, form: form, settings: settings)
    if case .image(let shape) = own.form, shape.count != longest { throw .argument }
    try body(own)
  }

  /// Lets the failure of the callback be that of the call.
  mutating func call(_ body: (inout Field) throws(Failure) -> Void) throws(Failure) {
    do throws(Failure) { try body(&self) } catch {
      if let failed {
        throw Failure(SELVEDGE_ERROR_STORAGE, wanted: 0, had: Int(truncatingIfNeeded: failed))
      }
      throw error
    }
  }

  mutating func climb(
    _ own: borrowing Adaptation, in arena: inout Arena, file: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> selvedge_adapted {
    let moments = UnsafeBufferPointer(
      start: config.moments,
      count: config.moments == nil
        ? 0 : Int(truncatingIfNeeded: min(config.moment_count, 0x100_0000)))
    var (fitted, written, needed): (UInt32, Int, Int) = (0, 0, 0)
    var only: AdaptationError?
    var copy = self
    let rungs = UInt8(truncatingIfNeeded: config.rungs)
    let best: RungResult
    do throws(AdaptationError) {
      best = try own.climb(rungs, &copy, moments: moments.span, in: &arena) {
        only = $1
        _ = $0
      } keep: {
        (network: inout Network, result: RungResult, isBest: Bool) throws(AdaptationError) in
        fitted |= 1 &<< UInt32(truncatingIfNeeded: result.rung.rawValue)
        guard isBest else { return }
        let count = AdaptorFile.byteCount(of: network, rung: result.rung)
        needed = max(needed, count)
        guard count <= file.count else { return }
        written = count
        let room = UnsafeMutableRawBufferPointer(rebasing: file[0..<count])
        var span = room.mutableBytes
        AdaptorFile.write(
          network, rung: result.rung, form: own.form, modelChecksum: own.modelChecksum,
          into: &span)
      }
    } catch {
      failed = copy.failed
      throw Failure(error)
    }
    guard needed <= file.count else {
      throw Failure(SELVEDGE_ERROR_COUNT, wanted: needed, had: file.count)
    }
    // Nothing but what was refused was asked for.
    if fitted == 1 && rungs & 0x7E != 0, let only { throw Failure(only) }
    return selvedge_adapted(
      size: Size.of(selvedge_adapted.self), rung: UInt32(truncatingIfNeeded: best.rung.rawValue),
      fitted: fitted,
      numbers: UInt32(truncatingIfNeeded: best.numbers),
      correct: UInt32(truncatingIfNeeded: best.correct),
      held_back: UInt32(truncatingIfNeeded: best.heldBack),
      bytes: UInt32(truncatingIfNeeded: written), loss: best.loss)
  }

  // MARK: FieldSamples

  var count: Int { Int(truncatingIfNeeded: config.samples) }
  var labelledCount: Int { Int(truncatingIfNeeded: config.labelled) }
  var longest: Int { Int(truncatingIfNeeded: config.values) }

  mutating func copy(_ index: Int, into values: inout MutableSpan<Float>) -> Int {
    let code = values.withUnsafeMutableBufferPointer {
      config.sample?(config.context, UInt32(truncatingIfNeeded: index), $0.baseAddress) ?? -1
    }
    guard code >= 0 else {
      failed = failed ?? code
      // No network reads nothing: that ends the call.
      return 0
    }
    return longest
  }

  func label(of index: Int) -> Int {
    Int(
      truncatingIfNeeded: config.sample?(config.context, UInt32(truncatingIfNeeded: index), nil)
        ?? -1)
  }
}

extension Failure {
  /// `SELVEDGE_OK`, or the failure of a call that no network is there for.
  fileprivate static func result(_ body: () throws(Failure) -> Void) -> Int32 {
    do throws(Failure) {
      try body()
      return 0
    } catch {
      return error.result
    }
  }

  fileprivate static func arena(
    _ buffer: UnsafeMutableRawPointer?, _ bytes: Int
  ) throws(Failure) -> Arena {
    guard bytes >= 0, buffer != nil || bytes == 0 else { throw .argument }
    return try arena(UnsafeMutableRawBufferPointer(start: buffer, count: bytes))
  }

  fileprivate static func arena(_ bytes: UnsafeMutableRawBufferPointer) throws(Failure) -> Arena {
    do throws(ArenaError) { return try Arena(bytes) } catch { throw .argument }
  }

  fileprivate static func adapting<Result>(
    _ body: () throws(AdaptationError) -> Result
  ) throws(Failure) -> Result {
    do throws(AdaptationError) { return try body() } catch { throw Failure(error) }
  }

  @_lifetime(immortal)
  fileprivate static func adaptor(
    _ file: UnsafeRawPointer?, _ count: Int
  ) throws(Failure) -> AdaptorFile {
    guard let file, (0...Int.max / 8).contains(count) else { throw .argument }
    let bytes = UnsafeRawBufferPointer(start: file, count: count)
    do throws(AdaptorFileError) {
      let adaptor = try AdaptorFile(bytes.bytes)
      return unsafe _overrideLifetime(adaptor, copying: ())
    } catch {
      throw Failure(error)
    }
  }

  init(_ error: AdaptationError) {
    switch error {
    case .notLinked: self.init(SELVEDGE_ERROR_NOT_SUPPORTED)
    case .learnsValues, .labels, .nothingToFit, .oneSided: self.init(SELVEDGE_ERROR_STATE)
    case .label(let label, let classes):
      self.init(SELVEDGE_ERROR_LABEL, wanted: classes, had: label)
    case .moments(let expected, let found):
      self.init(SELVEDGE_ERROR_COUNT, wanted: expected, had: found)
    case .plan(let error): self.init(error)
    case .model(.memory(let error)), .memory(let error): self.init(memory: error)
    case .model: self.init(SELVEDGE_ERROR_MODEL_DIFFERS)
    case .sample(_, let error): self.init(error)
    case .diverged: self.init(SELVEDGE_ERROR_DIVERGED)
    }
  }

  init(_ error: AdaptorFileError) {
    switch error {
    case .truncated(let offset, _, _), .value(let offset):
      self.init(SELVEDGE_ERROR_CORRUPT, offset: offset)
    case .notAnAdaptor, .checksum: self.init(SELVEDGE_ERROR_CORRUPT, offset: 0)
    case .version, .notLinked: self.init(SELVEDGE_ERROR_NOT_SUPPORTED)
    case .otherModel: self.init(SELVEDGE_ERROR_MODEL_DIFFERS)
    case .inFlash(let layer):
      self.init(SELVEDGE_ERROR_STATE)
      self.layer = Int32(truncatingIfNeeded: layer)
    case .memory(let error): self.init(memory: error)
    }
  }

  private init(memory error: ArenaError) {
    guard case .exhausted(let layer, _, let asked, let missing) = error else {
      self.init(SELVEDGE_ERROR_ARGUMENT)
      return
    }
    self.init(SELVEDGE_ERROR_ARENA_TOO_SMALL, wanted: asked, had: asked - missing)
    self.layer = Int32(truncatingIfNeeded: layer)
  }
}
