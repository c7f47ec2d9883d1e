// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that it uses the runtime as any other project would, and so that nothing else has to be
// built for a fuzzer.
let settings: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "Selvedge", path: "../..")],
  targets: [
    .target(
      name: "FuzzTargets",
      dependencies: [
        .product(name: "Selvedge", package: "Selvedge"),
        .product(name: "SelvedgeC", package: "Selvedge"),
        .product(name: "SelvedgeHost", package: "Selvedge"),
      ],
      swiftSettings: settings),
    // By libFuzzer: build it with --sanitize=fuzzer.
    .executableTarget(name: "fuzz", dependencies: ["FuzzTargets"], swiftSettings: settings),
    // Without a fuzzer: mutations in an order of their own. It also writes the seeds.
    .executableTarget(
      name: "mutate",
      dependencies: ["FuzzTargets", .product(name: "SelvedgeHost", package: "Selvedge")],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
