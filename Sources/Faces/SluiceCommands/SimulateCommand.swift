import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluiceJudge
import SluicePorts
import SluiceSimulator
import SluiceSystem

/// `sluice simulate`: a plan in thousands of worlds that break.
enum SimulateCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "simulate", abstract: "Run a plan in thousands of simulated worlds with faults.",
      discussion:
        "Runs the real promotion, ledger, gates and judge against simulated hosts, balancer, "
        + "network, disk, clocks and operators. Each seed gives one world, in virtual time, with its "
        + "faults. The command checks the invariants of docs/invariants.md in every world. Nothing "
        + "real is touched. Tier 1 runs the promotion as a value; tier 2 runs the whole engine.",
      group: "Begin",
      options: options,
      examples: [
        Example("sluice simulate", "run a thousand worlds of the example fleet"),
        Example("sluice simulate --plan plan.json --worlds 20000", "try a plan before you run it"),
        Example(
          "sluice simulate --tier 2 --faults disk", "run the whole engine on a disk that fails"),
        Example("sluice simulate --kill-points pairs", "kill the controller at every two steps"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "no world broke an invariant"),
        (
          ExitCode.error.rawValue,
          "a world broke an invariant; the fewest faults that break it are printed"
        ),
      ])
  ) { command, terminal in
    let simulation = try simulation(command)
    if let text = command.value("kill-points") {
      return try await killPoints(simulation, pairs: text == "pairs", terminal)
    }
    if command.isGiven("only") || command.isGiven("kill") {
      return try await again(simulation, command, terminal)
    }
    return try await many(simulation, command, terminal)
  }

  private static let options = [
    OptionSpec(
      "plan", valueName: "FILE", help: "the plan to try, as sluice plan --json printed it",
      completion: .file),
    OptionSpec(
      "worlds", valueName: "N", help: "how many seeds; nine in ten give a different world",
      defaultValue: "1000"),
    OptionSpec("seed", valueName: "S", help: "the first world's seed", defaultValue: "1"),
    OptionSpec(
      "faults", valueName: "PRESET",
      help: "the faults: "
        + FaultPreset.allCases.map { "\($0.rawValue) (\($0.meaning))" }.joined(separator: "; "),
      defaultValue: FaultPreset.all.rawValue, choices: FaultPreset.allCases.map(\.rawValue)),
    OptionSpec(
      "tier", valueName: "1|2", help: "the promotion as a value, or the whole engine",
      defaultValue: "1", choices: ["1", "2"]),
    OptionSpec(
      "lanes", valueName: "N", help: "how many worlds run at the same time (default: processors)"),
    OptionSpec("only", valueName: "LIST", help: "use only these faults of the seed: 1,4,7"),
    OptionSpec(
      "kill-points", valueName: "single|pairs",
      help: "kill the controller at every step of the standard promotions; run no seeds",
      choices: ["single", "pairs"]),
    OptionSpec(
      "scenario", valueName: "NAME", help: "with --kill: the standard promotion",
      choices: Scenario.allCases.map(\.rawValue)),
    OptionSpec("kill", valueName: "LIST", help: "with --scenario: kill at these steps: 17,40"),
    OptionSpec(
      "ledger", valueName: "FILE", help: "write the ledger of a broken world to this file",
      defaultValue: "./simulated-promotions.jsonl", completion: .file),
  ]

  private static func simulation(_ command: ParsedCommand) throws -> Simulation {
    ProcessMemory.keepFreed()
    let lanes = try command.integer("lanes", in: 1...1_024) ?? HostFacts.processorCount
    var simulation = Simulation(
      firstSeed: UInt64(
        try command.integer("seed", in: 0...Int(JSONValue.integers.upperBound)) ?? 1),
      worlds: try command.integer("worlds", in: 1...1_000_000_000) ?? 1_000,
      tier: command.value("tier") == "2" ? .engine : .values,
      preset: command.value("faults").flatMap(FaultPreset.init) ?? .all, lanes: lanes
    ) { LimitJudge() }
    if let path = command.value("plan") {
      let plan = try plan(path)
      (simulation.fleet, simulation.from, simulation.to) = (plan.fleet, plan.from, plan.to)
    } else if command.isGiven("fleet") {
      simulation.fleet = try command.fleet()
    }
    return simulation
  }

  /// A plan as `sluice plan --json` prints it, or a plan alone.
  private static func plan(_ path: String) throws(PortError) -> Plan {
    do {
      let value = try JSONValue.parse(try Files.read(path))
      if let document = try? CanonicalJSON.decode(PlanDocument.self, from: value) {
        return document.plan
      }
      return try CanonicalJSON.decode(Plan.self, from: value)
    } catch {
      throw PortError(
        .refused, "\(path) holds no plan: \(error)",
        remedy: "Write one:  sluice plan TAG --json > \(path)")
    }
  }

  // MARK: Many worlds

  private static func many(
    _ simulation: Simulation, _ command: ParsedCommand, _ terminal: Terminal
  ) async throws -> ExitCode {
    let time = SystemTime()
    let began = time.now()
    let summary = try await simulation.run()
    let wall = max(1, time.now().milliseconds(since: began) ?? 1)
    var lines = SimulationText.lines(summary, wallMilliseconds: wall)
    var json = SimulationText.json(summary, wallMilliseconds: wall)
    guard let broken = summary.broken else {
      terminal.show(lines, json: .object(json))
      return .done
    }
    let failure = try await simulation.explain(broken)
    let replay = replay(failure, simulation, command)
    let path = try keep(failure.report, command)
    lines += SimulationText.lines(failure, replay: replay, ledger: path)
    json["broken"] = SimulationText.json(failure, replay: replay, ledger: path)
    terminal.show(lines, json: .object(json))
    return .error
  }

  /// The one command that shows the broken world again.
  private static func replay(
    _ failure: SimulationFailure, _ simulation: Simulation, _ command: ParsedCommand
  ) -> String {
    var words = ["sluice", "simulate"]
    if let plan = command.value("plan") { words += ["--plan", plan] }
    if command.isGiven("fleet"), let fleet = command.value("fleet") { words += ["--fleet", fleet] }
    words += [
      "--tier", "\(simulation.tier.rawValue)", "--seed", "\(failure.seed)", "--faults",
      simulation.preset.rawValue, "--only",
      failure.only.isEmpty ? "0" : failure.only.map(String.init).joined(separator: ","),
    ]
    return words.joined(separator: " ")
  }

  /// Writes the world's ledger beside the operator; nil when it has none.
  private static func keep(_ report: WorldReport, _ command: ParsedCommand) throws(PortError)
    -> String?
  {
    guard !report.ledger.isEmpty, let path = command.value("ledger") else { return nil }
    do throws(SystemError) {
      try Files.replace(path, with: report.ledger.flatMap { $0.bytes + [UInt8(ascii: "\n")] })
    } catch { throw PortError(.failed, "the world's ledger cannot be written: \(error)") }
    return path
  }

  // MARK: One world again

  private static func again(
    _ simulation: Simulation, _ command: ParsedCommand, _ terminal: Terminal
  ) async throws -> ExitCode {
    let setup: WorldSetup
    if let name = command.value("scenario"), let scenario = Scenario(rawValue: name) {
      setup = try scenario.setup(killedAt: try numbers(command, "kill"))
    } else {
      setup = try simulation.setup(seed: simulation.firstSeed).only(try numbers(command, "only"))
    }
    let report = await simulation.run(setup)
    let path = try keep(report, command)
    let lines =
      setup.origin.faults.map { "  \($0)" } + [SimulationText.end(of: report)]
      + report.violations.map { "  breaks \($0)" } + (path.map { ["ledger: \($0)"] } ?? [])
    terminal.show(lines, json: SimulationText.json(report))
    return report.violations.isEmpty ? .done : .error
  }

  private static func numbers(_ command: ParsedCommand, _ option: String) throws -> [Int] {
    let words = (command.value(option) ?? "").split(separator: ",")
    let numbers = words.compactMap { Int($0) }
    guard numbers.count == words.count else {
      throw command.usageError(
        "--\(option) cannot be \"\(command.value(option) ?? "")\"", remedy: "Give numbers: 1,4,7.")
    }
    return numbers
  }

  // MARK: Kill points

  private static func killPoints(
    _ simulation: Simulation, pairs: Bool, _ terminal: Terminal
  ) async throws -> ExitCode {
    var lines: [String] = []
    var rows: [JSONValue] = []
    var isWhole = true
    for scenario in Scenario.allCases {
      let summary = try await simulation.killPoints(of: scenario, pairs: pairs)
      let replay = "sluice simulate --tier \(simulation.tier.rawValue) --scenario "
      lines += SimulationText.lines(summary, replay: replay)
      rows.append(SimulationText.json(summary))
      isWhole = isWhole && summary.broken == nil
    }
    terminal.show(
      lines, json: ["schema": "sluice.killpoints/1", "scenarios": .array(rows)])
    return isWhole ? .done : .error
  }
}
