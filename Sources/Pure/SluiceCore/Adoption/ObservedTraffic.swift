/// What the clients of each gateway got, by the balancer's session log, while nothing moves. The judge
/// compares each gateway with all the others; nothing follows from the verdict.
public struct ObservedTraffic: Sendable, Hashable {
  public struct Gateway: Sendable, Hashable {
    public let host: HostName
    /// New sessions only: later turns of a conversation do not count.
    public let summary: Assessment.ArmSummary
    public let verdict: Verdict
  }

  /// When the oldest session of the log was assigned, milliseconds since 1970; nil without sessions.
  public let sinceMilliseconds: Int64?
  /// Every gateway of the fleet, in its order.
  public let gateways: [Gateway]

  /// - Parameters:
  ///   - sessions: what the log holds, in any order, each session once.
  ///   - makeJudge: a fresh judge for each gateway.
  public init(_ sessions: [SessionRecord], fleet: Fleet, makeJudge: () -> any Judge) {
    sinceMilliseconds = sessions.map(\.assignedMilliseconds).min()
    let known = Set(fleet.gateways.map(\.name))
    let served = sessions.filter { $0.host.map(known.contains) ?? false }
      .sorted { $0.assignedMilliseconds < $1.assignedMilliseconds }
    gateways = fleet.gateways.map { host in
      let strata = Self.strata(served, of: host.name, limits: fleet.judge)
      var judge = makeJudge()
      judge.begin(generation: Self.generation, limits: fleet.judge)
      for stratum in strata { judge.observe(stratum) }
      let tally = strata.reduce(into: ArmTally()) { $0.add($1.canary) }
      return Gateway(
        host: host.name, summary: Assessment.ArmSummary(tally), verdict: judge.assess().verdict)
    }
  }

  /// The weights do not matter here, so all sessions have one generation.
  private static let generation: Int64 = 0

  /// The gateway takes the canary's place, all others that of the stable arm.
  private static func strata(
    _ sessions: [SessionRecord], of host: HostName, limits: JudgeLimits
  ) -> [Stratum] {
    let interval = max(1_000, limits.intervalMilliseconds)
    var strata: [(interval: Int64, stratum: Stratum)] = []
    for session in sessions {
      let number = session.assignedMilliseconds / interval
      if strata.last?.interval != number {
        strata.append((number, Stratum(generation: generation)))
      }
      var session = session
      session.arm = session.host == host ? .canary : .stable
      strata[strata.count - 1].stratum.count(session)
    }
    return strata.map(\.stratum)
  }
}
