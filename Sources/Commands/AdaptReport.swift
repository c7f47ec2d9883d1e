import Files
import Selvedge
import Simulator

/// What came of fitting a model, as people and as programs read it.
struct AdaptReport {
  let device: FieldDevice
  let attempts: [FieldDevice.Attempt]
  let best: RungResult
  let modelBytes: Int
  let labels: Int
  let samples: Int
  let file: Int

  var lines: [String] {
    var lines = [
      "\(samples) samples, \(labels) labels; arena \(device.arenaBytes) bytes; the model's "
        + "\(modelBytes) bytes unchanged, CRC-32 \(hexadecimal(device.flashChecksum))",
      "",
      "  rung       numbers      bytes   labels   held back       test"
        + (attempts.contains { $0.other != nil } ? "  undrifted" : ""),
    ]
    for attempt in attempts {
      let mark = attempt.rung == best.rung ? "* " : "  "
      let head = mark + left(attempt.rung.name, 9)
      guard let result = attempt.result else {
        lines.append(
          head + right("-", 9) + right(String(attempt.bytes), 11) + "  "
            + (attempt.refusal.map(sentence) ?? ""))
        continue
      }
      let heldBack =
        result.heldBack == 0
        ? nil : Double(result.correct) / Double(result.heldBack)
      lines.append(
        head + right(String(result.numbers), 9) + right(String(attempt.bytes), 11)
          + right(attempt.rung.needsLabels ? String(labels) : "0", 9)
          + right(percent(heldBack), 12) + right(percent(attempt.test?.accuracy), 11)
          + (attempt.other.map { right(percent($0.accuracy), 11) } ?? ""))
    }
    lines += ["", "chosen: \(best.rung.name), an adaptor of \(file) bytes"]
    return lines
  }

  var json: JSON {
    .object([
      .init("schema", "selvedge.adapt/1"), .init("samples", .number(Double(samples))),
      .init("labels", .number(Double(labels))),
      .init("arena_bytes", .number(Double(device.arenaBytes))),
      .init("model_bytes", .number(Double(modelBytes))),
      .init("model_crc32", .string(hexadecimal(device.flashChecksum))),
      .init("chosen", .string(best.rung.name)),
      .init("adaptor_bytes", .number(Double(file))),
      .init(
        "rungs",
        .array(
          attempts.map { attempt in
            let result = attempt.result
            return .object([
              .init("rung", .string(attempt.rung.name)),
              .init("bytes", .number(Double(attempt.bytes))),
              .init("numbers", JSON(result.map { Double($0.numbers) })),
              .init("held_back", JSON(result.map { Double($0.heldBack) })),
              .init("held_back_correct", JSON(result.map { Double($0.correct) })),
              .init("held_back_loss", JSON(result.map { Double($0.loss) })),
              .init("test_accuracy", JSON(attempt.test?.accuracy)),
              .init("undrifted_accuracy", JSON(attempt.other?.accuracy)),
              .init("refused", attempt.refusal.map { .string(sentence($0)) } ?? .null),
            ])
          })),
    ])
  }
}

/// What an error of fitting means, in words.
func sentence(_ error: AdaptationError) -> String {
  switch error {
  case .notLinked: "this build has no adaptors"
  case .learnsValues: "the network learns values; adaptors are for classes"
  case .labels(let needed, let found):
    "it needs labels, at least \(needed); there are \(found)"
  case .label(let label, let classes): "label \(label); the network has \(classes) classes"
  case .moments(_, let found) where found == 0:
    "the sums in training are not known; give --source"
  case .moments(let expected, let found):
    "the moments of training are \(found) numbers; the network has \(expected)"
  case .nothingToFit(let rung): "the network has nothing that \(rung.name) could fit"
  case .oneSided(let entropy):
    "the samples are too much of one class: the entropy of their classes is "
      + "\(decimal(Double(entropy), 2)) of what it could be, and 0.7 is needed"
  case .plan(let error): sentence(error)
  case .model(.memory(let error)): room(error)
  case .model(.input), .model(.layer): "the model is not the one that was planned"
  case .memory(let error): room(error)
  case .sample(let index, let error): "sample \(index): \(sentence(error))"
  case .diverged: "it ran away: a number is no longer finite"
  }
}

private func room(_ error: ArenaError) -> String {
  guard case .exhausted(_, _, _, let missing) = error else { return sentence(error, capacity: 0) }
  return "no room in the arena: \(missing) bytes missing"
}

/// What is wrong with an adaptor file, in words.
func sentence(_ error: AdaptorFileError) -> String {
  switch error {
  case .truncated(let offset, let needed, let found):
    "at byte \(offset): \(needed) bytes expected, \(found) found; the file is cut or has grown"
  case .notAnAdaptor: "at byte 0: this is not a Selvedge adaptor"
  case .version(let version):
    "at byte 8: version \(version) of the format; this program reads version 1"
  case .checksum(let bytes):
    "the checksum of its \(bytes) bytes is wrong; the file is damaged"
  case .value(let offset):
    "at byte \(offset): a number is out of its range, or not for this network"
  case .otherModel(let expected, let found):
    "it belongs to a model whose parameters have the CRC-32 \(hexadecimal(expected)), not "
      + hexadecimal(found)
  case .inFlash(let layer): "it replaces layer \(layer), which lies in flash"
  case .memory(let error): room(error)
  case .notLinked: "this build has no adaptors"
  }
}
