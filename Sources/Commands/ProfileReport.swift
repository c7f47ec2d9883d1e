import Boards
import Files
import Profiler
import Selvedge

/// What `selvedge profile` says of a network.
struct ProfileReport {
  let network: String
  let report: ArenaReport
  /// Whether it is planned for training.
  let trains: Bool
  let limit: Limit?
  let step: StepRule
  /// What a step costs on the limit's board, as far as that can be estimated.
  let cost: StepCost?

  // MARK: Text

  func show(_ console: Console) {
    console.print(
      left("tensor", 20) + left("category", 13) + right("offset", 10) + right("bytes", 10)
        + "   steps")
    for tensor in report.flash + report.tensors {
      console.print(
        left(tensorName(tensor.role, layer: tensor.layer), 20) + left(tensor.category.name, 13)
          + right(String(tensor.offset), 10) + right(String(tensor.bytes), 10)
          + "   \(tensor.lives.lowerBound)-\(tensor.lives.upperBound - 1)")
    }
    let footprint = report.footprint
    console.print(
      "\narena \(footprint.total) bytes at the fullest step: weights \(footprint.weights), "
        + "activations \(footprint.activations), scratch \(footprint.scratch)")
    if footprint.flash > 0 {
      console.print("flash \(footprint.flash) bytes of the model's parameters, used where they lie")
    }
    console.print(
      "parameters \(footprint.parameterBytes) bytes; the arena is "
        + "\(decimal(Double(footprint.total) / Double(footprint.parameterBytes), 3)) times as large"
    )
    showWork(console)
    if trains { showComparison(console) }
    if let limit { show(limit, console) }
    if let cost { estimates(cost).show(console) }
    for sentence in basis { console.print("  " + sentence) }
  }

  /// What a step costs.
  func estimates(_ cost: StepCost) -> EstimatesTable {
    var table = EstimatesTable()
    let samples = cost.batch == 1 ? "1 sample" : "\(cost.batch) samples"
    if trains { table.add("a training step, \(samples)", cost.training) }
    table.add("a prediction", cost.prediction)
    return table
  }

  /// What the estimates are made of, or why there are none.
  var basis: [String] {
    if let cost { return cost.basis }
    guard let limit, let board = limit.board else { return [] }
    return [
      limit.speed == nil ? StepCost.noEstimates(of: board) : StepCost.noEstimates(step)
    ]
  }

  /// The multiply-accumulates of a sample.
  private func showWork(_ console: Console) {
    func line(_ title: String, _ work: Work) {
      console.print(
        left(title, 20) + right(String(work.inference), 13)
          + right(trains ? String(work.training) : "-", 15))
    }
    console.print(
      "\n" + left("products a sample", 20) + right("prediction", 13) + right("training step", 15))
    for (k, work) in report.work.enumerated() { line("layers.\(k)", work) }
    line("all", report.allWork)
  }

  /// The peak by category, beside those of prediction and of backpropagation.
  private func showComparison(_ console: Console) {
    let widths = [20, 15, 15, 15, 15]
    console.print(
      "\n" + left("bytes at the peak", 20) + right("prediction", 15) + right("training", 15)
        + right("backprop in", 15) + right("with gradients", 15))
    console.print(right("", 50) + right("place", 15) + right("as frameworks", 15))
    for row in comparison(String.init) {
      console.print(
        left(row[0], widths[0]) + zip(row, widths).dropFirst().map { right($0, $1) }.joined())
    }
  }

  /// What is held at the peak: for predictions, for training, by backpropagation that updates in place, and by
  /// one with a gradient of every parameter.
  ///
  /// - Parameter text: How a number is written.
  func comparison(_ text: (Int) -> String) -> [[String]] {
    func row(_ title: String, _ numbers: [Int?]) -> [String] {
      [title] + numbers.map { $0.map(text) ?? "-" }
    }
    let (training, inference) = (report.footprint, report.inference)
    let other = report.backpropagation
    let totals = [inference.total, training.total, other.bytes, other.bytesWithGradients]
    return [
      row("weights", [inference.weights, training.weights, other.parameters, other.parameters]),
      row(
        "activations",
        [
          inference.activations, training.activations, other.outputs,
          other.bytesWithGradients - other.parameters - other.gradients,
        ]),
      row("scratch", [inference.scratch, training.scratch, nil, nil]),
      row("gradients", [nil, nil, nil, other.gradients]),
      row("all", totals),
      ["times training"] + totals.map { decimal(Double($0) / Double(training.total), 2) },
    ]
  }

  private func show(_ limit: Limit, _ console: Console) {
    console.print("\n" + sentences(limit).joined(separator: "\n"))
  }

  /// How full it makes what there is.
  func sentences(_ limit: Limit) -> [String] {
    let part = decimal(100 * Double(report.footprint.total) / Double(limit.bytes), 1)
    var sentences = ["The arena is \(part) % of the \(limit.text)."]
    guard let flash = limit.board?.flashBytes else { return sentences }
    let code = limit.library?.size.flashBytes ?? 0
    let parameters = report.footprint.weights + report.footprint.flash
    let share = decimal(100 * Double(parameters + code) / Double(flash.value), 1)
    sentences.append(
      "Flash: the saved parameters \(parameters) bytes, "
        + (limit.library.map { "code at most \(code) (\($0.path))" }
          ?? "no code counted, as no library is built for it")
        + "; \(share) % of \(flash.value).")
    return sentences
  }

  // MARK: JSON

  var json: JSON {
    let other = report.backpropagation
    let inTraining = { (number: Int) in trains ? JSON.number(Double(number)) : .null }
    return [
      "schema": "selvedge.profile/1",
      "network": .string(network),
      "parameter_bytes": .number(Double(report.footprint.parameterBytes)),
      "arena": report.footprint.json(given: report.footprint.total),
      "flash_bytes": .number(Double(report.footprint.flash)),
      "inference_arena": report.inference.json(given: report.inference.total),
      "board": (limit?.board?.name).map { .string($0) } ?? .null,
      "budget": limit.map { .number(Double($0.bytes)) } ?? .null,
      "code_bytes": (limit?.library?.size.flashBytes).map { .number(Double($0)) } ?? .null,
      "fits": limit.map { .bool(report.footprint.total <= $0.bytes) } ?? .null,
      "macs_inference": .number(Double(report.allWork.inference)),
      "macs_training": inTraining(report.allWork.training),
      "layers": .array(
        report.work.map { work in
          [
            "macs_inference": .number(Double(work.inference)),
            "macs_training": inTraining(work.training),
          ]
        }),
      "estimates": cost.map { cost in
        [
          "training_step": trains ? cost.training.json : .null,
          "prediction": cost.prediction.json,
          "basis": .array(basis.map { .string($0) }),
        ]
      } ?? .null,
      "backpropagation_bytes": inTraining(other.bytes),
      "backpropagation_bytes_with_gradients": inTraining(other.bytesWithGradients),
      "tensors": .array((report.flash + report.tensors).map(Self.json)),
    ]
  }

  private static func json(_ tensor: Tensor) -> JSON {
    [
      "name": .string(tensorName(tensor.role, layer: tensor.layer)),
      "category": .string(tensor.category.name),
      "offset": .number(Double(tensor.offset)),
      "bytes": .number(Double(tensor.bytes)),
      "first_step": .number(Double(tensor.lives.lowerBound)),
      "last_step": .number(Double(tensor.lives.upperBound - 1)),
    ]
  }
}
