import CStandardLibrary

/// An axis: the numbers that it reaches over and those that are written at it.
struct Axis {
  let scale: LineChart.Scale
  let range: ClosedRange<Double>
  let ticks: [(value: Double, label: String)]

  /// An axis over some numbers, which are finite, with at most about `count` ticks.
  init(_ values: [Double], _ scale: LineChart.Scale, count: Int) {
    self.scale = scale
    let (least, greatest) = (values.min() ?? 0, values.max() ?? 1)
    if scale == .counts {
      var (power, ticks) = (1.0, [(value: 0.0, label: "0")])
      // No count of a program is longer.
      while power < max(greatest, 1) && power < 1e18 {
        ticks.append((power, grouped(Int(power))))
        power *= 10
      }
      ticks.append((power, grouped(Int(power))))
      range = 0...power
      self.ticks = ticks
      return
    }
    // Equal numbers get an axis around them; the ends are whole ticks.
    let spread = greatest - least
    let margin = spread > 0 ? 0 : max(least.magnitude * 0.01, 0.5)
    let step = Self.step(over: spread + 2 * margin, count: count)
    let first = ((least - margin) / step).rounded(.down)
    let last = ((greatest + margin) / step).rounded(.up)
    let steps = min(Int(min(max(last - first, 1), 100)), 100)
    range = first * step...(first + Double(steps)) * step
    ticks = (0...steps).map { i in
      let value = (first + Double(i)) * step
      return (value, decimal(value, step: step))
    }
  }

  /// Whole numbers from 0 to at least `end`.
  init(upTo end: Int, count: Int) {
    scale = .linear
    let step = max(Int(Self.step(over: Double(max(end, 1)), count: count)), 1)
    range = 0...Double(max(end, 1))
    ticks = stride(from: 0, through: max(end, 1), by: step).map { (Double($0), grouped($0)) }
  }

  /// 1, 2 or 5 times a power of ten.
  private static func step(over spread: Double, count: Int) -> Double {
    let least = min(max(spread / Double(count), 1e-12), 1e300)
    let power = pow(10, log10(least).rounded(.down))
    let step = [1.0, 2, 5, 10].first { $0 * power >= least * 0.999 } ?? 10
    return step * power
  }

  /// Where a number stands, 0 to 1.
  func place(_ value: Double) -> Double {
    func along(_ value: Double) -> Double {
      guard scale == .counts else { return value }
      return value < 1 ? max(value, 0) : 1 + log10(value)
    }
    let (low, high) = (along(range.lowerBound), along(range.upperBound))
    return min(max((along(value) - low) / (high - low), 0), 1)
  }
}

/// A number with as many digits behind the point as multiples of `step` have.
func decimal(_ value: Double, step: Double) -> String {
  var (places, power) = (0, 1.0)
  while places < 12 && abs(step * power - (step * power).rounded()) > 1e-6 * step * power {
    places += 1
    power *= 10
  }
  return decimal(value, places: places)
}

/// A number with so many digits behind the point, thousands apart.
public func decimal(_ value: Double, places: Int) -> String {
  guard value.isFinite else { return "-" }
  let power = (0..<places).reduce(1.0) { product, _ in product * 10 }
  let scaled = (value.magnitude * power).rounded()
  guard scaled < 1e18 else { return "\(value)" }
  let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(power))
  let digits = String(rest)
  let fraction = String(repeating: "0", count: max(places - digits.count, 0)) + digits
  return (value < 0 && scaled > 0 ? "-" : "") + grouped(whole) + (places > 0 ? "." + fraction : "")
}
