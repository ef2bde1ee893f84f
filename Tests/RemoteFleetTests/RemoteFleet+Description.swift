import SluiceCore
import SluiceTestSupport

extension RemoteFleet {
  /// `sluice.yaml`, as an operator would write it for hosts behind ssh.
  var description: String {
    """
    fleet: remote
    writer:
      infra: \(writer.infra)
      ledger: \(ledger)
      state: \(home("writer"))
      identity: \(home("writer_ed25519"))
    hosts:
    \(Self.names.compactMap(host).joined(separator: "\n"))
    balancer:
      kind: managed
      bind: \(writer.address):8080
      directory: \(home("lb"))
      user: root
      show_arm: true\(past == .behindFront ? "\n  front: {addresses: [\(client.address)]}" : "")
    ramp:
      - {share: 10%, hold: 1s}
      - {share: 30%, hold: 1s}
    judge: {minimum_sessions: 6, interval: 500ms, progress: 90s}
    probe: {interval: 500ms, doctor: 5s, maximum_age: 20s, queue_limit: 1000}
    swing: {restart: always, drain: 3s, rollback_drain: 2s, start: 60s}
    capacity_floor: 1
    bake: 500ms

    """
  }

  private func host(_ name: HostName) -> String? {
    guard let machine = machines[name] else { return nil }
    let variables = machine.openclawEnvironment.sorted { $0.key < $1.key }
      .map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return """
        - name: \(name)
          arm: \(name == Self.names[0] ? "canary" : "stable")
          ssh: root@\(machine.address)
          socket: \(machine.socket)
          gateway: \(machine.gateway)
          probe: \(machine.probe)
          paths:
            infra: \(machine.infra)
            skills: \(machine.skills)
            tenants: \(machine.tenants)
            state: \(machine.state)\(machine.hasBuilds ? "\n      builds: \(machine.builds)" : "")
          openclaw:
            cli: \(machine.cli)\(machine.hasBuilds ? "\n      state: \(machine.openclaw)/state" : "")
            token_file: \(machine.tokenFile)
            environment: {\(variables)}
            service:
              process:
                program: \(machine.cli)
                arguments: [gateway, run]
                log: \(machine.gatewayLog)
                record: \(machine.gatewayRecord)
      """
  }
}
