/// A disturbance of a fleet in a drill, while clients continue.
public enum Outage: String, Sendable, CaseIterable, Codable {
  case agents
  case doctorHung = "doctor-hung"
  case doctorSilent = "doctor-silent"
  case doctorRed = "doctor-red"
  case queues
  case haproxyInRamp = "haproxy-in-ramp"
  case haproxy
  case next
  case deaf

  public enum Goal: Sendable, Hashable {
    case noneLost
    /// Milliseconds without a good answer, fewer than these. A dead HAProxy takes what it held
    /// along.
    case servedAgain(within: Int64)
  }

  public var title: String {
    switch self {
    case .agents: "all agents killed"
    case .doctorHung: "all Doctors print their report and never exit"
    case .doctorSilent: "all Doctors print nothing and never exit"
    case .doctorRed: "all Doctors report a new error"
    case .queues: "the queues of all stable gateways full"
    case .haproxyInRamp: "HAProxy killed at a share of 40 %"
    case .haproxy: "HAProxy killed, no promotion"
    case .next: "a dangling next on every host"
    case .deaf: "HAProxy's socket removed"
    }
  }

  public var goal: Goal {
    switch self {
    case .haproxyInRamp, .haproxy, .deaf: .servedAgain(within: 1_500)
    default: .noneLost
    }
  }

  /// The words that `sluice status` must say meanwhile; nil: none.
  var mustSay: String? {
    switch self {
    case .agents: "No agent answers on mac-a, mac-b, mac-c"
    case .doctorSilent: "Doctor's last answer"
    case .doctorRed: "THE BALANCER FAILS OPEN"
    case .queues: "operations wait in the gateway"
    case .doctorHung, .haproxyInRamp, .haproxy, .next, .deaf: nil
    }
  }

  /// How long it lasts before `sluice status` must say so, milliseconds.
  var noticedAfter: Int64 { self == .doctorSilent ? 75_000 : 0 }

  /// Whether the keeper has to start HAProxy, or give it a successor.
  var restartsHAProxy: Bool { [.haproxyInRamp, .haproxy, .deaf].contains(self) }

  /// How long it lasts before the clients are counted, milliseconds: an agent takes Doctor's last
  /// answer for more than a minute, and the minute that is counted must hold the end of that.
  var aheadMilliseconds: Int64 { self == .doctorSilent ? 30_000 : 0 }
}
