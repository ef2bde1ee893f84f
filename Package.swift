// swift-tools-version: 6.2
// One section per floor, top to bottom as in docs/architecture.md; a target may import only what it lists
// (`--explicit-target-dependency-import-check error`), and lists only what stands below it.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
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
      name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])])
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
  "SluiceLink", "SluiceOpenClaw", "SluiceEvidence", "SluiceFleet", "SluiceYAML", "SluiceHost",
  "SluiceGateway", "SluiceDaemon", "SluiceJournal", "SluiceHAProxy", "SluiceLedger",
  "SluiceHTTP", "SluiceSystem", "SluicePorts", "SluiceCore", "SluiceJSON", "SluiceText",
  "SluiceCrypto", "SluiceSimulator",
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
    .executableTarget(name: "sluice", dependencies: ["SluiceCommands"], swiftSettings: strict),
    library(
      "SluiceCommands",
      [
        "SluiceArguments", "SluiceCore", "SluiceLedger", "SluicePorts", "SluiceDaemon",
        "SluiceRehearsal", "SluiceSimulator", "SluiceJudge", "SluiceSystem", "SluiceJSON",
        "SluiceStatus",
      ]),
    library(
      "SluiceRehearsal",
      [
        "SluiceDaemon", "SluiceHTTP", "SluiceSystem", "SluiceCore", "SluiceLedger", "SluicePorts",
        "SluiceCrypto", "SluiceJSON", "SluiceHost", "SluiceArguments", "SluiceStatus",
      ]),

    // Services
    library(
      "SluiceDaemon",
      [
        "SluiceGateway", "SluiceFleet", "SluiceJournal", "SluiceHost", "SluiceOpenClaw",
        "SluiceLink", "SluiceHAProxy", "SluiceEvidence", "SluiceEngine", "SluicePorts",
        "SluiceCore", "SluiceJudge", "SluiceLedger", "SluiceJSON", "SluiceSystem", "SluiceHTTP",
        "SluiceCrypto", "SluiceArguments", "SluiceStatus",
      ]),
    library("SluiceStatus", ["SluicePorts", "SluiceCore", "SluiceLedger"]),
    library(
      "SluiceGateway",
      [
        "SluiceHost", "SluiceOpenClaw", "SluiceLink", "SluicePorts", "SluiceCore", "SluiceJSON",
        "SluiceHTTP", "SluiceSystem", "SluiceCrypto",
      ]),

    // Adapters: two of them never know each other
    library("SluiceFleet", ["SluiceYAML", "SluiceCore"]),
    library(
      "SluiceJournal",
      ["SluiceLedger", "SluicePorts", "SluiceCore", "SluiceJSON", "SluiceSystem", "SluiceCrypto"]),
    library(
      "SluiceHost",
      ["SluicePorts", "SluiceCore", "SluiceJSON", "SluiceYAML", "SluiceSystem", "SluiceCrypto"]),
    library(
      "SluiceOpenClaw", ["SluicePorts", "SluiceCore", "SluiceHTTP", "SluiceSystem", "SluiceCrypto"]),
    library("SluiceLink", ["SluicePorts", "SluiceCore", "SluiceJSON", "SluiceSystem"]),
    library("SluiceHAProxy", ["SluicePorts", "SluiceCore", "SluiceSystem", "SluiceCrypto"]),
    library("SluiceEvidence", ["SluicePorts", "SluiceCore", "SluiceSystem"]),

    // Simulator: the engine above, and the ledger's file on a disk of bytes
    library(
      "SluiceSimulator",
      [
        "SluiceEngine", "SluiceJournal", "SluicePorts", "SluiceCore", "SluiceLedger", "SluiceJSON",
        "SluiceSystem",
      ]),

    // Engine
    library("SluiceEngine", ["SluicePorts", "SluiceCore", "SluiceLedger", "SluiceJSON"]),
    library("SluicePorts", ["SluiceCore", "SluiceLedger"]),

    // Pure: no Foundation, async, clock or randomness
    library("SluiceLedger", ["SluiceCore", "SluiceJSON", "SluiceCrypto"]),
    .target(
      name: "SluiceJudge", dependencies: ["SluiceCore"], swiftSettings: strict,
      // Rounding and roots of the standard library; nothing else pulls libm in.
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    library("SluiceCore", ["SluiceJSON", "SluiceCrypto"]),
    library("SluiceJSON"),

    // Plumbing: knows nothing of releases
    library("SluiceArguments", ["SluiceText"]),
    library("SluiceYAML", ["CYAML", "SluiceText"]),
    library("SluiceText"),
    library("SluiceHTTP", ["CCurl", "CMicroHTTPD", "SluiceSystem", "SluiceCrypto"]),
    library("SluiceSystem", ["CSluiceSystem"]),
    library("SluiceCrypto", opensslDependency),
    .target(name: "CSluiceSystem"),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),

    // The stand-in OpenClaw of the rehearsal: a program of its own, which knows nothing of Sluice
    .executableTarget(
      name: "openclaw-standin", dependencies: ["OpenClawStandIn"], swiftSettings: strict),
    library(
      "OpenClawStandIn",
      ["SluiceHTTP", "SluiceSystem", "SluiceCrypto", "SluiceArguments", "SluiceYAML"]),

    // The simulator by itself: core, engine, ledger and judge, and nothing of the real world
    .executableTarget(
      name: "sluice-simulate", dependencies: ["SluiceSimulator", "SluiceJudge", "SluiceSystem"],
      swiftSettings: strict),

    // Figures
    .executableTarget(
      name: "sluice-bench",
      dependencies: [
        "SluiceHAProxy", "SluiceJournal", "SluiceLedger", "SluicePorts", "SluiceCore",
        "SluiceSystem", "SluiceHTTP", "SluiceJSON", "SluiceSimulator",
      ], swiftSettings: strict),

    // Tests, one target per part
    .target(name: "SluiceTestSupport", dependencies: ["SluiceSystem"], swiftSettings: strict),
    .executableTarget(name: "syscall-injector"),
    tests("HouseTests"),
    tests("SystemTests", ["SluiceSystem", "SluiceCrypto"]),
    tests("HTTPTests", ["SluiceHTTP", "SluiceSystem"]),
    tests("YAMLTests", ["SluiceYAML", "SluiceFleet", "SluiceCore"], fixtures: true),
    tests("ArgumentsTests", ["SluiceArguments", "SluiceText"]),
    tests(
      "LedgerTests", ["SluiceLedger", "SluiceJSON", "SluiceCore", "SluiceCrypto"], fixtures: true),
    tests(
      "JournalTests",
      [
        "SluiceJournal", "SluiceLedger", "SluicePorts", "SluiceCore", "SluiceSystem", "SluiceJSON",
        "SluiceSimulator",
      ]),
    tests(
      "CoreTests",
      [
        "SluiceCore", "SluiceJudge", "SluiceJSON", "SluiceCrypto", "SluiceLedger", "SluicePorts",
        "SluiceSimulator",
      ], exclude: ["Transcripts"], fixtures: true),
    tests(
      "EngineTests",
      [
        "SluiceEngine", "SluiceSimulator", "SluicePorts", "SluiceCore", "SluiceLedger",
        "SluiceJudge", "SluiceJSON", "SluiceSystem", "sluice-simulate",
      ], fixtures: true),
    tests("HostTests", ["SluiceHost", "SluicePorts", "SluiceCore", "SluiceSystem", "SluiceJSON"]),
    tests(
      "BalancerTests",
      [
        "SluiceHAProxy", "SluiceEvidence", "SluiceSimulator", "SluicePorts", "SluiceCore",
        "SluiceSystem", "SluiceHTTP", "SluiceEngine", "SluiceJudge", "SluiceDaemon",
      ]),
    tests(
      "OpenClawTests",
      [
        "SluiceOpenClaw", "OpenClawStandIn", "SluicePorts", "SluiceCore", "SluiceHTTP",
        "SluiceSystem", "SluiceSimulator",
      ],
      fixtures: true),
    tests(
      "GatewayTests",
      [
        "SluiceGateway", "SluiceLink", "SluiceHost", "SluiceOpenClaw", "SluiceSimulator",
        "SluicePorts", "SluiceCore", "SluiceSystem", "SluiceHTTP", "SluiceJSON",
        "openclaw-standin", "sluice",
      ]),
    tests(
      "CommandTests",
      [
        "SluiceCommands", "SluiceArguments", "SluiceCore", "SluiceLedger", "SluiceDaemon",
        "SluiceSystem", "SluiceSimulator", "SluiceEngine", "SluiceJudge", "SluicePorts",
        "SluiceLink", "SluiceJSON", "SluiceStatus",
      ]),
    tests(
      "RehearsalTests",
      [
        "SluiceRehearsal", "OpenClawStandIn", "SluiceHAProxy", "SluiceDaemon", "SluiceHost",
        "SluiceArguments", "SluiceHTTP", "SluiceJSON", "SluicePorts", "SluiceCore", "SluiceSystem",
        "SluiceSimulator", "SluiceEngine", "SluiceJudge", "SluiceLedger",
      ]),
    tests(
      "RealBinaryTests",
      [
        "SluiceDaemon", "SluiceGateway", "SluiceHost", "SluiceJournal", "SluiceLink",
        "SluiceHAProxy", "SluiceSimulator", "SluicePorts", "SluiceCore", "SluiceLedger",
        "SluiceJSON", "SluiceHTTP", "SluiceSystem", "SluiceStatus", "sluice", "openclaw-standin",
        "syscall-injector",
      ]),
    fuzzTarget,
  ] + opensslTargets).filter(isChosen)
)
