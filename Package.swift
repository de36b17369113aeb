// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "faultline",
  products: [
    .library(name: "Faultline", targets: ["Histories", "Linearizability", "Checkers", "Reports"]),
    .library(name: "FaultlineCommands", targets: ["FaultlineCommands"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
  ],
  targets: [
    // The offline half: nothing here does I/O to a cluster.
    .target(name: "Histories", swiftSettings: strict),
    .target(name: "Linearizability", dependencies: ["Histories"], swiftSettings: strict),
    .target(name: "Checkers", dependencies: ["Histories", histogram], swiftSettings: strict),
    .target(
      name: "Reports", dependencies: ["Histories", "Linearizability", "Checkers"],
      swiftSettings: strict),

    // The online half.
    .systemLibrary(
      name: "CSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
    .target(name: "RemoteShell", dependencies: ["CSSH2"], swiftSettings: strict),
    .systemLibrary(name: "CLinux"),
    .target(
      name: "Lab", dependencies: ["CLinux", subprocess, system],
      resources: [.embedInCode("Scripts/holder.sh"), .embedInCode("Scripts/node.sh")],
      swiftSettings: strict),
    .target(name: "CCurl"),
    .target(name: "Clients", dependencies: ["CCurl", "Histories"], swiftSettings: strict),
    .target(name: "Recording", dependencies: ["Histories"], swiftSettings: strict),
    .target(name: "Randomness", swiftSettings: strict),
    .target(
      name: "Cluster", dependencies: ["RemoteShell", subprocess, system], swiftSettings: strict),
    .target(
      name: "Nemesis", dependencies: ["Cluster", "RemoteShell", "Histories", "Randomness"],
      exclude: [
        "Helper/helper.c", "Helper/queue.c", "Helper/queue.h", "Helper/skew.c", "Helper/skew.h",
        "Helper/system.h",
      ],
      resources: [.embedInCode("Helper/helper.x86_64"), .embedInCode("Helper/helper.aarch64")],
      swiftSettings: strict),
    .target(
      name: "Workloads",
      dependencies: ["Cluster", "Nemesis", "Clients", "Histories", "Randomness", toml],
      swiftSettings: strict),
    .target(
      name: "Runner",
      dependencies: [
        "Checkers", "Clients", "Cluster", "Histories", "Linearizability", "Nemesis", "Randomness",
        "Recording", "Reports", "Workloads",
      ],
      swiftSettings: strict),
    .target(
      name: "FaultlineCommands",
      dependencies: [
        "Checkers", "Cluster", "Histories", "Lab", "Linearizability", "Nemesis", "Randomness",
        "RemoteShell", "Reports", "Runner", "Workloads", arguments,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "faultline", dependencies: ["FaultlineCommands"], swiftSettings: strict),

    // Measures what `make bench` reports; also the recording child that tests kill.
    .executableTarget(
      name: "faultline-bench",
      dependencies: [
        "CLinux", "Clients", "Cluster", "Histories", "Lab", "Linearizability", "Nemesis",
        "Randomness", "Recording", "RemoteShell", "Runner",
      ],
      swiftSettings: strict),

    .testTarget(
      name: "HistoriesTests", dependencies: ["Histories", "Randomness"], swiftSettings: strict),
    .testTarget(
      name: "LinearizabilityTests", dependencies: ["Linearizability", "Histories", "Randomness"],
      swiftSettings: strict),
    .testTarget(
      name: "CheckersTests", dependencies: ["Checkers", "Histories"], swiftSettings: strict),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Reports", "Linearizability", "Histories", "Checkers", "Randomness"],
      swiftSettings: strict),
    .testTarget(
      name: "RemoteShellTests", dependencies: ["RemoteShell", "Randomness", subprocess],
      swiftSettings: strict),
    .testTarget(
      name: "LabTests", dependencies: ["Lab", "TestSupport", "faultline", subprocess, system],
      swiftSettings: strict),
    .testTarget(
      name: "ClientsTests", dependencies: ["Clients", "CCurl", "Histories"],
      swiftSettings: strict),
    .testTarget(
      name: "RecordingTests", dependencies: ["Recording", "Histories", "faultline-bench"],
      swiftSettings: strict),

    // Programs, labs and folders that are gone when a test ends.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "WorkloadsTests",
      dependencies: [
        "Workloads", "Cluster", "Clients", "Histories", "Linearizability", "Nemesis", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ClusterTests", dependencies: ["Cluster", "RemoteShell", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "NemesisTests",
      dependencies: ["Nemesis", "Cluster", "Histories", "Randomness", "TestSupport", "faultline"],
      swiftSettings: strict),
    .testTarget(
      name: "MachineTests", dependencies: ["TestSupport", "faultline"], swiftSettings: strict),
    .testTarget(
      name: "RunnerTests",
      dependencies: [
        "Runner", "Cluster", "Histories", "Nemesis", "Reports", "Workloads", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FaultlineTests", dependencies: ["TestSupport", "faultline", "own-model"],
      swiftSettings: strict),

    // A user's program: `faultline` with a model of its own. The README shows it.
    .executableTarget(
      name: "own-model", dependencies: ["FaultlineCommands", "Histories", "Linearizability"],
      path: "Tests/OwnModel", swiftSettings: strict),
  ],
  cLanguageStandard: .c11,
  cxxLanguageStandard: .cxx17
)
