import Selvedge

/// What training saw, summed.
public struct Tally {
  public private(set) var samples = 0
  private var loss = 0.0
  private var correct = 0

  public init() {}

  public mutating func add(_ outcome: StepOutcome) {
    samples += outcome.samples
    loss += Double(outcome.loss ?? 0)
    correct += outcome.correct
  }

  /// Prints the mean loss in nats and the share of samples whose class was predicted.
  public func print(_ title: StaticString, _ number: Int) {
    let output = Output.standard
    output.text(title, number)
    output.text(" loss ", loss / Double(samples), decimals: 4)
    output.text(" accuracy ", Double(correct) / Double(samples), decimals: 3)
    output.text("\n")
  }
}
