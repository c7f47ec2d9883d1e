/// What tells parts of a picture apart: a colour for light and for dark ground and, as colour alone
/// must not carry meaning, a pattern for areas, dashes and a mark for lines.
public enum Paint: String, CaseIterable, Sendable {
  case blue, green, amber, rose, violet, grey

  /// The paint for number `index` of a list; they repeat.
  public static func number(_ index: Int) -> Paint { allCases[index % allCases.count] }

  /// Areas on light ground, on dark ground, lines on light ground, on dark ground. Text of the ground
  /// is legible on the areas (contrast at least 4.5), lines on the ground (at least 3).
  private var colours: (light: String, dark: String, lightLine: String, darkLine: String) {
    switch self {
    case .blue: ("#9ec5f5", "#1f4e8c", "#0550ae", "#6cb6ff")
    case .green: ("#a8dcae", "#1f6b34", "#116329", "#57c26a")
    case .amber: ("#f3cf8a", "#70500f", "#8a5300", "#e0a93a")
    case .rose: ("#f5b8c0", "#8a2f42", "#a40e26", "#ff8592")
    case .violet: ("#d3bdf3", "#553a8a", "#6639ba", "#bf9bff")
    case .grey: ("#d5dae0", "#464d57", "#4d5661", "#a6afba")
    }
  }

  /// What is drawn over 8 by 8 pixels of an area.
  private var pattern: String {
    switch self {
    case .blue: ""
    case .green: "M-2 10L10 -2M-2 2L2 -2M6 10L10 6"
    case .amber: "M3 4h2M7 0h2M-1 0h2M7 8h2M-1 8h2"
    case .rose: "M-2 -2L10 10M6 -2L10 2M-2 6L2 10"
    case .violet: "M0 4h8"
    case .grey: "M4 0v8"
    }
  }

  /// Lengths of line and gap.
  var dashes: String {
    switch self {
    case .blue: ""
    case .green: "7 3"
    case .amber: "2 3"
    case .rose: "10 3 2 3"
    case .violet: "12 4"
    case .grey: "4 4"
    }
  }

  /// The outline of a mark of about 7 pixels around a point.
  func mark(_ x: Double, _ y: Double) -> String {
    let at = "M\(coordinate(x)) \(coordinate(y))"
    return switch self {
    case .blue: at + "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z"
    case .green: at + "m-3 -3h6v6h-6z"
    case .amber: at + "m0 -4l4 7h-8z"
    case .rose: at + "m0 -4l4 4l-4 4l-4 -4z"
    case .violet: at + "m0 4l4 -7h-8z"
    case .grey: at + "m-4 -1h8v2h-8z"
    }
  }

  var pattern8: String {
    "<pattern id=\"\(rawValue)\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
      + "<rect class=\"\(rawValue)\" width=\"8\" height=\"8\"/>"
      + (pattern.isEmpty ? "" : "<path class=\"stroke\" d=\"\(pattern)\"/>") + "</pattern>\n"
  }

  /// The style sheet of all pictures.
  static let styles: String = {
    var light = """
      :root { color-scheme: light dark }
      .ground { fill: #ffffff } text { fill: #1f2328 } .faint { fill: #4d5661 }
      .line { stroke: #8c959f; fill: none } .grid { stroke: #e1e5ea; fill: none }
      .stroke { stroke: #1f2328; stroke-opacity: 0.22; fill: none } .band { stroke: #ffffff }

      """
    var dark = """
      .ground { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #a6afba }
      .line { stroke: #656c76 } .grid { stroke: #262c36 }
      .stroke { stroke: #e6edf3 } .band { stroke: #0d1117 }

      """
    for paint in allCases {
      let colours = paint.colours
      light += ".\(paint) { fill: \(colours.light) } "
      light += ".\(paint)-line { stroke: \(colours.lightLine); fill: none; stroke-width: 2 } "
      light += ".\(paint)-mark { fill: \(colours.lightLine) }\n"
      dark += ".\(paint) { fill: \(colours.dark) } .\(paint)-line { stroke: \(colours.darkLine) } "
      dark += ".\(paint)-mark { fill: \(colours.darkLine) }\n"
    }
    return light + "@media (prefers-color-scheme: dark) {\n" + dark + "}\n"
  }()
}
