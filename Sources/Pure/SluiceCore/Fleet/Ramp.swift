/// The steps of a promotion: rising shares, each with its dwell.
public struct Ramp: Sendable, Hashable, Codable {
  public struct Step: Sendable, Hashable, Codable {
    public var share: Share
    public var holdMilliseconds: Int64
    /// Tenants that join the canary at this step and stay pinned to it; nil: none join.
    public var tenants: [String]?

    public init(share: Share, holdMilliseconds: Int64, tenants: [String]? = nil) {
      self.share = share
      self.holdMilliseconds = holdMilliseconds
      self.tenants = tenants
    }
  }

  public var steps: [Step]

  /// Why a list of steps is no ramp, or nil. Shares must rise, the first is at most 10 %, and none
  /// adds more than 20 points (`runbook.txt`: about five per cent, then 10 to 20 points at a time).
  public static func fault(in steps: [Step]) -> (index: Int, message: String)? {
    guard !steps.isEmpty else { return (0, "a ramp needs at least one step") }
    var before = Share.zero
    for (index, step) in steps.enumerated() {
      if step.share <= before {
        return (index, "shares must rise: \(step.share) comes after \(before)")
      }
      let bound = index == 0 ? 1_000 : 2_000
      if step.share.basisPoints - before.basisPoints > bound {
        return (
          index, "from \(before) to \(step.share) is more than \(bound / 100) points in one step"
        )
      }
      if step.holdMilliseconds < 0 { return (index, "a hold cannot be negative") }
      before = step.share
    }
    return nil
  }

  public init(steps: [Step]) { self.steps = steps }

  /// The tenants that this step or an earlier one pins to the canary, sorted.
  public func tenants(at step: Int) -> [String] {
    Set(steps.prefix(step + 1).flatMap { $0.tenants ?? [] }).sorted()
  }
}

extension Ramp {
  /// The named ramps that a fleet can use.
  public enum Preset: String, Sendable, CaseIterable {
    case careful, standard, brisk

    public var ramp: Ramp {
      switch self {
      case .careful: Ramp(percents: [2, 5, 15, 25, 35, 45], holdMinutes: 30)
      case .standard: Ramp(percents: [5, 20, 40], holdMinutes: 10)
      case .brisk: Ramp(percents: [10, 30], holdMinutes: 5)
      }
    }
  }

  private init(percents: [Int], holdMinutes: Int64) {
    steps = percents.compactMap { percent in
      Share(basisPoints: percent * 100).map {
        Step(share: $0, holdMilliseconds: holdMinutes * 60_000)
      }
    }
  }
}
