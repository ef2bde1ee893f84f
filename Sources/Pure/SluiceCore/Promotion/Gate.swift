/// The gates of a step, by their names in `explain` and its JSON.
public enum Gate: String, Sendable, Hashable, Codable, CaseIterable {
  case pause, hold, verdict, probes, balancer, share, tenants, progress
}

/// The answer of one gate, with its evidence: in a few words for a table, and as a paragraph.
public struct GateResult: Sendable, Hashable {
  public enum Answer: Sendable, Hashable {
    case open
    /// Not open yet; `afterMilliseconds` if the time is known.
    case holds(afterMilliseconds: Int64?)
    /// The promotion must roll back.
    case refuses
  }

  public var gate: Gate
  public var answer: Answer
  /// A few words, for a table.
  public var cell: String
  /// A sentence or two, for `explain`.
  public var paragraph: String

  public init(_ gate: Gate, answer: Answer, cell: String, paragraph: String) {
    self.gate = gate
    self.answer = answer
    self.cell = cell
    self.paragraph = paragraph
  }

  public var isOpen: Bool { answer == .open }
}

/// The inputs of the gates of a ramp step.
public struct StepView: Sendable {
  /// A host's state as last read back from the host.
  public struct Belief: Sendable, Hashable {
    /// The version of the skills that the host's process runs.
    public var version: String
    /// The start that Sluice made and warmed up; nil: Sluice made none.
    public var bootID: String?

    public init(version: String, bootID: String?) {
      self.version = version
      self.bootID = bootID
    }
  }

  public var step: Ramp.Step
  public var policy: ProbePolicy
  public var limits: JudgeLimits
  public var intended: Share
  /// Since the share was read back, within this boot of the machine.
  public var heldMilliseconds: Int64
  /// The part of that time during which a person had paused the promotion.
  public var pausedMilliseconds: Int64
  public var watch: Watch?
  public var isPaused: Bool
  /// Hosts on the new release. If one of them fails, the promotion rolls back.
  public var canaries: [HostName]
  /// The weights last read back from the balancer; nil: no comparison.
  public var weights: Weights?
  public var beliefs: [HostName: Belief]

  public init(
    step: Ramp.Step, policy: ProbePolicy, limits: JudgeLimits, intended: Share,
    heldMilliseconds: Int64, pausedMilliseconds: Int64, watch: Watch?, isPaused: Bool,
    canaries: [HostName], weights: Weights? = nil, beliefs: [HostName: Belief] = [:]
  ) {
    self.step = step
    self.policy = policy
    self.limits = limits
    self.intended = intended
    self.heldMilliseconds = heldMilliseconds
    self.pausedMilliseconds = pausedMilliseconds
    self.watch = watch
    self.isPaused = isPaused
    self.canaries = canaries
    self.weights = weights
    self.beliefs = beliefs
  }

  /// The dwell: at least the step's own and two probe intervals (`runbook.txt`).
  public var holdMilliseconds: Int64 {
    max(step.holdMilliseconds, 2 * policy.intervalMilliseconds)
  }
}

/// The gates of a ramp step. All must be open.
public enum StepGates {
  public static func evaluate(_ view: StepView) -> [GateResult] {
    [
      pause(view), hold(view), verdict(view), probes(view, needsRollback: true), balancer(view),
      share(view), tenants(view), progress(view),
    ].compactMap(\.self)
  }

  static func pause(_ view: StepView) -> GateResult {
    view.isPaused
      ? GateResult(
        .pause, answer: .holds(afterMilliseconds: nil), cell: "paused",
        paragraph: "A person paused the promotion; it goes on with `sluice resume`.")
      : GateResult(.pause, answer: .open, cell: "not paused", paragraph: "Nobody paused it.")
  }

  static func hold(_ view: StepView) -> GateResult {
    let left = view.holdMilliseconds - view.heldMilliseconds
    let bound = Wording.duration(view.holdMilliseconds)
    let held = Wording.duration(view.heldMilliseconds)
    if left <= 0 {
      return GateResult(
        .hold, answer: .open, cell: "held \(held)",
        paragraph: "\(view.intended) has been held for \(held); \(bound) were asked.")
    }
    return GateResult(
      .hold, answer: .holds(afterMilliseconds: left), cell: "\(held) of \(bound)",
      paragraph: "\(view.intended) is held for \(bound) at the least; \(held) have passed.")
  }

  static func verdict(_ view: StepView) -> GateResult {
    guard let assessment = view.watch?.assessment else {
      return GateResult(
        .verdict, answer: .holds(afterMilliseconds: nil), cell: "not judged yet",
        paragraph: "No evidence of this step has been judged yet.")
    }
    let why = assessment.reasons.joined(separator: " ")
    let canary = assessment.canary
    let have =
      "\(Wording.count(canary.sessions)) canary sessions in this step, "
      + "\(canary.errors == 0 ? "all" : Wording.count(canary.good)) of them answered well"
    switch assessment.verdict {
    case .pass:
      return GateResult(.verdict, answer: .open, cell: "pass", paragraph: why)
    case .fail:
      return GateResult(.verdict, answer: .refuses, cell: "FAIL", paragraph: why)
    case .degraded:
      return GateResult(
        .verdict, answer: .holds(afterMilliseconds: nil), cell: "degraded", paragraph: why)
    case .insufficient where assessment.isOutage == true:
      return GateResult(
        .verdict, answer: .holds(afterMilliseconds: nil), cell: "both arms fail",
        paragraph: why)
    case .insufficient:
      return GateResult(
        .verdict, answer: .holds(afterMilliseconds: nil),
        cell: "\(canary.good) good sessions, \(assessment.wanted) more",
        paragraph: "There are \(have); about \(assessment.wanted) more good ones are wanted. \(why)"
      )
    }
  }

  /// - Parameter needsRollback: whether a host on the new release that could not roll back holds the
  ///   gate.
  static func probes(_ view: StepView, needsRollback: Bool = false) -> GateResult {
    guard let watch = view.watch else {
      return GateResult(
        .probes, answer: .holds(afterMilliseconds: nil), cell: "not read yet",
        paragraph: "The probes have not been read in this step yet.")
    }
    let troubles = watch.hosts.sorted { $0.key < $1.key }.compactMap { host, state in
      (trouble(with: host, state, in: view)
        ?? (needsRollback ? noRollback(of: host, state, in: view) : nil)).map { (host, $0) }
    }
    guard let (host, trouble) = troubles.first(where: { $0.1.isFatal }) ?? troubles.first else {
      return GateResult(
        .probes, answer: .open, cell: "all ok", paragraph: "Every probe is ok.")
    }
    return GateResult(
      .probes, answer: trouble.isFatal ? .refuses : .holds(afterMilliseconds: nil),
      cell: "\(host) \(trouble.cell)", paragraph: trouble.sentence)
  }

  private struct Trouble {
    var isFatal: Bool
    var cell: String
    var sentence: String
  }

  private static func noRollback(
    of host: HostName, _ state: Watch.HostWatch, in view: StepView
  ) -> Trouble? {
    guard view.canaries.contains(host), let fault = state.rollbackFault else { return nil }
    return Trouble(isFatal: false, cell: "no rollback", sentence: fault)
  }

  /// A host must be healthy, run its expected release, and be the process that Sluice warmed up: a
  /// foreign start had no warm-up.
  private static func trouble(with host: HostName, _ state: Watch.HostWatch, in view: StepView)
    -> Trouble?
  {
    let isNew = view.canaries.contains(host)
    guard let status = state.status else {
      let reason = state.reason ?? "it did not answer in time"
      return Trouble(
        isFatal: false, cell: "silent", sentence: "The probe of \(host) is silent: \(reason)")
    }
    if status == .fail {
      return Trouble(
        isFatal: isNew, cell: "fail",
        sentence: "The probe of \(host) is fail: \(state.reason ?? "no reason given")")
    }
    let belief = view.beliefs[host]
    if let runs = state.runs, let wanted = belief?.version, runs != wanted {
      return Trouble(
        isFatal: isNew, cell: "runs \(runs)",
        sentence: "\(host) runs \(runs), not \(wanted): somebody else moved it.")
    }
    if let boot = state.bootID, let wanted = belief?.bootID, boot != wanted {
      return Trouble(
        isFatal: isNew, cell: "restarted",
        sentence: "The gateway of \(host) ended and was started again, not by Sluice: it is not "
          + "warmed up. Its log says why it ended.")
    }
    guard status != .ok else { return nil }
    return Trouble(
      isFatal: false, cell: status.rawValue,
      sentence: "The probe of \(host) is \(status.rawValue): \(state.reason ?? "no reason given")")
  }

  /// The weights must equal those last read back, and every gateway must be in service.
  static func balancer(_ view: StepView) -> GateResult {
    guard let watch = view.watch else {
      return GateResult(
        .balancer, answer: .holds(afterMilliseconds: nil), cell: "not read yet",
        paragraph: "The balancer has not been read in this step yet.")
    }
    guard let state = watch.balancer else {
      return GateResult(
        .balancer, answer: .holds(afterMilliseconds: nil), cell: "silent",
        paragraph: "The balancer does not answer.")
    }
    if let weights = view.weights, state.weights != weights {
      return GateResult(
        .balancer, answer: .refuses, cell: "\(state.weights.share), not as set",
        paragraph: "The balancer gives the canary \(state.weights.words), \(weights.words) was "
          + "read back when it was set: somebody else changed it, or it lost it.")
    }
    if let out = state.servers.first(where: { !$0.isInService }) {
      let why = out.isTakenOut ? "is taken out of the balancer" : "is down for the balancer"
      return GateResult(
        .balancer, answer: .holds(afterMilliseconds: nil), cell: "\(out.host) is out",
        paragraph: "\(out.host) \(why).")
    }
    return GateResult(
      .balancer, answer: .open, cell: "as set",
      paragraph: "The weights read back as they were set, and every gateway is in service.")
  }

  static func share(_ view: StepView) -> GateResult {
    guard let measured = view.watch?.assessment.share else {
      return GateResult(
        .share, answer: .holds(afterMilliseconds: nil), cell: "not measured",
        paragraph: "No session has been drawn in this step yet, so the share is not measured.")
    }
    let figure = Wording.measured(measured)
    // Basis points around the interval, for rounding and for sessions of the change itself.
    let slack = 200
    let intended = view.intended.basisPoints
    if intended >= measured.low - slack, intended <= measured.high + slack {
      return GateResult(
        .share, answer: .open, cell: figure,
        paragraph: "Intended \(view.intended), measured \(figure).")
    }
    return GateResult(
      .share, answer: .holds(afterMilliseconds: nil), cell: "\(figure), not as intended",
      paragraph:
        "Intended \(view.intended), but \(figure) arrived: the balancer does not do what it says.")
  }

  /// Only a pause may keep a step open without limit.
  static func progress(_ view: StepView) -> GateResult {
    let bound = view.holdMilliseconds + view.limits.progressMilliseconds
    if view.isPaused || view.heldMilliseconds - view.pausedMilliseconds < bound {
      return GateResult(
        .progress, answer: .open, cell: "within \(Wording.duration(bound))",
        paragraph: "A step may take \(Wording.duration(bound)).")
    }
    return GateResult(
      .progress, answer: .refuses, cell: "no progress",
      paragraph: "The step did not widen within \(Wording.duration(bound)).")
  }
}
