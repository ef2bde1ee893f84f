/// The publish contract: conditions on the fleet before anything moves. The check is pure: `plan`
/// prints its findings, and `preflight` refuses because of them.
public enum PlanCheck {
  /// One sentence for each blocker; empty without blockers.
  ///
  /// `surveys` lacks each host that did not answer; `silent` says why. `ledger` contains the epochs
  /// and operations that hosts may have seen; nil: the ledger was not searched.
  public static func blockers(
    of plan: Plan, surveys: [HostName: HostSurvey], silent: [HostName: String],
    balancer: BalancerState?, balancerFault: String?, ledger: LedgerWord? = nil
  ) -> [String] {
    var found = planBlockers(plan)
    for host in plan.fleet.hosts {
      if let survey = surveys[host.name] {
        found += hostBlockers(host, survey, plan: plan, surveys: surveys)
        if let ledger { found += foreignBlockers(host, survey, ledger) }
      } else {
        found.append(
          "\(host.name) does not answer: \(silent[host.name] ?? "no reason given"). "
            + "Nothing moves while a host is silent.")
      }
    }
    if let balancerFault {
      found.append("the balancer does not answer: \(balancerFault)")
    } else if let balancer {
      found += balancerBlockers(balancer, plan: plan)
    }
    return told(found)
  }

  /// Sentences cut to the limits of a ledger line.
  private static func told(_ found: [String]) -> [String] {
    let rest = found.count - Speech.elements
    return found.prefix(Speech.elements).map { Speech.text($0) }
      + (rest > 0 ? ["\(rest) more things stand in the way."] : [])
  }

  /// Blockers that follow from the plan alone.
  private static func planBlockers(_ plan: Plan) -> [String] {
    guard plan.purpose.goesForward else { return [] }
    var found = BuildCheck.planBlockers(plan) + BalancerCheck.blockers(of: plan)
    found += TrialCheck.blockers(of: plan)
    if plan.to == plan.from {
      found.append("the fleet runs \(plan.from.tag) already: there is nothing to promote.")
    }
    // A drill has neither ramp nor mirror.
    guard !plan.purpose.isDrill else { return found + drillBlockers(plan) }
    let unknown = plan.fleet.ramp.tenants(at: .max - 1).filter { plan.to.lock.tenants[$0] == nil }
    if !unknown.isEmpty {
      found.append(
        "the ramp pins \(unknown.joined(separator: ", ")), and \(plan.to.tag) has no fragments of "
          + "such a tenant. Mend ramp in sluice.yaml, or lock a release that has them.")
    }
    return found + mirrorBlockers(plan)
  }

  private static func hostBlockers(
    _ host: HostSpec, _ survey: HostSurvey, plan: Plan, surveys: [HostName: HostSurvey]
  ) -> [String] {
    var found = commonBlockers(host, survey)
    guard host.role == .gateway else { return found + followerBlockers(host, survey, plan: plan) }
    if survey.infra.lockDigest != plan.from.lockDigest {
      found.append(
        "\(host.name): its openclaw.lock is not the one of \(plan.from.tag). "
          + "Bring it to \(plan.from.tag) first.")
    }
    found += FragmentCheck.blockers(on: host, survey, release: plan.to, surveys: surveys)
    found += gatewayBlockers(host, survey, plan: plan)
    found += BuildCheck.hostBlockers(host, survey, plan: plan)
    if plan.purpose.goesForward {
      found += PlacingCheck.blockers(
        on: host, survey, placing: plan.to, packBytes: plan.packBytes, change: plan.build,
        mustBeSigned: plan.fleet.signedTags != nil)
    }
    return found
  }

  /// Blockers for any promotion on this host, and for one to `release`: the part of the contract
  /// that needs no plan.
  public static func standing(
    _ host: HostSpec, _ survey: HostSurvey, release: Release?, packBytes: Int64?,
    mustBeSigned: Bool = false
  ) -> [String] {
    var found = commonBlockers(host, survey)
    guard host.role == .gateway else { return found }
    if let fault = survey.links.currentFault {
      found.append("\(host.name): \(fault). See what to do:  sluice adopt")
    }
    if survey.gateway == nil { found.append("\(host.name): its gateway does not answer.") }
    found += probeBlocker(host, survey)
    if let release {
      found += PlacingCheck.blockers(
        on: host, survey, placing: release, packBytes: packBytes, mustBeSigned: mustBeSigned)
    }
    return found
  }

  private static func commonBlockers(_ host: HostSpec, _ survey: HostSurvey) -> [String] {
    var found: [String] = []
    if !survey.infra.dirty.isEmpty {
      found.append(
        "\(host.name): the infra checkout differs from its commit (\(survey.infra.dirty[0])). "
          + "Commit it or put it back with git.")
    }
    if let operation = survey.busyWith {
      found.append("\(host.name) is still busy with \(operation).")
    }
    return found
  }

  private static func probeBlocker(_ host: HostSpec, _ survey: HostSurvey) -> [String] {
    guard survey.probe.status == .fail else { return [] }
    let reason = survey.probe.reasons.first { $0.level == .fail }?.message ?? "no reason given"
    return ["\(host.name): its probe is fail: \(reason)"]
  }

  private static func gatewayBlockers(_ host: HostSpec, _ survey: HostSurvey, plan: Plan)
    -> [String]
  {
    let archived = plan.snapshot.hosts[host.name]
    var found: [String] = []
    if let slice = survey.slices.first(where: { $0.version == plan.from.lock.skills.version }) {
      if let fault = slice.fault {
        found.append("\(host.name): slice \(slice.version) is not sound: \(fault)")
      } else if slice.tree != plan.from.lock.skills.tree {
        found.append(
          "\(host.name): slice \(slice.version) hashes to \(slice.tree.short), the lock of "
            + "\(plan.from.tag) says \(plan.from.lock.skills.tree.short). It was altered on disk.")
      }
    } else {
      found.append("\(host.name): slice \(plan.from.lock.skills.version) is missing on disk.")
    }
    if let fault = survey.links.currentFault {
      found.append("\(host.name): \(fault). See what to do:  sluice adopt")
    } else if survey.links.current != archived?.links.current {
      found.append(
        "\(host.name): current names \(survey.links.current ?? "nothing"), the plan was read with "
          + "\(archived?.links.current ?? "nothing"). Plan anew.")
    }
    guard let gateway = survey.gateway else {
      found.append("\(host.name): its gateway does not answer.")
      return found
    }
    if gateway.marker != archived?.marker {
      found.append(
        "\(host.name): its gateway runs \(gateway.marker?.version ?? "no release that it reports"), "
          + "not \(archived?.marker.version ?? plan.from.lock.skills.version).")
    }
    if survey.probe.status == .fail {
      found += probeBlocker(host, survey)
    } else if survey.probe.fingerprint != archived?.fingerprint {
      found.append("\(host.name): its state changed since the plan was read. Plan anew.")
    }
    return found
  }

  /// Workers and notifiers may trail by one release, but never lead. So before a promotion they are on
  /// the release that the gateways run.
  private static func followerBlockers(_ host: HostSpec, _ survey: HostSurvey, plan: Plan)
    -> [String]
  {
    let digest = survey.infra.lockDigest
    if digest == plan.to.lockDigest, plan.to != plan.from {
      return [
        "\(host.name) (\(host.role.rawValue)) is on \(plan.to.tag) already: it must not lead."
      ]
    }
    guard plan.purpose == .promote, digest != plan.from.lockDigest else { return [] }
    let has = survey.infra.lock.map { "on skills \($0.skills.version)" } ?? "without a lock"
    return [
      "\(host.name) (\(host.role.rawValue)) is \(has), the gateways are on \(plan.from.tag). It must "
        + "not lead, and trails by one release at most. Bring it to \(plan.from.tag):  "
        + "git -C \(host.paths.infra) checkout \(plan.from.tag)"
    ]
  }

  private static func balancerBlockers(_ state: BalancerState, plan: Plan) -> [String] {
    var found: [String] = []
    if !state.weights.dealsLike(plan.snapshot.weights) {
      found.append(
        "the balancer gives the canary \(state.weights.words), the plan was read with "
          + "\(plan.snapshot.weights.words). Plan anew.")
    }
    for server in state.servers where !server.isInService {
      let why = server.isTakenOut ? "is taken out of the balancer" : "is down for the balancer"
      found.append("\(server.host) \(why).")
    }
    let stables = state.servers.filter { $0.arm == .stable && $0.isInService }.count
    if stables < plan.fleet.capacityFloor {
      found.append(
        "\(stables) stable gateways are in service, the capacity floor is "
          + "\(plan.fleet.capacityFloor).")
    }
    return found
  }

  /// The good state that the surveys and the balancer show, for the archive. Nil if a gateway
  /// cannot prove which release it runs.
  public static func snapshot(
    release: Release, fleet: Fleet, surveys: [HostName: HostSurvey], weights: Weights
  ) -> Snapshot? {
    var hosts: [HostName: Snapshot.Host] = [:]
    for host in fleet.gateways {
      guard let survey = surveys[host.name], let gateway = survey.gateway,
        let marker = gateway.marker, marker == release.marker, survey.links.currentFault == nil,
        gateway.version == release.lock.openclaw.version
      else { return nil }
      hosts[host.name] = Snapshot.Host(
        marker: marker, links: survey.links, fingerprint: survey.probe.fingerprint,
        probeDigest: survey.probe.probeDigest, openclaw: gateway.version,
        buildLink: survey.builds?.current)
    }
    return Snapshot(release: release, weights: weights, hosts: hosts)
  }

  /// Compares the fleet with the snapshot after a rollback.
  public static func verify(
    _ snapshot: Snapshot, surveys: [HostName: HostSurvey], silent: [HostName: String],
    balancer: BalancerState?, balancerFault: String?, ledger: LedgerWord? = nil
  ) -> Verification {
    var faults: [HostName: String] = [:]
    var running: [HostName] = []
    for (name, archived) in snapshot.hosts {
      guard let survey = surveys[name] else {
        faults[name] = "it does not answer: \(silent[name] ?? "no reason given")"
        continue
      }
      faults[name] = difference(survey, archived)
      guard faults[name] == nil else { continue }
      faults[name] = fingerprintDifference(survey, archived)
      if faults[name] != nil, survey.probe.provesRelease { running.append(name) }
    }
    var fault = balancerFault
    if let balancer, fault == nil {
      if !balancer.weights.dealsLike(snapshot.weights) {
        fault =
          "it gives the canary \(balancer.weights.words), archived is \(snapshot.weights.words)"
      } else if let out = balancer.servers.first(where: { !$0.isInService }) {
        fault = "\(out.host) is not in service"
      }
    }
    return Verification(
      weights: balancer?.weights, faults: faults, balancerFault: fault,
      running: running.isEmpty ? nil : running.sorted(),
      strangers: strangers(surveys, ledger))
  }

  private static func difference(_ survey: HostSurvey, _ archived: Snapshot.Host) -> String? {
    if !survey.links.areBack(at: archived.links) {
      return "its links name \(survey.links.current ?? "nothing") and "
        + "\(survey.links.next ?? "nothing"), archived are \(archived.links.current ?? "nothing") "
        + "and \(archived.links.next ?? "nothing")"
    }
    if let fault = BuildCheck.difference(survey, archived) { return fault }
    guard let marker = survey.gateway?.marker else { return "its gateway reports no release" }
    if marker != archived.marker { return "its gateway still runs \(marker.version)" }
    // The tree may have changed after the probe.
    if let slice = survey.slices.first(where: { $0.version == marker.version }) {
      if let fault = slice.fault { return "its slice \(slice.version) is not sound: \(fault)" }
      if slice.tree != marker.tree {
        return "its slice \(slice.version) was altered on disk: it hashes to \(slice.tree.short), "
          + "archived is \(marker.tree.short)"
      }
    }
    return nil
  }

  private static func fingerprintDifference(
    _ survey: HostSurvey, _ archived: Snapshot.Host
  ) -> String? {
    guard survey.probe.fingerprint != archived.fingerprint else { return nil }
    let reason = survey.probe.reasons.first { $0.level != .ok }?.message
    return "its fingerprint is not the archived one" + (reason.map { ": \($0)" } ?? "")
  }
}
