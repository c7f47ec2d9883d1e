extension Safetensors {
  /// The bytes of a file that holds `tensors` as F32, one after the other.
  ///
  /// The header is padded with spaces, so that the data begins at a multiple of eight bytes.
  ///
  /// - Throws: `SafetensorsError` if a name is used twice or reserved, or a shape does not count
  ///   as many values as there are.
  public static func encode(
    _ tensors: [(name: String, shape: [Int], values: [Float])], metadata: [String: String] = [:]
  ) throws(SafetensorsError) -> [UInt8] {
    var members: [JSON.Member] = []
    var names: Set = ["__metadata__"]
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }
      members.append(
        JSON.Member(
          "__metadata__", .object(texts.map { JSON.Member($0.key, .string($0.value)) })))
    }
    var end = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw .tensor(name: tensor.name, expected: "a name of its own", found: "it is taken")
      }
      guard count(tensor.shape) == tensor.values.count else {
        throw .tensor(
          name: tensor.name, expected: "as many values as the shape \(tensor.shape) counts",
          found: "\(tensor.values.count)")
      }
      let start = end
      end += 4 * tensor.values.count
      let shape = tensor.shape.map { JSON.number(Double($0)) }
      let offsets = [start, end].map { JSON.number(Double($0)) }
      members.append(
        JSON.Member(
          tensor.name,
          ["dtype": "F32", "shape": .array(shape), "data_offsets": .array(offsets)]))
    }
    var header = Array(JSON.object(members).description.utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: -header.count & 7)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + end)
    append(UInt64(header.count), to: &bytes)
    bytes += header
    for tensor in tensors {
      for value in tensor.values { append(value.bitPattern, to: &bytes) }
    }
    return bytes
  }

  private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The values that a shape counts, or nil if it counts none that can be held.
  private static func count(_ shape: [Int]) -> Int? {
    var count = 1
    for length in shape.sorted() {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflows else { return nil }
      count = product
    }
    return count
  }
}
