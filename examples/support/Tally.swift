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

  /// Prints the mean loss, in nats where there are classes, and then the share of samples whose class was
  /// predicted.
  public func print(_ title: StaticString, _ number: Int, hasClasses: Bool = true) {
    let output = Output.standard
    output.text(title, number)
    output.text(" loss ", loss / Double(samples), decimals: 4)
    if hasClasses {
      output.text(" accuracy ", Double(correct) / Double(samples), decimals: 3)
    }
    output.text("\n")
  }
}
