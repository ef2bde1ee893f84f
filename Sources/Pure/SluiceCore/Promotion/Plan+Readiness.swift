// Whether a plan can run now. Sluice checks this when the plan was made, when a person approves it,
// and when it is about to run. The promotion itself checks the fleet again in preflight.

/// Why a plan can no longer run and must be made anew.
public enum PlanStaleness: Sendable, Hashable {
  /// The fleet may have changed since the plan was made, which is this many milliseconds ago.
  case tooOld(ageMilliseconds: Int64)
  /// By this clock the plan was made in the future, so one of two clocks is wrong. Such a plan
  /// would never grow too old.
  case fromTheFuture
  /// `sluice.yaml` describes a different fleet now.
  case otherFleet
}

/// Whether a plan can run.
public enum PlanReadiness: Sendable, Hashable {
  case ready
  /// The first blocker.
  case blocked(String)
  case stale(PlanStaleness)
  /// No approval covers the demands; the text says why, in a sentence without its end.
  case waitsForPerson(String)
}

extension Plan {
  /// Milliseconds after which a plan is too old to run, whatever the fleet's state.
  public static let lifetimeMilliseconds: Int64 = 30 * 60_000
  /// Milliseconds by which the plan's clock may be ahead of this one.
  public static let clockSkewMilliseconds: Int64 = 60_000

  /// Staleness by age alone; nil if the plan is not stale.
  ///
  /// - Parameter now: the wall clock, in milliseconds since 1970.
  public func staleness(at now: Int64) -> PlanStaleness? {
    let age = now.subtractingClamped(madeAtMilliseconds)
    if age < -Self.clockSkewMilliseconds { return .fromTheFuture }
    return age < Self.lifetimeMilliseconds ? nil : .tooOld(ageMilliseconds: age)
  }

  /// - Parameters:
  ///   - blockers: those found when the plan was made.
  ///   - fleet: the present `sluice.yaml`.
  ///   - approval: the stored approval; nil: none.
  ///   - now: the wall clock, in milliseconds since 1970.
  public func readiness(
    blockers: [String], fleet: Fleet, approval: Approval?, at now: Int64
  ) -> PlanReadiness {
    if let blocker = blockers.first { return .blocked(blocker) }
    if let staleness = staleness(at: now) { return .stale(staleness) }
    if self.fleet != fleet { return .stale(.otherFleet) }
    return faultOfApproval(approval).map { .waitsForPerson($0) } ?? .ready
  }
}

/// The outcome of reading the fleet for a plan.
public enum PlanOutlook: Sendable, Hashable {
  /// Another promotion is running, so no new one can begin.
  case busy
  /// The fleet already runs the release.
  case isThereAlready
  /// There is something to do, and no blocker.
  case runnable
  case blocked

  /// - Parameter hasPlan: whether the reading was sufficient for a plan.
  public init(isBusy: Bool, from: Release?, to: Release, hasPlan: Bool, blockers: [String]) {
    if isBusy {
      self = .busy
    } else if !blockers.isEmpty {
      self = .blocked
    } else if from?.lockDigest == to.lockDigest {
      self = .isThereAlready
    } else {
      self = hasPlan ? .runnable : .blocked
    }
  }
}
