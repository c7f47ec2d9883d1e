/// A reason why bytes are no safetensors file, or a tensor cannot be had from or put into one.
public enum SafetensorsError: Error, Equatable, Sendable {
  /// The file is not as the format demands at the byte `offset`.
  case malformed(offset: Int, expected: String, found: String)
  /// The header says something impossible about a tensor.
  case tensor(name: String, expected: String, found: String)
  /// No tensor has this name; `present` are those there are.
  case missing(name: String, present: [String])
}

extension SafetensorsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let offset, let expected, let found):
      "at byte \(offset): expected \(expected), found \(found)"
    case .tensor(let name, let expected, let found):
      "tensor \"\(name)\": expected \(expected), found \(found)"
    case .missing(let name, let present):
      "no tensor \"\(name)\" among \(present)"
    }
  }
}
