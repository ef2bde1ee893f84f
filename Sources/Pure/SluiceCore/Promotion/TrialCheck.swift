/// What a plan needs of a trial of its new build.
public enum TrialCheck {
  /// Blockers that follow from the plan alone: a failed trial, and a missing one where the fleet
  /// requires one.
  public static func blockers(of plan: Plan) -> [String] {
    guard let build = plan.build, plan.purpose != .drillRollback else { return [] }
    guard let trial = plan.trial else {
      guard plan.fleet.tryBuild?.isRequired == true else { return [] }
      return [
        "OpenClaw \(build.to.version) was not tried on a copy of the state, and try_build of "
          + "sluice.yaml requires that. Try it:  sluice plan \(plan.to.tag) --try-build"
      ]
    }
    if let fault = trial.report.fault {
      return [
        "\(trial.host): OpenClaw \(build.to.version) failed on a copy of the state: \(fault)"
      ]
    }
    guard isTrial(trial.report, of: build.to) else {
      return [
        "the trial on \(trial.host) was of another build than \(plan.to.tag) pins. Try it again:  "
          + "sluice plan \(plan.to.tag) --try-build"
      ]
    }
    return []
  }

  /// The lock may pin no digest; then the version has to do.
  private static func isTrial(_ report: TrialReport, of build: ReleaseLock.OpenClaw) -> Bool {
    guard report.version == build.version else { return false }
    let pinned = Set([build.daemon].compactMap(\.self) + (build.daemons ?? [:]).values)
    guard let tried = report.daemon, !pinned.isEmpty else { return pinned.isEmpty }
    return pinned.contains(tried)
  }

  /// Whether a trial would tell something of this plan: it moves to another build that may migrate
  /// the state.
  public static func isWorthwhile(_ plan: Plan) -> Bool {
    plan.purpose != .drillRollback && plan.purpose.goesForward
      && plan.build?.copiesState == true && plan.build?.isDowngrade == false
  }
}
