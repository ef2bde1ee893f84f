import SluiceCore
import SluiceJSON

/// The rehearsal's `sluice.yaml`, as an operator would write it.
struct FleetDescription: Sendable {
  let layout: RehearsalLayout
  let timing: RehearsalTiming
  let programs: RehearsalFleet.Programs
  /// The environment that gateways and the CLI get beside their own: the places of libraries.
  let environment: [String: String]

  var text: String {
    """
    # Three gateways on loopback, written by sluice rehearse.
    fleet: rehearsal

    writer:
      infra: \(quoted(layout.infra))
      ledger: \(quoted(layout.ledger))
      state: \(quoted(layout.writerState))

    hosts:
    \(layout.hosts.map(host).joined(separator: "\n"))

    balancer:
      kind: managed
      bind: \(layout.balancer)
      directory: \(quoted(layout.balancerDirectory))
      pinned: wait
      show_arm: true          # the load counts what each arm did
      local_clients: true     # its clients are on this machine\(front)

    ramp:
    \(ramp)

    judge:
      minimum_sessions: \(timing.minimumSessions)
      interval: \(timing.judgeMilliseconds)ms
      progress: \(timing.progressMilliseconds)ms

    probe:
      interval: \(timing.probeMilliseconds)ms
      doctor: \(timing.doctorMilliseconds)ms
      maximum_age: \(timing.maximumAgeMilliseconds)ms
      queue_limit: \(timing.queueLimit)

    swing:
      restart: \(timing.restart.rawValue)
      restart_by: \(timing.restartBy.rawValue)
      drain: \(timing.drainMilliseconds)ms
      rollback_drain: \(timing.rollbackDrainMilliseconds)ms
      start: \(timing.startMilliseconds)ms

    capacity_floor: 1
    bake: \(timing.bakeMilliseconds)ms

    """
  }

  private var front: String {
    programs.isFronted ? "\n  front: {addresses: [127.0.0.1]}" : ""
  }

  private var ramp: String {
    timing.shares.map { share in
      let hold = share == timing.shares.last ? timing.lastHoldMilliseconds : nil
      return "  - {share: \(share)%, hold: \(hold ?? timing.holdMilliseconds)ms}"
    }.joined(separator: "\n")
  }

  private func host(_ host: RehearsalLayout.Host) -> String {
    let variables = variables(host).sorted { $0.key < $1.key }
      .map { "        \($0.key): \(quoted($0.value))" }.joined(separator: "\n")
    // The real OpenClaw has no webhook digest.
    let digest =
      programs.build == nil
      ? "\n      digest: http://127.0.0.1:\(host.digestPort)/v1/webhook-digest" : ""
    let builds = programs.next == nil ? "" : "\n      builds: \(quoted(host.builds))"
    let openclaw = programs.gateway(of: host)
    return """
        - name: \(host.name)
          arm: \(host.arm.rawValue)
          socket: \(quoted(host.socket))
          gateway: \(host.gateway)
          probe: \(host.probe)
          paths:
            infra: \(quoted(host.infra))
            skills: \(quoted(host.skills))
            tenants: \(quoted(host.tenants))
            state: \(quoted(host.agentState))\(builds)
          openclaw:
            cli: \(quoted(programs.hasDoctorScript ? layout.doctorScript.path : openclaw))
            token_file: \(quoted(host.tokenFile))\(digest)
            environment:
      \(variables)
            service:
              process:
                program: \(quoted(openclaw))
                arguments: [gateway, run]
                log: \(quoted(host.gatewayLog))
                record: \(quoted(host.gatewayRecord))
      """
  }

  private func variables(_ host: RehearsalLayout.Host) -> [String: String] {
    // A real gateway names what lies below its home by `~`: its skills do not.
    let home = programs.build == nil ? host.directory : host.openclaw
    let own = [
      "HOME": home, "OPENCLAW_STATE_DIR": "\(host.openclaw)/state",
      "OPENCLAW_CONFIG_PATH": host.configuration,
    ]
    let real = programs.build == nil ? [:] : OpenClawBuild.environment(home: home)
    return environment.merging(real) { $1 }.merging(own) { $1 }
  }

  /// JSON's strings are YAML's double-quoted ones.
  private func quoted(_ text: String) -> String { JSONValue.string(text).canonicalText }
}
