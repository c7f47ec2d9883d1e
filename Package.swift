// swift-tools-version: 6.2
import PackageDescription

/// Lifetimes let a plan and its views borrow memory that they do not own.
let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// What the runtime is linked with: firmware names the traits that its networks need, and pays for no others.
let traits: Set<Trait> = [
  .trait(name: "Float32", description: "Weights of 32 bits"),
  .trait(name: "Float16", description: "Weights of 16 bits"),
  .trait(name: "Int8", description: "Weights of 8 bits"),
  .trait(name: "Maps", description: "Convolutions, pools and normalisation"),
  .trait(name: "Memories", description: "Oscillators and Legendre memories for sequences"),
  .trait(name: "Recurrence", description: "Elman layers and gated recurrent ones"),
  .trait(name: "Lookahead", description: "Layers that learn from what the next one sends back"),
  .trait(name: "Adaptors", description: "Numbers that fit a frozen network to another sensor"),
  .trait(name: "Steps", description: "Step rules other than plain ones"),
  .trait(name: "Rehearsal", description: "Old samples, learned from again with each new one"),
  .trait(name: "UnrolledLoops", description: "Loops that are faster and take more code"),
  .default(enabledTraits: [
    "Float32", "Float16", "Int8", "Maps", "Memories", "Recurrence", "Lookahead", "Adaptors",
    "Steps", "Rehearsal", "UnrolledLoops",
  ]),
]

let package = Package(
  name: "Selvedge",
  products: [
    // MARK: Runtime
    .library(name: "Selvedge", type: .static, targets: ["Selvedge"]),
    .library(name: "SelvedgeC", type: .static, targets: ["SelvedgeC"]),
    .library(name: "CortexM", type: .static, targets: ["CortexM"]),
    .library(name: "Semihosting", type: .static, targets: ["Semihosting"]),
    // MARK: Host
    .library(
      name: "SelvedgeHost", type: .static, targets: ["Files", "Datasets", "Simulator"]),
    .executable(name: "selvedge", targets: ["Commands"]),
    // MARK: Boards
    .executable(name: "selvedge-device", targets: ["Device"]),
    // MARK: Examples
    .executable(name: "on-device-training", targets: ["OnDeviceTraining"]),
    .executable(name: "gestures", targets: ["Gestures"]),
    .executable(name: "firmware-swift", targets: ["FirmwareSwift"]),
    .executable(name: "remounted-camera", targets: ["RemountedCamera"]),
    .executable(name: "kernel-self-test", targets: ["KernelSelfTest"]),
  ],
  traits: traits,
  targets: [
    // MARK: Runtime: Embedded-clean, no files, clocks or printing
    .systemLibrary(name: "CLanes"),
    .target(
      name: "Selvedge", dependencies: ["CLanes"],
      swiftSettings: settings + [.define("SELVEDGE_TRAITS")],
      linkerSettings: [.linkedLibrary("m")]),
    .systemLibrary(name: "CSelvedge", path: "Sources/SelvedgeC/include"),
    .target(
      name: "SelvedgeC", dependencies: ["Selvedge", "CSelvedge", "CLanes"],
      exclude: ["include"], swiftSettings: settings),
    // MARK: Startup of boards without a system; on others these are empty
    .target(name: "CortexM", path: "boards/cortex-m/startup"),
    .target(
      name: "Semihosting", dependencies: ["CortexM"], path: "boards/cortex-m/semihosting"),
    // MARK: Host
    .systemLibrary(name: "CStandardLibrary"),
    .target(name: "Files", dependencies: ["CStandardLibrary"], swiftSettings: settings),
    .target(
      name: "Datasets", dependencies: ["Files", "CStandardLibrary"], swiftSettings: settings),
    .target(name: "Boards", dependencies: ["Files", "CStandardLibrary"], swiftSettings: settings),
    .target(name: "Pictures", dependencies: ["CStandardLibrary"], swiftSettings: settings),
    .target(
      name: "Profiler",
      dependencies: ["Selvedge", "CLanes", "Pictures", "Boards", "Files", "CStandardLibrary"],
      swiftSettings: settings),
    .target(
      name: "Simulator", dependencies: ["Selvedge", "Datasets", "Files", "CStandardLibrary"],
      swiftSettings: settings),
    .executableTarget(
      name: "Commands",
      dependencies: [
        "Selvedge", "Boards", "Datasets", "Files", "Pictures", "Profiler", "Simulator",
        "CStandardLibrary",
      ],
      swiftSettings: settings),
    // MARK: Boards
    .executableTarget(
      name: "Device", dependencies: ["Selvedge", "ExampleSupport", "CStandardLibrary"],
      swiftSettings: settings),
    // MARK: Examples
    .target(
      name: "ExampleSupport", dependencies: ["Selvedge", "CStandardLibrary", "Semihosting"],
      path: "examples/support", swiftSettings: settings),
    .executableTarget(
      name: "OnDeviceTraining", dependencies: ["Selvedge", "ExampleSupport", "CStandardLibrary"],
      path: "examples/on-device-training", exclude: ["README.md"], swiftSettings: settings),
    .executableTarget(
      name: "Gestures", dependencies: ["Selvedge", "ExampleSupport", "CStandardLibrary"],
      path: "examples/gestures", exclude: ["README.md", "choose.py", "expected.txt", "fetch.sh"],
      swiftSettings: settings),
    .executableTarget(
      name: "FirmwareSwift",
      dependencies: ["Selvedge", "ExampleSupport", "CStandardLibrary", "CortexM", "Semihosting"],
      path: "examples/firmware-swift", exclude: ["README.md"], swiftSettings: settings),
    .target(
      name: "CameraModel", path: "examples/remounted-camera/model", exclude: ["camera.selvedge"]),
    .executableTarget(
      name: "RemountedCamera",
      dependencies: [
        "Selvedge", "ExampleSupport", "CStandardLibrary", "CortexM", "Semihosting", "CameraModel",
      ],
      path: "examples/remounted-camera", exclude: ["README.md", "model"],
      swiftSettings: settings),
    .executableTarget(
      name: "KernelSelfTest", dependencies: ["Selvedge", "CStandardLibrary", "Semihosting"],
      path: "examples/kernel-self-test", swiftSettings: settings),
    // MARK: Tests
    .target(
      name: "TestSupport", dependencies: ["Files", "Pictures", "CStandardLibrary"],
      path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "SelvedgeTests", dependencies: ["Selvedge", "Files"], swiftSettings: settings),
    .testTarget(
      name: "SelvedgeCTests", dependencies: ["SelvedgeC", "CSelvedge", "Selvedge"],
      swiftSettings: settings),
    .testTarget(
      name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "BoardsTests", dependencies: ["Boards", "Files", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "DatasetsTests",
      dependencies: ["Datasets", "Files", "TestSupport", "CStandardLibrary"],
      swiftSettings: settings),
    .testTarget(
      name: "PicturesTests", dependencies: ["Pictures", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ProfilerTests", dependencies: ["Profiler", "Selvedge", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "SimulatorTests", dependencies: ["Simulator", "Selvedge", "Datasets", "Files"],
      swiftSettings: settings),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "Commands", "Files", "Datasets", "Selvedge", "CStandardLibrary", "TestSupport",
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
