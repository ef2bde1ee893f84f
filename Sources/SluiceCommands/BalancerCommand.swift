import SluiceArguments
import SluiceCore
import SluiceDaemon
import SluiceJSON
import SluicePorts

/// `sluice balancer`: the HAProxy that Sluice owns.
enum BalancerCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "balancer", abstract: "Start, read and stop the balancer that Sluice owns.",
      group: "Processes",
      subcommands: [
        CommandSpec(
          "start", abstract: "Start it, or adopt the one that runs; never two.",
          examples: [Example("sluice balancer start", "traffic may come")]),
        CommandSpec(
          "status", abstract: "Read it back: share, servers, sessions.",
          examples: [Example("sluice balancer status", "what is true there now")]),
        CommandSpec(
          "stop", abstract: "Let open sessions end, then end it.",
          examples: [Example("sluice balancer stop", "the fleet is without a door then")]),
      ])
  ) { command, terminal in
    let services = try FleetServices(try command.fleet())
    switch command.path.last {
    case "start":
      let running = try await services.balancer.ensureRunning()
      let word = running.wasAdopted ? "runs already" : "started"
      terminal.message("HAProxy \(running.version) \(word), process \(running.process.pid).\n")
      return .done
    case "stop":
      try await services.balancer.stop()
      terminal.message("HAProxy is stopped.\n")
      return .done
    default:
      let state = try await services.balancer.read()
      try terminal.show(lines(state, style: terminal.style), json: try CanonicalJSON.encode(state))
      return .done
    }
  }

  private static func lines(_ state: BalancerState, style: Style) -> [String] {
    var table = TextTable(["host", "arm", "state", "open sessions"])
    for server in state.servers {
      let (word, tone): (String, Tone) =
        server.isTakenOut
        ? ("taken out", .warning) : server.isUp ? ("in service", .good) : ("down", .bad)
      table.add([
        StyledText(server.host.rawValue), StyledText(server.arm.rawValue), StyledText(word, tone),
        StyledText(String(server.openSessions)),
      ])
    }
    return [
      "canary share \(state.weights.share)   pins \(state.weights.pinEpoch)   generation "
        + "\(state.weights.generation)   process \(state.processID), up "
        + Wording.duration(state.upSeconds.multipliedClamped(by: 1_000))
    ] + table.lines(style: style).map { "  \($0)" }
  }
}
