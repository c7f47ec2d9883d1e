import Pictures

/// A text of a picture and the place that it takes at most.
public struct TextBox {
  public let text: String
  public let x: ClosedRange<Double>
  public let y: ClosedRange<Double>

  /// Whether it lies within so wide and high a picture, up to the rounding of coordinates.
  public func isInside(_ width: Double, _ height: Double) -> Bool {
    x.lowerBound >= -0.1 && x.upperBound <= width + 0.1 && y.lowerBound >= -0.1
      && y.upperBound <= height + 0.1
  }
}

extension XMLScanner {
  /// The width and height of a picture.
  public func size() throws -> (width: Double, height: Double) {
    let box = (elements[0].attributes["viewBox"] ?? "").split(separator: " ").map { Double($0) }
    guard box.count == 4, let width = box[2], let height = box[3] else {
      throw Fault(what: "no viewBox")
    }
    return (width, height)
  }

  /// The texts of a picture.
  public func textBoxes() throws -> [TextBox] {
    try elements.filter { $0.name == "text" }.map { element in
      let size = element.attributes["font-size"].flatMap { Double($0) } ?? 12
      guard let x = element.attributes["x"].flatMap({ Double($0) }),
        let y = element.attributes["y"].flatMap({ Double($0) }), x.isFinite, y.isFinite
      else { throw Fault(what: "text without a place: \(element)") }
      let length = textWidth(element.text, size: size)
      let part =
        switch element.attributes["text-anchor"] {
        case "middle": 0.5
        case "end": 1.0
        default: 0.0
        }
      // What is turned runs upwards.
      if element.attributes["transform"] != nil {
        let start = y + part * length
        return TextBox(
          text: element.text, x: x - 0.8 * size...x + 0.2 * size, y: start - length...start)
      }
      let start = x - part * length
      return TextBox(
        text: element.text, x: start...start + length, y: y - 0.8 * size...y + 0.2 * size)
    }
  }
}
