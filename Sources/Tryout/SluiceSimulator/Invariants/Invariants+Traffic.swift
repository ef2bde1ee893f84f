import SluiceCore

// Traffic, and the hosts that it goes to: 3, 4, 5, 12, 19, 26.

extension Invariants {
  /// 3: the canary has a share in the ramp only while its process runs the new release.
  mutating func checkSliceMatch(_ effect: Effect) {
    guard let state = effect.balancer, state.weights.share > .zero, effect.lines > 0,
      lines.indices.contains(effect.lines - 1)
    else { return }
    switch lines[effect.lines - 1].after.phase {
    case .ramping, .mirroring: break
    default: return
    }
    for canary in plan.canaries where effect.isInService(canary) {
      expect(
        effect.hosts[canary]?.version == plan.newRelease.lock.skills.version, 3, "slice match",
        "\(canary) has \(state.weights.share) and runs \(effect.hosts[canary]?.version ?? "-")")
    }
  }

  /// 4: a host's links, process and state change only while it is out of the balancer.
  mutating func checkNoTraffic(_ host: HostName, _ effect: Effect) {
    // A canary without a share gets no session: its agent moves it where it is (36).
    if effect.kind.operation?.armedBy != nil { return }
    let server = effect.balancer?.servers.first { $0.host == host }
    expect(
      server?.isTakenOut == true, 4, "no slice change under traffic",
      "\(host) was swung while the balancer gave it traffic")
  }

  /// 5: a host that comes back into the balancer serves, and was fit since its last swing (on the
  /// archived release, sound: there it serves first). Since it was last taken out, it was warm and
  /// ran the release of its link: a successor asks for the proof of the process that its
  /// predecessor swung, and gets the proof again. The events between that proof and this moment are
  /// unknown. 27: from then on the host is in service, whatever its probe said before.
  mutating func checkGivenBack(_ host: HostName, _ index: Int) {
    let swung = effects[..<index].lastIndex { effect in
      switch effect.kind {
      case .linked(host, _, _), .restarted(host, _): true
      default: false
      }
    }
    let takenOut = effects[..<index].lastIndex { $0.kind == .takenOut(host) }
    func wasWarm(since start: Int?, _ isSo: (HostFacts) -> Bool) -> Bool {
      effects[(start ?? 0)...index].contains { effect in
        effect.hosts[host].map { isSo($0) && $0.isWarm && $0.version == $0.links.current } ?? false
      }
    }
    let archived = plan.snapshot.release.lock
    func isFit(_ facts: HostFacts) -> Bool {
      let isBack =
        facts.version == archived.skills.version && facts.build == archived.openclaw.version
      return isBack ? facts.isSound : facts.isFit
    }
    let isProven =
      wasWarm(since: swung, isFit)
      && wasWarm(since: [swung, takenOut].compactMap(\.self).max(), \.serves)
    let facts = effects[index].hosts[host]
    expect(
      facts?.serves == true && isProven, 5, "never raise on unverified",
      "\(host) was given back as \(facts.map { "\($0)" } ?? "-")")
    let server = effects[index].balancer?.servers.first { $0.host == host }
    expect(
      server?.isInService == true, 27, Self.serveFirst,
      "\(host) was given back, and the balancer refuses it still")
  }

  static let serveFirst = "serve first"

  /// 27: what was seen of the balancer and its keeper while sessions came (`AdmissionWatch`).
  mutating func checkAdmissions(_ wrongs: [AdmissionWatch.Wrong]) {
    for wrong in wrongs { expect(false, 27, Self.serveFirst, wrong.words) }
  }

  /// 12: the archived share is restored only where the archived release runs. What the way forward had set
  /// may still take effect late.
  mutating func checkRestore(_ weights: Weights, _ effect: Effect) {
    guard weights.share > .zero, let index = intendedWeights[weights],
      lines[index].after.phase.isRollingBack
    else { return }
    for host in plan.fleet.gateways.map(\.name) {
      expect(
        effect.hosts[host]?.version == plan.snapshot.release.lock.skills.version, 12,
        "rollback order", "\(weights.share) was restored while \(host) ran the new release")
    }
  }

  /// 19: before a rollback, a stable gateway is taken out only while others hold the capacity
  /// floor; during a rollback this holds as long as nothing else failed.
  mutating func checkFloor(_ host: HostName, _ effect: Effect) {
    guard plan.stables.contains(host), plan.purpose != .revertNow else { return }
    let serving = plan.stables.filter { $0 != host && effect.isInService($0) }
    let isDisturbed = effects.contains { if case .fault = $0.kind { true } else { false } }
    guard serving.count < plan.fleet.capacityFloor || !isZoneKept(host, serving), !isDisturbed
    else { return }
    expect(
      false, 19, "conservation", "\(host) was taken out with \(serving.count) others in service")
  }

  /// Whether the others keep the floor of this gateway's zone.
  func isZoneKept(_ host: HostName, _ serving: [HostName]) -> Bool {
    guard let floor = plan.fleet.zoneFloor, let zone = plan.fleet.host(host)?.zone else {
      return true
    }
    return serving.filter { plan.fleet.host($0)?.zone == zone }.count >= floor
  }

  /// 26: a newer build starts on the state and the configuration only when a copy exists, and the
  /// older build never runs on a state or a configuration of another time.
  mutating func checkState(_ host: HostName, _ effect: Effect) {
    let fault = stateFault(host, effect)
    expect(fault == nil, 26, "no state without its copy", fault ?? "")
  }

  private func stateFault(_ host: HostName, _ effect: Effect) -> String? {
    guard let change = plan.forwardBuild, let facts = effect.hosts[host] else { return nil }
    switch effect.kind {
    case .swung where facts.build == change.from.version:
      if facts.configuration != change.from.version {
        return "\(host) runs \(facts.build) with the configuration of \(facts.configuration)"
      }
      return nil
    case .swung(_, let id, _) where facts.build == change.to.version:
      return effects.contains { $0.kind == .stateCopied(host, id) }
        ? nil : "\(host) started \(facts.build) on a state of which \(id) made no copy"
    case .stateCopied(_, let id):
      return facts.schemas == change.from.schemas
        ? nil : "\(id) copied a state of \(facts.schemas) on \(host)"
    case .statePutBack(_, let id):
      return facts.schemas == change.from.schemas
        ? nil : "\(id) put a state of \(facts.schemas) in place on \(host)"
    default: return nil
    }
  }

  /// The weights of the last order to set them among so many lines; else those that were archived.
  func weightsOrdered(before count: Int) -> Weights {
    for line in lines.prefix(count).reversed() {
      if case .intended(let order) = line.event, case .apply(let weights) = order.command {
        return weights
      }
    }
    return plan.snapshot.weights
  }

  /// A client with a cookie or a key comes back whatever the share is. 3: no client is on the new
  /// release before the ramp. 12: once the rollback has un-pinned the clients, none comes back to
  /// the new release. Weights that another program set do not count against Sluice, nor do clients
  /// that such weights sent to the canary: a verification reads such a share back, and Sluice never
  /// ordered it.
  mutating func checkHeld(_ visits: [HeldVisit]) {
    guard plan.purpose.goesForward else { return }
    for visit in visits where lines.indices.contains(visit.lines - 1) {
      let promotion = lines[visit.lines - 1].after
      guard promotion.weights == visit.weights, visit.generation < visit.weights.generation,
        weightsOrdered(before: visit.lines) == visit.weights
      else { continue }
      switch promotion.phase {
      case .planned, .preflight, .shadowing, .proving:
        expect(
          false, 3, "slice match",
          "a client who had been dealt to \(visit.host) before was served by the new release "
            + "while \(promotion.phase.title)")
      case .rollingBack(.swinging), .rollingBack(.restoring), .rollingBack(.verifying),
        .rolledBackUnverified:
        expect(
          false, 12, "rollback order",
          "a client came back to \(visit.host) and its new release after the drain was read back")
      case .rollingBack(.draining), .ramping, .mirroring, .settling, .concluded: break
      }
    }
  }
}
