import SluiceCore
import SluiceJSON
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

// A rollback with a broken ledger and without a running controller.

extension ControllerClient {
  /// The result of a rescue from a broken ledger.
  public struct Rescue: Sendable {
    public let begun: Begun
    /// The ledger's fault, the path of the kept file, and the basis of the rollback.
    public let words: [String]
  }

  /// The good state to return to, and the grounds for trusting it.
  private struct Basis {
    var plan: Plan
    var why: String
    /// The number of proven lines that belong to ended promotions.
    var lines: Int
  }

  /// Keeps the broken ledger as evidence, begins a new one with the proven lines, and rolls back to
  /// the last good state that the ledger, the plan's own file or last_good.json proves. The
  /// rollback is a new promotion, so that no earlier operation id is used again.
  ///
  /// - Returns: nil if the ledger is sound and no rescue is pending.
  public func rescue(now isAtOnce: Bool, actor: String, reason: String) async throws(PortError)
    -> Rescue?
  {
    guard let broken = try BrokenLedger.read(fleet.writer.ledger) else {
      return try await beginPending(actor: actor, reason: reason)
    }
    let services = try FleetServices(fleet)
    do throws(PortError) { try await services.lease.acquire(note: "sluice rollback") } catch {
      throw PortError(.fenced, error.message, remedy: error.remedy)
    }
    var words = [
      "\(fleet.writer.ledger):\(broken.alteration.line): \(broken.alteration.message)"
    ]
    let document: PlanDocument
    do throws(PortError) {
      guard let basis = try await basis(broken, services) else {
        throw PortError(
          .altered,
          words[0] + ". No plan and no last good state say to which release the fleet shall return",
          remedy: "Bring the ledger back from its copy, and keep both files.")
      }
      document = try await rollback(basis, broken, services, isAtOnce, reason)
      try PlanStore(fleet.writer).write(document)
      let epoch = max(broken.highestEpoch, await services.traffic.fence.seenEpoch())
      let kept = try broken.setAside(
        keeping: basis.lines, epoch: epoch, at: time.now(), actor: actor,
        next: document.digest)
      words += ["The file is kept as \(kept).", basis.why]
      await services.lease.release()
    } catch {
      await services.lease.release()
      throw error
    }
    let begun = try await start(document, actor: actor, ticket: reason)
    return Rescue(begun: begun, words: words)
  }

  /// A rescue set the ledger aside and ended before its rollback began.
  private func beginPending(actor: String, reason: String) async throws(PortError) -> Rescue? {
    let reading = try await LedgerReading.load(fleet.writer)
    guard let last = reading.entries.last, last.kind == .altered,
      let digest = last.detail["way_back"]?.text.flatMap(Digest.init)
    else { return nil }
    let document = try PlanStore(fleet.writer).find(digest.hex)
    let begun = try await start(document, actor: actor, ticket: reason)
    return Rescue(begun: begun, words: ["The changed ledger was set aside before."])
  }

  // MARK: Proven lines

  private func basis(_ broken: BrokenLedger, _ services: FleetServices) async throws(PortError)
    -> Basis?
  {
    let replay = (try? Replay(broken.proven)) ?? Replay()
    let ended = Self.endedLines(broken.proven)
    let isClaimed = broken.claimed.contains { $0.kind == .started }
    if !isClaimed, let active = replay.promotion {
      return Basis(
        plan: active.plan,
        why: "The rollback is that of promotion \(active.id): the line that began it is proven.",
        lines: active.phase.isTerminal ? broken.proven.count : ended)
    }
    if let document = plan(of: broken) {
      return Basis(
        plan: document.plan,
        why:
          "The rollback is that of plan \(document.digest.short), which its own file and lines of "
          + "the ledger name.", lines: ended)
    }
    guard let bytes = try await services.archive.read("last_good.json"),
      let good = try? CanonicalJSON.decode(Snapshot.self, from: bytes)
    else { return nil }
    let plan = Plan(
      purpose: .revert, from: good.release, to: good.release, fleet: fleet, snapshot: good,
      madeAtMilliseconds: time.now().wallMilliseconds)
    return Basis(
      plan: plan,
      why: "No line that began the promotion is proven: the rollback is to \(good.release.tag), "
        + "which last_good.json names.", lines: ended)
  }

  /// The number of lines before the promotion that had not ended.
  static func endedLines(_ proven: [LedgerEntry]) -> Int {
    var replay = Replay()
    var count = 0
    for (index, entry) in proven.enumerated() {
      do throws(LedgerFault) { try replay.take(entry) } catch { return count }
      if replay.promotion?.phase.isTerminal ?? true { count = index + 1 }
    }
    return count
  }

  /// The chain does not protect the line that began the promotion. The plan is also in a file of
  /// its own, named by its digest. This returns the plan that the last lines name.
  private func plan(of broken: BrokenLedger) -> PlanDocument? {
    let sound = PlanStore(fleet.writer).sound()
    for entry in broken.claimed.reversed() where !entry.promotion.isEmpty {
      let found = sound.first { document in
        let plan = document.plan
        return (plan.from.tag, plan.to.tag) == (entry.from, entry.to)
      }
      if let found { return found }
    }
    return nil
  }

  // MARK: The rollback

  /// A rollback to the plan's archived state. Hosts read back equal to it are not swung.
  private func rollback(
    _ basis: Basis, _ broken: BrokenLedger, _ services: FleetServices, _ isAtOnce: Bool,
    _ reason: String
  ) async throws(PortError) -> PlanDocument {
    var copies: [HostName: OperationID] = [:]
    for entry in broken.proven + broken.claimed {
      guard case .intended(let order)? = try? Recording.event(of: entry),
        case .swing(let swing) = order.command, swing.state == .copy
      else { continue }
      copies[swing.host] = order.id
    }
    var plan = basis.plan.reverting(
      fleet: fleet, capabilities: services.balancer.capabilities, now: isAtOnce, copies: copies,
      weights: try? await services.balancer.read().weights, at: time.now().wallMilliseconds)
    plan.alreadyBack = await alreadyBack(plan.snapshot, services)
    do {
      return PlanDocument(
        plan: plan, digest: try plan.digest(), ticket: reason, blockers: [], warnings: [],
        filesChanged: nil, balancer: nil)
    } catch { throw PortError(.failed, "the rollback cannot be written: \(error)") }
  }

  private func alreadyBack(_ snapshot: Snapshot, _ services: FleetServices) async -> [HostName] {
    let clients = services.hosts.filter { snapshot.hosts[$0.key] != nil }
    let surveys = await HostPoll(clients).ask(.survey(), deadline: .seconds(10))
      .compactMapValues { try? $0.get() }
    let faults = PlanCheck.verify(
      snapshot, surveys: surveys, silent: [:], balancer: nil, balancerFault: nil
    ).faults
    return snapshot.hosts.keys.filter { faults[$0] == nil }.sorted()
  }
}
