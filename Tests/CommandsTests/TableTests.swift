import CStandardLibrary
import Files
import TestSupport
import Testing

/// examples/fashion-mnist/table.sh, with a stand-in for the program.
@Suite struct TableTests {
  let directory = TemporaryDirectory()

  static let script = {
    let folders = #filePath.split(separator: "/").dropLast(3)
    return "/" + folders.joined(separator: "/") + "/examples/fashion-mnist/table.sh"
  }()

  /// What the table makes of a program that runs `lines` of a shell; `$seed` is its seed.
  func table(_ lines: String) throws -> Outcome {
    let text = """
      #!/bin/sh
      while [ "$1" != --seed ]; do shift; done
      seed=$2
      \(lines)

      """
    let program = try directory.write(Array(text.utf8), "program")
    chmod(program, 0o755)
    return try Program([Self.script, program], in: directory, program: "sh").outcome()
  }

  @Test func everySeedIsInEveryRow() throws {
    let outcome = try table(#"echo "{\"test_accuracy\": 0.${seed}5}"; echo "epoch 1" >&2"#)
    #expect(outcome.code == 0 && outcome.errors.isEmpty && outcome.lines.count == 23)
    for line in outcome.lines.dropFirst(2) {
      #expect(line.hasSuffix("| 25.00 ± 10.00 | 15.00 25.00 35.00 |"), "\(line)")
    }
  }

  @Test(arguments: [
    ("echo 'no data' >&2; exit 1", "no data"),
    ("echo '{\"test_accuracy\": null}'", "no test accuracy"),
    ("true", "no test accuracy"),
  ])
  func seedWithoutANumberEndsTheTable(lines: String, says: String) throws {
    let others = #"if [ "$seed" != 2 ]; then echo '{"test_accuracy": 0.5}'; exit; fi"#
    let outcome = try table(others + "\n" + lines)
    #expect(outcome.code == 1 && outcome.lines.count == 2, "\(outcome.output)")
    #expect(outcome.errors.contains(says) && outcome.errors.contains("seed 2"))
  }

  @Test func missingProgramIsNamed() throws {
    let absent = directory("absent")
    let outcome = try Program([Self.script, absent], in: directory, program: "sh").outcome()
    #expect(outcome.code == 1 && outcome.bytes.isEmpty)
    #expect(outcome.errors.contains(absent) && outcome.errors.contains("swift build -c release"))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }
}
