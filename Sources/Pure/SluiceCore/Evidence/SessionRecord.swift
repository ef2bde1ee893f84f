/// One session as the balancer saw it: a line of its session log, parsed and with bounded values.
public struct SessionRecord: Sendable, Hashable, Codable {
  /// Why the session went to its arm.
  public enum Why: String, Sendable, Hashable, Codable {
    case draw, cohort, cookie, key
    /// The canary had no live server, so stable served the session. Evidence for neither arm.
    case failOpen = "failopen"
    /// The session's gateway was swinging: the balancer itself answered 503 with `Retry-After`.
    case hold
  }

  /// The balancer process and the line's number in it. The pair is unique; a gap is a lost line.
  public var process: Int
  public var sequence: Int64
  /// When the session was assigned, by the balancer's wall clock.
  public var assignedMilliseconds: Int64
  public var arm: Arm
  public var why: Why
  /// The generation of the weights that assigned the session (`BalancerState.generation`).
  public var generation: Int64
  public var host: HostName?
  public var status: Int
  /// HAProxy's termination state, four characters.
  public var ending: String
  /// From the whole request's arrival to the end of the answer, without idle time.
  public var activeMilliseconds: Int64
  public var isWebSocket: Bool
  public var wasRetried: Bool
  /// A hash of the client's address, keyed by the fleet's secret; nil in a log without one.
  public var source: UInt32?
  /// Nil in a log without the kind.
  public var kind: Kind?
  /// The tenant of the session, if the weights pin the tenant to the canary; nil for everybody else,
  /// and in a log without tenants.
  public var tenant: String?
  /// Nil in a log that does not tell: of a balancer without a front, or of an earlier Sluice, and in
  /// evidence that an earlier controller kept.
  public var caller: Caller?

  /// On whose behalf the session came, by the word of the balancer's front.
  public enum Caller: Sendable, Hashable, Codable {
    case tenant(String)
    /// The front named no tenant, or something that is no tenant's name.
    case nobody
  }

  public enum Kind: String, Sendable, Hashable, Codable {
    /// A request with a body, as an agent's work has.
    case post
    case socket
    /// A page or any other request. A good answer to such a request says nothing about OpenClaw
    /// agents.
    case page
  }

  public init(
    process: Int, sequence: Int64, assignedMilliseconds: Int64, arm: Arm, why: Why,
    generation: Int64, host: HostName?, status: Int, ending: String, activeMilliseconds: Int64,
    isWebSocket: Bool, wasRetried: Bool, source: UInt32? = nil, kind: Kind? = nil,
    tenant: String? = nil, caller: Caller? = nil
  ) {
    self.process = process
    self.sequence = sequence
    self.assignedMilliseconds = assignedMilliseconds
    self.arm = arm
    self.why = why
    self.generation = generation
    self.host = host
    self.status = status
    self.ending = ending
    self.activeMilliseconds = activeMilliseconds
    self.isWebSocket = isWebSocket
    self.wasRetried = wasRetried
    self.source = source
    self.kind = kind
    self.tenant = tenant
    self.caller = caller
  }
}

extension SessionRecord {
  /// Whether this session is new and counts as evidence; later turns of a conversation do not.
  public var isNewSession: Bool { why == .draw || why == .cohort }

  /// Whether this is a page with a good answer, and so no work and no evidence.
  public var isMerePage: Bool { kind == .page && answerClass.isGood }

  /// Whether the client or Sluice ended the session, which says nothing about the gateway.
  public var endedFromOutside: Bool { !answerClass.isSession }
}
