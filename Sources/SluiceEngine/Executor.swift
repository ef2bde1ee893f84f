import SluiceCore
import SluiceJSON
import SluicePorts

/// Performs one order against the ports and says what became of it. No policy: what to do about an
/// outcome is the promotion's business.
struct Executor: Sendable {
  let env: Env
  let desk: EvidenceDesk

  /// A host that does not answer a look within this is silent.
  static let lookDeadline: Duration = .seconds(10)

  /// - Parameters:
  ///   - ledger: the controller's own epoch, and all that its ledger intended.
  ///   - began: when the order's intent became durable; nil when it moves nothing.
  ///   - stuck: the failure of the change of the weights before this one, on a way back: the same
  ///     failure again is not told again, but tried again.
  func execute(
    _ order: Order, plan: Plan, ledger: LedgerWord, began: Moment?, stuck: CommandFailure?
  ) async -> Outcome {
    let epoch = ledger.epoch
    do throws(PortError) {
      switch order.command {
      case .preflight: return await preflight(plan, order.id, ledger)
      case .prepare(let host):
        return try await place(host, links: false, plan, order.id, epoch)
      case .place(let host): return try await place(host, plan, order.id, epoch)
      case .swing(let swing): return try await self.swing(swing, plan, order.id, epoch)
      case .apply(let weights): return await apply(weights, epoch, after: stuck)
      case .evict(let host, let after):
        return try await evict(
          host, until: after, since: began ?? env.time.now(), epoch)
      case .assess(let generation, let after):
        return try await assess(generation, after, plan, order.id, epoch)
      case .verify: return try await verify(plan, order.id, ledger)
      case .wait(let milliseconds):
        try await pause(.milliseconds(milliseconds))
        return .waited
      case .archive: return try await archive(plan, order.id, epoch)
      case .conclude: return .concluded
      }
    } catch {
      return .failed(CommandFailure(error))
    }
  }

  func pause(_ duration: Duration) async throws(PortError) {
    do { try await env.time.sleep(for: duration) } catch {
      throw PortError(.unknown, "the controller is stopping")
    }
  }

  // MARK: Looking

  private struct Look: Sendable {
    var surveys: [HostName: HostSurvey] = [:]
    var silent: [HostName: String] = [:]
    var balancer: BalancerState?
    var balancerFault: String?
  }

  /// - Parameter release: the one that is about to be placed; nil when none is.
  private func look(_ id: OperationID, _ epoch: Epoch, placing release: Release? = nil) async
    -> Look
  {
    var look = Look()
    let answers = await withTaskGroup(of: (HostName, Result<HostSurvey, PortError>).self) {
      group in
      // Always in one order: a simulated world shall be the same in every process.
      for link in env.links.values.sorted(by: { $0.host < $1.host }) {
        group.addTask { (link.host, await survey(link, release, id, epoch)) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for (host, answer) in answers {
      switch answer {
      case .success(let survey): look.surveys[host] = survey
      case .failure(let error): look.silent[host] = error.message
      }
    }
    do throws(PortError) { look.balancer = try await env.balancer.read() } catch {
      look.balancerFault = error.message
    }
    return look
  }

  private func survey(
    _ link: any HostLink, _ release: Release?, _ id: OperationID, _ epoch: Epoch
  ) async -> Result<HostSurvey, PortError> {
    do throws(PortError) {
      let report = try await link.perform(
        .survey(of: release), id: id, epoch: epoch, deadline: Self.lookDeadline)
      guard case .survey(let survey) = report else {
        throw PortError(.failed, "\(link.host) answered something else than a survey")
      }
      return .success(survey)
    } catch { return .failure(error) }
  }

  private func preflight(_ plan: Plan, _ id: OperationID, _ ledger: LedgerWord) async -> Outcome {
    let look = await look(id, ledger.epoch, placing: plan.to)
    return .inspected(
      blockers: PlanCheck.blockers(
        of: plan, surveys: look.surveys, silent: look.silent, balancer: look.balancer,
        balancerFault: look.balancerFault, ledger: ledger))
  }

  private func verify(_ plan: Plan, _ id: OperationID, _ ledger: LedgerWord)
    async throws(PortError) -> Outcome
  {
    let began = env.time.now()
    while true {
      let look = await look(id, ledger.epoch)
      let verification = PlanCheck.verify(
        plan.snapshot, surveys: look.surveys, silent: look.silent, balancer: look.balancer,
        balancerFault: look.balancerFault, ledger: ledger)
      let waited = env.time.now().milliseconds(since: began) ?? Int64.max
      if verification.isClean || waited >= plan.fleet.swing.startMilliseconds {
        return .verified(verification)
      }
      // A probe may be an interval behind the process that it reports on.
      try await pause(.milliseconds(min(500, plan.fleet.probe.intervalMilliseconds)))
    }
  }

  private func assess(
    _ generation: Int64, _ after: Int64, _ plan: Plan, _ id: OperationID, _ epoch: Epoch
  ) async throws(PortError) -> Outcome {
    try await pause(.milliseconds(after))
    let hosts = await withTaskGroup(of: (HostName, Watch.HostWatch).self) { group in
      for host in plan.fleet.gateways {
        guard let link = env.links[host.name] else { continue }
        group.addTask { (link.host, await watch(link, id, epoch)) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    let balancer = try? await env.balancer.read()
    let assessment = await desk.assess(
      generation: generation, limits: plan.fleet.judge, now: env.time.now().wallMilliseconds)
    return .assessed(
      Watch(
        assessment: assessment, hosts: hosts, balancer: balancer,
        notices: await desk.takeNotices()))
  }

  private func watch(_ link: any HostLink, _ id: OperationID, _ epoch: Epoch) async
    -> Watch.HostWatch
  {
    do throws(PortError) {
      let report = try await link.perform(
        .probe, id: id, epoch: epoch, deadline: Self.lookDeadline)
      guard case .probe(let probe) = report else {
        throw PortError(.failed, "\(link.host) answered something else than a probe")
      }
      return Watch.HostWatch(probe)
    } catch {
      return Watch.HostWatch(
        status: nil, reason: error.message, runs: nil, probeDigest: nil, fingerprint: nil)
    }
  }

  // MARK: Moving

  private func place(
    _ host: HostName, links: Bool? = nil, _ plan: Plan, _ id: OperationID, _ epoch: Epoch
  ) async throws(PortError) -> Outcome {
    let report = try await insist(
      .place(plan, links: links), on: host, id, epoch,
      milliseconds: plan.fleet.swing.startMilliseconds)
    guard case .placed(let placed) = report else { throw unexpected(host, "a placement") }
    return .placed(placed)
  }

  /// Out of the balancer, swing, proof, back into it: a host that does not prove its release stays
  /// out.
  private func swing(_ order: SwingOrder, _ plan: Plan, _ id: OperationID, _ epoch: Epoch)
    async throws(PortError) -> Outcome
  {
    let policy = order.policy(plan.fleet.swing)
    try await insist(milliseconds: policy.startMilliseconds) { () async throws(PortError) in
      _ = try await env.balancer.takeOut(order.host, epoch: epoch)
    }
    let request = SwingRequest(
      release: order.release, next: order.next, policy: policy, state: order.state)
    let report = try await insist(
      .swing(request), on: order.host, id, epoch,
      milliseconds: policy.drainMilliseconds + 2 * policy.startMilliseconds
        + (order.state == nil ? 0 : StateMove.allowanceMilliseconds))
    guard case .swung(let swung) = report else { throw unexpected(order.host, "a swing") }
    guard swung.mayServe(after: order, of: plan) else { return .swung(swung) }
    try await insist(milliseconds: policy.startMilliseconds) { () async throws(PortError) in
      _ = try await env.balancer.giveBack(
        order.host, epoch: epoch, deadline: .milliseconds(policy.startMilliseconds))
    }
    return .swung(swung)
  }

  /// An answer that was lost is asked for again with the same id, which changes nothing if it was
  /// done: "unknown" never counts as done, and never as not done.
  private func insist(
    _ operation: NodeOperation, on host: HostName, _ id: OperationID, _ epoch: Epoch,
    milliseconds: Int64
  ) async throws(PortError) -> NodeReport {
    guard let link = env.links[host] else {
      throw PortError(.failed, "\(host) is not in the fleet", remedy: "Check sluice.yaml.")
    }
    return try await insist(milliseconds: milliseconds) { () async throws(PortError) in
      try await link.perform(
        operation, id: id, epoch: epoch, deadline: .milliseconds(milliseconds))
    }
  }

  private func insist<Answer>(
    milliseconds: Int64, _ body: () async throws(PortError) -> Answer
  ) async throws(PortError) -> Answer {
    let began = env.time.now()
    while true {
      do throws(PortError) { return try await body() } catch {
        let waited = env.time.now().milliseconds(since: began) ?? Int64.max
        let mayAsk = error.kind == .unknown || error.kind == .unreachable
        guard mayAsk, waited < milliseconds else { throw error }
        try await pause(.milliseconds(500))
      }
    }
  }

  private func unexpected(_ host: HostName, _ wanted: String) -> PortError {
    PortError(
      .failed, "\(host) answered something else than \(wanted)",
      remedy: "Run the same version of Sluice on the writer and on every host.")
  }

  /// Goes on as soon as nothing is open. The time that a predecessor waited is not waited again.
  private func evict(
    _ host: HostName, until milliseconds: Int64, since began: Moment, _ epoch: Epoch
  ) async throws(PortError) -> Outcome {
    let isOneBoot = env.time.now().milliseconds(since: began) != nil
    let began = isOneBoot ? began : env.time.now()
    var most = 0
    while true {
      let waited = env.time.now().milliseconds(since: began) ?? Int64.max
      // A balancer that does not answer may have open sessions.
      let open = try? await env.balancer.read().openSessions(of: host)
      most = max(most, open ?? 0)
      if open == 0 { return .evicted(ended: most, cut: 0) }
      if waited >= milliseconds { break }
      try await pause(.milliseconds(min(Command.evictionLook, milliseconds - waited)))
    }
    let cut = try await env.balancer.evict(host, epoch: epoch)
    return .evicted(ended: max(0, most - cut), cut: cut)
  }

  private func archive(_ plan: Plan, _ id: OperationID, _ epoch: Epoch) async throws(PortError)
    -> Outcome
  {
    let look = await look(id, epoch)
    guard let balancer = look.balancer,
      // After a rollback it is the old release that every gateway proves.
      let snapshot = [plan.to, plan.from].lazy.compactMap({
        PlanCheck.snapshot(
          release: $0, fleet: plan.fleet, surveys: look.surveys, weights: balancer.weights)
      }).first,
      let bytes = try? CanonicalJSON.bytes(snapshot)
    else {
      throw PortError(
        .failed, "not every gateway proves \(plan.to.tag), so it is not archived as last good")
    }
    try await env.archive.write("last_good.json", bytes)
    return .archived
  }
}
