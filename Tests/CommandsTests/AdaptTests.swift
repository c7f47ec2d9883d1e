import Files
import TestSupport
import Testing

/// selvedge adapt: a model and another sensor.
@Suite struct AdaptTests {
  /// A directory with patterns as data and a model of them.
  private func trained() throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    try Patterns().write(to: directory)
    _ = try directory.train(
      "--hidden", "16", "--epochs", "3", "--output", directory("a.model"))
    return directory
  }

  @Test func whatIsPrintedOfTheChosenRungIsWhatItsFileGives() throws {
    let directory = try trained()
    let report = try directory.json(
      "adapt", directory("a.model"), "--data", directory.path, "--labels", "100", "--source",
      directory.path, "--output", directory("a.adaptor"))
    let rungs = try #require(report["rungs"]?.array)
    #expect(rungs.count == 7)
    let chosen = try #require(report["chosen"]?.string)
    let best = try #require(rungs.first { $0["rung"]?.string == chosen })
    let own = try directory.json(
      "evaluate", directory("a.model"), "--data", directory.path, "--adaptor",
      directory("a.adaptor"))
    #expect(own["test_accuracy"]?.number == best["test_accuracy"]?.number)
    #expect(try directory.read("a.adaptor").count == Int(report["adaptor_bytes"]?.number ?? 0))
    let none = try #require(rungs.first { $0["rung"]?.string == "none" })
    let plain = try directory.json(
      "evaluate", directory("a.model"), "--data", directory.path)
    #expect(plain["test_accuracy"]?.number == none["test_accuracy"]?.number)
    // The same again gives the same bytes.
    let first = try directory.read("a.adaptor")
    _ = try directory.json(
      "adapt", directory("a.model"), "--data", directory.path, "--labels", "100", "--source",
      directory.path, "--output", directory("a.adaptor"))
    let isSame = try directory.read("a.adaptor") == first
    #expect(isSame)
  }

  @Test func aSmallArenaPassesOverWhatItHasNoRoomFor() throws {
    let directory = try trained()
    let whole = try directory.json(
      "adapt", directory("a.model"), "--data", directory.path, "--labels", "50")
    let rungs = try #require(whole["rungs"]?.array)
    let scale = try #require(
      rungs.first { $0["rung"]?.string == "scale" }?["bytes"]?.number)
    let small = try directory.json(
      "adapt", directory("a.model"), "--data", directory.path, "--labels", "50", "--arena",
      String(Int(scale)))
    #expect(small["arena_bytes"]?.number == scale)
    for rung in try #require(small["rungs"]?.array) {
      let name = try #require(rung["rung"]?.string)
      let bytes = try #require(rung["bytes"]?.number)
      let isFitted = rung["test_accuracy"]?.number != nil
      // Without --source nobody knows the sums of training.
      #expect(isFitted == (bytes <= scale && name != "moments"), "\(name)")
      if bytes > scale {
        #expect(rung["refused"]?.string?.contains("bytes missing") == true, "\(name)")
      }
    }
  }

  @Test func whatDoesNotFitTogetherIsRefused() throws {
    let directory = try trained()
    _ = try directory.train(
      "--hidden", "16", "--epochs", "1", "--seed", "2", "--output", directory("b.model"))
    _ = try directory.json(
      "adapt", directory("a.model"), "--data", directory.path, "--rung", "last", "--output",
      directory("a.adaptor"))
    try directory.expectFailure(
      1,
      [
        "evaluate", directory("b.model"), "--data", directory.path, "--adaptor",
        directory("a.adaptor"),
      ], says: ["a.adaptor", "it belongs to a model"])
    try directory.expectFailure(
      1,
      [
        "evaluate", directory("a.model"), "--data", directory.path, "--adaptor",
        directory("a.model"),
      ], says: ["a.model", "at byte 0", "not a Selvedge adaptor"])
    try directory.expectFailure(
      2, ["adapt", directory("a.model"), "--data", directory.path, "--rung", "lats"],
      says: ["did you mean last?"])
    try directory.expectFailure(
      2, ["adapt", directory("a.model"), "--data", directory.path, "--drift", "rotat"],
      says: ["did you mean rotate?"])
    try directory.expectFailure(
      1, ["adapt", directory("a.model"), "--data", directory.path, "--arena", "100"],
      says: ["bytes missing"])
  }

  @Test func withoutLabelsOnlyMomentsAreTried() throws {
    let directory = try trained()
    let report = try directory.json(
      "adapt", directory("a.model"), "--data", directory.path, "--labels", "0", "--source",
      directory.path)
    for rung in try #require(report["rungs"]?.array) {
      let name = try #require(rung["rung"]?.string)
      let isFitted = rung["test_accuracy"]?.number != nil
      #expect(isFitted == (name == "none" || name == "moments"), "\(name)")
      if !isFitted { #expect(rung["refused"]?.string?.contains("labels") == true) }
    }
    #expect(report["chosen"]?.string == "moments")
  }

  @Test func twoNumbersOfTheInputFollowASensorInAnyOrder() throws {
    let directory = try trained()
    let drifted = [
      "evaluate", directory("a.model"), "--data", directory.path, "--drift", "contrast:5",
    ]
    func accuracy(_ arguments: [String]) throws -> Double {
      try #require(try directory.json(arguments)["test_accuracy"]?.number)
    }
    let plain = try accuracy(drifted)
    #expect(try accuracy(drifted + ["--follow", "100"]) >= plain - 0.02)
    #expect(try accuracy(drifted + ["--follow", "100", "--order", "sorted"]) >= plain - 0.02)
    try directory.expectFailure(
      2, ["evaluate", directory("a.model"), "--data", directory.path, "--order", "sorted"],
      says: ["--follow"])
  }
}
