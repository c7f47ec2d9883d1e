extension MutableSpan where Element: BitwiseCopyable {
  /// The elements in `range`, lent for as long as the whole is not touched.
  ///
  /// The one place that names the standard library's own function, which has no final name yet.
  @inline(__always) @_lifetime(&self)
  mutating func part(_ range: Range<Int>) -> MutableSpan<Element> {
    _mutatingExtracting(range)
  }
}
