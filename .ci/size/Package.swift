// swift-tools-version: 6.2
import PackageDescription

// The smallest firmware that trains, to see what the runtime takes of a flash: built with the traits of one kind of
// network, which are handed on to the runtime.
let traits = ["Float32", "Int8", "Maps", "Recurrence"]

let package = Package(
  name: "Size",
  traits: Set(traits.map { .trait(name: $0) }),
  dependencies: [
    .package(
      name: "Selvedge", path: "../..",
      traits: Set(traits.map { .trait(name: $0, condition: .when(traits: [$0])) }))
  ],
  targets: [
    .executableTarget(
      name: "size",
      dependencies: [
        .product(name: "Selvedge", package: "Selvedge"),
        .product(name: "CortexM", package: "Selvedge"),
      ],
      swiftSettings: [.enableExperimentalFeature("Lifetimes")])
  ],
  swiftLanguageModes: [.v6]
)
