import Testing

@testable import Selvedge

/// Changes in front of a network, and the search for them.
@Suite struct PromptTests {
  private static let standardisation = Standardisation(mean: 3, deviation: 2)!

  private func apply(_ numbers: [Float], _ form: Prompt.Form, _ values: [Float]) -> [Float] {
    var changed = [Float](repeating: .nan, count: values.count)
    var span = changed.mutableSpan
    Prompt.apply(numbers.span, form, Self.standardisation, to: values.span, into: &span)
    return changed
  }

  @Test func zerosChangeNothing() {
    var dice = Dice(seed: 8)
    let image = dice.floats(4 * 5 * 2)
    let form = Prompt.Form.image(Shape(rows: 4, columns: 5, channels: 2))
    for (a, b) in zip(apply([0, 0, 0, 0, 0, 0, 0, 0], form, image), image) {
      #expect(abs(a - b) < 1e-6)
    }
    let series = dice.floats(12)
    for (a, b) in zip(apply([0, 0, 0, 0], .sequence(channels: 3), series), series) {
      #expect(abs(a - b) < 1e-6)
    }
  }

  @Test func aQuarterTurnAShiftAndAGainAreExact() {
    // 3 x 3, read a quarter turn further: row r, column c is row c, column 2 - r.
    let image: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let form = Prompt.Form.image(Shape(rows: 3, columns: 3))
    #expect(apply([-1, 1, -1, -1, 0, 0, 0, 0], form, image) == [3, 6, 9, 2, 5, 8, 1, 4, 7])
    // One row down: a shift of 1 in halves of 3; outside is what is at the edge.
    #expect(
      apply([0, 0, 0, 0, 1 / 1.5, 0, 0, 0], form, image) == [4, 5, 6, 7, 8, 9, 7, 8, 9])
    // About the mean 3, in deviations of 2.
    #expect(
      apply([0, 0, 0, 0, 0, 0, -2, 0.5], form, image) == image.map { -($0 - 3) + 3 + 1 })
    // Twice as fast, from 0 on: steps 0, 2, 4 and then the last.
    #expect(apply([1, 0, 0, 0], .sequence(channels: 1), [1, 2, 3, 4, 5]) == [1, 3, 5, 5, 5])
  }

  @Test func aSearchFindsTheLeastOfABowlWhateverItsUnits() {
    for scale: Float in [1e-3, 1, 1e3] {
      let memory = UnsafeMutableBufferPointer<Float>.allocate(
        capacity: PromptSearch.bytes(.sequence(channels: 1)) / 4)
      defer { memory.deallocate() }
      var search = PromptSearch(
        .sequence(channels: 1), gain: 1, offset: 0, seed: 3, start: 0, in: memory)
      let goal: [Float] = [0.2, -0.3, 0.1, 0.25]
      var numbers = [Float](repeating: 0, count: 4)
      let loss = { (numbers: [Float]) in
        zip(numbers, goal).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } * scale
      }
      for _ in 0..<300 {
        var span = numbers.mutableSpan
        search.ask(isAhead: true, into: &span)
        let ahead = loss(numbers)
        span = numbers.mutableSpan
        search.ask(isAhead: false, into: &span)
        search.tell(ahead: ahead, behind: loss(numbers))
      }
      var span = numbers.mutableSpan
      search.copy(into: &span)
      #expect(loss(numbers) / scale < 0.002, "scale \(scale): \(numbers)")
    }
  }

  @Test func whatIsNoLossMovesNothing() {
    let memory = UnsafeMutableBufferPointer<Float>.allocate(
      capacity: PromptSearch.bytes(.sequence(channels: 1)) / 4)
    defer { memory.deallocate() }
    var search = PromptSearch(
      .sequence(channels: 1), gain: -2, offset: 0.5, seed: 3, start: 0, in: memory)
    search.tell(ahead: .nan, behind: 1)
    search.tell(ahead: .infinity, behind: 1)
    search.tell(ahead: 1, behind: 1)
    var numbers: [Float] = [9, 9, 9, 9]
    var span = numbers.mutableSpan
    search.copy(into: &span)
    #expect(numbers == [0, 0, -3, 0.5])
    #expect(search.steps == 3)
  }

  @Test func twoNumbersFollowASensor() {
    var dice = Dice(seed: 2)
    var running = RunningStandardisation(from: Self.standardisation, samples: 50)
    #expect(running.standardisation == Self.standardisation)
    for _ in 0..<1000 {
      // Of mean 7 and deviation 0.5 times that of the dice.
      let values = dice.floats(64).map { 7 + 0.5 * $0 }
      running.follow(values.span)
    }
    let all = dice.floats(100_000)
    let mean = all.reduce(0, +) / 100_000
    let deviation = (all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000).squareRoot()
    #expect(abs(running.standardisation.mean - (7 + 0.5 * mean)) < 0.05)
    #expect(abs(running.standardisation.deviation / (0.5 * deviation) - 1) < 0.05)
    let found = running.standardisation
    running.follow([.nan, .infinity].span)
    #expect(running.standardisation == found)
    // A sensor that is stuck says nothing of its deviation.
    var stuck = RunningStandardisation(from: Self.standardisation, samples: 1)
    stuck.follow([3, 3, 3].span)
    #expect(stuck.standardisation == Self.standardisation)
  }
}
