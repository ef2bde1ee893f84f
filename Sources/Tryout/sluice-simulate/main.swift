import SluiceJudge
import SluiceSimulator
import SluiceSystem

// `sluice simulate` without the rest of Sluice: what the mutants of core and engine are built with.
// Exit 0: no world broke an invariant; 1: one did; 64: the command line is wrong.

struct Arguments {
  var worlds = 200
  var seed: UInt64 = 1
  var tier = Simulation.Tier.engine
  var preset = FaultPreset.all
  var lanes = 1
  var only: [Int]?
  var kills: String?
  var seeds: String?

  init?(_ words: [String]) {
    var rest = words[...]
    while let word = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch word {
      case "--worlds": worlds = Int(value) ?? 0
      case "--seed": seed = UInt64(value) ?? 1
      case "--tier": tier = Int(value).flatMap(Simulation.Tier.init) ?? .engine
      case "--lanes": lanes = Int(value) ?? 1
      case "--only": only = value.split(separator: ",").compactMap { Int($0) }
      case "--kill-points": kills = value
      case "--seeds": seeds = value
      case "--faults":
        guard let named = FaultPreset(rawValue: value) else { return nil }
        preset = named
      default: return nil
      }
    }
  }
}

guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
  print("usage: sluice-simulate [--worlds N] [--seed S] [--tier 1|2] [--faults PRESET] [--lanes N]")
  exit(64)
}
ProcessMemory.keepFreed()
let simulation = Simulation(
  firstSeed: arguments.seed, worlds: arguments.worlds, tier: arguments.tier,
  preset: arguments.preset, lanes: arguments.lanes
) { LimitJudge() }

if let only = arguments.only {
  let report = await simulation.run(try simulation.setup(seed: arguments.seed).only(only))
  for line in report.ledger { print(String(decoding: line.bytes, as: UTF8.self)) }
  for violation in report.violations { print(violation) }
  exit(report.violations.isEmpty ? 0 : 1)
}
if let path = arguments.seeds {
  let cases = try WorldCase.read(try Files.readText(path))
  var broken = 0
  for origin in cases {
    var one = simulation
    one.tier = Simulation.Tier(rawValue: origin.tier) ?? .engine
    let report = await one.run(try one.setup(origin))
    for violation in report.violations { print("seed \(origin.seed): \(violation)") }
    broken += report.violations.isEmpty ? 0 : 1
  }
  print("\(cases.count) seeds that broke something once: \(cases.count - broken) hold")
  exit(broken == 0 ? 0 : 1)
}
if let kills = arguments.kills {
  var isWhole = true
  for scenario in Scenario.allCases {
    let summary = try await simulation.killPoints(of: scenario, pairs: kills == "pairs")
    let replay = "sluice simulate --tier \(arguments.tier.rawValue) --scenario "
    for line in SimulationText.lines(summary, replay: replay) { print(line) }
    isWhole = isWhole && summary.broken == nil
  }
  exit(isWhole ? 0 : 1)
}
let clock = ContinuousClock()
let began = clock.now
let summary = try await simulation.run()
let took = began.duration(to: clock.now).components
let wall = took.seconds * 1_000 + took.attoseconds / 1_000_000_000_000_000
for line in SimulationText.lines(summary, wallMilliseconds: wall) { print(line) }
guard let broken = summary.broken else { exit(0) }
let failure = try await simulation.explain(broken)
let replay =
  "sluice simulate --tier \(arguments.tier.rawValue) --seed \(failure.seed) "
  + "--faults \(arguments.preset.rawValue) --only "
  + failure.only.map(String.init).joined(separator: ",")
for line in SimulationText.lines(failure, replay: replay, ledger: nil) { print(line) }
exit(1)
