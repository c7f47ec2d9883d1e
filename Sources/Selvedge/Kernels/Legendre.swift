// Shape    m <- e^A m + (integral of e^(A t) over one step) B x, channel by channel
// Layout   m and scratch [order, channels]; x [channels]
// Order    the rows upwards
// Exact    the same bytes on every target; results below the quiet floor are zero
// Scratch  one row of the memory a channel and row

extension Kernels {
  /// One step of a memory of the last `steps` steps in Legendre polynomials: A_qj = R_q (-1 if q < j else
  /// (-1)^(q-j+1)), B_q = R_q (-1)^q, R_q = (2q + 1) / steps (Voelker et al. 2019; HiPPO-LegT, Gu et al.,
  /// arXiv 2008.07669).
  ///
  /// A is never stored: its product with a vector is R_q times two running sums. A step sums eight terms of the
  /// series of the exponential, several times over a part of the step where the order is high for the
  /// window; so it takes memory for one vector instead of for order^2 constants.
  static func legendre(
    _ m: inout MutableSpan<Float>, _ x: Span<Float>, steps: Int, scratch: inout MutableSpan<Float>
  ) {
    let channels = x.count
    precondition(
      m.count % channels == 0 && m.count == scratch.count, "legendre: shapes disagree")
    let order = m.count / channels
    let parts = 1 &+ 5 &* order / steps
    let (m, x, term) = (m.pointer, x.pointer, scratch.pointer)
    let unit = 1 / Float(number: steps)
    var c = 0
    while c < channels {
      let part = min(Lanes.width, channels &- c)
      let (m, term, x) = (m + c, term + c, x + c)
      // Numbers that the compiler knows spare loops over the lanes.
      if part == 8 {
        step(m, term, x, order, channels, 8, parts, unit)
      } else if part == 4 {
        step(m, term, x, order, channels, 4, parts, unit)
      } else if part == 1 {
        step(m, term, x, order, channels, 1, parts, unit)
      } else {
        step(m, term, x, order, channels, part, parts, unit)
      }
      c &+= Lanes.width
    }
  }

  @inline(__always)
  private static func step(
    _ m: UnsafeMutablePointer<Float>, _ term: UnsafeMutablePointer<Float>,
    _ x: UnsafePointer<Float>, _ order: Int, _ channels: Int, _ part: Int, _ parts: Int,
    _ unit: Float
  ) {
    let input = Float.load(x, upTo: part)
    for _ in 0..<parts {
      var total = Lanes(repeating: 0)
      for q in 0..<order { total = total + Float.load(m + q &* channels, upTo: part) }
      let none = Lanes(repeating: 0)
      total = addTerm(
        from: m, m, term, order, channels, part, none - input, total, unit / Float(number: parts))
      for i in 2...8 {
        total = addTerm(
          from: term, m, term, order, channels, part, none, total, unit / Float(number: parts &* i))
      }
    }
  }

  /// The next term of the series, A times the last one, times `share` R_0, added to m.
  ///
  /// - Parameters:
  ///   - signed: Minus the input in the first term, where the last one is m.
  ///   - total: The sum of all rows of the last term.
  /// - Returns: The sum of all rows of the next.
  @inline(__always)
  private static func addTerm(
    from last: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ term: UnsafeMutablePointer<Float>, _ order: Int, _ channels: Int, _ part: Int,
    _ signed: Lanes, _ total: Lanes, _ share: Float
  ) -> Lanes {
    // Sums of all rows up to this one: of the numbers less the total, and of those with their rows' signs.
    var (plain, signed, next) = (Lanes(repeating: 0) - total, signed, Lanes(repeating: 0))
    var (place, sign, rate) = (0, Float(1), share)
    for _ in 0..<order {
      let (value, row) = (Float.load(last + place, upTo: part), Lanes(repeating: sign))
      plain = plain + value
      signed = signed + value * row
      let number = ((plain - signed * row) * Lanes(repeating: rate)).quiet
      next = next + number
      Float.store(number, to: term + place, upTo: part)
      Float.store((Float.load(m + place, upTo: part) + number).quiet, to: m + place, upTo: part)
      sign = 0 - sign
      rate += 2 * share
      place &+= channels
    }
    return next
  }
}
