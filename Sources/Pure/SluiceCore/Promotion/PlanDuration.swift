/// The duration of a promotion by the fleet's own bounds.
public struct PlanDuration: Sendable, Hashable {
  /// Milliseconds of all dwells and the bake, without the swings, whose time depends on the
  /// gateways.
  public let usualMilliseconds: Int64
  /// Milliseconds until the last deadline.
  public let longestMilliseconds: Int64

  /// - Parameter build: nil if OpenClaw's build stays.
  public init(fleet: Fleet, build: BuildChange?) {
    let floor = 2 * fleet.probe.intervalMilliseconds
    usualMilliseconds = fleet.ramp.steps.map { max($0.holdMilliseconds, floor) }.clampedSum()
      .addingClamped(fleet.bakeMilliseconds)
    // The canary swings forward, back and forward again. The gateways of a wave swing together.
    let swings = Int64(3 * fleet.canaries.count + fleet.mirrorWaves.count)
    let swing =
      fleet.swing.drainMilliseconds + 2 * fleet.swing.startMilliseconds
      + (build?.copiesState == true ? StateMove.allowanceMilliseconds : 0)
    let steps = Int64(fleet.ramp.steps.count + 1)
    longestMilliseconds = [
      usualMilliseconds, steps.multipliedClamped(by: fleet.judge.progressMilliseconds),
      swings.multipliedClamped(by: swing),
    ].clampedSum()
  }
}
