// swift-tools-version: 6.2
// One section per floor, top to bottom as in docs/architecture.md; a floor is a folder of Sources. A target
// may import only what it lists
// (`--explicit-target-dependency-import-check error`), and lists only what stands below it.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A target's folder names its floor: `Pure/SluiceCore` stands in `Sources/Pure/SluiceCore`.
func name(of folder: String) -> String {
  folder.split(separator: "/").last.map(String.init) ?? folder
}

func library(_ folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name(of: folder), dependencies: dependencies, path: "Sources/\(folder)",
    swiftSettings: strict)
}

func program(_ folder: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name(of: folder), dependencies: dependencies, path: "Sources/\(folder)",
    swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
  fixtures: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["SluiceTestSupport"], exclude: exclude,
    resources: fixtures ? [.copy("Fixtures")] : [], swiftSettings: strict)
}

#if os(Linux)
  let opensslTargets: [Target] = [
    .systemLibrary(
      name: "COpenSSL", path: "Sources/Plumbing/COpenSSL", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])])
  ]
  let opensslDependency: [Target.Dependency] = ["COpenSSL"]
#else
  let opensslTargets: [Target] = []
  let opensslDependency: [Target.Dependency] = []
#endif

/// Only these test targets are built and linked when `SLUICE_TEST_TARGETS` names some, separated by
/// blanks: a change is tried in a third of the time. Without the variable there are all of them.
let chosenTests = Context.environment["SLUICE_TEST_TARGETS"]?.split(separator: " ").map(String.init)

func isChosen(_ target: Target) -> Bool {
  target.type != .test || chosenTests?.contains(target.name) ?? true
}

/// With `SLUICE_FUZZ=1` the parsers of `FuzzTests` are built as a program for libFuzzer (`scripts/fuzz`)
/// in place of the tests; without it that program does not exist.
let fuzzing = Context.environment["SLUICE_FUZZ"] == "1"
let fuzzed: [Target.Dependency] = [
  "SluiceAgentClient", "SluiceOpenClaw", "SluiceEvidence", "SluiceFleetFile", "SluiceYAML",
  "SluiceHost",
  "SluiceAgent", "SluiceController", "SluiceLedgerStore", "SluiceHAProxy", "SluiceLedger",
  "SluiceHTTP", "SluiceSystem", "SluicePorts", "SluiceCore", "SluiceJSON", "SluiceText",
  "SluiceCrypto", "SluiceSimulator", "SluiceInstall",
]
let fuzzTarget: Target =
  fuzzing
  ? .executableTarget(
    name: "sluice-fuzz", dependencies: fuzzed, path: "Tests/FuzzTests",
    exclude: ["Corpora", "Regressions", "Replay"], sources: ["Parsers", "Fuzzer"],
    swiftSettings: strict)
  : .testTarget(
    name: "FuzzTests", dependencies: fuzzed, exclude: ["Fuzzer"], sources: ["Parsers", "Replay"],
    resources: [.copy("Corpora"), .copy("Regressions")], swiftSettings: strict)

let package = Package(
  name: "sluice",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "sluice", targets: ["sluice"]),
    .executable(name: "openclaw-standin", targets: ["openclaw-standin"]),
    .executable(name: "sluice-simulate", targets: ["sluice-simulate"]),
  ],
  targets: ([
    // Faces
    program("Faces/sluice", ["SluiceCommands"]),
    library(
      "Faces/SluiceCommands",
      [
        "SluiceArguments", "SluiceCore", "SluiceLedger", "SluicePorts", "SluiceController",
        "SluiceRehearsal", "SluiceSimulator", "SluiceJudge", "SluiceSystem", "SluiceJSON",
        "SluiceStatus", "SluiceInstall",
      ]),
    library(
      "Tryout/SluiceRehearsal",
      [
        "SluiceController", "SluiceHTTP", "SluiceSystem", "SluiceCore", "SluiceLedger",
        "SluicePorts",
        "SluiceCrypto", "SluiceJSON", "SluiceHost", "SluiceArguments", "SluiceStatus",
        "SluiceFoundation",
      ]),

    // Services
    library(
      "Services/SluiceController",
      [
        "SluiceAgent", "SluiceFleetFile", "SluiceLedgerStore", "SluiceHost", "SluiceOpenClaw",
        "SluiceAgentClient", "SluiceHAProxy", "SluiceEvidence", "SluiceEngine", "SluicePorts",
        "SluiceCore", "SluiceJudge", "SluiceLedger", "SluiceJSON", "SluiceSystem", "SluiceHTTP",
        "SluiceCrypto", "SluiceArguments", "SluiceStatus", "SluiceInstall",
      ]),
    library("Services/SluiceInstall", ["SluicePorts", "SluiceCore", "SluiceCrypto"]),
    library(
      "Services/SluiceStatus", ["SluicePorts", "SluiceCore", "SluiceLedger", "SluiceJSON"]),
    library(
      "Services/SluiceAgent",
      [
        "SluiceHost", "SluiceOpenClaw", "SluiceAgentClient", "SluicePorts", "SluiceCore",
        "SluiceJSON",
        "SluiceHTTP", "SluiceSystem", "SluiceCrypto",
      ]),

    // Adapters: two of them never know each other
    library("Adapters/SluiceFleetFile", ["SluiceYAML", "SluiceCore"]),
    library(
      "Adapters/SluiceLedgerStore",
      ["SluiceLedger", "SluicePorts", "SluiceCore", "SluiceJSON", "SluiceSystem", "SluiceCrypto"]),
    library(
      "Adapters/SluiceHost",
      [
        "SluicePorts", "SluiceCore", "SluiceJSON", "SluiceYAML", "SluiceSystem", "SluiceCrypto",
        "SluiceFoundation",
      ]),
    library(
      "Adapters/SluiceOpenClaw",
      [
        "SluicePorts", "SluiceCore", "SluiceHTTP", "SluiceSystem", "SluiceCrypto",
        "SluiceFoundation", "SluiceText",
      ]),
    library(
      "Adapters/SluiceAgentClient", ["SluicePorts", "SluiceCore", "SluiceJSON", "SluiceSystem"]),
    library(
      "Adapters/SluiceHAProxy",
      ["SluicePorts", "SluiceCore", "SluiceSystem", "SluiceCrypto", "SluiceFoundation"]),
    library("Adapters/SluiceEvidence", ["SluicePorts", "SluiceCore", "SluiceSystem"]),

    // Simulator: the engine above, and the ledger's file on a disk of bytes
    library(
      "Tryout/SluiceSimulator",
      [
        "SluiceEngine", "SluiceLedgerStore", "SluicePorts", "SluiceCore", "SluiceLedger",
        "SluiceJSON",
        "SluiceSystem",
      ]),

    // Engine
    library("Engine/SluiceEngine", ["SluicePorts", "SluiceCore", "SluiceLedger", "SluiceJSON"]),
    library("Engine/SluicePorts", ["SluiceCore", "SluiceLedger"]),

    // Pure: no Foundation, async, clock or randomness
    library("Pure/SluiceLedger", ["SluiceCore", "SluiceJSON", "SluiceCrypto"]),
    .target(
      name: "SluiceJudge", dependencies: ["SluiceCore"], path: "Sources/Pure/SluiceJudge",
      swiftSettings: strict,
      // Rounding and roots of the standard library; nothing else pulls libm in.
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    library("Pure/SluiceCore", ["SluiceJSON", "SluiceCrypto"]),
    library("Pure/SluiceJSON"),

    // Plumbing: knows nothing of releases
    library("Plumbing/SluiceArguments", ["SluiceText"]),
    library("Plumbing/SluiceYAML", ["CYAML", "SluiceText"]),
    library("Plumbing/SluiceText"),
    library("Plumbing/SluiceHTTP", ["CCurl", "CMicroHTTPD", "SluiceSystem", "SluiceCrypto"]),
    library("Plumbing/SluiceSystem", ["CSluiceSystem"]),
    library("Plumbing/SluiceFoundation"),
    library("Plumbing/SluiceCrypto", opensslDependency),
    .target(name: "CSluiceSystem", path: "Sources/Plumbing/CSluiceSystem"),
    .systemLibrary(
      name: "CCurl", path: "Sources/Plumbing/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CMicroHTTPD", path: "Sources/Plumbing/CMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
    .systemLibrary(
      name: "CYAML", path: "Sources/Plumbing/CYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),

    // The stand-in OpenClaw of the rehearsal: a program of its own, which knows nothing of Sluice
    program(
      "Tryout/openclaw-standin", ["OpenClawStandIn", "SluiceSystem", "SluiceFoundation"]),
    library(
      "Tryout/OpenClawStandIn",
      [
        "SluiceHTTP", "SluiceSystem", "SluiceCrypto", "SluiceArguments", "SluiceYAML",
        "SluiceFoundation",
      ]),

    // The simulator by itself: core, engine, ledger and judge, and nothing of the real world
    program("Tryout/sluice-simulate", ["SluiceSimulator", "SluiceJudge", "SluiceSystem"]),

    // Figures
    program(
      "Tryout/sluice-bench",
      [
        "SluiceHAProxy", "SluiceLedgerStore", "SluiceLedger", "SluicePorts", "SluiceCore",
        "SluiceSystem", "SluiceHTTP", "SluiceJSON", "SluiceSimulator",
      ]),

    // Tests, one target per part
    .target(
      name: "SluiceTestSupport", dependencies: ["SluiceSystem"],
      path: "Tests/Support/SluiceTestSupport", swiftSettings: strict),
    .executableTarget(name: "syscall-injector", path: "Tests/Tools/syscall-injector"),
    tests("HouseTests", ["SluiceSystem"]),
    tests("SystemTests", ["SluiceSystem", "SluiceCrypto"]),
    tests("HTTPTests", ["SluiceHTTP", "SluiceSystem"]),
    tests("YAMLTests", ["SluiceYAML", "SluiceFleetFile", "SluiceCore"], fixtures: true),
    tests("ArgumentsTests", ["SluiceArguments", "SluiceText", "SluiceSystem"]),
    tests(
      "LedgerTests", ["SluiceLedger", "SluiceJSON", "SluiceCore", "SluiceCrypto"], fixtures: true),
    tests(
      "LedgerStoreTests",
      [
        "SluiceLedgerStore", "SluiceLedger", "SluicePorts", "SluiceCore", "SluiceSystem",
        "SluiceJSON",
        "SluiceSimulator",
      ]),
    tests(
      "CoreTests",
      [
        "SluiceCore", "SluiceJudge", "SluiceJSON", "SluiceCrypto", "SluiceLedger", "SluicePorts",
        "SluiceSimulator", "SluiceSystem",
      ], exclude: ["Transcripts"], fixtures: true),
    tests(
      "EngineTests",
      [
        "SluiceEngine", "SluiceSimulator", "SluicePorts", "SluiceCore", "SluiceLedger",
        "SluiceJudge", "SluiceJSON", "SluiceSystem", "sluice-simulate",
      ], fixtures: true),
    tests(
      "AttackTests",
      [
        "SluiceHost", "SluiceController", "SluiceCommands", "SluicePorts", "SluiceCore",
        "SluiceSystem",
      ]),
    tests("HostTests", ["SluiceHost", "SluicePorts", "SluiceCore", "SluiceSystem", "SluiceJSON"]),
    tests(
      "BalancerTests",
      [
        "SluiceHAProxy", "SluiceEvidence", "SluiceSimulator", "SluicePorts", "SluiceCore",
        "SluiceSystem", "SluiceHTTP", "SluiceEngine", "SluiceJudge", "SluiceController",
        "SluiceInstall",
      ]),
    tests(
      "OpenClawTests",
      [
        "SluiceOpenClaw", "OpenClawStandIn", "SluicePorts", "SluiceCore", "SluiceHTTP",
        "SluiceSystem", "SluiceSimulator",
      ],
      fixtures: true),
    tests(
      "AgentTests",
      [
        "SluiceAgent", "SluiceAgentClient", "SluiceHost", "SluiceOpenClaw", "SluiceSimulator",
        "SluicePorts", "SluiceCore", "SluiceSystem", "SluiceHTTP", "SluiceJSON",
        "openclaw-standin", "sluice",
      ]),
    tests(
      "InstallTests",
      [
        "SluiceInstall", "SluiceFleetFile", "SluiceAgentClient", "SluiceController", "SluicePorts",
        "SluiceCore", "SluiceSystem", "SluiceCrypto", "SluiceYAML", "sluice",
      ]),
    tests(
      "StatusTests",
      [
        "SluiceStatus", "SluicePorts", "SluiceCore", "SluiceLedger", "SluiceJSON", "SluiceEngine",
        "SluiceSimulator", "SluiceJudge",
      ]),
    tests(
      "CommandTests",
      [
        "SluiceCommands", "SluiceArguments", "SluiceCore", "SluiceLedger", "SluiceController",
        "SluiceSystem", "SluiceSimulator", "SluiceEngine", "SluiceJudge", "SluicePorts",
        "SluiceAgentClient", "SluiceJSON", "SluiceStatus",
      ]),
    tests(
      "RehearsalTests",
      [
        "SluiceRehearsal", "OpenClawStandIn", "SluiceHAProxy", "SluiceController", "SluiceHost",
        "SluiceArguments", "SluiceHTTP", "SluiceJSON", "SluicePorts", "SluiceCore", "SluiceSystem",
        "SluiceSimulator", "SluiceEngine", "SluiceJudge", "SluiceLedger",
      ]),
    tests(
      "RealBinaryTests",
      [
        "SluiceController", "SluiceAgent", "SluiceHost", "SluiceLedgerStore", "SluiceAgentClient",
        "SluiceHAProxy", "SluiceSimulator", "SluicePorts", "SluiceCore", "SluiceLedger",
        "SluiceJSON", "SluiceHTTP", "SluiceSystem", "SluiceStatus", "sluice", "openclaw-standin",
        "syscall-injector",
      ]),
    tests(
      "RemoteFleetTests",
      [
        "SluiceRehearsal", "SluiceController", "SluiceStatus", "SluiceLedger", "SluiceHost",
        "SluicePorts",
        "SluiceCore", "SluiceJSON", "SluiceSystem", "sluice", "openclaw-standin",
      ]),
    fuzzTarget,
  ] + opensslTargets).filter(isChosen)
)
