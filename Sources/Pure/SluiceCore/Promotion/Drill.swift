// Drills: the canary goes to another release and back, on the real fleet, at share 0.

extension Plan.Purpose {
  /// Whether the promotion begins with preflight and moves gateways away from the last good state.
  public var goesForward: Bool {
    switch self {
    case .promote, .drillCanary, .drillRollback: true
    case .revert, .revertNow: false
    }
  }

  /// Whether the promotion always ends with a rollback and gives the canary no share.
  public var isDrill: Bool {
    switch self {
    case .drillCanary, .drillRollback: true
    case .promote, .revert, .revertNow: false
    }
  }
}

/// A drill that ended well: everything was read back equal to the last good state.
public struct DrillRecord: Sendable, Hashable {
  public var purpose: Plan.Purpose
  /// The tag that the canary came back to.
  public var from: String
  /// The tag that the canary went to.
  public var to: String
  /// Wall clock, milliseconds since 1970.
  public var endedAtMilliseconds: Int64
  /// From the begin of the rollback until everything was read back equal; nil if the writer's
  /// machine restarted meanwhile.
  public var recoveryMilliseconds: Int64?

  public init(
    purpose: Plan.Purpose, from: String, to: String, endedAtMilliseconds: Int64,
    recoveryMilliseconds: Int64?
  ) {
    self.purpose = purpose
    self.from = from
    self.to = to
    self.endedAtMilliseconds = endedAtMilliseconds
    self.recoveryMilliseconds = recoveryMilliseconds
  }

  /// Of a promotion; nil if it is no drill that ended well.
  ///
  /// - Parameter milliseconds: the wall clock at its end, since 1970.
  public init?(_ promotion: Promotion, endedAt milliseconds: Int64) {
    guard case .concluded(.drilled(let recovery)) = promotion.phase else { return nil }
    self.init(
      purpose: promotion.plan.purpose, from: promotion.plan.from.tag, to: promotion.plan.to.tag,
      endedAtMilliseconds: milliseconds, recoveryMilliseconds: recovery)
  }

  /// `canary to v1.4.2 and back to v1.4.1, 3 d ago; recovery took 6.2 s`.
  ///
  /// - Parameter now: the wall clock, in milliseconds since 1970.
  public func sentence(at now: Int64) -> String {
    let age = Wording.age(max(0, now.subtractingClamped(endedAtMilliseconds)))
    let took = recoveryMilliseconds.map { "recovery took \(Wording.duration($0))" }
    return "canary to \(to) and back to \(from), \(age) ago; "
      + (took ?? "recovery was not measured, because the writer's machine restarted")
  }
}

extension Fleet {
  /// Why somebody should drill now; nil if the last drill is recent enough or the fleet has no
  /// limit.
  ///
  /// - Parameter now: the wall clock, in milliseconds since 1970.
  public func drillWarning(last: DrillRecord?, at now: Int64) -> String? {
    guard let limit = drillEveryMilliseconds else { return nil }
    let remedy = "Drill:  sluice drill rollback"
    guard let last else { return "no drill is in the ledger. \(remedy)" }
    let age = now.subtractingClamped(last.endedAtMilliseconds)
    guard age > limit else { return nil }
    return "the last drill was \(Wording.age(age)) ago, drill_every is "
      + "\(Wording.age(limit)). \(remedy)"
  }
}

extension PlanCheck {
  /// Blockers of a drill that follow from the plan alone.
  static func drillBlockers(_ plan: Plan) -> [String] {
    guard plan.purpose == .drillRollback, let build = plan.build, build.copiesState else {
      return []
    }
    return [
      "a rollback from \(plan.from.tag) to \(plan.to.tag) restores OpenClaw's state of "
        + "\(build.to.version), and a drill must not take the canary's present state away. Drill "
        + "with a new release:  sluice drill canary TAG"
    ]
  }
}
