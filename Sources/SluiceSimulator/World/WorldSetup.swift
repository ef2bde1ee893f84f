import SluiceCore
import SluicePorts

/// All that a world is made of: drawn from one seed, or written down to be run again.
public struct WorldSetup: Sendable {
  public var seed: UInt64
  public var plan: Plan
  /// Who accepted what the plan demands, if anybody did.
  public var approval: Approval?
  public var faults: [ScheduledFault]
  /// Steps of controllers, counted from the beginning, at which the one that takes it dies.
  public var killPoints: [Int] = []
  var hosts: [HostName: HostModel]
  /// Of the gateways, in the fleet's order.
  let names: [HostName]
  var weights: Weights
  var qualities: [String: Quality]
  var sessionsPerSecond: Int64
  var logMilliseconds: Int64 = 1_000
  /// From here on nothing goes wrong any more.
  var healsAt: Int64
  /// Within so many milliseconds after that the promotion must have ended.
  var bound: Int64 = 3_600_000

  /// A world of its own kind for each seed: most promote a good release, some a bad one, some take
  /// one back; some move to another build, with a word for it or without.
  public static func drawn(
    seed: UInt64, fleet: Fleet = WorldSetup.usualFleet, from: Release? = nil, to: Release? = nil,
    preset: FaultPreset = .all
  ) throws(PortError) -> WorldSetup {
    var random = SplitMix64(seed: seed)
    let purpose: Plan.Purpose =
      switch random.index(below: 20) {
      case 0, 1: .revert
      case 2: .revertNow
      default: .promote
      }
    let isBad = random.chance(permille: 300)
    let share = random.chance(permille: 200) ? Share(basisPoints: 300) ?? .zero : .zero
    let builds = [ExampleFleet.build, ExampleFleet.sameSchemaBuild, ExampleFleet.newerBuild]
    let build = builds[random.index(below: builds.count)]
    var setup = try WorldSetup(
      seed: seed, fleet: fleet, from: from ?? ExampleFleet.release("1.4.1"),
      to: to ?? ExampleFleet.release("1.4.2", openclaw: build), purpose: purpose, share: share,
      isBad: isBad)
    if random.chance(permille: 30) { setup.approval = nil }
    var draw = FaultDraw(hosts: setup.names, random: random)
    setup.faults = draw.schedule(preset)
    setup.healsAt = (setup.faults.last?.at ?? 0) + draw.random.milliseconds(10_000...180_000)
    return setup
  }

  /// A world without faults.
  public init(
    seed: UInt64, fleet: Fleet, from: Release, to: Release, purpose: Plan.Purpose = .promote,
    share: Share = .zero, isBad: Bool = false
  ) throws(PortError) {
    self.seed = seed
    names = fleet.gateways.map(\.name)
    faults = []
    healsAt = 0
    let archived = Weights(share: share, pinEpoch: 1, generation: 1)
    weights = purpose == .promote ? archived : Weights(share: .zero, pinEpoch: 1, generation: 1)
    qualities =
      isBad ? [to.lock.skills.version: Quality(errorPermille: 300, latencyMilliseconds: 230)] : [:]
    sessionsPerSecond = 10
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
      purpose: purpose, from: from, to: to, fleet: fleet, snapshot: snapshot,
      madeAtMilliseconds: 0, build: BuildChange(from: from, to: to, surveys: surveys))
    hosts = Dictionary(uniqueKeysWithValues: old.map { ($0.name, $0) })
    if purpose != .promote { try completeEarlier() }
    if !plan.demands.isEmpty { approval = try? ExampleFleet.approval(of: plan) }
  }

  /// What is taken back is a promotion that had been completed.
  private mutating func completeEarlier() throws(PortError) {
    let copied = OperationID(rawValue: "p0/1")
    for name in names {
      try hosts[name]?.run(plan.to, since: copied)
      if plan.build?.copiesState == true { plan.snapshot.hosts[name]?.stateCopiedBy = copied }
    }
  }

  private static func surveys(of hosts: [HostModel]) -> [HostName: HostSurvey] {
    var surveys: [HostName: HostSurvey] = [:]
    for var host in hosts {
      if case .survey(let survey) = host.look(.survey, at: 0) { surveys[host.name] = survey }
    }
    return surveys
  }

  /// The example fleet with short holds: most of a promotion's time is nothing but waiting.
  public static var usualFleet: Fleet {
    var fleet = ExampleFleet.fleet()
    fleet.judge.progressMilliseconds = 60_000
    fleet.judge.intervalMilliseconds = 5_000
    fleet.judge.minimumSessions = 10
    return fleet
  }
}
