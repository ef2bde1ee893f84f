/// The capabilities that a promotion needs from the fleet's balancer, and the consequences of
/// missing ones. A rollback needs none: it goes as far as the balancer can.
public enum BalancerCheck {
  /// One sentence for each missing capability without which a promotion is unsafe.
  public static func blockers(of plan: Plan) -> [String] {
    let can = plan.can
    var found: [String] = []
    if !can.contains(.sessionLog) {
      found.append(
        "the balancer logs no sessions: the judge has no evidence of the new release. " + remedy)
    }
    if !can.contains(.generation) {
      found.append(
        "the balancer keeps no generation of its weights: a late change could undo a rollback, and no "
          + "session could be counted to the share that dealt it. " + remedy)
    }
    if can.contains(.pins), !can.contains(.unpins) {
      found.append(
        "the balancer holds clients to their gateway and cannot let them go: clients of the canary "
          + "would be on the new release before the ramp, and after a rollback. " + remedy)
    }
    if !can.contains(.cohorts), let tenant = plan.fleet.balancer.cohorts.keys.min() {
      found.append(
        "the balancer knows no tenants, and balancer.cohorts names \(tenant). Leave cohorts out of "
          + "sluice.yaml.")
    }
    if !can.contains(.cohorts), let tenant = plan.fleet.ramp.tenants(at: .max - 1).first {
      found.append(
        "the balancer knows no tenants, and a step of the ramp pins \(tenant). Leave tenants out of "
          + "ramp in sluice.yaml.")
    }
    return found
  }

  private static let remedy = "Give the fleet a balancer that does (balancer.kind in sluice.yaml)."

  /// One sentence for each missing capability, about how a promotion does without it.
  public static func consequences(of can: BalancerCapabilities) -> [String] {
    can.missing.compactMap { missing in
      switch missing {
      case .oneMotion:
        "share and pins change one after the other: the canary's share is taken first, then its pins"
      case .pins: "no client keeps its gateway: any session may begin a new conversation elsewhere"
      case .unpins:
        can.contains(.pins) ? "who is held to the canary stays there: no promotion" : nil
      case .eviction:
        "no connection is ended before the swing of its gateway: in a rollback they last until then"
      case .sessionLog: "no session is counted: no promotion"
      case .cohorts: "no tenant belongs to an arm"
      case .generation: "an older change is not refused: no promotion"
      }
    }
  }
}

extension BalancerCapability {
  /// The capability's name in lists for people.
  public var title: String {
    switch self {
    case .oneMotion: "share and pins in one motion"
    case .pins: "hold clients to a gateway"
    case .unpins: "let them go"
    case .eviction: "end connections"
    case .sessionLog: "log sessions"
    case .cohorts: "tenants by arm"
    case .generation: "refuse older changes"
    }
  }
}
