/// An event of a promotion. Every event becomes a ledger line before the promotion handles it, so
/// that a replay of the ledger rebuilds the promotion.
public enum PromotionEvent: Sendable, Hashable, Codable {
  case started(FrozenPlan)
  /// A person approved the plan's demands, before any other event.
  case approved(Approval)
  /// A controller took the lease: the first one, or a successor.
  case leased(Epoch)
  /// An order is about to run. From this event on it may have run.
  case intended(Order)
  case finished(OperationID, Outcome)
  case asked(Request)
}

/// The result of an order.
public enum Outcome: Sendable, Hashable, Codable {
  /// Without `blockers` the fleet matches the plan.
  case inspected(blockers: [String])
  case placed(PlaceReport)
  indirect case swung(SwingReport)
  case applied(BalancerState)
  /// The counts of connections that ended by themselves, and of those cut at the end of the drain.
  case evicted(ended: Int, cut: Int)
  /// The host's agent does nothing by itself.
  case disarmed
  indirect case assessed(Watch)
  case verified(Verification)
  case waited
  case archived
  case concluded
  /// The order failed, or its result is unknown.
  case failed(CommandFailure)
}

public struct CommandFailure: Sendable, Hashable, Codable {
  public var message: String
  public var remedy: String?
  /// The host or balancer did not answer, so its present state is unknown.
  public var isUnknown: Bool
  /// After a failed change of the weights: the weights that the balancer reads back; nil if
  /// unknown.
  public var weights: Weights?

  public init(message: String, remedy: String?, isUnknown: Bool, weights: Weights? = nil) {
    self.message = Speech.text(message)
    self.remedy = remedy.map { Speech.text($0) }
    self.isUnknown = isUnknown
    self.weights = weights
  }
}

/// One assessment: everything that the gates need.
public struct Watch: Sendable, Hashable, Codable {
  public struct HostWatch: Sendable, Hashable, Codable {
    /// Nil if the host did not answer in time. Missing data is not a pass.
    public var status: MergedProbe.Status?
    public var reason: String?
    public var runs: String?
    public var probeDigest: Digest?
    public var fingerprint: Digest?
    /// The boot id of the process that answered.
    public var bootID: String?
    /// Why a rollback would fail on the host; nil: no obstacle is known.
    public var rollbackFault: String?
    /// What the agent did by itself without its writer; nil: nothing.
    public var deadMan: String?

    enum CodingKeys: String, CodingKey {
      case deadMan
      case status, reason, runs, probeDigest, fingerprint, bootID
      case rollbackFault = "wayBack"
    }

    public init(
      status: MergedProbe.Status?, reason: String?, runs: String?, probeDigest: Digest?,
      fingerprint: Digest?, bootID: String? = nil
    ) {
      self.status = status
      self.reason = reason.map { Speech.text($0) }
      self.runs = runs.map { Speech.text($0) }
      self.probeDigest = probeDigest
      self.fingerprint = fingerprint
      self.bootID = bootID.map { Speech.text($0) }
    }

    public init(_ probe: MergedProbe) {
      let worst = probe.reasons.max { $0.level < $1.level }
      self.init(
        status: probe.status, reason: worst?.message, runs: probe.skills.version,
        probeDigest: probe.probeDigest, fingerprint: probe.fingerprint,
        bootID: probe.openclaw.bootID)
      if let way = probe.rollback, way.broken { rollbackFault = Speech.text(way.message) }
      deadMan = probe.deadMan.map { Speech.text($0.sentence) }
    }
  }

  public var assessment: Assessment
  public var hosts: [HostName: HostWatch]
  /// Nil if the balancer did not answer.
  public var balancer: BalancerState?
  /// New remarks on the evidence since the last assessment; nil: none.
  public var notices: [Notice]?

  public init(
    assessment: Assessment, hosts: [HostName: HostWatch], balancer: BalancerState?,
    notices: [Notice]? = nil
  ) {
    self.assessment = assessment
    self.hosts = hosts
    self.balancer = balancer
    self.notices = notices
  }
}

/// A remark on the evidence for people: a gap, a file that cannot be kept, the balancer's own notices.
public struct Notice: Sendable, Hashable, Codable {
  /// Milliseconds since 1970, by the writer's wall clock.
  public var atMilliseconds: Int64
  public var text: String
  /// The host, if the notice only says that the balancer stopped or began to send it requests; nil: the
  /// notice says something else.
  public var host: HostName?
  /// The number of notices that this one stands for, if it only counts notices that were left out.
  public var leftOut: Int?

  public init(
    atMilliseconds: Int64, text: String, host: HostName? = nil, leftOut: Int? = nil
  ) {
    self.atMilliseconds = atMilliseconds
    self.text = text
    self.host = host
    self.leftOut = leftOut
  }
}

/// The comparison of the fleet with the snapshot. Without `faults`, all was read back equal.
public struct Verification: Sendable, Hashable, Codable {
  public var weights: Weights?
  /// For each faulty host its difference, or why the host could not be compared.
  public var faults: [HostName: String]
  /// The balancer's fault, if any.
  public var balancerFault: String?
  /// Hosts that run the archived release on a sound slice and whose probe fails only for Doctor or
  /// queues. Another swing would take a serving gateway away and mend nothing. Nil: none.
  public var running: [HostName]?
  /// Operations of hosts that this ledger never intended; nil: none is known.
  public var strangers: [HostName: [OperationID]]?

  public init(
    weights: Weights?, faults: [HostName: String], balancerFault: String?,
    running: [HostName]? = nil, strangers: [HostName: [OperationID]]? = nil
  ) {
    self.strangers = strangers
    self.weights = weights
    self.faults = faults.mapValues { Speech.text($0) }
    self.balancerFault = balancerFault.map { Speech.text($0) }
    self.running = running
  }

  public var isClean: Bool { faults.isEmpty && balancerFault == nil }
}

/// A person's request to a running promotion.
public struct Request: Sendable, Hashable, Codable {
  public enum Action: String, Sendable, Hashable, Codable, CaseIterable {
    case pause, resume, abort, rollBack = "rollback", verify
  }

  public var action: Action
  public var actor: String
  public var reason: String

  public init(action: Action, actor: String, reason: String) {
    self.action = action
    self.actor = actor
    self.reason = reason
  }
}
