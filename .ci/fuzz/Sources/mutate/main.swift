// mutate targets                   names the targets
// mutate seeds FOLDER              writes a folder of seeds for each target
// mutate run TARGET FOLDER COUNT   runs COUNT inputs mutated from the seeds in FOLDER, the same in every run

import Files
import FuzzTargets
import Selvedge

let words = CommandLine.arguments.dropFirst()
switch (words.first, words.count) {
case ("targets", 1):
  for target in FuzzTarget.all { print(target.name) }
case ("seeds", 2):
  for target in FuzzTarget.all {
    let folder = "\(words.last!)/\(target.name)"
    makeDirectory(folder)
    for (number, seed) in target.seeds.enumerated() {
      try File.writeAtomically(seed, to: "\(folder)/\(number)")
    }
  }
case ("run", 4):
  let words = Array(words)
  guard let target = FuzzTarget.named(words[1]), let count = Int(words[3]) else {
    fatalError("no such target, or no such number")
  }
  let folder = "\(words[2])/\(target.name)"
  let seeds = try File.names(inDirectory: folder).map { try File.read("\(folder)/\($0)") }
  guard !seeds.isEmpty else { fatalError("no seeds in \(folder)") }
  var mutator = Mutator(seeds: seeds)
  for seed in seeds { target.run(seed) }
  for _ in 0..<count { target.run(mutator.next()) }
  print("\(target.name): \(count) inputs")
default:
  fatalError("mutate targets, mutate seeds FOLDER, or mutate run TARGET FOLDER COUNT")
}

/// Inputs that are the seeds with a few changes.
struct Mutator {
  let seeds: [[UInt8]]
  private let numbers = CounterGenerator(seed: 1, stream: 0)
  private var draws: UInt64 = 0

  init(seeds: [[UInt8]]) { self.seeds = seeds }

  private mutating func draw(_ limit: Int) -> Int {
    draws += 1
    return Int(numbers[draws] % UInt64(max(limit, 1)))
  }

  mutating func next() -> [UInt8] {
    var bytes = seeds[draw(seeds.count)]
    for _ in 0...draw(8) {
      let (place, end) = (draw(bytes.count + 1), draw(bytes.count + 1))
      switch draw(8) {
      case 0, 1: if place < bytes.count { bytes[place] ^= 1 << UInt8(draw(8)) }
      case 2: if place < bytes.count { bytes[place] = UInt8(draw(256)) }
      case 3: if place < bytes.count { bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][draw(5)] }
      case 4: bytes.insert(UInt8(draw(256)), at: place)
      case 5: bytes.removeSubrange(min(place, end)..<min(max(place, end), min(place, end) + 16))
      case 6:
        bytes.insert(contentsOf: bytes[min(place, end)..<max(place, end)].prefix(16), at: place)
      default:
        let other = seeds[draw(seeds.count)]
        let from = draw(other.count + 1)
        bytes.replaceSubrange(place..., with: other[from...])
      }
    }
    return Array(bytes.prefix(1 << 16))
  }
}
