import Files
import TestSupport
import Testing

@Suite struct ArenaTests {
  let directory = TemporaryDirectory()

  func words(_ arena: String, _ extra: String...) -> [String] {
    ["train", "--data", directory.path, "--hidden", "16", "--epochs", "1", "--arena", arena] + extra
  }

  func total() throws -> Int {
    let run = try directory.train("--hidden", "16", "--epochs", "1")
    return try #require(run["arena"]?["total"]?.integer)
  }

  @Test func oneByteTooSmallIsRefusedBeforeTheWork() throws {
    try Patterns().write(to: directory)
    let total = try total()
    let old = try directory.write(Array("precious".utf8), "model")
    for (bytes, tensor, asked) in [
      (total - 1, "layers.0.output", 16 * 64 * 4), (4000, "layers.0.weight", 64 * 16 * 4),
      (0, "layers.0.weight", 64 * 16 * 4),
    ] {
      let outcome = try directory.selvedge(words("\(bytes)", "--output", old))
      #expect(outcome.code == 1 && outcome.bytes.isEmpty)
      for word in [tensor, " \(asked) bytes", " \(total - bytes) missing", "--arena \(total)"] {
        #expect(outcome.errors.contains(word), "\(bytes): \(word) in \(outcome.errors)")
      }
      #expect(try directory.read("model") == Array("precious".utf8))
    }
    let run = try directory.json(words("\(total)"))
    #expect(run["arena"]?["given"]?.integer == total)
    #expect(run["arena"]?["total"]?.integer == total)
  }

  @Test func suffixesAreBinary() throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    for (text, bytes) in [("64K", 65536), ("64k", 65536), ("1M", 1 << 20), ("65536", 65536)] {
      #expect(try directory.json(words(text))["arena"]?["given"]?.integer == bytes)
    }
    let one = try directory.json(words("1M"))
    let other = try directory.json(words("64K"))
    #expect(one["weights_crc32"] == other["weights_crc32"])
  }

  @Test func nonsenseSizesAreUsageErrors() throws {
    try Patterns(training: 40, test: 8).write(to: directory)
    for text in ["", "K", "-1", "+5", "64KB", "1.5M", "0x10", "64 K", "9999999999999999999", "١"] {
      try directory.expectFailure(2, words(text), says: ["--arena", "bytes such as"])
    }
    try directory.expectFailure(2, words("9999999999999G"), says: ["more than can be addressed"])
    try directory.expectFailure(1, words("8000000000G"), says: ["this machine has no"])
  }
}
