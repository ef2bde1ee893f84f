import SluiceCore
import SluicePorts

/// How a promotion stands at a moment, with everything decided: a face only lays it out.
public struct PromotionStatus: Sendable, Hashable {
  /// A step of the ramp that is held.
  public struct Step: Sendable, Hashable {
    /// From 1.
    public let number: Int
    public let count: Int
    /// `1 min 20 s of 10 min`.
    public let held: String
  }

  /// The rollback cannot set the share.
  public struct Stuck: Sendable, Hashable {
    public let sinceMilliseconds: Int64
    public let why: String
    /// As it was read back with the failure; nil: it could not be read.
    public let share: Share?
    /// The share by the latest answer; nil once the rollback is over.
    public let sentence: String?
  }

  public struct Judged: Sendable, Hashable {
    public let verdict: Verdict
    public let severity: Severity
    /// Nil while the canary has no session.
    public let figures: Figures?
    public let isOutage: Bool

    /// `FAIL` stands out in words, too.
    public var word: String { verdict == .fail ? "FAIL" : verdict.rawValue }
  }

  public struct Figures: Sendable, Hashable {
    public let canary: Assessment.ArmSummary
    public let stable: Assessment.ArmSummary
  }

  /// A host by the ledger.
  public struct HostRecord: Sendable, Hashable {
    public let runs: String
    /// By the host's own answer if it was asked, by the last assessment otherwise; nil: silent.
    public let status: MergedProbe.Status?
    public let fault: String?
  }

  public let id: PromotionID
  public let from: String
  public let to: String
  public let ticket: String
  /// The name that was typed, and the account that it was typed under.
  public let actor: String
  public let account: String?
  public let startedMilliseconds: Int64
  public let phase: Phase
  public let isPaused: Bool
  /// Of the phase; plain: it is on its way.
  public let severity: Severity
  /// Nil outside the ramp.
  public let step: Step?
  public let weights: Weights
  public let stuck: Stuck?
  /// The share that arrived.
  public let measured: Assessment.MeasuredShare?
  /// The canary's sessions of pinned tenants; nil without one.
  public let pinnedSessions: Int?
  /// Where the sessions of the pinned tenants went; nil without one.
  public let cohorts: CohortCounts?
  /// `acme: 412 of 412 sessions on 1.4.2; others: 0 of 9,880`; nil where no tenant is pinned.
  public let tenants: String?
  /// Nil before the first assessment.
  public let verdict: Verdict?
  /// Nil while there is nothing to judge: without a share, unless the verdict is that it fails.
  public let judged: Judged?
  /// The agents' runs, by the gateways' run logs.
  public let runs: RunSummary?
  /// The fleet's gateways, in its order.
  public let hosts: [HostStatus]
  public let records: [HostName: HostRecord]
  /// The last remarks on the evidence, without those that a swing explains.
  public let notices: [Notice]
  /// The number of earlier remarks, which only the ledger has.
  public let earlierNotices: Int
  /// Why it goes or went back.
  public let why: String?
  /// The sessions that the rollback cut at the end of its drain.
  public let cuts: RollbackCuts
  public let next: NextStep?
  /// Whether a controller is at work on it, and answers.
  public let sight: ControllerSight

  /// - Parameters:
  ///   - answers: what the hosts and the balancer say now; nil when none was asked.
  ///   - now: the gates' clock.
  ///   - swings: the swings whose notices are expected.
  public init(
    _ promotion: Promotion, answers: FleetAnswers? = nil, actor: String, account: String? = nil,
    ticket: String, sight: ControllerSight, now: Moment, swings: SwingPeriods = .none
  ) {
    let assessment = promotion.watch?.assessment
    id = promotion.id
    (from, to) = (promotion.plan.from.tag, promotion.plan.to.tag)
    self.ticket = ticket
    self.actor = actor
    self.account = account
    self.sight = sight
    startedMilliseconds = promotion.startedAt.wallMilliseconds
    (phase, isPaused, weights) = (promotion.phase, promotion.isPaused, promotion.weights)
    severity = Self.severity(of: promotion)
    step = Self.step(of: promotion, at: now)
    cuts = promotion.cuts
    stuck = promotion.stuck.map {
      Stuck(
        sinceMilliseconds: $0.since.wallMilliseconds, why: $0.failure.message,
        share: $0.failure.weights?.share,
        sentence: PromotionTrouble.stuck(promotion, balancer: answers?.balancer))
    }
    measured = assessment?.share
    pinnedSessions = assessment?.pinned
    cohorts = promotion.cohorts
    tenants = promotion.tenantWords(by: assessment)
    verdict = assessment?.verdict
    judged = Self.judged(assessment, share: promotion.weights.share)
    runs = assessment?.runs
    hosts = promotion.plan.fleet.gateways.map { Self.host($0, of: promotion, answers) }
    records = Self.records(of: promotion, answers)
    notices = swings.unexplained(promotion.notices)
    earlierNotices = promotion.earlierNotices
    why = promotion.rollbackCause?.sentence
    next = Self.next(promotion, sight, at: now)
  }

  /// Whether there is no more to see. What was not verified is tried again while a controller is at
  /// work.
  public var isOver: Bool {
    phase.isTerminal || (phase == .rolledBackUnverified && sight == .none)
  }

  private static func severity(of promotion: Promotion) -> Severity {
    switch promotion.phase {
    case .concluded(.completed), .concluded(.drilled): .good
    case .rolledBackUnverified: .bad
    case .concluded, .rollingBack: .warning
    default: promotion.isPaused ? .warning : .plain
    }
  }

  private static func step(of promotion: Promotion, at now: Moment) -> Step? {
    guard case .ramping(let index) = promotion.phase else { return nil }
    return Step(
      number: index + 1, count: promotion.plan.fleet.ramp.steps.count,
      held: promotion.stepGates(at: now).first { $0.gate == .hold }?.cell ?? "")
  }

  private static func judged(_ assessment: Assessment?, share: Share) -> Judged? {
    guard let assessment, share > .zero || assessment.verdict == .fail else { return nil }
    return Judged(
      verdict: assessment.verdict, severity: assessment.verdict == .fail ? .bad : .plain,
      figures: assessment.canary.sessions == 0
        ? nil : Figures(canary: assessment.canary, stable: assessment.stable),
      isOutage: assessment.isOutage == true)
  }

  // MARK: What comes next

  private static func next(
    _ promotion: Promotion, _ sight: ControllerSight, at now: Moment
  ) -> NextStep? {
    switch promotion.standstill(sight.presence, at: now) {
    case .unverified:
      return NextStep("Sluice verifies again every 30 s. At once", .verify)
    case .ended, .stuck, .goingBack: return nil
    case .controllerSilent:
      return sight.silent.map {
        NextStep("\($0.sentence). \($0.remedy(.rollback))", $0.actions)
      }
    case .noController: return NextStep("no controller is at work. Continue", .resume)
    case _ where promotion.isPaused: return NextStep(.resume)
    case .hostsSilent, .paused, .wrong, .evidence, .waiting, .moving:
      return promotion.stepGates(at: now).first { !$0.isOpen }.map {
        NextStep("waits for \($0.gate.rawValue): \($0.cell).   Why", .explain)
      }
    }
  }
}
