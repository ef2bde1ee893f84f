import SluiceCore
import SluiceJSON

/// The rehearsal's `sluice.yaml`, as an operator would write it.
struct FleetDescription: Sendable {
  let layout: RehearsalLayout
  let timing: RehearsalTiming
  /// The stand-in's program.
  let openclaw: String
  /// What gateways and the CLI get beside their own: where libraries lie.
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

    ramp:
      - {share: 5%, hold: \(timing.holdMilliseconds)ms}
      - {share: 20%, hold: \(timing.holdMilliseconds)ms}
      - {share: 40%, hold: \(timing.holdMilliseconds)ms}

    judge:
      minimum_sessions: \(timing.minimumSessions)
      interval: \(timing.judgeMilliseconds)ms
      progress: \(timing.progressMilliseconds)ms

    probe:
      interval: \(timing.probeMilliseconds)ms
      doctor: \(timing.doctorMilliseconds)ms
      maximum_age: \(timing.maximumAgeMilliseconds)ms
      queue_limit: 1000       # a busy machine lets queues grow, which is not what is rehearsed

    swing:
      restart: always
      restart_by: service
      drain: \(timing.drainMilliseconds)ms
      start: \(timing.startMilliseconds)ms

    capacity_floor: 1
    bake: \(timing.bakeMilliseconds)ms

    """
  }

  private func host(_ host: RehearsalLayout.Host) -> String {
    let variables = variables(host).sorted { $0.key < $1.key }
      .map { "        \($0.key): \(quoted($0.value))" }.joined(separator: "\n")
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
            state: \(quoted(host.agentState))
          openclaw:
            cli: \(quoted(openclaw))
            token_file: \(quoted(host.tokenFile))
            digest: http://127.0.0.1:\(host.digestPort)/v1/webhook-digest
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
    environment.merging([
      "HOME": host.directory, "OPENCLAW_STATE_DIR": "\(host.openclaw)/state",
      "OPENCLAW_CONFIG_PATH": host.configuration,
    ]) { _, own in own }
  }

  /// JSON's strings are YAML's double-quoted ones.
  private func quoted(_ text: String) -> String { JSONValue.string(text).canonicalText }
}

/// The stand-in's `openclaw.json`.
struct GatewayConfiguration: Sendable {
  let host: RehearsalLayout.Host
  let timing: RehearsalTiming
  let token: String

  var text: String {
    let value: JSONValue = [
      "gateway": [
        "mode": "local", "bind": "loopback", "port": .integer(Int64(host.gatewayPort)),
        "auth": ["mode": "token", "token": .string(token)], "trustedProxies": ["127.0.0.1"],
      ],
      "skills": ["load": ["extraDirs": [.string("\(host.skills)/current")]]],
      "standin": [
        "startMs": .integer(Int64(timing.gatewayStartMilliseconds)),
        "restartInPlaceMs": .integer(Int64(timing.gatewayStartMilliseconds)),
        "doctorMs": .integer(Int64(timing.gatewayDoctorMilliseconds)),
        "firstSessionExtraMs": .integer(Int64(timing.firstSessionMilliseconds)),
        "webhookDigestPort": .integer(Int64(host.digestPort)),
        "seed": .integer(Int64(host.seed)),
      ],
    ]
    return value.prettyText() + "\n"
  }
}
