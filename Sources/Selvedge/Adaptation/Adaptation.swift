/// A model in read-only memory, and how it is fitted to samples from the field: a rung at a time, or the best of
/// several. The model is only read, whatever happens.
public struct Adaptation: ~Escapable {
  public let model: ModelFile
  public var settings: AdaptationSettings
  /// What a sample is to a prompt.
  public var form: Prompt.Form
  /// The CRC-32 of the model's parameters.
  public let modelChecksum: UInt32

  /// - Parameters:
  ///   - model: At a multiple of 16; it must stay where it is.
  ///   - form: What a sample is to a prompt; nil for what the network reads: an image if it has rows and columns,
  ///     otherwise a sequence.
  @_lifetime(copy model)
  public init(
    _ model: consuming ModelFile, form: Prompt.Form? = nil,
    settings: AdaptationSettings = AdaptationSettings()
  ) {
    let shape = model.inputShape
    let isImage = shape.rows > 1 && shape.columns > 1 && !model.layer(0).kind.readsSteps
    self.form =
      form
      ?? (isImage
        ? .image(shape)
        : .sequence(channels: model.layer(0).kind.readsSteps ? shape.count : shape.channels))
    self.settings = settings
    modelChecksum = CRC32.of(model.parameters)
    self.model = model
  }

  // MARK: A rung

  /// What a rung has in the arena while it is fitted.
  struct Workplace: ~Copyable {
    var network: Network
    let values: UnsafeMutableBufferPointer<Float>
    let rung: Rung
    let numbers: Int
  }

  /// Bytes that fitting a rung takes of an arena.
  ///
  /// - Parameter longest: Values of the longest sample.
  /// - Throws: `AdaptationError.plan`; `memory`, if the arena has no room for a description of the layers.
  public func bytes(
    for rung: Rung, longest: Int, in arena: inout Arena
  ) throws(AdaptationError) -> Int {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let layers = try describe(rung, in: &arena)
    let plan = try plan(rung, layers.span)
    let adaptor = AdaptorPlan(
      rung, of: plan, rank: settings.rank, form: form, purpose: .fitting)
    return Arena.rounded(layers.count * LayerDescription.bytes) + plan.footprint.total
      + adaptor.bytes + Arena.rounded(longest * 4)
  }

  private func describe(
    _ rung: Rung, in arena: inout Arena
  ) throws(AdaptationError) -> UnsafeMutableBufferPointer<LayerDescription> {
    let count = model.layerCount
    let bytes: UnsafeMutableRawBufferPointer
    do throws(ArenaError) {
      bytes = try arena.reserve(count * LayerDescription.bytes, layer: 0, role: .layers)
    } catch {
      throw .memory(error)
    }
    let layers = UnsafeMutableBufferPointer(
      start: bytes.baseAddress!.bindMemory(to: LayerDescription.self, capacity: count),
      count: count)
    for k in 0..<count { layers[k] = rung.layer(model.layer(k)) }
    return layers
  }

  @_lifetime(copy layers)
  private func plan(
    _ rung: Rung, _ layers: Span<LayerDescription>
  ) throws(AdaptationError) -> Plan {
    let head = layers[layers.count - 1]
    guard head.kind != .regression else { throw .learnsValues }
    let learns = rung == .scale || rung == .last || rung == .lowRank || rung == .full
    do throws(PlanError) {
      return try Plan(
        input: model.inputShape, layers: layers, batch: settings.batch,
        purpose: learns ? .training(digest: Int(truncatingIfNeeded: head.units)) : .inference,
        constants: .inFlash)
    } catch {
      throw .plan(error)
    }
  }

  /// A network for a rung, with an adaptor that does nothing yet.
  func begin(
    _ rung: Rung, longest: Int, in arena: inout Arena
  ) throws(AdaptationError) -> Workplace {
    guard Linked.adaptors else { throw .notLinked }
    let layers = try describe(rung, in: &arena)
    let plan = try plan(rung, layers.span)
    let adaptorPlan = AdaptorPlan(
      rung, of: plan, rank: settings.rank, form: form, purpose: .fitting)
    var network: Network
    do throws(ModelNetworkError) { network = try Network(plan, of: model, in: &arena) } catch {
      throw .model(error)
    }
    var numbers = adaptorPlan.numberCount
    plan.forEachLayer { layer in
      guard layer.isReplaced(by: rung) else { return }
      numbers += layer.weightCount + layer.stateWeightCount + layer.shape.biases
    }
    guard numbers > 0 || rung == .none else { throw .nothingToFit(rung) }
    do throws(ArenaError) {
      if adaptorPlan.bytes > 0 {
        network.adaptor = try Adaptor(adaptorPlan, of: plan, seed: model.seed, in: &arena)
      }
      let room = try arena.reserve(longest * 4, layer: 0, role: .input)
      let values = UnsafeMutableBufferPointer(
        start: room.baseAddress!.bindMemory(to: Float.self, capacity: longest), count: longest)
      return Workplace(network: network, values: values, rung: rung, numbers: numbers)
    } catch {
      throw .memory(error)
    }
  }

  /// Fits one rung, and says how it does on the samples that are held back.
  ///
  /// - Parameters:
  ///   - moments: What the sums of every corrected layer were in training, as `measureMoments` gives them; for the
  ///     rung `moments` only.
  ///   - arena: Where all of it happens; as it was afterwards.
  ///   - keep: Called with the network as it was fitted, while it is there: to write its file
  ///     (``AdaptorFile``), or to try it.
  public func fit<Samples: FieldSamples>(
    _ rung: Rung, _ samples: inout Samples, moments: Span<Float> = Span(),
    in arena: inout Arena,
    keep: (inout Network, RungResult) throws(AdaptationError) -> Void = {
      (_: inout Network, _: RungResult) in
    }
  ) throws(AdaptationError) -> RungResult {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let labelled = samples.labelledCount
    guard labelled >= 5 || !rung.needsLabels else { throw .labels(needed: 5, found: labelled) }
    for index in 0..<labelled
    where samples.label(of: index) >= classes || samples.label(of: index) < 0 {
      throw .label(samples.label(of: index), classes: classes)
    }
    var place = try begin(rung, longest: samples.longest, in: &arena)
    let used = arena.used - mark.used
    switch rung {
    case .none: break
    case .moments: try matchMoments(&place, &samples, moments)
    case .prompt: try searchPrompt(&place, &samples)
    case .scale, .last, .lowRank, .full: try train(&place, &samples)
    }
    let result = try judge(&place, &samples, bytes: used)
    try keep(&place.network, result)
    return result
  }

  private var classes: Int { Int(truncatingIfNeeded: model.layer(model.layerCount - 1).units) }

  /// Fits rungs from the smallest to the largest, and finds the best of them: one with more numbers must be better
  /// than all before it.
  ///
  /// - Parameters:
  ///   - rungs: Those to try, bit `rawValue` of each; those that the arena has no room for are passed over, and
  ///     `moments` where it is refused.
  ///   - refused: Called with each rung that was passed over, and why.
  ///   - keep: Called with the network of each rung while it is there, the first being `none`, and whether it is
  ///     the best so far: the last one that was is to be kept.
  /// - Throws: What no rung could do without: `labels`, `sample`, `label`.
  public func climb<Samples: FieldSamples>(
    _ rungs: UInt8 = 0x7F, _ samples: inout Samples, moments: Span<Float> = Span(),
    in arena: inout Arena,
    refused: (Rung, AdaptationError) -> Void,
    keep: (inout Network, RungResult, _ isBest: Bool) throws(AdaptationError) -> Void
  ) throws(AdaptationError) -> RungResult {
    var best = try fit(.none, &samples, in: &arena) {
      (network: inout Network, result: RungResult) throws(AdaptationError) in
      try keep(&network, result, true)
    }
    for number in UInt8(1)...6 where rungs >> number & 1 == 1 {
      guard let rung = Rung(rawValue: number) else { continue }
      do throws(AdaptationError) {
        let before = best
        let result = try fit(rung, &samples, moments: moments, in: &arena) {
          (network: inout Network, result: RungResult) throws(AdaptationError) in
          try keep(&network, result, result.isBetter(than: before))
        }
        if result.isBetter(than: before) { best = result }
      } catch {
        if case .sample = error { throw error }
        if case .label = error { throw error }
        refused(rung, error)
      }
    }
    return best
  }

  // MARK: Samples

  /// Adds a sample to those that wait.
  func add<Samples: FieldSamples>(
    _ index: Int, label: Int?, _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) {
    var values = place.values.mutableSpan
    let count = samples.copy(index, into: &values)
    do throws(NetworkError) {
      try place.network.add(values.span.extracting(0..<count), label: label)
    } catch {
      place.network.discard()
      throw .sample(index: index, error)
    }
  }

  func predict(_ place: inout Workplace) throws(AdaptationError) {
    do throws(NetworkError) { try place.network.predict() } catch {
      throw .sample(index: 0, error)
    }
  }

  private func judge<Samples: FieldSamples>(
    _ place: inout Workplace, _ samples: inout Samples, bytes: Int
  ) throws(AdaptationError) -> RungResult {
    let count = samples.heldBackCount
    var (correct, sum, first) = (0, Float(0), 0)
    while first < count {
      let next = min(first + settings.batch, count)
      for i in first..<next { try add(samples.heldBack(i), label: nil, &place, &samples) }
      try predict(&place)
      for i in first..<next {
        let label = samples.label(of: samples.heldBack(i))
        if place.network.predictedClass(of: i - first) == label { correct += 1 }
        sum += Kernels.crossEntropy(place.network.logits(of: i - first), label: label)
      }
      first = next
    }
    let loss = count == 0 ? 0 : sum / Float(number: count)
    guard loss.isFinite else { throw .diverged }
    return RungResult(
      rung: place.rung, bytes: bytes, numbers: place.numbers, correct: correct, heldBack: count,
      loss: loss)
  }

  // MARK: Training

  private func train<Samples: FieldSamples>(
    _ place: inout Workplace, _ samples: inout Samples
  ) throws(AdaptationError) {
    let count = samples.fittingCount
    let passes = settings.passes(over: samples.labelledCount)
    let steps = (count + settings.batch - 1) / settings.batch
    let rates = rates(of: place.rung)
    for pass in 0..<passes {
      let order = Order(count, seed: settings.seed, pass: pass)
      for step in 0..<steps {
        for i in step * settings.batch..<min((step + 1) * settings.batch, count) {
          let index = samples.fitting(order[i])
          try add(index, label: samples.label(of: index), &place, &samples)
        }
        do throws(NetworkError) {
          _ = try place.network.train(
            Readout(), rates: rates.decayed(step: pass * steps + step, of: passes * steps))
        } catch {
          throw .sample(index: 0, error)
        }
      }
    }
    guard place.network.isFinite else { throw .diverged }
  }

  private func rates(of rung: Rung) -> Rates {
    switch rung {
    case .scale: Rates(hidden: settings.scaleRate, output: 0)
    case .lowRank: Rates(hidden: settings.lowRankRate, output: settings.lastRate / 2)
    case .full: settings.fullRates
    default: Rates(hidden: 0, output: settings.lastRate)
    }
  }
}

/// Numbers, such as those of the samples of a pass, in an order that needs no memory: i to a * i + b, modulo their number.
struct Order {
  private let (count, factor, first): (Int, Int, Int)

  init(_ count: Int, seed: UInt64, pass: Int) {
    let generator = CounterGenerator(seed: seed, stream: 6 &<< 32 &+ UInt64(widening: pass))
    self.count = count
    first = Self.number(generator[0], below: count)
    var factor = 1 + Self.number(generator[1], below: count)
    while Self.divisor(factor, count) != 1 { factor += 1 }
    self.factor = factor % max(count, 1)
  }

  subscript(i: Int) -> Int { (i % count * factor + first) % count }

  private static func number(_ bits: UInt64, below count: Int) -> Int {
    Int(truncatingIfNeeded: bits &>> 34) % max(count, 1)
  }

  private static func divisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
