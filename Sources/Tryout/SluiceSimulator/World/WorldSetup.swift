import SluiceCore
import SluicePorts

/// All that a world is made of.
public struct WorldSetup: Sendable {
  public internal(set) var origin: WorldCase
  public private(set) var plan: Plan
  /// The same, behind one pointer for all worlds of this ground.
  private(set) var frozen: FrozenPlan
  /// The approval of the plan's demands, nil if it has none, and an approval that does not fit.
  private(set) var approval: Approval?
  private(set) var otherApproval: Approval?
  var hosts: HostTable<HostModel>
  /// Of the gateways, in the fleet's order.
  let names: [HostName]
  let weights: Weights
  let qualities: [String: Quality]
  var sessionsPerSecond: Int64 = 5
  var logMilliseconds: Int64 = 1_000
  /// Within so many milliseconds after it was healed the promotion must have ended.
  var bound: Int64 = 3_600_000
  /// And within so many lines of the ledger.
  var boundOfLines = 900
  /// And no more than so many controllers in a row may come and go without a line: people would
  /// have given up.
  var boundOfVainSuccessions = 60
  /// In all its life no world wants more than so many things done: one that does goes round in
  /// circles, while time may stand still.
  var boundOfDirectives = 100_000

  var seed: UInt64 { origin.seed }
  /// The seed of the world's chance.
  var chance: UInt64 { origin.stem ?? origin.seed }

  /// - Parameters:
  ///   - from: the release that the fleet runs.
  ///   - to: the other one; nil: the example's, with the build that the case names.
  public init(
    _ origin: WorldCase, fleet: Fleet = WorldSetup.usualFleet, from: Release? = nil,
    to: Release? = nil
  ) throws(PortError) {
    self.origin = origin
    var fleet = fleet
    if let steps = origin.steps { fleet.ramp.steps = Array(fleet.ramp.steps.prefix(steps)) }
    if let step = origin.tenant?.step, fleet.ramp.steps.indices.contains(step) {
      fleet.ramp.steps[step].tenants = [ExampleFleet.tenant]
    }
    if origin.hasDeadMan == true {
      fleet.swing.deadManMilliseconds = fleet.swing.leastDeadMan
    }
    if origin.worker != nil { fleet.hosts.append(ExampleFleet.worker) }
    names = fleet.gateways.map(\.name)
    let from = from ?? ExampleFleet.release("1.4.1")
    let to = to ?? ExampleFleet.release("1.4.2", openclaw: ExampleFleet.build(origin.build))
    let archived = Weights(
      share: origin.share, tenants: origin.tenant == .before ? [ExampleFleet.tenant] : [],
      pinEpoch: 1, generation: 1)
    weights =
      origin.purpose.goesForward
      ? archived : Weights(share: .zero, pinEpoch: 1, generation: 1)
    qualities =
      origin.isBad
      ? [to.lock.skills.version: Self.badQuality(origin)]
      : origin.runs == .failing ? [to.lock.skills.version: .failingRuns] : [:]
    var old = fleet.gateways.map { HostModel($0.name, runs: from) }
    for index in old.indices {
      old[index].maximumAge = fleet.probe.maximumAgeMilliseconds
      old[index].openclaw.install(to.lock.openclaw)
    }
    let surveys = Self.surveys(of: old)
    guard
      let snapshot = PlanCheck.snapshot(
        release: from, fleet: fleet, surveys: surveys, weights: archived)
    else { throw PortError(.failed, "the simulated fleet does not run \(from.tag)") }
    plan = Plan(
      purpose: origin.purpose.goesForward ? origin.purpose : .promote, from: from, to: to,
      fleet: fleet, snapshot: snapshot,
      madeAtMilliseconds: 0, build: BuildChange(from: from, to: to, surveys: surveys),
      packBytes: 1 << 20)
    frozen = FrozenPlan(plan)
    hosts = HostTable(old.map { ($0.name, $0) })
    if !origin.purpose.goesForward { try completeEarlier() }
    if let worker = origin.worker {
      let release = worker == .leads ? to : from
      hosts[ExampleFleet.worker.name] = HostModel(ExampleFleet.worker.name, runs: release)
    }
    frozen = FrozenPlan(plan)
    try approve()
  }

  private mutating func approve() throws(PortError) {
    guard !plan.demands.isEmpty else { return }
    var another = plan
    another.madeAtMilliseconds += 1
    do {
      approval = try ExampleFleet.approval(of: plan)
      otherApproval = try ExampleFleet.approval(of: another)
    } catch {
      throw PortError(.failed, "the plan cannot be approved: \(error)")
    }
  }

  /// A release with bad answers is not slow: only its answers show the fault.
  private static func badQuality(_ origin: WorldCase) -> Quality {
    guard let fault = origin.answers else {
      return Quality(errorPermille: 300, latencyMilliseconds: 230)
    }
    return Quality(
      errorPermille: fault.isOfMost ? 600 : 1_000,
      latencyMilliseconds: Quality.usual.latencyMilliseconds, fault: fault)
  }

  /// The state of the world when the first controller comes.
  var firstApproval: Approval? {
    guard origin.isApproved else { return nil }
    return origin.approvesAnother == true ? otherApproval : approval
  }

  /// Otherwise a plan without an approval is begun, because the promotion itself must refuse it.
  var waitsForApproval: Bool { !plan.demands.isEmpty && origin.awaitsApproval == true }

  /// Another world on the same ground.
  func with(_ origin: WorldCase) -> WorldSetup {
    var setup = self
    setup.origin = origin
    return setup
  }

  /// The plan of this world reverts a completed promotion.
  private mutating func completeEarlier() throws(PortError) {
    let copied = OperationID(rawValue: "p0/1")
    var copies: [HostName: OperationID] = [:]
    for name in names {
      let extent: StateExtent = plan.build?.copiesState == false ? .configuration : .whole
      try hosts[name]?.run(plan.to, since: copied, extent: extent)
      if plan.build != nil { copies[name] = copied }
    }
    plan = plan.reverting(
      fleet: plan.fleet, now: origin.purpose == .revertNow, copies: copies, weights: weights, at: 0)
  }

  private static func surveys(of hosts: [HostModel]) -> [HostName: HostSurvey] {
    var surveys: [HostName: HostSurvey] = [:]
    for var host in hosts {
      if case .survey(let survey)? = host.answer(.survey(), at: 0) {
        surveys[host.name] = survey
      }
    }
    return surveys
  }

  /// The example fleet with short holds and little patience: most of a promotion's time is nothing
  /// but waiting.
  public static var usualFleet: Fleet {
    var fleet = ExampleFleet.fleet()
    for index in fleet.ramp.steps.indices { fleet.ramp.steps[index].holdMilliseconds = 10_000 }
    fleet.judge.progressMilliseconds = 60_000
    fleet.judge.intervalMilliseconds = 5_000
    fleet.judge.minimumSessions = 5
    fleet.swing.drainMilliseconds = 10_000
    fleet.swing.startMilliseconds = 15_000
    return fleet
  }
}
