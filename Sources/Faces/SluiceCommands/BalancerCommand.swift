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
      "balancer", abstract: "Start, keep, show and stop the HAProxy that Sluice owns.",
      group: "Processes",
      subcommands: [
        CommandSpec(
          "start", abstract: "Start HAProxy and its keeper where they do not run.",
          examples: [Example("sluice balancer start", "start both, so that clients are served")]),
        CommandSpec(
          "status", abstract: "Show share, servers, sessions and keeper.",
          examples: [Example("sluice balancer status", "show the present state")]),
        CommandSpec(
          "stop", abstract: "Let open sessions end, then stop HAProxy until the next start.",
          examples: [Example("sluice balancer stop", "stop HAProxy; then no client is served")]),
        CommandSpec(
          "restart", abstract: "Replace HAProxy, even when it does not answer.",
          discussion:
            "Use it for an HAProxy that lost its socket or hangs. An HAProxy that answers hands over "
            + "its port and ends with its last session. An HAProxy that takes connections and answers "
            + "none is ended at once.",
          examples: [Example("sluice balancer restart", "get an HAProxy that answers again")]),
        CommandSpec(
          "keep", abstract: "Keep HAProxy running, and refuse gateways that fail hard.",
          discussion:
            "Runs in the foreground until SIGTERM, as a service of launchd or systemd. The commands "
            + "start, promote and rollback start a keeper where none is at work. HAProxy also serves "
            + "without a keeper.",
          options: [
            OptionSpec("until-stopped", help: "end when an operator stops HAProxy")
          ],
          examples: [
            Example("sluice balancer keep", "run the keeper, as the machine's service does")
          ]),
        CommandSpec(
          "service", abstract: "Print the keeper's service definition for this machine.",
          discussion:
            "Prints a property list for launchd on macOS, and a unit for systemd elsewhere. The "
            + "service starts keeper and HAProxy after a reboot.",
          examples: [
            Example(
              "sluice balancer service | sudo tee /etc/systemd/system/sluice-balancer.service",
              "install the service; then:  systemctl enable --now sluice-balancer")
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
        trouble.lines(width: terminal.width, style: terminal.style)
          + lines(state, trouble, width: terminal.width, style: terminal.style),
        json: try document(state))
    }
    return .done
  }

  /// Starts, stops or keeps the balancer's process, which only the managed balancer allows.
  private static func act(
    _ command: ParsedCommand, _ fleet: Fleet, _ services: FleetServices, _ terminal: Terminal
  ) async throws {
    guard let lifecycle = services.traffic.lifecycle,
      let keeper = try Traffic.keeper(of: fleet, fleetPath: command.fleetPath())
    else {
      throw PortError(
        .refused, "Sluice does not own the fleet's balancer: its kind is not managed",
        remedy: "Start and stop that balancer by its own means. Show it:  sluice balancer status")
    }
    switch command.path.last {
    case "start":
      let running = try await lifecycle.ensureRunning()
      let word = running.wasAdopted ? "runs already" : "started"
      terminal.message("\(running.program) \(word), process \(running.processID).\n")
      if try await keeper.ensure() { terminal.message("The keeper is at work.\n") }
    case "restart":
      let running = try await lifecycle.restart()
      terminal.message("\(running.program) started, process \(running.processID).\n")
      if try await keeper.ensure() { terminal.message("The keeper is at work.\n") }
    case "stop":
      try await lifecycle.stop()
      terminal.message("HAProxy is stopped. Start it again:  sluice balancer start\n")
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
    _ state: BalancerState, _ trouble: BalancerTrouble, width: Int, style: Style
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
    let (up, all) = (state.servers.filter(\.isInService).count, state.servers.count)
    let head =
      "canary share \(state.weights.share)   \(up) of \(all) servers in service   pin epoch "
      + "\(state.weights.pinEpoch)   generation \(state.weights.generation)"
      + (process(state).map { "   \($0)" } ?? "")
    return TextWrap.lines(head, width: width)
      + table.lines(width: width - 2, style: style).map { "  \($0)" }
  }

  private static func process(_ state: BalancerState) -> String? {
    guard let process = state.processID, let up = state.upSeconds else { return nil }
    return "process \(process), up " + Wording.duration(up.multipliedClamped(by: 1_000))
  }
}
