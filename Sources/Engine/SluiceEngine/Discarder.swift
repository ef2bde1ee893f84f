import SluiceCore
import SluiceJSON
import SluiceLedger
import SluicePorts

/// Runs `sluice gc`: asks every machine for its inventory, lets a `RetentionDecision` choose, and
/// has the chosen items removed. It contains no policy.
public struct Discarder: Sendable {
  public typealias Decisions = [StoredItem.Place: Result<RetentionDecision, PortError>]
  public typealias Reports = [StoredItem.Place: Result<DiscardReport, PortError>]

  private let env: Env
  private let writer: any ItemStore
  private let policy: RetentionPolicy

  private static let lookDeadline = Duration.seconds(60)
  /// Removing a build or a copy of the state means removing tens of thousands of files.
  private static let moveDeadline = Duration.seconds(300)
  /// An operation removes this many items at most; the next run removes the rest.
  private static let batch = 400

  /// - Parameter writer: the items on this machine.
  public init(env: Env, writer: any ItemStore, policy: RetentionPolicy) {
    self.env = env
    self.writer = writer
    self.policy = policy
  }

  /// The items that would go and that would stay on every machine. Changes nothing and needs no
  /// lease.
  public func look() async throws(PortError) -> Decisions {
    try await decide(after: try await env.readLedger().0)
  }

  /// Removes what may go. The lease keeps a promotion from beginning meanwhile.
  ///
  /// - Parameter name: unique in the ledger.
  /// - Throws: `.fenced` while a controller holds the lease, and for a ledger that cannot be read or
  ///   written. One machine's fault stands in the reports.
  public func discard(
    name: String, actor: String
  ) async throws(PortError) -> (decisions: Decisions, reports: Reports) {
    try await env.underLease(
      note: "sluice gc",
      remedy: "Its promotion uses what is stored. Try again after the promotion has ended; see "
        + "what would go:  sluice gc --dry-run"
    ) { (ledger: Env.LedgerUnderLease) throws(PortError) in
      try await discard(name: name, actor: actor, after: ledger.replay)
    }
  }

  private func discard(
    name: String, actor: String, after replay: Replay
  ) async throws(PortError) -> (Decisions, Reports) {
    let decisions = try await decide(after: replay)
    let chosen = decisions.compactMapValues { decision in
      try? decision.get().removed.prefix(Self.batch).map(\.item.id)
    }.filter { !$0.value.isEmpty }
    guard !chosen.isEmpty else { return (decisions, [:]) }
    let line = { (kind: DiscardLine.Kind, place: StoredItem.Place, items: [StoredItem.ID]) in
      DiscardLine(
        kind, at: place, items, operation: Self.operation(name, place), epoch: replay.epoch.next,
        at: env.time.now(), actor: actor)
    }
    try await append(chosen.sorted { $0.key < $1.key }.map { line(.intended, $0, $1) })
    let reports = await remove(chosen, name, replay.epoch.next)
    try await append(
      chosen.sorted { $0.key < $1.key }.compactMap { place, items in
        guard case .success(let report)? = reports[place], report.faults.isEmpty else { return nil }
        return line(.discarded, place, items)
      })
    return (decisions, reports)
  }

  private static func operation(_ name: String, _ place: StoredItem.Place) -> OperationID {
    switch place {
    case .writer: OperationID(rawValue: "\(name)/writer")
    case .host(let host): OperationID(rawValue: "\(name)/\(host)")
    }
  }

  private func append(_ lines: [DiscardLine]) async throws(PortError) {
    guard !lines.isEmpty else { return }
    _ = try await env.ledger.append(lines.map(\.draft), mayUseReserve: false)
  }

  // MARK: Looking

  private func decide(after replay: Replay) async throws(PortError) -> Decisions {
    let needs = RetentionNeeds(
      last: replay.promotion, completed: replay.completed.last, lastGood: try await lastGood())
    let now = env.time.now().wallMilliseconds
    let decision = { (items: [StoredItem]) in
      RetentionDecision(items, policy: policy, needs: needs, now: now)
    }
    var decisions: Decisions = [:]
    for (host, items) in await HostPoll(env.hosts).ask(.inventory, deadline: Self.lookDeadline) {
      decisions[.host(host)] = items.map(decision)
    }
    do throws(PortError) {
      decisions[.writer] = .success(decision(try await writer.items()))
    } catch { decisions[.writer] = .failure(error) }
    return decisions
  }

  /// Nil before the first promotion.
  private func lastGood() async throws(PortError) -> Snapshot? {
    guard let bytes = try await env.archive.read("last_good.json") else { return nil }
    do { return try CanonicalJSON.decode(Snapshot.self, from: bytes) } catch {
      throw PortError(
        .failed,
        "last_good.json beside the ledger cannot be read, so what a rollback needs is not known",
        remedy: "Put the file back from a copy. Nothing was removed.")
    }
  }

  // MARK: Removing

  private func remove(
    _ chosen: [StoredItem.Place: [StoredItem.ID]], _ name: String, _ epoch: Epoch
  ) async -> Reports {
    await withTaskGroup(of: (StoredItem.Place, Result<DiscardReport, PortError>).self) { group in
      for (place, items) in chosen {
        group.addTask {
          do throws(PortError) {
            return (place, .success(try await remove(items, at: place, name, epoch)))
          } catch { return (place, .failure(error)) }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  private func remove(
    _ items: [StoredItem.ID], at place: StoredItem.Place, _ name: String, _ epoch: Epoch
  ) async throws(PortError) -> DiscardReport {
    guard case .host(let host) = place else { return try await removeHere(items) }
    guard let client = env.hosts[host] else {
      throw PortError(.refused, "the fleet has no host \(host)")
    }
    let report = try await client.perform(
      .discard(items), id: Self.operation(name, place), epoch: epoch, deadline: Self.moveDeadline)
    guard case .discarded(let discarded) = report else {
      throw .unexpected("\(host)", wanted: "what it discarded")
    }
    // The host's report is not the proof: its inventory is.
    let left = Set(try await client.ask(.inventory, deadline: Self.lookDeadline).map(\.id))
    let standing = items.filter(left.contains)
    guard standing.count <= discarded.faults.count else {
      throw PortError(
        .failed, "\(host) says that it removed \(standing[0]), and still has it",
        remedy: "Look at that host's disk, and run again:  sluice gc")
    }
    return discarded
  }

  private func removeHere(_ items: [StoredItem.ID]) async throws(PortError) -> DiscardReport {
    let known = Dictionary(try await writer.items().map { ($0.id, $0) }) { first, _ in first }
    var report = DiscardReport(removed: 0, bytes: 0, faults: [])
    for id in items {
      do throws(PortError) {
        try await writer.remove(id)
        report.removed += 1
        report.bytes = report.bytes.addingClamped(known[id]?.bytes ?? 0)
      } catch { report.faults.append("\(id): \(error.message)") }
    }
    return report
  }
}
