import SluiceCore

/// Unreadable answers in place of those of a host's agent.
public enum Garbage: String, Sendable, Hashable, Codable, CaseIterable {
  case doctor, gateway, identity, skills, queues, digest, balancersRequest

  /// As the adapters say it, once they have failed to parse it.
  fileprivate static let fault = "what it answered cannot be read"
}

extension HostModel {
  /// For so many looks the probe is what Sluice makes of the garbage.
  mutating func hear(_ garbage: Garbage, looks: Int, policy: ProbePolicy) {
    let probe = merged(hearing: garbage, policy: policy)
    say(probe.status, looks: looks, isHard: !probe.hardFailures.isEmpty)
  }

  /// The probe as Sluice merges it from what the agent sees of a host that is well, but for one part.
  func merged(hearing garbage: Garbage?, policy: ProbePolicy) -> MergedProbe {
    func sight<Value>(_ value: Value, _ part: Garbage) -> Sighting<Value> {
      garbage == part ? .unseen(Garbage.fault) : .seen(value)
    }
    let lock = expected.value.lock
    let inputs = ProbeInputs(
      host: name,
      paths: HostPaths(infra: "/infra", skills: "/skills", tenants: "/tenants", state: "/state"),
      held: expected.value,
      disk: .init(
        infra: .seen(
          .init(
            commit: expected.value.commit, lockDigest: expected.value.lockDigest, lock: lock,
            dirty: [])),
        links: .seen(links),
        slice: .seen(.init(version: lock.skills.version, tree: lock.skills.tree, fault: nil)),
        pack: [], linkMovedAtMilliseconds: 0),
      process: .init(
        readiness: garbage == .gateway ? .unintelligible(Garbage.fault) : .started(failing: []),
        identity: sight(identity, .identity), skills: sight([], .skills),
        queueDepth: sight(0, .queues), behindBalancer: sight(nil, .balancersRequest)),
      doctor: [
        ProbeInputs.wholeGateway: .init(
          report: sight(DoctorReport(findings: [], raw: []), .doctor), ageMilliseconds: 0,
          accepted: [])
      ],
      word: nil,
      digest: sight(WebhookDigestReport(state: .clean, rows: 0, raw: []), .digest),
      observedAtMilliseconds: 0, ageMilliseconds: 0)
    return MergedProbe(merging: inputs, policy: policy)
  }
}
