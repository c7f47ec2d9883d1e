import Selvedge

/// In which order a stream shows the classes.
public enum ClassOrder: Equatable, Sendable {
  /// As they come: every sample is drawn from all classes.
  case mixed
  /// The classes in an order that the seed chooses, dealt to so many tasks, one task after the other; as
  /// many tasks as classes show a class at a time.
  case tasks(Int)
  /// Tasks whose borders are blurred (Si-Blurry, arXiv 2308.09303): of the classes a part `disjoint` comes
  /// in one task only; the others are cut into tasks at random places, and a part `blurred` of their
  /// samples is dealt to the tasks anew.
  case blurry(tasks: Int, disjoint: Double, blurred: Double)
}

extension SampleOrder {
  /// The training samples in the order of an epoch, from 0, with their classes in an order.
  ///
  /// - Parameter labels: The class of every sample, of those too that are held back.
  /// - Precondition: There is at least 1 task, and parts are 0 to 1.
  public func epoch(_ epoch: Int, labels: [Int], classes: ClassOrder) -> [Int] {
    let mixed = self.epoch(epoch)
    switch classes {
    case .mixed: return mixed
    case .tasks(let tasks):
      precondition(tasks >= 1, "there must be a task")
      let classes = shuffledClasses(labels)
      var task = [Int](repeating: 0, count: (classes.max() ?? 0) + 1)
      for (place, label) in classes.enumerated() {
        task[label] = place * min(tasks, classes.count) / classes.count
      }
      return Self.sorted(mixed, tasks) { task[labels[$0]] }
    case .blurry(let tasks, let disjoint, let blurred):
      precondition(tasks >= 1, "there must be a task")
      precondition((0...1).contains(disjoint) && (0...1).contains(blurred), "parts are 0 to 1")
      return blurry(mixed, labels, tasks, disjoint, blurred)
    }
  }

  private func shuffledClasses(_ labels: [Int]) -> [Int] {
    var classes = Set(labels).sorted()
    Self.shuffle(&classes, seed: seed, stream: Stream.classes)
    return classes
  }

  /// Samples by their task, within it in the order in which they are.
  private static func sorted(_ samples: [Int], _ tasks: Int, by task: (Int) -> Int) -> [Int] {
    var groups = [[Int]](repeating: [], count: tasks)
    for sample in samples { groups[task(sample)].append(sample) }
    return groups.flatMap { $0 }
  }

  private func blurry(
    _ mixed: [Int], _ labels: [Int], _ tasks: Int, _ disjoint: Double, _ blurred: Double
  ) -> [Int] {
    let classes = shuffledClasses(labels)
    let apart = Int((Double(classes.count) * disjoint).rounded())
    // A class that is apart lies in one task as a whole; how many of them a task has is random.
    let classCuts = self.cuts(of: apart, tasks, stream: 1)
    var task: [Int: Int] = [:]
    for (place, label) in classes.prefix(apart).enumerated() {
      task[label] = classCuts.count { $0 <= place }
    }
    let others = mixed.filter { task[labels[$0]] == nil }
    // Of the others each class begins where the one before ends, so that cuts fall within classes.
    let byClass = classes.dropFirst(apart).flatMap { label in
      others.filter { labels[$0] == label }
    }
    let cuts = self.cuts(of: byClass.count, tasks, stream: 2)
    var place: [Int: Int] = [:]
    for (index, sample) in byClass.enumerated() { place[sample] = cuts.count { $0 <= index } }
    var pool = byClass
    Self.shuffle(&pool, seed: seed, stream: Stream.pool)
    pool = Array(pool.prefix(Int((Double(pool.count) * blurred).rounded())))
    let poolCuts = self.cuts(of: pool.count, tasks, stream: 3)
    for (index, sample) in pool.enumerated() { place[sample] = poolCuts.count { $0 <= index } }
    return Self.sorted(mixed, tasks) { task[labels[$0]] ?? place[$0]! }
  }

  /// Where `count` things are cut into `parts` at random: `parts` - 1 numbers of 0 to `count`, sorted.
  private func cuts(of count: Int, _ parts: Int, stream: UInt64) -> [Int] {
    let words = CounterGenerator(seed: seed, stream: Stream.cuts + stream)
    return (0..<UInt64(parts - 1)).map {
      Int(words[$0].multipliedFullWidth(by: UInt64(count + 1)).high)
    }.sorted()
  }

  /// Far from the streams of epochs.
  private enum Stream {
    static let classes: UInt64 = 4 << 32
    static let pool: UInt64 = 5 << 32
    static let cuts: UInt64 = 6 << 32
  }
}
