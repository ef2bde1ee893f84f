import SluiceCore
import SluicePorts
import SluiceSystem

/// Many worlds, one for each seed, and their results.
public struct Simulation: Sendable {
  public enum Tier: Int, Sendable, CaseIterable { case values = 1, engine = 2 }

  public var firstSeed: UInt64
  public var worlds: Int
  public var tier: Tier
  public var preset: FaultPreset
  /// Worlds at the same time.
  public var lanes: Int
  public var fleet: Fleet { didSet { drawsRamp = false } }
  /// The example fleet goes through one, two or all of its steps, an operator's fleet through all.
  private var drawsRamp: Bool
  /// Nil: the example's, whose build the world draws.
  public var from: Release?
  public var to: Release?
  let makeJudge: @Sendable () -> any Judge

  public init(
    firstSeed: UInt64 = 1, worlds: Int, tier: Tier, preset: FaultPreset = .all, lanes: Int = 1,
    fleet: Fleet? = nil, from: Release? = nil,
    to: Release? = nil, judge: @escaping @Sendable () -> any Judge
  ) {
    self.firstSeed = firstSeed
    self.worlds = worlds
    self.tier = tier
    self.preset = preset
    self.lanes = lanes
    self.fleet = fleet ?? WorldSetup.usualFleet
    drawsRamp = fleet == nil
    self.from = from
    self.to = to
    makeJudge = judge
  }

  public func setup(seed: UInt64) throws(PortError) -> WorldSetup {
    try setup(drawn(seed: seed))
  }

  private func drawn(seed: UInt64) -> WorldCase {
    .drawn(
      seed: seed, hosts: fleet.gateways.map(\.name), preset: preset, drawsRamp: drawsRamp)
  }

  fileprivate func family(_ number: UInt64) -> WorldFamily {
    WorldFamily(
      number, hosts: fleet.gateways.map(\.name), preset: preset, drawsRamp: drawsRamp)
  }

  private var seeds: Range<UInt64> { firstSeed..<firstSeed + UInt64(worlds) }

  public func setup(_ origin: WorldCase) throws(PortError) -> WorldSetup {
    try WorldSetup(origin, fleet: fleet, from: from, to: to)
  }

  /// One world, once.
  public func run(_ setup: WorldSetup) async -> WorldReport { await run(setup, on: WorldLane()) }

  func run(_ setup: WorldSetup, on lane: WorldLane) async -> WorldReport {
    await lane.run(setup, tier, judge: makeJudge)
  }

  /// All worlds, or as many as there are before one breaks an invariant: the earliest seed of them.
  public func run() async throws(PortError) -> SimulationSummary {
    guard worlds > 0 else { return SimulationSummary() }
    let seeds = seeds
    let families =
      WorldFamily.number(of: seeds.lowerBound)...WorldFamily.number(of: seeds.upperBound - 1)
    let lanes = max(1, min(lanes, families.count))
    let results = await withTaskGroup(of: Result<SimulationSummary, PortError>.self) { group in
      for lane in 0..<lanes {
        let own = stride(
          from: families.lowerBound + UInt64(lane), through: families.upperBound, by: lanes)
        group.addTask { await WorldLane().run(self, own, seeds) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var whole = SimulationSummary()
    for result in results { whole.add(try result.get()) }
    return whole
  }
}

/// A thread of its own: a world keeps it busy from its beginning to its end, and Swift's pool goes on
/// meanwhile.
actor WorldLane {
  private let executor = BlockingExecutor()

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func run(
    _ setup: WorldSetup, _ tier: Simulation.Tier, judge: @escaping @Sendable () -> any Judge
  ) async -> WorldReport {
    switch tier {
    case .values: Tier1Stage.run(setup, judge: judge)
    case .engine: await Tier2Stage.run(setup, judge: judge)
    }
  }

  /// One family after the other, until a world breaks.
  fileprivate func run(
    _ simulation: Simulation, _ families: StrideThrough<UInt64>, _ seeds: Range<UInt64>
  ) async -> Result<SimulationSummary, PortError> {
    var summary = SimulationSummary()
    // A plan and its snapshot take longer to make than many a world takes to end.
    var made: [WorldCase.Ground: WorldSetup] = [:]
    do throws(PortError) {
      for number in families where summary.broken == nil {
        var family = simulation.family(number)
        family.keep(seeds)
        guard simulation.preset != .calm else {
          for seed in family.branches.map(\.origin.seed) {
            summary.count(await simulation.run(try simulation.setup(seed: seed), on: self))
          }
          continue
        }
        if made[family.stem.ground] == nil {
          made[family.stem.ground] = try simulation.setup(family.stem)
        }
        guard let ground = made[family.stem.ground] else { continue }
        await run(family, on: ground, simulation, into: &summary)
      }
      return .success(summary)
    } catch { return .failure(error) }
  }

  private func run(
    _ family: WorldFamily, on ground: WorldSetup, _ simulation: Simulation,
    into summary: inout SimulationSummary
  ) async {
    var stem = Tier1Stage(ground.with(family.stem), isStem: true, judge: simulation.makeJudge)
    var hasEnded = false
    for branch in family.branches.sorted(by: { $0.forksAt < $1.forksAt }) {
      // A world that ends before it forks counts once, whichever member of the family it is.
      guard !hasEnded else {
        summary.countRepeat()
        continue
      }
      let setup = ground.with(branch.origin)
      switch simulation.tier {
      case .values:
        stem.advance(to: branch.forksAt)
        hasEnded = stem.world.isOver
        var world = stem.branch(setup, at: branch.forksAt)
        summary.count(world.run())
      case .engine:
        // Tier 2 cannot be forked: each of its worlds begins at the beginning.
        let report = await Tier2Stage.run(setup, judge: simulation.makeJudge)
        hasEnded = report.virtualMilliseconds < branch.forksAt
        summary.count(report)
      }
    }
  }
}

/// The results of many worlds.
public struct SimulationSummary: Sendable {
  public private(set) var worlds = 0
  /// Seeds whose world is another's of their family, because it ends before they fork.
  public private(set) var repeats = 0
  public private(set) var ends: [WorldReport.End: Int] = [:]
  public private(set) var faults: [String: Int] = [:]
  public private(set) var virtualMilliseconds: Int64 = 0
  public private(set) var controllers = 0
  public private(set) var steps = 0
  public private(set) var lines = 0
  /// The world with the lowest seed that broke an invariant.
  public private(set) var broken: WorldReport?

  public init() {}

  public var restarts: Int { max(0, controllers - worlds) }

  mutating func countRepeat() { repeats += 1 }

  mutating func count(_ report: WorldReport) {
    worlds += 1
    ends[report.end, default: 0] += 1
    for (kind, count) in report.faults { faults[kind, default: 0] += count }
    virtualMilliseconds += report.virtualMilliseconds
    controllers += report.controllers
    steps += report.steps
    lines += report.lines
    if !report.violations.isEmpty { keep(report) }
  }

  mutating func add(_ other: SimulationSummary) {
    worlds += other.worlds
    repeats += other.repeats
    ends.merge(other.ends, uniquingKeysWith: +)
    faults.merge(other.faults, uniquingKeysWith: +)
    virtualMilliseconds += other.virtualMilliseconds
    controllers += other.controllers
    steps += other.steps
    lines += other.lines
    if let report = other.broken { keep(report) }
  }

  private mutating func keep(_ report: WorldReport) {
    if let broken, broken.seed <= report.seed { return }
    broken = report
  }
}
