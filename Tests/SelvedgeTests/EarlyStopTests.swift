import Testing

@testable import Selvedge

/// Predicting a sequence before it ends.
@Suite struct EarlyStopTests {
  private static let memories: [LayerDescription] = [
    .oscillators(3, steps: 9), .oscillators(3, steps: 9, magnitude: true),
    .oscillators(3, steps: 9, forgets: true), .legendre(5, steps: 9),
    .elman(4, steps: 9), .gru(4, steps: 9),
  ]

  private func withNetwork(
    _ layers: [LayerDescription], batch: Int = 1, _ body: (inout Network) throws -> Void
  ) throws {
    let plan = try Plan(
      inputs: 2, layers: layers.span, batch: batch, purpose: .training(digest: 3))
    let own = TestMemory(plan.footprint.total)
    defer { #expect(own.guardsAreIntact) }
    var arena = own.arena()
    var network = try Network(plan, seed: 5, in: &arena)
    network.poisonsDeadMemory = true
    try body(&network)
  }

  @Test(arguments: memories, [Precision.float32, .int8])
  func askingBeforeTheEndChangesNothing(memory: LayerDescription, next: Precision) throws {
    let layers: [LayerDescription] = [
      memory, .dense(7).stored(as: next), .dense(6).stored(as: next), .output(3).stored(as: next),
    ]
    var dice = Dice(seed: 3)
    let values = dice.floats(2 * 12)
    try withNetwork(layers) { network in
      // All prefixes as sequences of their own, then one sequence that is asked at every step.
      var prefixes: [[Float]] = []
      for step in 1...12 {
        if memory.forgets { network.sequenceMemory?.forget() }
        try network.add(Array(values[0..<2 * step]))
        try network.predict()
        prefixes.append(network.logitsArray(of: 0))
      }
      if memory.forgets { network.sequenceMemory?.forget() }
      #expect(Set(prefixes).count == 12)
      for step in 0..<12 {
        try network.read(Array(values[2 * step..<2 * step + 2]).span)
        try network.predictSoFar()
        let logits = network.logitsArray(of: 0)
        #expect(logits == prefixes[step], "step \(step)")
        var probabilities = logits
        var span = probabilities.mutableSpan
        Kernels.softmax(&span)
        let confidence = network.confidence(of: 0)
        #expect(confidence == probabilities.max() && confidence > 1 / 3)
        let counts = (network.stepsRead, network.waiting)
        #expect(counts == (step + 1, 0))
      }
      try network.add()
      try network.predict()
      let atTheEnd = network.logitsArray(of: 0)
      #expect(atTheEnd == prefixes[11])
    }
  }

  /// Training behind a question learns the same as without it.
  @Test func askingDoesNotTouchTraining() throws {
    var checksums: [UInt32] = []
    for asks in [false, true] {
      try withNetwork([.oscillators(3, steps: 9), .dense(7), .output(3)]) { network in
        var dice = Dice(seed: 4)
        for label in [0, 2, 1] {
          for _ in 0..<5 {
            try network.read(dice.floats(2).span)
            if asks { try network.predictSoFar() }
          }
          try network.add(label: label)
          _ = try network.train(Readout(), rates: Rates(hidden: 0.1, output: 0.1))
        }
        checksums.append(network.weightsChecksum)
      }
    }
    #expect(checksums.count == 2 && checksums[0] == checksums[1])
  }

  @Test func questionsWithoutAnAnswerAreRefused() throws {
    func error(_ network: inout Network) -> NetworkError? {
      do throws(NetworkError) {
        try network.predictSoFar()
        return nil
      } catch {
        return error
      }
    }
    let one: [Float] = [1, 2]
    try withNetwork([.oscillators(2, steps: 4), .output(3)], batch: 2) { network in
      #expect(error(&network) == .noSteps)
      try network.add(one)
      try network.read(one.span)
      #expect(error(&network) == .samplesWait(1))
      // Nothing has changed: both are predicted, and alike.
      try network.add()
      try network.predict()
      let (first, second) = (network.logitsArray(of: 0), network.logitsArray(of: 1))
      #expect(first == second)
      #expect(error(&network) == .noSteps)
      try network.read(one.span)
      #expect(error(&network) == nil)
    }
    try withNetwork([.output(3)]) { network in
      #expect(error(&network) == .noSequences)
    }
  }
}
