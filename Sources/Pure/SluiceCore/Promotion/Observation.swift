/// What a promotion is told. Every observation is a ledger line before it is handled, so that
/// replaying the ledger rebuilds the promotion.
public enum Observation: Sendable, Hashable, Codable {
  case started(FrozenPlan)
  /// A person has accepted what the plan demands; before anything else.
  case approved(Approval)
  /// A controller took the lease: the first one, or the successor of one that died.
  case leased(Epoch)
  /// About to be done: from here on it may have been done.
  case intended(Order)
  case finished(OperationID, Outcome)
  case asked(Request)
}

/// What became of a command.
public enum Outcome: Sendable, Hashable, Codable {
  /// Empty `blockers`: the fleet is as the plan says, and nothing stands in the way.
  case inspected(blockers: [String])
  case placed(PlaceReport)
  indirect case swung(SwingReport)
  case applied(BalancerState)
  /// Open connections that ended by themselves, and those that were cut at the end of the drain.
  case evicted(ended: Int, cut: Int)
  indirect case assessed(Watch)
  case verified(Verification)
  case waited
  case archived
  case concluded
  /// It did not work, or nobody can say whether it did.
  case failed(CommandFailure)
}

public struct CommandFailure: Sendable, Hashable, Codable {
  public var message: String
  public var remedy: String?
  /// The host or balancer could not be asked: what it does now is not known.
  public var isUnknown: Bool
  /// Of a change of the weights: what the balancer reads back all the same; nil when it does not say.
  public var weights: Weights?

  public init(message: String, remedy: String?, isUnknown: Bool, weights: Weights? = nil) {
    self.message = Speech.text(message)
    self.remedy = remedy.map { Speech.text($0) }
    self.isUnknown = isUnknown
    self.weights = weights
  }
}

/// One look at everything that a gate asks for.
public struct Watch: Sendable, Hashable, Codable {
  public struct HostWatch: Sendable, Hashable, Codable {
    /// Nil when the host did not answer in time: no data is not a pass.
    public var status: MergedProbe.Status?
    public var reason: String?
    public var runs: String?
    public var probeDigest: Digest?
    public var fingerprint: Digest?
    /// Names the start of the process that answered.
    public var bootID: String?
    /// Why it could not go back; nil when nothing is known to be in the way.
    public var wayBack: String?

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
      if let way = probe.wayBack, way.broken { wayBack = Speech.text(way.message) }
    }
  }

  public var assessment: Assessment
  public var hosts: [HostName: HostWatch]
  /// Nil when the balancer did not answer.
  public var balancer: BalancerState?
  /// What the evidence's readers remarked since the look before; nil: nothing.
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

/// A remark on the evidence for people: a gap, a file that cannot be kept, HAProxy's own notices.
public struct Notice: Sendable, Hashable, Codable {
  /// Milliseconds since 1970, by the writer's wall clock.
  public var atMilliseconds: Int64
  public var text: String

  public init(atMilliseconds: Int64, text: String) {
    self.atMilliseconds = atMilliseconds
    self.text = text
  }
}

/// The fleet held against the snapshot: empty `faults` is equality, read back everywhere.
public struct Verification: Sendable, Hashable, Codable {
  public var weights: Weights?
  /// Host → what differs, or why it cannot be said.
  public var faults: [HostName: String]
  /// What is wrong at the balancer, if anything.
  public var balancerFault: String?
  /// Hosts that run the archived release on a sound slice, and whose probe fails for Doctor or queues
  /// alone: another swing would take a gateway that serves away, and mend nothing. Nil: none.
  public var running: [HostName]?
  /// Operations that hosts performed and that this ledger never intended; nil: none is known of.
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

/// What a person asks of a running promotion.
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
