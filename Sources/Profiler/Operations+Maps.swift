import Selvedge

/// The blocks of neighbouring places in which a convolution goes over its map.
private struct Blocks {
  let layer: PlannedLayer
  let side: Int
  /// Numbers of a window.
  let window: Int

  init(_ layer: PlannedLayer) {
    self.layer = layer
    side = Int(layer.description.pool)
    window =
      Int(layer.description.window.rows) * Int(layer.description.window.columns)
      * layer.shape.input.channels
  }

  var channels: Int { layer.shape.output.channels }

  /// How many places each block of a row keeps, and how often there is such a block.
  var sizes: [(kept: Int, times: Double)] {
    let columns = layer.shape.output.columns
    let step = min(columns, max(1, 16 / (side * side)))
    let rows = Double(layer.shape.output.rows)
    let whole = (kept: step, times: rows * Double(columns / step))
    return columns % step == 0 ? [whole] : [whole, (columns % step, rows)]
  }

  /// Places whose windows reach over the edge of the map.
  var edgePlaces: Int {
    let (input, window) = (layer.shape.input, layer.description.window)
    guard window.padding == .same else { return 0 }
    let stride = Int(window.stride)
    func inner(_ places: Int, _ size: Int, _ length: Int) -> Int {
      (0..<places).count { place in
        let first = place * stride - (length - 1) / 2
        return first >= 0 && first + length <= size
      }
    }
    let rows = layer.shape.output.rows * side
    let columns = layer.shape.output.columns * side
    let innerRows = inner(rows, input.rows, Int(window.rows))
    return rows * columns - innerRows * inner(columns, input.columns, Int(window.columns))
  }
}

extension Operations {
  /// A forward pass over one map.
  mutating func convolve(_ layer: PlannedLayer, asInt8: Bool) {
    let blocks = Blocks(layer)
    let (channels, side) = (blocks.channels, blocks.side)
    let isDepthwise = layer.description.kind == .depthwise
    let readsInt8 = layer.description.precision == .int8
    copyPatches(blocks, of: readsInt8 ? (isDepthwise ? .widened : .bytes) : .floats)
    var all = Operations(tiles)
    for (kept, times) in blocks.sizes {
      var own = Operations(tiles)
      let places = kept * side * side
      if isDepthwise {
        own.depthwise(
          "depthwise \(layer.description.precision.name)", layer, places,
          layer.description.precision)
      } else {
        own.multiply(
          layer.description.precision, samples: places, rows: channels, columns: blocks.window)
      }
      if side > 1 {
        own.add("winners", places * ((channels + 7) / 8))
        own.add("kept groups", kept * ((channels + 7) / 8))
        own.rest(channels, places + 2 * kept, .float32, .maps)
      }
      own.activate(layer.description.activation, kept * channels)
      own.store(kept * channels, asInt8: asInt8)
      own.add("map blocks", 1)
      all.add(own, times: times)
    }
    add(all)
  }

  /// The update from the deltas of one map.
  mutating func learnFromMap(_ layer: PlannedLayer, _ lesson: LessonKind) {
    let blocks = Blocks(layer)
    let (channels, side, window) = (blocks.channels, blocks.side, blocks.window)
    copyPatches(blocks, of: layer.description.precision == .int8 ? .widened : .floats)
    var all = Operations(tiles)
    for (kept, times) in blocks.sizes {
      var own = Operations(tiles)
      own.deltas(lesson, units: kept * channels)
      own.add("map blocks", 1)
      switch (layer.description.kind == .depthwise, side > 1) {
      case (false, false):
        own.update(
          .float32, samples: kept, rows: channels, columns: window, isRandom: false)
      case (false, true):
        own.add("calls", 1)
        own.add("biases", kept * channels)
        own.add("pooled update groups", channels * kept * (window / 32 * 4))
        own.add("pooled update narrow groups", channels * kept * ((window % 32 + 7) / 8))
        own.add("pooled update weights", channels * ((window + 7) / 8))
        own.rest(window, channels * (kept + 2), .float32, .maps)
      case (true, false):
        own.add("biases", kept * channels)
        own.depthwise("depthwise update", layer, kept, .float32)
      case (true, true):
        own.add("biases", kept * channels)
        own.add("pooled depthwise numbers", kept * layer.weightCount)
      }
      all.add(own, times: times)
    }
    add(all)
  }

  /// The deltas of one map sent back to the map that it was computed from.
  mutating func sendBack(_ layer: PlannedLayer) {
    let blocks = Blocks(layer)
    let (channels, side, window) = (blocks.channels, blocks.side, blocks.window)
    let precision = layer.description.precision
    let rows = Int(layer.description.window.rows)
    let width = window / rows
    var all = Operations(tiles)
    for (kept, times) in blocks.sizes {
      var own = Operations(tiles)
      let places = kept * side * side
      own.add("map blocks", 1)
      if side > 1 {
        own.add("cleared numbers", places * window)
        let groups = (window + 7) / 8
        own.add("pooled transposed \(precision.name) groups", kept * channels * groups)
        own.add("pooled transposed rows", kept * channels)
        own.rest(window, 2 * kept * channels, .float32, .maps)
        own.rest(window, kept * channels, precision, .maps)
      } else {
        own.transpose(precision, samples: places, rows: channels, columns: window)
      }
      own.add("added patch rows", places * rows)
      own.add("added patch groups", places * rows * (width / 8))
      own.add("added patch numbers", places * rows * (width % 8))
      all.add(own, times: times)
    }
    add(all)
    add("cleared numbers", layer.inputs)
  }

  private enum Patch { case floats, bytes, widened }

  private mutating func copyPatches(_ blocks: Blocks, of kind: Patch) {
    let layer = blocks.layer
    let places = layer.shape.output.places * blocks.side * blocks.side
    let rows = Int(layer.description.window.rows)
    let width = blocks.window / rows
    add("patches", places)
    add("patch rows", places * rows)
    switch kind {
    case .floats, .bytes:
      let bytes = width * (kind == .floats ? 4 : 1)
      add("patch chunks", bytes < 4 ? places * rows * bytes : places * rows * ((bytes + 15) / 16))
    case .widened:
      if width < 8 {
        add("widened numbers", places * rows * width)
      } else {
        add("widened groups", places * rows * ((width + 7) / 8))
      }
    }
    let edges = blocks.edgePlaces
    add("edge patches", edges)
    add("edge rows", edges * rows)
  }

  /// Of each channel by itself.
  private mutating func depthwise(
    _ name: String, _ layer: PlannedLayer, _ places: Int, _ precision: Precision
  ) {
    let channels = layer.shape.output.channels
    let taps = layer.weightCount / channels
    add("calls", 1)
    add("\(name) groups", places * taps * ((channels + 7) / 8))
    add("\(name) places", places * ((channels + 7) / 8))
    rest(channels, places * taps, precision, .maps)
    rest(channels, places * (taps + 2), .float32, .maps)
  }
}
