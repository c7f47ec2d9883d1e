import Files
import TestSupport

/// A small data set that can be learned: for each class a picture, and copies of it under noise.
struct Patterns {
  var side = 8
  var classes = 4
  var training = 200
  var test = 80
  var noise = 60
  var seed: UInt64 = 1

  struct Set {
    var images: [UInt8] = []
    var labels: [UInt8] = []
  }

  func make() -> (training: Set, test: Set) {
    var numbers = SeededNumbers(state: seed)
    let pictures = (0..<classes).map { _ in
      (0..<side * side).map { _ in Int.random(in: 0...255, using: &numbers) }
    }
    func set(_ count: Int) -> Set {
      var set = Set()
      for label in (0..<count).map({ $0 % classes }).shuffled(using: &numbers) {
        set.labels.append(UInt8(label))
        for value in pictures[label] {
          let noisy = value + Int.random(in: -noise...noise, using: &numbers)
          set.images.append(UInt8(min(max(noisy, 0), 255)))
        }
      }
      return set
    }
    return (set(training), set(test))
  }

  /// Writes the four files as MNIST names them, and gives what is in them.
  @discardableResult
  func write(to directory: TemporaryDirectory) throws -> (training: Set, test: Set) {
    let sets = make()
    for (role, set) in [("train", sets.training), ("t10k", sets.test)] {
      let count = set.labels.count
      try directory.write(
        idx(8, [count, side, side], set.images), "\(role)-images-idx3-ubyte")
      try directory.write(idx(8, [count], set.labels), "\(role)-labels-idx1-ubyte")
    }
    return sets
  }
}

/// An IDX file with the given type, dimensions and elements.
func idx(_ type: UInt8, _ dimensions: [Int], _ data: [UInt8]) -> [UInt8] {
  [0, 0, type, UInt8(dimensions.count)] + dimensions.flatMap { bigEndian(UInt32($0)) } + data
}

func bigEndian(_ number: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}

func littleEndian(_ number: UInt32) -> [UInt8] { bigEndian(number).reversed() }

/// CRC-32 bit by bit, as its definition has it.
func crc32(_ bytes: [UInt8]) -> String {
  var state = UInt32.max
  for byte in bytes {
    state ^= UInt32(byte)
    for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  let digits = String(~state, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}

/// The exported parameters of a model, in the order layers.0.weight, layers.0.bias, ...
func exported(
  _ model: String, in directory: TemporaryDirectory
) throws -> [(name: String, shape: [Int], values: [Float])] {
  let path = directory("exported.safetensors")
  let outcome = try directory.selvedge("export", model, path)
  guard outcome.code == 0 else { throw FileError.tooLarge(path: outcome.errors, limit: 0) }
  let file = try Safetensors(bytes: try File.read(path))
  let names = (0..<file.tensors.count / 2).flatMap { ["layers.\($0).weight", "layers.\($0).bias"] }
  return try names.map { name in
    let shape = file.tensors.first { $0.name == name }?.shape ?? []
    return (name, shape, try file.floats(of: name))
  }
}
