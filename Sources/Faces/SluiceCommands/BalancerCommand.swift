import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts
import SluiceStatus
import SluiceSystem

/// `sluice balancer`: the HAProxy that Sluice owns, and its keeper.
enum BalancerCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "balancer", abstract: "Start, keep, read and stop the balancer that Sluice owns.",
      group: "Processes",
      subcommands: [
        CommandSpec(
          "start", abstract: "Start it and its keeper, or adopt those that run; never two.",
          examples: [Example("sluice balancer start", "traffic may come")]),
        CommandSpec(
          "status", abstract: "Read it back: share, servers, sessions, keeper.",
          examples: [Example("sluice balancer status", "what is true there now")]),
        CommandSpec(
          "stop", abstract: "Let open sessions end, then end it; its keeper starts none.",
          examples: [Example("sluice balancer stop", "the fleet is without a door then")]),
        CommandSpec(
          "restart", abstract: "Have another HAProxy take its place, whatever the old one does.",
          discussion:
            "For one that lost its socket or hangs. One that answers hands over its port and ends "
            + "with its last session; one that takes connections and answers none is ended.",
          examples: [Example("sluice balancer restart", "one that can be asked again")]),
        CommandSpec(
          "keep", abstract: "Keep HAProxy running, and refuse gateways that fail hard.",
          discussion:
            "Runs in the foreground until SIGTERM, as a service of launchd or systemd; start, promote "
            + "and rollback start one where none is at work. HAProxy serves without it, too.",
          options: [
            OptionSpec("until-stopped", help: "end once somebody stops HAProxy")
          ],
          examples: [Example("sluice balancer keep", "as the machine's service runs it")]),
        CommandSpec(
          "service", abstract: "Print the keeper's service definition for this machine.",
          discussion:
            "A property list of launchd on macOS, a unit of systemd elsewhere. With it HAProxy is there "
            + "again after a reboot.",
          examples: [
            Example(
              "sluice balancer service | sudo tee /etc/systemd/system/sluice-balancer.service",
              "then: systemctl enable --now sluice-balancer")
          ]),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let services = try FleetServices(fleet)
    switch command.path.last {
    case "start", "restart", "stop", "keep", "service":
      try await act(command, fleet, services, terminal)
    default:
      let state = try await services.balancer.read()
      let trouble = BalancerTrouble(
        balancer: .success(state), door: services.traffic.lifecycle?.sight(), fleet: fleet)
      try terminal.show(
        trouble.lines(width: TerminalSize.widest, style: terminal.style)
          + lines(state, trouble, style: terminal.style),
        json: try document(state))
    }
    return .done
  }

  /// What is done to the process of a balancer, and can only be done where that is Sluice's own.
  private static func act(
    _ command: ParsedCommand, _ fleet: Fleet, _ services: FleetServices, _ terminal: Terminal
  ) async throws {
    guard let lifecycle = services.traffic.lifecycle,
      let keeper = try Traffic.keeper(of: fleet, fleetPath: command.fleetPath())
    else {
      throw PortError(
        .refused, "the fleet's balancer is not a process of Sluice's",
        remedy: "Start and stop it by its own means. Read it back:  sluice balancer status")
    }
    switch command.path.last {
    case "start":
      let running = try await lifecycle.ensureRunning()
      let word = running.wasAdopted ? "runs already" : "started"
      terminal.message("\(running.program) \(word), process \(running.processID).\n")
      if try await keeper.ensure() { terminal.message("Its keeper is at work.\n") }
    case "restart":
      let running = try await lifecycle.restart()
      terminal.message("\(running.program) started, process \(running.processID).\n")
      if try await keeper.ensure() { terminal.message("Its keeper is at work.\n") }
    case "stop":
      try await lifecycle.stop()
      terminal.message("HAProxy is stopped, and stays so until:  sluice balancer start\n")
    case "keep":
      try await keeper.run(untilStopped: command.flag("until-stopped")) { sentence in
        terminal.message("\(Timestamp.text(SystemClock.wallMilliseconds()))  \(sentence)\n")
      }
    default:
      let text = keeper.serviceText(user: HostFacts.userName)
      terminal.show([text], json: ["schema": "sluice.balancer-service/1", "text": .string(text)])
    }
  }

  /// The balancer's state as it was read back, with the document's schema.
  private static func document(_ state: BalancerState) throws -> JSONValue {
    guard case .object(var members) = try CanonicalJSON.encode(state) else { return .null }
    members["schema"] = "sluice.balancer-status/1"
    return .object(members)
  }

  static func lines(
    _ state: BalancerState, _ trouble: BalancerTrouble, style: Style
  ) -> [String] {
    var table = TextTable(["host", "arm", "state", "open sessions"])
    for server in state.servers {
      let (word, severity) = trouble.standing(of: server)
      table.add([
        StyledText(server.host.rawValue), StyledText(server.arm.rawValue),
        StyledText(word, severity.tone),
        StyledText(String(server.openSessions)),
      ])
    }
    return [
      "canary share \(state.weights.share)   pins \(state.weights.pinEpoch)   generation "
        + "\(state.weights.generation)" + (process(state).map { "   \($0)" } ?? "")
    ] + table.lines(style: style).map { "  \($0)" }
  }

  private static func process(_ state: BalancerState) -> String? {
    guard let process = state.processID, let up = state.upSeconds else { return nil }
    return "process \(process), up " + Wording.duration(up.multipliedClamped(by: 1_000))
  }
}
