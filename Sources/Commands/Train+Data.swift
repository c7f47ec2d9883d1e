import Datasets
import Selvedge
import Simulator

/// The samples that a run reads, checked against the network.
extension Train {
  /// The training samples, and how many classes or values there are to learn.
  static func loadTrain(
    _ directory: String, classes: Int?, values: Int?
  ) throws -> (LabelledSamples, Int) {
    let data = try DataDirectory.loadTrain(directory, targets: values)
    return (data, try values ?? data.classes(declared: classes))
  }

  /// The values to learn as the last layer gives them.
  static func targetStandardisation(
    _ data: LabelledSamples, _ training: [Int]
  ) throws -> Standardisation {
    let width = data.targets.count / data.count
    return try standardisation(
      of: Samples(floats: data.targets, shape: [width]), training, "values to learn")
  }

  /// The values of samples as the first layer reads them.
  static func standardisation(
    _ data: LabelledSamples, _ training: [Int]
  ) throws -> Standardisation {
    try standardisation(of: data.samples, training, "training samples")
  }

  private static func standardisation(
    of samples: Samples, _ training: [Int], _ what: String
  ) throws -> Standardisation {
    let (mean, deviation) = samples.standardisation(of: training)
    guard let standardisation = Standardisation(mean: mean, deviation: deviation) else {
      throw Failure.failed(
        "the \(what) have mean \(mean) and deviation \(deviation): they cannot be standardised")
    }
    return standardisation
  }

  /// The test set, checked against a network, and against the training samples' shape if it is known.
  static func loadTest(
    _ directory: String, _ network: borrowing Network, shape: [Int]? = nil
  ) throws -> LabelledSamples {
    let data = try DataDirectory.loadTest(
      directory, targets: network.learnsValues ? network.classes : nil)
    let readsSequences = network.readsSequences
    if let shape, shape != data.samples.shape, !readsSequences {
      throw DatasetError.shapes(train: shape, test: data.samples.shape, directory: directory)
    }
    try data.requireLabels(below: network.classes)
    for index in 0..<data.count where readsSequences {
      guard data.samples.valueCount(index).isMultiple(of: network.inputs) else {
        throw Failure.failed(
          "\(directory): test sample \(index) has \(data.samples.valueCount(index)) values; the network "
            + "reads steps of \(network.inputs)")
      }
    }
    guard readsSequences || data.samples.valuesPerSample == network.inputs else {
      throw Failure.failed(
        "\(directory): a test sample has \(data.samples.valuesPerSample) values; the network "
          + "reads \(network.inputs)")
    }
    return data
  }

  /// How a device does on the test set.
  static func test(
    _ directory: String, _ device: Device, _ console: Console
  ) throws -> TestResult {
    let data = try loadTest(directory, device.network)
    defer { console.clearProgress() }
    return try TestResult(
      &device.network, data, indices: 0..<data.count,
      progress: console.progress(of: data.count, "testing"))
  }
}
