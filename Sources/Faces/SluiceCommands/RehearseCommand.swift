import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts
import SluiceRehearsal
import SluiceSystem

/// `sluice rehearse`: four acts on three gateways of this machine.
enum RehearseCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "rehearse", abstract: "Play a good release and three bad ends on this machine.",
      discussion:
        "Starts three stand-in gateways, their agents, HAProxy and a load on loopback. Then plays "
        + "four acts: a good release; a release that answers with errors; a release whose tree "
        + "differs from its lock; and a promotion whose controller is killed. The rehearsal needs no "
        + "configuration and no root. At its end it stops all that it started. All its files are in "
        + "one directory. With --openclaw the gateways are real, and only their model is a stand-in: "
        + "each takes about 1 GB, and an act takes minutes.",
      group: "Begin",
      options: [
        OptionSpec(
          "act", valueName: "N", help: "play only this act",
          isRepeatable: true, choices: Act.allCases.map { String($0.rawValue) }),
        OptionSpec(
          "speed", valueName: "FACTOR",
          help: "shorten the dwells by this factor, with more traffic",
          defaultValue: "1"),
        OptionSpec(
          "openclaw", valueName: "PROGRAM", help: "use real gateways of the OpenClaw at this path",
          completion: .file),
        OptionSpec(
          "openclaw-next", valueName: "PROGRAM",
          help: "with --openclaw: a newer build; a fifth act moves to that build and back",
          completion: .file),
        OptionSpec(
          "restart", valueName: "WHEN", help: "when a swing restarts its gateway",
          defaultValue: "always", choices: SwingPolicy.Restart.allCases.map(\.rawValue)),
        OptionSpec(
          "restart-by", valueName: "WHOM", help: "who restarts the gateway",
          defaultValue: "service", choices: SwingPolicy.RestartBy.allCases.map(\.rawValue)),
        OptionSpec(
          "kill-points",
          help:
            "play the good release once for each of its ledger lines, and kill the controller there"
        ),
        OptionSpec(
          "lines", valueName: "FIRST-LAST", help: "with --kill-points: kill only at these lines"),
        OptionSpec(
          "outages",
          help: "cause outages one after the other at 50 requests/s, and report what clients lost"),
        OptionSpec(
          "outage", valueName: "NAME", help: "with --outages: cause only this outage",
          isRepeatable: true, choices: Outage.allCases.map(\.rawValue)),
        OptionSpec(
          "seconds", valueName: "N", help: "with --outages: seconds of load for each outage",
          defaultValue: "60"),
        OptionSpec(
          "strangers",
          help: "play a good release beside hostile clients that have no token"),
        OptionSpec(
          "stranger", valueName: "NAME", help: "with --strangers: play only this client",
          isRepeatable: true, choices: Stranger.allCases.map(\.rawValue)),
        OptionSpec("keep", help: "leave the fleet running with clients, and print commands to try"),
        OptionSpec(
          "clients",
          help: "run only the clients of the kept fleet in --dir; --keep starts them"
        ),
        OptionSpec("stop", help: "end the kept fleet in --dir"),
        OptionSpec(
          "dir", valueName: "DIR",
          help: "the directory of all files (default: ./rehearsal-DATE-TIME)",
          completion: .directory),
      ],
      examples: [
        Example("sluice rehearse", "play all four acts, in about three minutes"),
        Example(
          "sluice rehearse --act 2 --keep", "play the bad release, and leave the fleet running"),
        Example(
          "sluice rehearse --openclaw /usr/local/bin/openclaw",
          "play on the build that your fleet runs"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "every act ended as it should"),
        (ExitCode.error.rawValue, "an act ended otherwise, or the rehearsal was interrupted"),
      ])
  ) { command, terminal in
    if command.flag("stop") { return try await stop(command, terminal) }
    let isLive = terminal.style.isColoured && !terminal.isJSON && isatty(STDERR_FILENO) == 1
    // The default directory is made for the options: what is wrong with the programs comes first.
    let chosen = try await programs(command)
    let run = RehearsalRun(
      try options(command), programs: chosen,
      style: terminal.style, isLive: isLive, size: { Terminal.size(toError: true) }
    ) { terminal.message($0) }
    let interrupted = PortError(
      .failed, "the rehearsal was interrupted; all its processes have ended")
    if command.flag("clients") {
      try await run.clients()
      return .done
    }
    if command.flag("kill-points") {
      guard command.value("openclaw") == nil else {
        throw command.usageError(
          "--kill-points needs the stand-in: real gateways would take a day",
          remedy: "Leave out --openclaw.")
      }
      guard let summary = try await run.killPoints(try lines(command)) else { throw interrupted }
      return end(terminal, summary.lines, summary.json, isAsIntended: summary.isAsIntended)
    }
    if command.flag("outages") {
      guard command.value("openclaw") == nil else {
        throw command.usageError(
          "--outages needs the stand-in: real gateways cannot answer 50 requests/s",
          remedy: "Leave out --openclaw.")
      }
      let names = command.values("outage")
      let outages = Outage.allCases.filter { names.isEmpty || names.contains($0.rawValue) }
      guard let summary = try await run.outages(outages, seconds: try seconds(command)) else {
        throw interrupted
      }
      return end(terminal, summary.lines, summary.json, isAsIntended: summary.isAsIntended)
    }
    if command.flag("strangers") {
      guard command.value("openclaw") == nil else {
        throw command.usageError(
          "--strangers needs the stand-in", remedy: "Leave out --openclaw.")
      }
      let names = command.values("stranger")
      let strangers = Stranger.allCases.filter { names.isEmpty || names.contains($0.rawValue) }
      guard let summary = try await run.strangers(strangers) else { throw interrupted }
      return end(terminal, summary.lines, summary.json, isAsIntended: summary.isAsIntended)
    }
    guard let summary = try await run.run() else { throw interrupted }
    return end(
      terminal, summary.lines(style: terminal.style), summary.json,
      isAsIntended: summary.isAsIntended)
  }

  /// Shows what came of it. A script learns by the exit code whether all of it went as intended.
  static func end(
    _ terminal: Terminal, _ lines: [String], _ json: JSONValue, isAsIntended: Bool
  ) -> ExitCode {
    terminal.show(lines, json: json)
    return isAsIntended ? .done : .error
  }

  private static func stop(
    _ command: ParsedCommand, _ terminal: Terminal
  ) async throws -> ExitCode {
    guard let name = command.value("dir") else {
      throw command.usageError(
        "--stop needs the directory of the kept fleet", remedy: "Add  --dir DIR")
    }
    let processes = RecordedProcesses(directory: absolute(name))
    let found = processes.running()
    let left = await processes.stop()
    terminal.show(
      [
        found.isEmpty
          ? "No process of \(name) runs." : "Ended: " + found.map(\.name).joined(separator: ", ")
      ]
        + left.map {
          "\($0.name), process \($0.process.pid), does not end: kill that process by hand"
        },
      json: [
        "schema": "sluice.rehearsal.stop/1", "ended": .array(found.map { .string($0.name) }),
        "left": .array(left.map { .string($0.name) }),
      ])
    return left.isEmpty ? .done : .error
  }

  private static func programs(
    _ command: ParsedCommand
  ) async throws -> RehearsalFleet.Programs {
    var programs = try RehearsalFleet.Programs.beside(HostFacts.executablePath())
    if let path = command.value("openclaw") {
      programs.build = try await OpenClawBuild.read(absolute(path))
    }
    if let path = command.value("openclaw-next") {
      guard programs.build != nil else {
        throw command.usageError(
          "--openclaw-next needs the build before it", remedy: "Name that build with --openclaw.")
      }
      programs.next = try await OpenClawBuild.read(absolute(path))
    }
    return programs
  }

  private static func options(_ command: ParsedCommand) throws -> RehearsalOptions {
    let named = command.value("dir") ?? "."
    var options = RehearsalOptions(directory: absolute(named), shownDirectory: named)
    let acts = command.values("act").compactMap { Int($0).flatMap(Act.init) }
    let playable = command.value("openclaw-next") == nil ? Act.usual : Act.allCases
    options.acts = acts.isEmpty ? playable : Act.allCases.filter(acts.contains)
    if options.acts.contains(.newBuild), !playable.contains(.newBuild) {
      throw command.usageError(
        "--act 5 needs a build to move to", remedy: "Name that build with --openclaw-next.")
    }
    if let text = command.value("speed") {
      guard let speed = Double(text), RehearsalTiming.speeds.contains(speed) else {
        throw PortError(
          .refused, "--speed cannot be \"\(text)\"",
          remedy: "Give a factor from \(RehearsalTiming.speeds.lowerBound) to "
            + "\(RehearsalTiming.speeds.upperBound), such as 2.")
      }
      options.speed = speed
    }
    options.isKept = command.flag("keep")
    options.restart = command.value("restart").flatMap(SwingPolicy.Restart.init) ?? .always
    options.restartBy = command.value("restart-by").flatMap(SwingPolicy.RestartBy.init) ?? .service
    if command.value("dir") == nil, !command.flag("clients") { try nameDirectory(of: &options) }
    return options
  }

  private static func nameDirectory(of options: inout RehearsalOptions) throws(PortError) {
    let name = try RehearsalLayout.makeDefault(
      in: options.directory, wallMilliseconds: SystemTime().now().wallMilliseconds)
    options.directory += "/\(name)"
    options.shownDirectory += "/\(name)"
  }

  private static func seconds(_ command: ParsedCommand) throws -> Int {
    let text = command.value("seconds") ?? "60"
    guard let seconds = Int(text), (5...3_600).contains(seconds) else {
      throw command.usageError(
        "--seconds cannot be \"\(text)\"", remedy: "Give a number from 5 to 3600.")
    }
    return seconds
  }

  private static func lines(_ command: ParsedCommand) throws -> ClosedRange<Int> {
    guard let text = command.value("lines") else { return 1...100_000 }
    let ends = text.split(separator: "-").map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], 1 <= first, first <= last else {
      throw command.usageError(
        "--lines cannot be \"\(text)\"", remedy: "Give the first and the last: 10-20.")
    }
    return first...last
  }

  /// Without `.` and `..`: paths in sluice.yaml must not leave where they seem to be.
  private static func absolute(_ name: String) -> String {
    let whole = name.hasPrefix("/") ? name : "\(HostFacts.workingDirectory)/\(name)"
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
