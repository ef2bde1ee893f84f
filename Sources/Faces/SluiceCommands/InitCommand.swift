import SluiceArguments
import SluiceController
import SluicePorts
import SluiceSystem

/// `sluice init`: writes a first `sluice.yaml`, and never overwrites a file.
enum InitCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "init", abstract: "Write a first sluice.yaml, for you to fill in.",
      discussion: "The command never overwrites a file.", group: "Begin",
      examples: [
        Example("sluice init", "write sluice.yaml in this directory"),
        Example("sluice init --fleet ops/sluice.yaml", "write another file"),
      ])
  ) { command, terminal in
    let path = command.value("fleet") ?? FleetLoader.defaultPath
    do throws(SystemError) {
      try Files.create(path, with: Array(template.utf8), mode: 0o644)
    } catch {
      guard error.isPresent else { throw PortError(.failed, "\(path) cannot be written: \(error)") }
      throw PortError(
        .refused, "\(path) exists, and stays as it is",
        remedy: "Write another file:  sluice init --fleet FILE")
    }
    _ = try FleetLoader.load(path)
    terminal.message(
      "Wrote \(path). Fill in hosts and balancer, then:  sluice check   Every key: docs/sluice.yaml\n"
    )
    return .done
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
