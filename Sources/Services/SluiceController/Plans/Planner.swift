import SluiceCore
import SluiceHost
import SluicePorts
import SluiceStatus
import SluiceSystem

/// Reads the whole fleet and finds the effects of a promotion, its blockers, and other
/// irregularities. Changes nothing that serves.
public struct Planner: Sendable {
  let services: FleetServices
  private static let lookDeadline: Duration = .seconds(10)

  public init(_ services: FleetServices) { self.services = services }

  /// For a drill of a rollback: the release to which `sluice rollback` would return.
  public func readForDrillOfRollback(ticket: String) async throws(PortError) -> PlanReading {
    let known = try await LedgerReading.load(services.fleet.writer)
    guard let last = known.replay.completed.last else {
      throw PortError(
        .refused, "there is no completed promotion that a rollback could take back",
        remedy: "Drill with a new release:  sluice drill canary TAG")
    }
    return try await read(tag: last.plan.from.tag, ticket: ticket, purpose: .drillRollback)
  }

  /// Throws if the release cannot be read: no such tag, or no lock in it.
  ///
  /// - Parameters:
  ///   - purpose: to promote, or to drill.
  ///   - trial: how the release's build did on a copy of the state; nil: it was not tried.
  func read(
    tag: String, ticket: String, purpose: Plan.Purpose, trial: TrialRecord? = nil
  ) async throws(PortError) -> PlanReading {
    let to = try await services.checkout.fetch(tag: tag, commit: nil)
    let known = try await LedgerReading.load(services.fleet.writer)
    let active = known.replay.promotion
    if let active, !active.phase.isTerminal { return busy(with: active, to) }
    async let survey = survey(of: to)
    let inspection = try await services.checkout.inspect(to, scratch: services.scratch("to"))
    var blockers = inspection.fault.map { [$0] } ?? []
    blockers += try await writerBlockers()
    let (surveys, silent) = await survey
    var balancer: BalancerState?
    var balancerFault: String?
    do throws(PortError) { balancer = try await services.balancer.read() } catch {
      balancerFault = error.message + (error.remedy.map { ". \($0)" } ?? "")
    }
    let from = try await current(surveys, at: &blockers)
    let changed = try await filesChanged(from: from, to: inspection)
    var reading = PlanReading(
      from: from, to: to, surveys: surveys, silent: silent, balancer: balancer,
      document: nil, blockers: blockers, warnings: warnings(surveys))
    if !purpose.isDrill {
      reading.warnings +=
        services.fleet.drillWarning(
          last: known.replay.lastDrill, at: services.time.now().wallMilliseconds
        ).map { [$0] } ?? []
    }
    reading.ledger = known.word
    reading.signer = try await services.checkout.signer(of: to)
    reading.trial = trial
    try finish(&reading, purpose, balancerFault, inspection, changed, ticket)
    return reading
  }

  /// A moving fleet is not surveyed, because its state would not be a promotion's starting point.
  private func busy(with active: Promotion, _ to: Release) -> PlanReading {
    let title = "\(active.plan.from.tag) → \(active.plan.to.tag)"
    return PlanReading(
      from: active.plan.from, to: to, surveys: [:], silent: [:], balancer: nil, document: nil,
      blockers: [
        "another promotion is under way, \(title), \(active.phase.title). See it:  sluice status   "
          + "or end it:  sluice rollback"
      ], warnings: [], isBusy: true)
  }

  private func finish(
    _ reading: inout PlanReading, _ purpose: Plan.Purpose, _ balancerFault: String?,
    _ pack: PackInspection, _ changed: Int?, _ ticket: String
  ) throws(PortError) {
    let fleet = services.fleet
    guard let from = reading.from else {
      reading.blockers += unplaceable(reading, packBytes: pack.bytes)
      return
    }
    // A fleet that already runs the release needs no plan.
    guard from.lockDigest != reading.to.lockDigest else { return }
    guard let balancer = reading.balancer,
      let snapshot = PlanCheck.snapshot(
        release: from, fleet: fleet, surveys: reading.surveys, weights: balancer.weights)
    else {
      reading.blockers += incomplete(reading, balancerFault, from)
      reading.blockers += unplaceable(reading, packBytes: pack.bytes)
      return
    }
    let plan = Plan(
      purpose: purpose, from: from, to: reading.to, fleet: fleet, snapshot: snapshot,
      madeAtMilliseconds: services.time.now().wallMilliseconds,
      build: BuildChange(from: from, to: reading.to, surveys: reading.surveys),
      packBytes: pack.bytes, capabilities: services.balancer.capabilities.inPlan,
      trial: reading.trial)
    reading.blockers += PlanCheck.blockers(
      of: plan, surveys: reading.surveys, silent: reading.silent, balancer: balancer,
      balancerFault: nil, ledger: reading.ledger)
    reading.warnings += NodeCheck.notes(on: plan, surveys: reading.surveys)
    reading.document = try document(plan, reading, changed, ticket)
  }

  private func document(
    _ plan: Plan, _ reading: PlanReading, _ changed: Int?, _ ticket: String
  ) throws(PortError) -> PlanDocument {
    let digest: Digest
    do { digest = try plan.digest() } catch {
      throw PortError(.failed, "the plan cannot be written: \(error)")
    }
    return PlanDocument(
      plan: plan, digest: digest, ticket: ticket, blockers: reading.blockers,
      warnings: reading.warnings, filesChanged: changed, balancer: reading.balancer)
  }

  /// The blockers of placing the release, although there is no plan yet, so that an operator can
  /// mend everything at once.
  private func unplaceable(_ reading: PlanReading, packBytes: Int64) -> [String] {
    services.fleet.hosts.flatMap { host in
      reading.surveys[host.name].map {
        PlacingCheck.blockers(
          on: host, $0, placing: reading.to, packBytes: packBytes,
          mustBeSigned: services.fleet.signedTags != nil)
      } ?? []
    }
  }

  /// Why there is no plan.
  private func incomplete(_ reading: PlanReading, _ balancerFault: String?, _ from: Release)
    -> [String]
  {
    var found: [String] = []
    if let balancerFault { found.append("the balancer does not answer: \(balancerFault)") }
    for host in services.fleet.gateways {
      guard let survey = reading.surveys[host.name] else {
        let why = reading.silent[host.name] ?? "no reason given"
        found.append("\(host.name) does not answer: \(why). Nothing moves while a host is silent.")
        continue
      }
      let build = from.lock.openclaw.version
      if let version = survey.gateway?.version, version != build {
        found.append("\(host.name): its gateway is OpenClaw \(version), \(from.tag) pins \(build).")
      }
      if let fault = survey.links.currentFault { found.append("\(host.name): \(fault).") }
      guard survey.gateway?.marker != from.marker else { continue }
      let runs = survey.gateway.map { $0.marker?.version ?? "no release that it reports" }
      found.append(
        runs.map { "\(host.name): its gateway runs \($0), not \(from.lock.skills.version)." }
          ?? "\(host.name): its gateway does not answer.")
    }
    if reading.surveys.values.contains(where: { $0.gateway != nil && $0.gateway?.marker == nil }) {
      found.append(
        "A gateway that Sluice never moved reports no release. See what to do:  sluice adopt")
    }
    return found
  }

  // MARK: Reading

  private func survey(of release: Release) async -> ([HostName: HostSurvey], [HostName: String]) {
    let answers = await HostPoll(services.hosts).ask(
      .survey(of: release), deadline: Self.lookDeadline)
    var surveys: [HostName: HostSurvey] = [:]
    var silent: [HostName: String] = [:]
    for (host, answer) in answers {
      switch answer {
      case .success(let survey): surveys[host] = survey
      case .failure(let error): silent[host] = error.message
      }
    }
    return (surveys, silent)
  }

  private func writerBlockers() async throws(PortError) -> [String] {
    let state = try await services.checkout.state()
    guard let first = state.dirty.first else { return [] }
    let more = state.dirty.count > 1 ? " and \(state.dirty.count - 1) more" : ""
    return [
      "the writer's checkout \(services.fleet.writer.infra) differs from its commit: \(first)\(more)"
        + ". Commit it, or put it back with git."
    ]
  }

  /// The release that the gateways run, by their checkouts.
  private func current(_ surveys: [HostName: HostSurvey], at blockers: inout [String])
    async throws(PortError) -> Release?
  {
    let gateways = services.fleet.gateways.compactMap { surveys[$0.name] }
    let commits = Set(gateways.compactMap(\.infra.commit))
    guard !gateways.isEmpty else {
      blockers.append("no gateway answers, so what the fleet runs is not known.")
      return nil
    }
    guard let commit = commits.first, commits.count == 1,
      gateways.allSatisfy({ $0.infra.commit != nil })
    else {
      let seen = gateways.map { survey in
        "\(survey.host) \(survey.infra.commit.map { String($0.prefix(10)) } ?? "no checkout")"
      }
      blockers.append(
        "the gateways are not all on one commit (\(seen.joined(separator: ", "))). "
          + "Bring them to one release first.")
      return nil
    }
    guard let release = try await services.checkout.release(at: commit) else {
      blockers.append(try await services.checkout.reasonOfNoRelease(at: commit))
      return nil
    }
    return release
  }

  private func filesChanged(from: Release?, to: PackInspection) async throws(PortError) -> Int? {
    guard let from else { return nil }
    let before = try await services.checkout.inspect(from, scratch: services.scratch("from"))
    return to.filesChanged(from: before)
  }

  /// Irregularities for an operator that block nothing.
  private func warnings(_ surveys: [HostName: HostSurvey]) -> [String] {
    var found: [String] = []
    for (host, survey) in surveys.sorted(by: { $0.key < $1.key }) {
      if survey.diskTotalBytes > 0 {
        let used = 100 - Int(survey.diskFreeBytes * 100 / survey.diskTotalBytes)
        if used >= 90 { found.append("\(host): disk \(used) % full") }
      }
      if survey.probe.status == .degraded {
        let why = survey.probe.reasons.first { $0.level == .degraded }?.message ?? "no reason given"
        found.append("\(host): degraded: \(why)")
      }
      if let note = survey.profile?.note { found.append("\(host): \(note)") }
      found += survey.timings?.advice(for: services.fleet).map { "\(host): \($0)" } ?? []
    }
    return found + HostTimings.advice(onHoldsOf: services.fleet)
  }
}
