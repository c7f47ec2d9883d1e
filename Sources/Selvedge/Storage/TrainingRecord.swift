/// What a run of training is and how far it has come: enough to go on bit for bit.
public struct TrainingRecord: Equatable, Sendable {
  /// Which layers learn when.
  public enum Schedule: UInt8, Sendable {
    /// All layers in every step.
    case simultaneous = 0
    /// One layer after the other, each for all epochs.
    case sequential = 1
  }

  /// What hidden layers learn from.
  public var rule: Rule
  /// Which layers learn when.
  public var schedule: Schedule
  /// How updates of int8 and float16 weights are rounded.
  public var rounding: Rounding
  /// How gradients become changes.
  public var stepRule: StepRule
  /// Updates by each batch, 1 to 255: more than one where labels are few.
  public var updatesPerLabel: Int
  /// Whether every epoch has its own order of samples, or all have the file's.
  public var shuffles: Bool
  /// Samples of a step, 1 to 256.
  public var batch: Int
  /// Passes over the data, 1 to 1,000,000; of each layer, if sequential.
  public var epochs: Int
  /// The rates at the first step; they fall linearly to 0.
  public var rates: Rates
  /// The part of the training set that is held back, 0 ..< 1.
  public var validation: Float
  /// Training samples before the validation part was held back.
  public var samples: Int
  /// A checksum of those samples, by the program that trains: the run goes on with the same data.
  public var dataChecksum: UInt32
  /// Steps that are done.
  public var step: Int

  /// Whether a run can be so: what is written must be readable.
  var isPossible: Bool {
    1...256 ~= batch && 1...1_000_000 ~= epochs && validation >= 0 && validation < 1
      && rates.areFinite && 1...255 ~= updatesPerLabel && samples >= 0 && step >= 0
  }

  /// A run with these numbers; see each of them for its range.
  public init(
    rule: Rule, schedule: Schedule, rounding: Rounding = .automatic,
    stepRule: StepRule = .plain, updatesPerLabel: Int = 1, shuffles: Bool, batch: Int, epochs: Int,
    rates: Rates,
    validation: Float, samples: Int, dataChecksum: UInt32, step: Int
  ) {
    self.rule = rule
    self.schedule = schedule
    self.rounding = rounding
    self.stepRule = stepRule
    self.updatesPerLabel = updatesPerLabel
    self.shuffles = shuffles
    self.batch = batch
    self.epochs = epochs
    self.rates = rates
    self.validation = validation
    self.samples = samples
    self.dataChecksum = dataChecksum
    self.step = step
  }
}
