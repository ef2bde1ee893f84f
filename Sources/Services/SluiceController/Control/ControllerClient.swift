import SluiceCore
import SluiceJSON
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

/// Carries a person's requests to the running controller, or to a new one. Every call returns only
/// once the controller or the ledger has taken the request.
public struct ControllerClient: Sendable {
  let fleet: Fleet
  let fleetPath: String
  let time = SystemTime()

  /// - Parameter fleetPath: absolute.
  public init(fleet: Fleet, fleetPath: String) {
    self.fleet = fleet
    self.fleetPath = fleetPath
  }

  /// A promotion's first line in the ledger, so that a watcher can follow the promotion from its
  /// beginning.
  public struct Begun: Sendable {
    public let id: PromotionID
    public let firstLine: Int

    public init(id: PromotionID, firstLine: Int) {
      self.id = id
      self.firstLine = firstLine
    }
  }

  /// The result of an attempt to run a plan.
  public enum Promoting: Sendable {
    case begun(Begun)
    /// No approval covers the demands; the text says why. The plan is kept for an approval.
    case waitsForPerson(String)
  }

  /// Starts a plan. Throws `.refused` if the plan is stale or blocked, or another promotion is
  /// active. The approval is checked here only for an early message: the promotion itself refuses
  /// without it.
  public func promote(_ document: PlanDocument, actor: String, ticket: String)
    async throws(PortError) -> Promoting
  {
    let store = PlanStore(fleet.writer)
    let readiness = document.plan.readiness(
      blockers: document.blockers, fleet: fleet,
      approval: try store.approval(of: document.digest), at: time.now().wallMilliseconds)
    switch readiness {
    case .ready: return .begun(try await start(document, actor: actor, ticket: ticket))
    case .blocked(let blocker):
      throw PortError(
        .refused, "plan \(document.digest.short) is blocked: \(blocker)",
        remedy: "Mend it, then:  sluice plan \(document.plan.to.tag)")
    case .stale(let staleness): throw error(of: staleness, document)
    case .waitsForPerson(let fault):
      // A plan made from a tag is stored now, because the approval applies to exactly this plan.
      try store.write(document)
      return .waitsForPerson(fault)
    }
  }

  /// The error for a plan that must be made anew.
  private func error(of staleness: PlanStaleness, _ document: PlanDocument) -> PortError {
    let (digest, again) = (
      document.digest.short, "Read it again:  sluice plan \(document.plan.to.tag)"
    )
    switch staleness {
    case .tooOld(let age):
      return PortError(
        .refused,
        "plan \(digest) was read \(Wording.duration(age)) ago, which is "
          + "too long: the fleet may have changed", remedy: again)
    case .fromTheFuture:
      return PortError(
        .refused,
        "plan \(digest) was read at \(Timestamp.text(document.plan.madeAtMilliseconds)), and it is "
          + "\(Timestamp.text(time.now().wallMilliseconds)) by "
          + "this clock: a plan from the future would never grow too old",
        remedy: "Set the clock right.  \(again)")
    case .otherFleet:
      return PortError(
        .refused, "\(fleetPath) has changed since plan \(digest) was read", remedy: again)
    }
  }

  /// The command to type for a plan that waits for approval.
  public static func approving(_ document: PlanDocument) -> String {
    "Accept it:  \(NextAction.approve(document.digest.short).text)"
  }

  /// Stores a person's approval beside the plan until the plan runs.
  public func approve(_ document: PlanDocument, actor: String, reason: String) throws(PortError)
    -> Approval
  {
    guard !document.plan.demands.isEmpty else {
      throw PortError(
        .refused, "plan \(document.digest.short) demands nothing of anybody",
        remedy: "Run it:  sluice promote \(document.digest.short)")
    }
    if let staleness = document.plan.staleness(at: time.now().wallMilliseconds) {
      throw error(of: staleness, document)
    }
    let approval = Approval(
      plan: document.digest, actor: actor, reason: reason,
      atMilliseconds: time.now().wallMilliseconds, accepts: document.plan.demands)
    try PlanStore(fleet.writer).write(approval)
    return approval
  }

  /// Rolls back the last completed promotion, in waves or at once.
  ///
  /// - Parameter tag: the release to return to. Required if the last promotion was not completed,
  ///   so that a second `rollback` in a row does not go back two releases by accident.
  public func revert(to tag: String?, now: Bool, actor: String, reason: String)
    async throws(PortError) -> Begun
  {
    let reading = try await LedgerReading.load(fleet.writer)
    guard let last = reading.replay.completed.last else {
      throw PortError(
        .refused, "there is no completed promotion to come back from",
        remedy: "See what was done:  sluice audit log")
    }
    try check(tag, last, reading)
    let plan = last.plan.reverting(
      fleet: fleet, capabilities: Traffic.capabilities(of: fleet), now: now,
      // The promotion's copies belong to the release that it came from.
      copies: last.hosts.compactMapValues(\.stateCopiedBy),
      weights: reading.replay.promotion?.weights, at: time.now().wallMilliseconds)
    let digest: Digest
    do { digest = try plan.digest() } catch {
      throw PortError(.failed, "the rollback cannot be written: \(error)")
    }
    let document = PlanDocument(
      plan: plan, digest: digest, ticket: reason, blockers: [], warnings: [], filesChanged: nil,
      balancer: nil)
    return try await start(document, actor: actor, ticket: reason)
  }

  // MARK: Parts

  private func check(_ tag: String?, _ last: Promotion, _ reading: LedgerReading)
    throws(PortError)
  {
    let back = last.plan.from.tag
    if let tag, tag != back {
      throw PortError(
        .refused, "the release before \(last.plan.to.tag) is \(back), not \(tag)",
        remedy: "Back by one:  sluice rollback --to \(back)   or forward to it:  sluice plan \(tag)"
      )
    }
    guard tag == nil, reading.replay.lastBesidesDrills != last.id else { return }
    throw PortError(
      .refused,
      "the last promotion ended \(reading.replay.promotion?.phase.title ?? "long ago"); the fleet "
        + "is on \(last.plan.to.tag), its last good release",
      remedy: "Nothing is to be done. One release further back:  sluice rollback --to \(back)")
  }

  func start(_ document: PlanDocument, actor: String, ticket: String)
    async throws(PortError) -> Begun
  {
    try PlanStore(fleet.writer).write(document)
    let id = PromotionID.new(at: time.now().wallMilliseconds)
    let first = try await LedgerReading.load(fleet.writer).entries.count
    let task = ControllerInvocation.Task.start(
      id, plan: document.digest.hex, actor: actor, ticket: ticket.isEmpty ? nil : ticket)
    let writer = fleet.writer
    try await ControllerProcess(fleetPath: fleetPath, writer: writer).start(task) {
      await Self.lines(writer, after: first).contains { $0.promotion == id.rawValue }
    }
    return Begun(id: id, firstLine: first)
  }

  func resume(with request: Request?, after count: Int) async throws(PortError) {
    let writer = fleet.writer
    try await ControllerProcess(fleetPath: fleetPath, writer: writer).start(.resume(request)) {
      await Self.lines(writer, after: count).contains { $0.kind == .leased }
    }
  }

  func active(_ reading: LedgerReading) throws(PortError) -> Begun {
    guard let promotion = reading.replay.promotion, !promotion.phase.isTerminal else {
      throw PortError(
        .refused, "there is no promotion under way", remedy: "Read a plan:  sluice plan TAG")
    }
    let first = reading.entries.firstIndex { $0.promotion == promotion.id.rawValue }
    return Begun(id: promotion.id, firstLine: first ?? 0)
  }

  private static func lines(_ writer: WriterSpec, after count: Int) async -> ArraySlice<LedgerEntry>
  {
    (try? await LedgerReading.load(writer))?.entries.dropFirst(count) ?? []
  }
}

extension PromotionID {
  /// The time, for people, and a random part, so that ids are unique: `20261124-010758-ab12`.
  static func new(at wallMilliseconds: Int64) -> PromotionID {
    let stamp = Timestamp.text(wallMilliseconds).prefix(19)
      .filter { $0.isNumber || $0 == "T" }.replacing("T", with: "-")
    return PromotionID(rawValue: "\(stamp)-\(Randomness.hexadecimal(bytes: 2))")
  }
}
