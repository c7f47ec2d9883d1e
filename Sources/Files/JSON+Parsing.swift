/// A place where a text is not JSON.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The byte in the text.
  public var offset: Int
  public var expected: String
  public var found: String

  public var description: String { "at byte \(offset): expected \(expected), found \(found)" }
}

extension JSON {
  /// The deepest that arrays and objects may be nested.
  public static let depthLimit = 64

  /// The value that a UTF-8 text spells, strictly by RFC 8259; names in an object are unique.
  ///
  /// - Throws: `JSONError` with the byte and what was expected there.
  public init(parsing text: [UInt8]) throws(JSONError) {
    var parser = JSONParser(text)
    self = try parser.document()
  }

  /// The value that a text spells, strictly by RFC 8259; names in an object are unique.
  ///
  /// - Throws: `JSONError` with the byte and what was expected there.
  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}
