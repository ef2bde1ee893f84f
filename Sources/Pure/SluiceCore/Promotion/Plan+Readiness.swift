// Whether a plan that was read may be run now. The same is asked when it was just read, when a person
// approves it and when somebody wants to run it; the promotion itself asks the fleet again in preflight.

/// Why a plan may not be run any more: it has to be read again.
public enum PlanStaleness: Sendable, Hashable {
  /// The fleet may have changed meanwhile. Milliseconds since it was read.
  case tooOld(ageMilliseconds: Int64)
  /// It was read later than it is by this clock, so one of two clocks is wrong: such a plan would never
  /// grow too old.
  case fromTheFuture
  /// `sluice.yaml` describes another fleet by now.
  case otherFleet
}

/// Whether a plan may be run.
public enum PlanReadiness: Sendable, Hashable {
  case ready
  /// What stands in its way, the first of it.
  case blocked(String)
  case stale(PlanStaleness)
  /// Nobody has accepted what it demands: why not, in a sentence without its end.
  case waitsForPerson(String)
}

extension Plan {
  /// Milliseconds after which a plan is too old to be run, whatever the fleet looks like.
  public static let lifetimeMilliseconds: Int64 = 30 * 60_000
  /// Milliseconds that the clock it was read by may be ahead of this one.
  public static let clockSkewMilliseconds: Int64 = 60_000

  /// By its age alone; nil when it is not stale.
  ///
  /// - Parameter now: the wall clock, in milliseconds since 1970.
  public func staleness(at now: Int64) -> PlanStaleness? {
    let age = now.subtractingClamped(madeAtMilliseconds)
    if age < -Self.clockSkewMilliseconds { return .fromTheFuture }
    return age < Self.lifetimeMilliseconds ? nil : .tooOld(ageMilliseconds: age)
  }

  /// - Parameters:
  ///   - blockers: what stood in its way when it was read.
  ///   - fleet: as `sluice.yaml` has it now.
  ///   - approval: the one that is kept beside it; nil when nobody has approved it.
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

/// What reading the fleet for a plan came to.
public enum PlanOutlook: Sendable, Hashable {
  /// Another promotion is under way: nothing else can begin.
  case busy
  /// The fleet is on that release already.
  case isThereAlready
  /// There is something to do, and nothing in its way.
  case runnable
  case blocked

  /// - Parameter hasPlan: whether enough was read to make a plan.
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
