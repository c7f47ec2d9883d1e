extension Network {
  /// One training step on a new sample of a stream and on some that a buffer has kept of it; then the new one is
  /// offered to the buffer.
  ///
  /// Old samples are drawn at random. In a plain step what each sample asks for is added up, so that the rates are
  /// those of one sample however many are rehearsed; the size of other steps does not depend on that.
  ///
  /// - Parameters:
  ///   - values: Raw values of the new sample.
  ///   - count: Old samples, fewer than a batch has; none while the buffer is empty.
  ///   - rates: The step sizes for a sample.
  ///   - layers: The layers that may change, all if nil.
  /// - Throws: `ReplayError`; nothing has changed then, the buffer included.
  public mutating func train<Loss: LocalLoss>(
    on values: Span<Float>, label: Int, rehearsing count: Int, from buffer: inout ReplayBuffer,
    _ loss: Loss, rates: Rates, layers: Range<Int>? = nil, rounding: Rounding = .automatic
  ) throws(ReplayError) -> StepOutcome {
    guard Linked.rehearsal else { throw .notLinked }
    guard !readsSequences else { throw .readsSequences }
    guard !learnsValues else { throw .learnsValues }
    guard buffer.plan.values == inputs, buffer.plan.classes == classes else { throw .otherPlan }
    let rehearsed = buffer.count == 0 ? 0 : count
    let sums = rates.multiplied(
      by: terms.step == .plain ? Float(number: rehearsed + 1) : 1)
    do throws(NetworkError) {
      guard waiting == 0 else { throw .samplesWait(waiting) }
      guard (0..<batch).contains(count) else { throw .batchFull(batch) }
      guard sums.areFinite else { throw .rates }
      try checkDigest(loss)
      _ = try checkLayers(layers)
      try add(values, label: label)
      for _ in 0..<rehearsed {
        let index = buffer.draw()
        store(buffer.sample(index))
        keep(buffer.label(of: index))
      }
      let outcome = try train(loss, rates: sums, layers: layers, rounding: rounding)
      do throws(ReplayError) {
        try buffer.offer(values, label: label, standardisation)
      } catch {
        preconditionFailure("the network has taken the sample")
      }
      return outcome
    } catch {
      throw .network(error)
    }
  }

  /// Keeps a sample of a buffer as the next of those that the first layer reads.
  private func store(_ sample: UnsafeMutableBufferPointer<Int8>) {
    let samples = firstInputs
    let first = waiting * inputs
    guard samples.isInt8 else {
      let slot = UnsafeMutableBufferPointer(rebasing: samples.floats[first..<first + inputs])
      var values = slot.mutableSpan
      Kernels.dequantise(
        UnsafeBufferPointer(sample).span, exponent: ReplayBuffer.exponent, into: &values)
      return
    }
    // The layer's integers stand for other numbers: by blocks, as there is no room for all as floats.
    var block = InlineArray<64, Float>(repeating: 0)
    var done = 0
    while done < inputs {
      let part = done..<min(done + 64, inputs)
      var span = block.mutableSpan
      var values = span.part(0..<part.count)
      Kernels.dequantise(
        UnsafeBufferPointer(rebasing: sample[part]).span, exponent: ReplayBuffer.exponent,
        into: &values)
      samples.store(values.span, waiting, part, isTraining: true)
      done = part.upperBound
    }
  }
}

extension Rates {
  /// Rates that are so many times as large.
  func multiplied(by factor: Float) -> Rates {
    Rates(
      hidden: hidden * factor, output: output * factor, convolution: convolution * factor,
      recurrent: recurrent * factor)
  }
}
