import Files
import Simulator
import Testing

@Suite struct LabelArrivalTests {
  @Test(arguments: [0, 1, 7, 500], [0.0, 0.1, 0.5, 1])
  func everyLabelComesOnceAndLate(delay: Int, fraction: Double) {
    let arrival = LabelArrival(delay: delay, fraction: fraction, seed: 3)
    let count = 400
    var came: [Int] = []
    for position in 0..<count {
      guard let labelled = arrival.arrives(after: position) else { continue }
      #expect(labelled == position - delay)
      came.append(labelled)
    }
    came += arrival.outstanding(after: count)
    #expect(came == (0..<count).filter(arrival.isLabelled))
    // Four deviations of a binomial distribution.
    let expected = fraction * Double(count)
    #expect(abs(Double(came.count) - expected) <= 4 * (expected * (1 - fraction)).squareRoot())
  }

  @Test func seedChoosesWhichAreLabelled() {
    let labelled = (0..<4 as Range<UInt64>).map { seed in
      (0..<100).filter(LabelArrival(delay: 0, fraction: 0.5, seed: seed).isLabelled)
    }
    #expect(Set(labelled).count == 4)
  }
}

@Suite struct ClassOrderTests {
  /// Ten classes of 30 samples, in no order.
  static let labels = (0..<300).map { $0 * 7 % 10 }
  static let orders: [ClassOrder] = [
    .mixed, .tasks(1), .tasks(3), .tasks(10), .tasks(99),
    .blurry(tasks: 5, disjoint: 0.5, blurred: 0.1), .blurry(tasks: 1, disjoint: 1, blurred: 1),
    .blurry(tasks: 4, disjoint: 0, blurred: 1), .blurry(tasks: 20, disjoint: 1, blurred: 0),
  ]

  static func order(seed: UInt64) -> SampleOrder {
    SampleOrder(count: labels.count, validation: 0.1, seed: seed, shuffles: true)
  }

  @Test(arguments: orders, [0, 1, 99])
  func everyOrderIsAPermutationOfTheTrainingSamples(classes: ClassOrder, seed: UInt64) {
    let order = Self.order(seed: seed)
    for epoch in 0..<3 {
      let samples = order.epoch(epoch, labels: Self.labels, classes: classes)
      #expect(samples.sorted() == order.training)
      #expect(samples == order.epoch(epoch, labels: Self.labels, classes: classes))
      if classes == .mixed { #expect(samples == order.epoch(epoch)) }
    }
  }

  /// Tests/Oracles/stream_orders.py says what they are, index for index.
  @Test func ordersAreTheOracles() throws {
    let path = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let vectors = try JSON(parsing: File.read("/\(path)/Vectors/streams.json"))
    var blurry = 0
    for entry in vectors["cases"]!.array! {
      let integers = { (name: String) in entry[name]!.array!.map { $0.integer! } }
      let (labels, tasks) = (integers("labels"), entry["tasks"]!.integer!)
      var classes = ClassOrder.tasks(tasks)
      if let disjoint = entry["disjoint"]?.number, let blurred = entry["blurred"]?.number {
        classes = .blurry(tasks: tasks, disjoint: disjoint, blurred: blurred)
        blurry += 1
      }
      let seed = UInt64(entry["seed"]!.string!)!
      let order = SampleOrder(count: labels.count, validation: 0, seed: seed, shuffles: true)
      let samples = order.epoch(
        entry["epoch"]!.integer!, labels: labels, classes: classes)
      #expect(samples == integers("order"), "\(classes), seed \(seed)")
    }
    #expect(blurry == 40)
  }

  @Test(arguments: [2, 3, 5, 10])
  func tasksShareNoClass(tasks: Int) {
    var orders: Set<[Int]> = []
    for seed in 0..<6 as Range<UInt64> {
      let samples = Self.order(seed: seed).epoch(0, labels: Self.labels, classes: .tasks(tasks))
      // Each class lies in one task: its samples are nowhere between those of another task.
      var classes: [Int] = []
      for sample in samples where !classes.contains(Self.labels[sample]) {
        classes.append(Self.labels[sample])
      }
      #expect(classes.count == 10)
      if tasks == 10 {
        let runs = zip(samples, samples.dropFirst()).count { Self.labels[$0] != Self.labels[$1] }
        #expect(runs == 9)
      }
      orders.insert(classes)
    }
    #expect(orders.count > 3, "the seed chooses the order of the classes")
  }

  @Test func blurryTasksShareSomeClasses() {
    let samples = Self.order(seed: 5).epoch(
      0, labels: Self.labels, classes: .blurry(tasks: 5, disjoint: 0.5, blurred: 0.2))
    let spread = (0..<10).map { label in
      let places = samples.indices.filter { Self.labels[samples[$0]] == label }
      return places.last! - places.first!
    }
    // Five classes lie close together; samples of the others are dealt over the whole stream.
    #expect(spread.sorted()[4] < 160 && spread.sorted()[9] > 200, "\(spread)")
  }
}
