/// What a run of training is and how far it has come: enough to go on bit for bit.
public struct TrainingRecord: Equatable, Sendable {
  /// Which layers learn when.
  public enum Schedule: UInt8, Sendable {
    /// All layers in every step.
    case simultaneous = 0
    /// One layer after the other, each for all epochs.
    case sequential = 1
  }

  public var rule: Rule
  public var schedule: Schedule
  /// Whether every epoch has its own order of samples, or all have the file's.
  public var shuffles: Bool
  public var batch: Int
  public var epochs: Int
  public var rates: Rates
  /// The part of the training set that is held back, 0 ..< 1.
  public var validation: Float
  /// Samples that training used, and a checksum over their labels: the run goes on with the same data.
  public var samples: Int
  public var dataChecksum: UInt32
  /// Steps that are done.
  public var step: Int

  /// Whether a run can be so: what is written must be readable.
  var isPossible: Bool {
    1...256 ~= batch && 1...1_000_000 ~= epochs && validation >= 0 && validation < 1
      && rates.hidden.isFinite && rates.output.isFinite && samples >= 0 && step >= 0
  }

  public init(
    rule: Rule, schedule: Schedule, shuffles: Bool, batch: Int, epochs: Int, rates: Rates,
    validation: Float, samples: Int, dataChecksum: UInt32, step: Int
  ) {
    self.rule = rule
    self.schedule = schedule
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
