import Boards
import Profiler
import Selvedge
import Simulator

/// Why a command ends early: a sentence for people, and the exit code it stands for.
enum Failure: Error {
  /// Exit code 2: the command line is wrong.
  case usage(String)
  /// Exit code 1: the command could not do its work.
  case failed(String)

  var message: String {
    switch self {
    case .usage(let message), .failed(let message): message
    }
  }

  /// What any error of the project means for the command line.
  init(_ error: any Error) {
    self =
      switch error {
      case let failure as Failure: failure
      case DeviceError.plan(let error): .usage(sentence(error))
      case SessionError.allFrozen: .usage("every layer is frozen: nothing would be trained")
      case let error as DeviceError: .failed(sentence(error))
      case let error as SessionError: .failed(sentence(error))
      case let error as SampleError: .failed(sentence(error))
      case let error as NetworkTextError: .usage(sentence(error))
      case let error as PlanError: .usage(sentence(error))
      case let error as BoardError: .usage("\(error)")
      case let error as DriftError: .usage(sentence(error))
      case let error as NetworkError: .failed(sentence(error))
      case let error as AdaptationError: .failed(sentence(error))
      case let error as AdaptorFileError: .failed(sentence(error))
      case let error as ReplayError: .failed(sentence(error))
      case let error as GaussianHeadError: .failed(sentence(error))
      default: .failed("\(error)")
      }
  }
}

func sentence(_ error: DeviceError) -> String {
  switch error {
  case .plan(let error): sentence(error)
  case .arena(let error, let capacity): sentence(error, capacity: capacity)
  case .network(let error): sentence(error)
  case .memory(let bytes): "this machine has no \(bytes) bytes for the arena"
  }
}

func sentence(_ divergence: Divergence) -> String {
  switch divergence {
  case .loss: "the loss is no longer a number"
  case .parameter(let layer): "a weight of layer \(layer) is no longer a number"
  case .saturation(let layer, let weights):
    "\(weights) int8 weights of layer \(layer) are at the end of their range"
  }
}

func sentence(_ error: SessionError) -> String {
  switch error {
  case .nothingToTrainOn(let samples):
    "nothing is left to train on: of \(samples) samples the validation part takes all; "
      + "give a smaller --validation"
  case .otherData:
    "the data are not those that the run began with; give the same --data"
  case .allFrozen: "every layer is frozen"
  case .diverged(let step, let how):
    "training diverged: \(sentence(how)) at step \(step); give lower rates by --rate and "
      + "--output-rate, or let --roll-back find them"
  case .sample(let error): sentence(error)
  case .network(let error): sentence(error)
  }
}

func sentence(_ error: DriftError) -> String {
  switch error {
  case .needsImages(let kind):
    "drift '\(kind.rawValue)' is for images, with rows and columns; sequences and tables have "
      + "noise, gain, offset, resample, turn and dropout"
  case .needsSequences(let kind):
    "drift '\(kind.rawValue)' is for sequences and tables; images have others, such as noise, "
      + "contrast, rotate and shift"
  case .needsChannels(let kind):
    "drift '\(kind.rawValue)' needs two channels; the samples have one"
  }
}

func sentence(_ error: SampleError) -> String {
  "\(error.file): sample \(error.index): \(sentence(error.error))"
}

/// What an error of the runtime means, in words.
func sentence(_ error: ArenaError, capacity: Int) -> String {
  switch error {
  case .exhausted(let layer, let role, let asked, let missing):
    "the arena of \(capacity) bytes is too small: \(tensorName(role, layer: layer)) asked for "
      + "\(asked) bytes, \(missing) missing; give --arena \(capacity + missing) or more"
  case .misaligned(let excess):
    "the memory begins \(excess) bytes behind a multiple of \(Arena.alignment)"
  case .flash(let bytes):
    "\(bytes) bytes of parameters are planned to lie in a model, and there is none"
  }
}

func sentence(_ error: NetworkTextError) -> String {
  "the network, character \(error.character): expected \(error.expected), found "
    + (error.found.isEmpty
      ? "the end" : "'\(error.found)'" + suggestion(error.found, error.choices, prefix: ""))
}

func sentence(_ error: PlanError) -> String {
  switch error {
  case .noLayers: "a network needs at least its output layer"
  case .inputs(let count): "a sample has from 1 to 16777216 values, not \(count)"
  case .batch(let count): "a batch has from 1 to 256 samples, not \(count)"
  case .digest(let count): "the digest of a loss has from 0 to 1048576 numbers, not \(count)"
  case .step(let rule, let layer):
    "layer \(layer) cannot learn by \(rule.name) steps"
      + (rule == .normalised ? ", which are for dense layers and --batch 1" : "")
      + "; take --step plain"
  case .units(let layer, let units): unitsSentence(layer: layer, units: Int(units))
  case .readout(let layer):
    "layer \(layer): a readout stands right behind a layer with weights, whose projection it reads"
  case .outputLayer(let index):
    "layer \(index): the last layer, and no other, is an output, a readout or a regression"
  case .window(let layer): "layer \(layer): its window does not fit into the map that it reads"
  case .lookahead(let layer):
    "layer \(layer) cannot look ahead: a dense layer can to a dense one, an output or a regression, a convolution "
      + "also to a convolution"
  case .memory(let layer): "layer \(layer): a memory of sequences is the first layer"
  case .recurrent(let layer):
    "layer \(layer): a recurrent layer is the first, or stands behind another one"
  case .leak(let layer): "layer \(layer): the leak is from 0.01 to 1"
  case .steps(let layer): "layer \(layer): a sequence spans from 1 to 65535 steps"
  case .outputs(let layer, let count):
    "layer \(layer) would give \(count) numbers for a sample; at most 16777216 are possible"
  case .row(let layer, let count):
    "a unit of layer \(layer) would read \(count) numbers; at most 16777216 are possible"
  case .int8Inputs(let layer, let count):
    "int8 layer \(layer) reads \(count) numbers; its sums fit 32 bits up to "
      + "131072: choose float16"
  case .notLinked(let layer):
    "layer \(layer): this program was built without what it needs; Package.swift has the traits"
  case .layers(let count): "a network has at most 65536 layers, not \(count)"
  case .tooLarge(let bytes): "the network needs \(bytes) bytes, more than can be addressed"
  }
}

/// Why a layer cannot have so many units.
func unitsSentence(layer: Int, units: Int) -> String {
  "layer \(layer) has \(units) units; from 1 to 1048576 are possible, at least 2 in the last "
    + "where it tells classes apart, at most 65536 in a recurrent layer and 4096 oscillators, "
    + "and an order of at most 128"
}

func sentence(_ error: NetworkError) -> String {
  switch error {
  case .valueCount(let expected, let found):
    "a sample has \(found) values; the network reads \(expected)"
  case .notFinite(let index): "value \(index) of a sample is not a finite number"
  case .label(let label, let classes):
    "label \(label) is not one of the network's \(classes) classes"
  case .targetCount(let expected, let found):
    "a sample has \(found) values to learn; the network gives \(expected)"
  case .target(let index): "value \(index) to learn of a sample is not a finite number"
  case .batchFull(let count): "the batch has room for \(count) samples only"
  case .noMemory: "the network does not begin with a memory"
  case .noSequences:
    "the network does not read sequences: its first layer is no memory and not recurrent"
  case .notRecurrent: "the network does not begin with a recurrent layer"
  case .nothingBegun: "no sequences were begun to learn from"
  case .sequenceCount(let going, let found):
    "a step of \(found) sequences was given where \(going) go on"
  case .noSteps: "no step of a sequence has been read"
  case .sequenceIsOpen(let steps): "\(steps) steps of another sequence have been read already"
  case .samplesWait(let count):
    "\(count) samples wait already: predict or train them before a sequence that is being read"
  case .noSamples: "no sample is waiting"
  case .unlabelled(let sample): "sample \(sample) of the batch has nothing to learn"
  case .notPlannedForTraining(let digest, let planned):
    "the network was planned for a digest of \(planned) numbers; the rule needs \(digest)"
  case .rates: "a rate is not a finite number"
  case .noLayer(let index): "there is no layer \(index)"
  case .parameter(let offset):
    "the parameter at byte \(offset) of the layer is not finite in its precision"
  case .parameterCount(let expected, let found):
    "there are \(found) weights and biases for the layer; it has \(expected)"
  case .inFlash(let layer):
    "the parameters of layer \(layer) lie in flash, where nothing changes them"
  case .parameterBytes(let expected, let found):
    "the parameters are \(found) bytes; the network has \(expected)"
  }
}

func sentence(_ error: ModelFileError) -> String {
  switch error {
  case .truncated(let offset, let needed, let found):
    "at byte \(offset): \(needed) bytes expected, \(found) found; the file is cut or has grown"
  case .notAModel: "at byte 0: this is not a Selvedge model"
  case .version(let version):
    "at byte 8: version \(version) of the format; this program reads version 2"
  case .checksum(let offset, let bytes):
    "at byte \(offset): the checksum of these \(bytes) bytes is wrong; the file is damaged"
  case .section(let offset): "at byte \(offset): a section is not where it must be"
  case .value(let offset): "at byte \(offset): a number is out of its range"
  case .parameters(let expected, let found):
    "the parameters are \(found) bytes; the network described has \(expected)"
  }
}
