/// Why bytes are not a model. Every case names the offset of the byte that is wrong.
public enum ModelFileError: Error, Equatable, Sendable {
  /// The bytes end at `found`; `needed` are needed for what lies at `offset`.
  case truncated(offset: Int, needed: Int, found: Int)
  /// The bytes do not begin as a model does.
  case notAModel
  /// The file has a version that this runtime does not know.
  case version(UInt32)
  /// The checksum of the `bytes` from `offset` is not the one that was stored.
  case checksum(offset: Int, bytes: Int)
  /// A section's place is not where its predecessor ends, or its size is not what it must be.
  case section(offset: Int)
  /// A number is out of its range.
  case value(offset: Int)
  /// The parameters are not as many bytes as the network that is described has.
  case parameters(expected: Int, found: Int)
}
