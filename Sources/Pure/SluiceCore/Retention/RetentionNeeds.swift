/// The stored items that a promotion under way, and a rollback, need.
///
/// A rollback returns to the last good state: the state that the last completed promotion found, or
/// that of the promotion that has not ended. Both promotions' plans name that state.
public struct RetentionNeeds: Sendable, Hashable {
  /// By promotion: why its evidence, its operation records and its copies of the state stay.
  private var promotions: [PromotionID: String] = [:]
  /// By the plan's digest, in hex.
  private var plans: [String: String] = [:]
  /// By the version of the skills.
  private var slices: [String: String] = [:]
  private var builds: [String: String] = [:]
  /// By the swing that copied the state.
  private var copies: [OperationID: String] = [:]

  /// - Parameters:
  ///   - last: the promotion that the ledger tells of last, ended or not.
  ///   - completed: the promotion that `sluice rollback` would roll back.
  ///   - lastGood: the archived last good state.
  public init(last: Promotion?, completed: Promotion?, lastGood: Snapshot?) {
    if let lastGood { need(lastGood, "the last good state") }
    if let completed {
      need(completed, "a rollback of promotion \(completed.id)")
    }
    if let last {
      let word = last.phase.isTerminal ? "the last promotion" : "the promotion under way"
      need(last, "\(word), \(last.id),")
    }
  }

  private mutating func need(_ promotion: Promotion, _ who: String) {
    let plan = promotion.plan
    promotions[promotion.id] = "\(who) needs it"
    if let digest = try? plan.digest() { plans[digest.hex] = "\(who) needs it" }
    need(plan.to, who)
    need(plan.from, who)
    need(plan.snapshot, who)
  }

  private mutating func need(_ release: Release, _ who: String) {
    slices[release.lock.skills.version] = "\(who) needs it"
    builds[release.lock.openclaw.version] = "\(who) needs it"
  }

  private mutating func need(_ snapshot: Snapshot, _ who: String) {
    need(snapshot.release, who)
    for host in snapshot.hosts.values {
      for version in [host.links.current, host.links.next, host.marker.version] {
        if let version { slices[version] = "\(who) needs it" }
      }
      for build in [host.openclaw, host.buildLink] {
        if let build { builds[build] = "\(who) needs it" }
      }
      if let copy = host.stateCopiedBy { copies[copy] = "\(who) needs it" }
    }
  }

  /// Why an item has to stay, as a sentence without its full stop; nil: nothing needs it.
  public func reason(for item: StoredItem) -> String? {
    let name = item.id.name
    return switch item.id.kind {
    case .evidence: promotions[PromotionID(rawValue: name)]
    case .plan: plans[name]
    case .slice: slices[name]
    case .build: builds[name]
    case .stateCopy, .newerState, .operation:
      item.operation.flatMap { copies[$0] ?? $0.promotion.flatMap { promotions[$0] } }
    case .controllerLog, .tornTail, .damagedSlice, .buildTrial: nil
    }
  }
}

extension OperationID {
  /// The part before the last slash; nil without a slash.
  var promotion: PromotionID? {
    rawValue.lastIndex(of: "/").map { PromotionID(rawValue: String(rawValue[..<$0])) }
  }
}
