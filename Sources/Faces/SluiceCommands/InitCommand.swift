import SluiceArguments
import SluiceController
import SluiceCore
import SluiceInstall
import SluicePorts
import SluiceSystem

/// `sluice init`: asks for the fleet, looks at its hosts, and writes a first `sluice.yaml`.
enum InitCommand {
  private static let options = [
    OptionSpec("name", valueName: "NAME", help: "the fleet's name", maximumBytes: 63),
    OptionSpec(
      "host", valueName: "[NAME=]SSH",
      help: "a gateway by its ssh name; \"local\" is this machine. Repeat it for every gateway",
      isRepeatable: true),
    OptionSpec(
      "canary", valueName: "HOST",
      help: "the gateway that runs a new release first (default: the first)"),
    OptionSpec(
      "gateway", valueName: "HOST=ADDRESS",
      help: "where OpenClaw of the host listens, as the balancer reaches it", isRepeatable: true),
    OptionSpec(
      "balancer", valueName: "ADDRESS", help: "where clients reach the balancer (0.0.0.0:8080)"),
    OptionSpec("no-look", help: "do not look at the hosts over ssh"),
    OptionSpec("overwrite", help: "replace a file that is there"),
  ]

  static let verb = Verb(
    spec: CommandSpec(
      "init", abstract: "Ask for the fleet, look at its hosts, and write a first sluice.yaml.",
      discussion:
        "On a terminal the command asks for what no option says. It looks at each host by your own "
        + "ssh, without changing anything there, and marks what it could not find. Without a "
        + "terminal and without options it writes an example to fill in. It never overwrites a file "
        + "unasked.",
      group: "Begin", options: options,
      examples: [
        Example("sluice init", "answer questions, and write sluice.yaml in this directory"),
        Example("sluice init --fleet ops/sluice.yaml", "write another file"),
        Example(
          "sluice init --host mac-a --host mac-b --host ops@mac-c.example",
          "name the gateways by their ssh names"),
      ])
  ) { command, terminal in
    let path = command.value("fleet") ?? FleetLoader.defaultPath
    let isOverwriting = command.flag("overwrite")
    if !isOverwriting { try requireFree(path) }
    let isAnswered = ["name", "host", "canary", "gateway", "balancer"].contains(
      where: command.isGiven)
    guard isAnswered || terminal.canAsk else {
      try write(template, to: path, isOverwriting: isOverwriting)
      terminal.message(
        "Wrote the example to \(path). Fill in hosts and balancer, then:  sluice check   Every key: "
          + "docs/sluice.yaml\n")
      return .done
    }
    let setup = try await InitRun(command, terminal).run()
    try write(setup.draft.text, to: path, isOverwriting: isOverwriting)
    terminal.message(setup.closing(path))
    return .done
  }

  private static func requireFree(_ path: String) throws {
    guard try Files.status(of: path) != nil else { return }
    throw PortError(
      .refused, "\(path) exists, and stays as it is",
      remedy: "Write another file:  sluice init --fleet FILE   or replace it:  sluice init "
        + "--overwrite")
  }

  /// Writes the text only when it reads back as a fleet.
  private static func write(
    _ text: String, to path: String, isOverwriting: Bool
  ) throws {
    _ = try FleetLoader.read(Array(text.utf8), file: path)
    do throws(SystemError) {
      if isOverwriting {
        try Files.replace(path, with: Array(text.utf8), mode: 0o644)
      } else {
        try Files.create(path, with: Array(text.utf8), mode: 0o644)
      }
    } catch {
      if error.isPresent { try requireFree(path) }
      throw PortError(.failed, "\(path) cannot be written: \(error)")
    }
  }

  /// A small fleet: three gateways behind the managed balancer.
  static let template = """
    fleet: my-fleet

    hosts:
    \(host("mac-a", arm: "canary", last: 11))
    \(host("mac-b", arm: "stable", last: 12))
    \(host("mac-c", arm: "stable", last: 13))

    balancer:
      kind: managed
      bind: 0.0.0.0:8080

    # Addresses that get details from the agents: the machine of balancer and keeper, and Prometheus.
    # Without the keeper's address the balancer refuses no gateway that fails hard.
    probe_from: [10.0.0.5]

    ramp: standard        # 5 → 20 → 40 %, ten minutes each
    capacity_floor: 1

    """

  private static func host(_ name: String, arm: String, last: Int) -> String {
    """
      - name: \(name)
        arm: \(arm)
        ssh: openclaw@\(name).example
        gateway: 10.0.0.\(last):18789
        probe: 10.0.0.\(last):8088
        openclaw:
          cli: /opt/homebrew/bin/openclaw
          token_file: /var/db/openclaw/secrets/gateway.token
          service:
            launchd: {domain: gui/501, label: ai.openclaw.gateway}
    """
  }
}
