// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that it uses the runtime as any other project would.
let package = Package(
  name: "Hostile",
  dependencies: [.package(name: "Selvedge", path: "../..")],
  targets: [
    .executableTarget(
      name: "hostile",
      dependencies: [
        .product(name: "Selvedge", package: "Selvedge"),
        .product(name: "Semihosting", package: "Selvedge"),
      ],
      swiftSettings: [.enableExperimentalFeature("Lifetimes")])
  ],
  swiftLanguageModes: [.v6]
)
