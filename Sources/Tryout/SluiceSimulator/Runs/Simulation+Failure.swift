import SluiceCore
import SluicePorts

/// A world that broke an invariant, with as few faults as still break it.
public struct SimulationFailure: Sendable {
  public var seed: UInt64
  public var violations: [Violation]
  /// Indices into the faults that the seed draws, from 1, for `--only`.
  public var only: [Int]
  /// The world that is left: a line for the seeds file.
  public var origin: WorldCase
  public var report: WorldReport
}

extension Simulation {
  /// Shrinks the faults of a world that broke an invariant: those that are left are enough to break
  /// the same one.
  public func explain(_ broken: WorldReport) async throws(PortError) -> SimulationFailure {
    let whole = try setup(seed: broken.seed)
    let wanted = Set(broken.violations.map(\.number))
    let only = await Shrinker.shrink(Array(whole.origin.faults.indices)) { kept in
      let report = await run(whole.keeping(kept))
      return report.violations.contains { wanted.contains($0.number) }
    }
    var setup = whole.keeping(only)
    setup.origin.tier = tier.rawValue
    let report = await run(setup)
    return SimulationFailure(
      seed: broken.seed, violations: report.violations, only: only.map { $0 + 1 },
      origin: setup.origin, report: report)
  }
}

extension WorldSetup {
  /// The same world with only some of its faults; all else stays as it was.
  func keeping(_ kept: [Int]) -> WorldSetup {
    var setup = self
    setup.origin.faults = kept.sorted().map { origin.faults[$0] }
    return setup
  }

  /// The same by the numbers that `--only` takes.
  public func only(_ numbers: [Int]) -> WorldSetup {
    keeping(numbers.map { $0 - 1 }.filter(origin.faults.indices.contains))
  }
}
