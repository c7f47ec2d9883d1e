import Datasets
import Files
import Selvedge
import Simulator

extension SavedModel {
  /// The model in a file.
  static func read(_ path: String) throws -> SavedModel {
    let bytes = try File.read(path)
    do throws(ModelFileError) { return try SavedModel(bytes) } catch {
      throw Failure.failed("\(path): \(sentence(error))")
    }
  }
}

extension SavedModel {
  /// Checks that samples are such as the network reads.
  ///
  /// - Throws: `Failure`, naming the file or directory `place`.
  func requireReadable(_ samples: Samples, of place: String) throws {
    guard layers[0].kind.readsSteps else {
      guard samples.valuesPerSample == inputs else {
        let isOneMore = samples.valuesPerSample == inputs + (learnsValues ? classes : 1)
        throw Failure.failed(
          "\(place): a sample has \(samples.valuesPerSample) values; the network reads \(inputs)"
            + (isOneMore ? "; leave out what is to be predicted" : ""))
      }
      return
    }
    for index in 0..<samples.count where !samples.valueCount(index).isMultiple(of: inputs) {
      throw Failure.failed(
        "\(place): sample \(index) has \(samples.valueCount(index)) values; the network reads steps of "
          + "\(inputs)")
    }
  }
}

extension Device {
  /// A device that predicts with a saved model, fitted by an adaptor file if there is one.
  static func forInference(
    _ model: SavedModel, batch: Int = 64, adaptor path: String? = nil
  ) throws -> Device {
    let device = try Device(model, batch: batch, purpose: { _ in .inference })
    guard let path else { return device }
    let bytes = try File.read(path)
    do { try device.adapt(to: bytes) } catch let error as AdaptorFileError {
      throw Failure.failed("\(path): \(sentence(error))")
    }
    return device
  }

  /// Writes the network, and its run if it can go on, as a model file: all of it or nothing.
  func save(to path: String, record: TrainingRecord? = nil) throws {
    try File.writeAtomically(SavedModel.bytes(of: network, record: record), to: path)
  }
}

/// The choices of the command line, by their names.
let ruleNames = Rule.all.map { ($0.name, $0) }
let activationNames = Activation.all.map { ($0.name, $0) }
let precisionNames = Precision.all.map { ($0.name, $0) }
let stepRuleNames = StepRule.all.map { ($0.name, $0) }
let roundingNames = Rounding.all.map { ($0.name, $0) }

extension Device {
  /// The network as people write it, such as 784-500-10.
  var notation: String {
    let layers = (0..<network.layerCount).compactMap { try? network.layer($0) }
    return layers.text(input: network.inputShape)
  }

  /// What the network predicts with.
  var head: Head { Head((0..<network.layerCount).compactMap { try? network.layer($0) }) }
}

/// How `--network` is written, for help.
let networkGrammar = """
  Layers of --network, with commas between:
    conv CHANNELS ROWSxCOLUMNS, depthwise ROWSxCOLUMNS, pool SIDE, average SIDE, global,
    normalise, dense UNITS, and at the end output, readout (no weights) or regression;
    for sequences, in front: oscillators NUMBER, legendre ORDER, elman UNITS or gru UNITS
  Words behind a layer:
    of any with weights: float32, float16, int8, frozen
    of dense and conv:   tanh, relu, sigmoid, linear; lookahead (learn from the next layer too)
    of windows:          stride N, same, valid
    of sequences:        steps N; magnitude, forgetting (oscillators); leak PART (elman); trace
                         (elman and gru: each weight remembers what it did)
  """
