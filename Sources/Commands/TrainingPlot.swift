import Datasets
import Files
import Pictures
import Selvedge
import Simulator

/// The picture of a run of training, written anew after every epoch.
struct TrainingPlot {
  private let session: TrainingSession
  private let test: LabelledSamples?
  private let path: String
  private var epochs: [Epoch] = []

  /// What is drawn of an epoch.
  private struct Epoch {
    let number: Int
    let loss: Double?
    let training: TestResult
    let validation: TestResult?
    let test: TestResult?
    let saturation: [Saturation?]
  }

  /// So many training samples tell how well the network does on them.
  private static let trainingSamples = 5000

  /// The picture of a run that is to begin; it is written at once, without curves.
  init(_ session: TrainingSession, test: LabelledSamples?, path: String) throws {
    self.session = session
    self.test = test
    self.path = path
    try picture.write(to: path)
  }

  /// Adds an epoch, with how the network does on training and test samples now, and writes the picture.
  mutating func add(_ epoch: TrainingRun.Epoch) throws {
    epochs.append(
      Epoch(
        number: epoch.number, loss: epoch.loss,
        training: try session.testOnTraining(atMost: Self.trainingSamples),
        validation: epoch.validation,
        test: try test.map {
          try TestResult(&session.device.network, $0, indices: 0..<$0.count)
        }, saturation: session.saturation))
    try picture.write(to: path)
  }

  private var picture: Canvas {
    let record = session.record
    let layers = (0..<session.device.network.layerCount).compactMap {
      try? session.device.network.layer($0)
    }
    var charts: [any Chart] = session.device.network.learnsValues ? [errors] : [accuracy, loss]
    if let (name, evaluation) = confusion {
      charts.append(GridChart("confusion of \(name) samples", evaluation))
    }
    charts += clipped
    let state = epochs.last.map { "epoch \($0.number) of \(session.totalEpochs)" } ?? "not begun"
    return Sheet(
      title: layers.map(\.text).joined(separator: ", "),
      summary: "\(state); rule \(record.rule.name), batch \(record.batch), seed "
        + "\(session.device.network.seed), \(grouped(session.order.training.count)) training samples",
      charts
    ).picture
  }

  // MARK: Charts

  private var accuracy: LineChart {
    chart("accuracy in %", places: 2) { result in
      guard case .classes(let evaluation) = result else { return nil }
      return evaluation.accuracy.map { $0 * 100 }
    }
  }

  private var loss: LineChart {
    let taught = epochs.map { (Double($0.number), $0.loss) }
    return chart("cross-entropy", places: 4, ["while training": taught]) { result in
      guard case .classes(let evaluation) = result else { return nil }
      return evaluation.loss
    }
  }

  private var errors: LineChart {
    chart("root mean squared error, in the values' units", places: 4) { result in
      guard case .values(let errors) = result else { return nil }
      return errors.rmse
    }
  }

  /// A figure of every result over the epochs.
  private func chart(
    _ title: String, places: Int, _ first: KeyValuePairs<String, [(Double, Double?)]> = [:],
    _ figure: (TestResult) -> Double?
  ) -> LineChart {
    func curve(_ result: (Epoch) -> TestResult?) -> [(x: Double, y: Double?)] {
      epochs.map { (Double($0.number), result($0).flatMap(figure)) }
    }
    var curves = [LineChart.Curve("training", curve(\.training))]
    if !session.order.validation.isEmpty { curves.append(.init("validation", curve(\.validation))) }
    if test != nil { curves.append(.init("test", curve(\.test))) }
    for (name, points) in first { curves.append(.init(name, points)) }
    return LineChart(title, over: "epoch", upTo: session.totalEpochs, places: places, curves)
  }

  private var confusion: (name: String, evaluation: Evaluation)? {
    guard let last = epochs.last else { return nil }
    for (name, result) in [("test", last.test), ("validation", last.validation)] {
      if case .classes(let evaluation) = result { return (name, evaluation) }
    }
    return nil
  }

  /// What int8 layers clipped in each epoch: of how much of it there was, only the counts are known.
  private var clipped: [LineChart] {
    let layers = (0..<session.device.network.layerCount).filter {
      (try? session.device.network.saturation(ofLayer: $0)) ?? nil != nil
    }
    guard !layers.isEmpty else { return [] }
    let counts: [(String, (Saturation) -> Int)] = [
      ("inputs clipped in an epoch", \.inputs), ("deltas clipped in an epoch", \.deltas),
      ("weights at the end of their range", \.weights),
    ]
    return counts.map { title, count in
      LineChart(
        "int8: \(title)", over: "epoch", upTo: session.totalEpochs, scale: .counts, places: 0,
        layers.map { layer in
          .init(
            "layer \(layer)",
            epochs.map { epoch in
              let counts = layer < epoch.saturation.count ? epoch.saturation[layer] : nil
              return (Double(epoch.number), counts.map { Double(count($0)) })
            })
        })
    }
  }
}
