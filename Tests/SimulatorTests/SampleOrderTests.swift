import Simulator
import Testing

@Suite struct SampleOrderTests {
  @Test(arguments: [
    (1, Float(0)), (1, 0.9), (10, 0.1), (10, 0.25), (200, 0.1), (1000, 0.333), (7, 0.999),
  ])
  func splitIsAPartition(count: Int, validation: Float) {
    for shuffles in [true, false] {
      for seed in [0, 1, UInt64.max] {
        let order = SampleOrder(
          count: count, validation: validation, seed: seed, shuffles: shuffles)
        let held = Double(order.validation.count)
        #expect((held - Double(count) * Double(validation)).magnitude <= 0.5)
        #expect((order.training + order.validation).sorted() == Array(0..<count))
      }
    }
  }

  @Test func everyEpochIsAnotherPermutation() {
    var orders: Set<[Int]> = []
    for seed in 0..<5 as Range<UInt64> {
      let order = SampleOrder(count: 50, validation: 0.1, seed: seed, shuffles: true)
      #expect(order.training.count == 45)
      for epoch in 0..<20 {
        let samples = order.epoch(epoch)
        #expect(samples.sorted() == order.training, "seed \(seed), epoch \(epoch)")
        #expect(samples == order.epoch(epoch), "an order is a function of the epoch")
        orders.insert(samples)
      }
    }
    #expect(orders.count == 100)
  }

  @Test func seedChoosesWhatIsHeldBack() {
    let held = (0..<20 as Range<UInt64>).map {
      SampleOrder(count: 100, validation: 0.2, seed: $0, shuffles: true).validation
    }
    #expect(Set(held).count == 20)
    // Each sample is held back in 4 of 20 on average; a choice that favours an end would show.
    let counts = (0..<100).map { sample in held.count { $0.contains(sample) } }
    #expect(counts.reduce(0, +) == 400 && counts.allSatisfy { $0 <= 12 })
    #expect(counts[..<50].reduce(0, +) > 150 && counts[50...].reduce(0, +) > 150)
  }

  @Test func unshuffledIsTheFilesOrder() {
    let order = SampleOrder(count: 10, validation: 0.2, seed: 9, shuffles: false)
    #expect(order.training == Array(0..<8) && order.validation == [8, 9])
    for epoch in 0..<3 { #expect(order.epoch(epoch) == Array(0..<8)) }
  }

  /// Chi-squared over the place where each of 8 samples ends, 63 degrees of freedom (49 free).
  @Test func shuffleFavoursNoPlace() {
    let order = SampleOrder(count: 8, validation: 0, seed: 4, shuffles: true)
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 8), count: 8)
    for epoch in 0..<8000 {
      for (place, sample) in order.epoch(epoch).enumerated() { counts[sample][place] += 1 }
    }
    let squares = counts.joined().reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) }
    #expect(squares / 1000 < 100 && squares > 0)
  }
}
