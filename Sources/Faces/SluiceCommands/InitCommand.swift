import SluiceArguments
import SluiceController
import SluicePorts
import SluiceSystem

/// `sluice init`: a first `sluice.yaml`, never over an existing one.
enum InitCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "init", abstract: "Write a first sluice.yaml, to be filled in.",
      discussion: "An existing file is never touched.", group: "Begin",
      examples: [
        Example("sluice init", "writes sluice.yaml here"),
        Example("sluice init --fleet ops/sluice.yaml", "writes it there"),
      ])
  ) { command, terminal in
    let path = command.value("fleet") ?? FleetLoader.defaultPath
    do throws(SystemError) {
      try Files.create(path, with: Array(template.utf8), mode: 0o644)
    } catch {
      guard error.isPresent else { throw PortError(.failed, "\(path) cannot be written: \(error)") }
      throw PortError(
        .refused, "\(path) is there already, and stays as it is",
        remedy: "Write another one:  sluice init --fleet FILE")
    }
    _ = try FleetLoader.load(path)
    terminal.message("Wrote \(path). Fill in hosts and balancer; every key: docs/sluice.yaml\n")
    return .done
  }

  /// The smallest fleet that is one: three gateways behind a HAProxy of Sluice's own.
  static let template = """
    fleet: my-fleet

    hosts:
    \(host("mac-a", arm: "canary", last: 11))
    \(host("mac-b", arm: "stable", last: 12))
    \(host("mac-c", arm: "stable", last: 13))

    balancer:
      kind: managed
      bind: 0.0.0.0:8080

    # Whom the agents tell details: the machine that the balancer and its keeper run on (without its
    # address here no gateway is refused when it fails hard), and Prometheus.
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
