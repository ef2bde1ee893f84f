import SluiceCore
import SluicePorts

/// A promotion of a standard kind, whose controllers are killed at every step they take.
public enum Scenario: String, Sendable, Hashable, CaseIterable {
  case good, bad, build, archivedShare = "archived-share", revert, revertNow = "revert-now"
  case drillCanary = "drill-canary", drillRollback = "drill-rollback"
  /// A good release, and a person accepts Doctor's findings just before the promotion begins.
  case accepted

  var purpose: Plan.Purpose {
    switch self {
    case .good, .bad, .build, .archivedShare, .accepted: .promote
    case .revert: .revert
    case .revertNow: .revertNow
    case .drillCanary: .drillCanary
    case .drillRollback: .drillRollback
    }
  }

  /// Few looks: they are the dullest of kill points.
  static var fleet: Fleet {
    var fleet = ExampleFleet.fleet(steps: [500, 2_000])
    for index in fleet.ramp.steps.indices { fleet.ramp.steps[index].holdMilliseconds = 10_000 }
    fleet.judge.intervalMilliseconds = 10_000
    fleet.judge.minimumSessions = 4
    return fleet
  }

  /// The world in which controllers die when they take these steps.
  public func setup(killedAt points: [Int] = []) throws(PortError) -> WorldSetup {
    var origin = WorldCase(seed: 1)
    origin.purpose = purpose
    origin.isBad = self == .bad
    if self == .archivedShare { origin.share = Share(basisPoints: 300) ?? .zero }
    if self == .build { origin.build = ExampleFleet.newerBuild.version }
    if self == .accepted {
      origin.faults = [ScheduledFault(at: 0, .findingsAreAccepted(diesAt: nil))]
    }
    origin.killPoints = points
    return try WorldSetup(origin, fleet: Self.fleet)
  }
}

/// The results of a scenario whose controllers were killed at every step, alone and in pairs.
public struct KillPointSummary: Sendable {
  public let scenario: Scenario
  /// Steps of an undisturbed run: kill points.
  public let steps: Int
  public internal(set) var singles = 0
  public internal(set) var pairs = 0
  public internal(set) var ends: [WorldReport.End: Int] = [:]
  /// Where invariants broke first, and how.
  public internal(set) var broken: (points: [Int], violations: [Violation])?
}

extension Simulation {
  /// Kills the controller at every step of a scenario; with `pairs` its successor too, at every step
  /// after that.
  public func killPoints(of scenario: Scenario, pairs: Bool) async throws(PortError)
    -> KillPointSummary
  {
    let calm = await run(try scenario.setup())
    var summary = KillPointSummary(scenario: scenario, steps: calm.steps)
    summary.count(calm, killedAt: [])
    let count = max(1, lanes)
    let results = await withTaskGroup(of: Result<KillPointSummary, PortError>.self) { group in
      for lane in 0..<count {
        group.addTask {
          await self.kill(
            scenario, Array(stride(from: lane + 1, through: calm.steps, by: count)), pairs)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    for result in results { summary.add(try result.get()) }
    return summary
  }

  private func kill(_ scenario: Scenario, _ points: [Int], _ pairs: Bool) async
    -> Result<KillPointSummary, PortError>
  {
    switch tier {
    case .values: await WorldLane().kill(scenario, Set(points), pairs, judge: makeJudge)
    case .engine: await killInWholeRuns(scenario, points, pairs)
    }
  }

  /// The engine cannot be forked: each of its worlds begins at the beginning.
  private func killInWholeRuns(_ scenario: Scenario, _ points: [Int], _ pairs: Bool) async
    -> Result<KillPointSummary, PortError>
  {
    var summary = KillPointSummary(scenario: scenario, steps: 0)
    do throws(PortError) {
      // A plan and its snapshot take longer to make than many a world takes to end.
      let ground = try scenario.setup()
      let lane = WorldLane()
      func run(killedAt points: [Int]) async -> WorldReport {
        var origin = ground.origin
        origin.killPoints = points
        return await self.run(ground.with(origin), on: lane)
      }
      for first in points where summary.broken == nil {
        let report = await run(killedAt: [first])
        summary.count(report, killedAt: [first])
        guard pairs, report.steps > first else { continue }
        for second in first + 1...report.steps {
          summary.count(await run(killedAt: [first, second]), killedAt: [first, second])
        }
      }
      return .success(summary)
    } catch { return .failure(error) }
  }
}

extension WorldLane {
  /// Worlds that are killed at the same step share all that comes before it.
  fileprivate func kill(
    _ scenario: Scenario, _ points: Set<Int>, _ pairs: Bool,
    judge: @escaping @Sendable () -> any Judge
  ) -> Result<KillPointSummary, PortError> {
    var summary = KillPointSummary(scenario: scenario, steps: 0)
    do throws(PortError) {
      var calm = Tier1Stage(try scenario.setup(), judge: judge)
      _ = calm.runKilling { first, killed in
        guard points.contains(first) else { return }
        var killed = killed
        guard pairs else { return summary.count(killed.run(), killedAt: [first]) }
        let report = killed.runKilling { second, again in
          guard second > first else { return }
          var again = again
          summary.count(again.run(), killedAt: [first, second])
        }
        summary.count(report, killedAt: [first])
      }
      return .success(summary)
    } catch { return .failure(error) }
  }
}

extension KillPointSummary {
  mutating func count(_ report: WorldReport, killedAt points: [Int]) {
    if points.count == 1 { singles += 1 }
    if points.count == 2 { pairs += 1 }
    ends[report.end, default: 0] += 1
    if !report.violations.isEmpty { keep(points, report.violations) }
  }

  private mutating func keep(_ points: [Int], _ violations: [Violation]) {
    if let broken, broken.points.lexicographicallyPrecedes(points) { return }
    broken = (points, violations)
  }

  mutating func add(_ other: KillPointSummary) {
    singles += other.singles
    pairs += other.pairs
    ends.merge(other.ends, uniquingKeysWith: +)
    if let theirs = other.broken { keep(theirs.points, theirs.violations) }
  }
}
