import SluiceCore

/// A plan's changes, blockers, durations and the losses of its rollback: everything
/// that is to be read of it before somebody runs it.
public struct PlanFigures: Sendable, Hashable {
  public struct Versions: Sendable, Hashable {
    public let from: String
    public let to: String
  }

  /// The steps on one gateway, and the way of its restart.
  public struct Move: Sendable, Hashable {
    public let host: HostName
    public let arm: Arm
    /// Nil: none is known.
    public let zone: String?
    public let changes: String
    public let restart: String
  }

  /// Tenants who are pinned to the canary from a step on.
  public struct Joining: Sendable, Hashable {
    public let tenants: [String]
    public let share: Share
  }

  public struct Timing: Sendable, Hashable {
    public let host: HostName
    public let sentence: String
  }

  /// The balancer's capabilities, and their consequences.
  public struct Balancer: Sendable, Hashable {
    public let can: [BalancerCapability]
    public let cannot: [BalancerCapability]
    public let consequences: [String]
  }

  public let outlook: PlanOutlook
  /// Nil where too little was read.
  public let from: String?
  public let to: String
  public let ticket: String
  /// Nil where there is no plan.
  public let digest: Digest?
  public let blockers: [String]
  /// Warnings: they do not block the plan.
  public let warnings: [String]
  /// The demands that a person has to accept before the plan may run.
  public let demands: [String]
  public let skills: Versions?
  public let openclaw: Versions?
  /// Files of the skill pack that differ between the releases.
  public let filesChanged: Int?
  /// The skills' version that every gateway has in the end.
  public let version: String
  /// The canaries first, then the stable gateways wave by wave.
  public let moves: [Move]
  public let balancerKind: BalancerSpec.Kind
  /// The weights that the balancer deals by now; nil when it did not answer.
  public let weights: Weights?
  public let shares: [Share]
  public let joining: [Joining]
  /// Whose held sessions are let go before the ramp.
  public let unpinned: [HostName]
  /// Nil where there is no plan.
  public let balancer: Balancer?
  public let duration: PlanDuration
  public let rollback: RollbackFigures
  /// Nil: the build stays, or nothing is to be said of a trial.
  public let trial: TrialFigures?
  /// The signer of the release's tag; nil where no signature is asked for.
  public let signer: String?
  /// The durations on hosts where the step was done before.
  public let timings: [Timing]
  public let plan: Plan?

  public init(_ reading: PlanReading, fleet: Fleet, ticket: String) {
    let document = reading.document
    let build = document?.plan.build
    outlook = reading.outlook
    (from, to, self.ticket) = (reading.from?.tag, reading.to.tag, ticket)
    digest = document?.digest
    blockers = document?.blockers ?? reading.blockers
    warnings = reading.warnings
    demands = document?.plan.demands ?? []
    let (old, new) = (reading.from?.lock, reading.to.lock)
    skills = old.map { Versions(from: $0.skills.version, to: new.skills.version) }
    openclaw = old.map { Versions(from: $0.openclaw.version, to: new.openclaw.version) }
    filesChanged = document?.filesChanged
    version = new.skills.version
    moves = Self.moves(fleet, version: new.skills.version, build)
    balancerKind = fleet.balancer.kind
    weights = reading.balancer?.weights
    shares = fleet.ramp.steps.map(\.share)
    joining = fleet.ramp.steps.compactMap { step in
      step.tenants.map { Joining(tenants: $0, share: step.share) }
    }
    unpinned =
      document?.plan.can.contains(.unpins) ?? true ? fleet.canaries.map(\.name) : []
    balancer = (document?.plan.can).map {
      Balancer(
        can: $0.present, cannot: $0.missing, consequences: BalancerCheck.consequences(of: $0))
    }
    duration = PlanDuration(fleet: fleet, build: build)
    rollback = RollbackFigures(build, fleet: fleet, surveys: reading.surveys)
    trial = (document?.plan).flatMap { TrialFigures($0) }
    signer = reading.signer
    timings = reading.surveys.sorted { $0.key < $1.key }.compactMap { host, survey in
      guard let timings = survey.timings, !timings.isEmpty else { return nil }
      return Timing(host: host, sentence: timings.sentence)
    }
    plan = document?.plan
  }

  private static func moves(_ fleet: Fleet, version: String, _ build: BuildChange?) -> [Move] {
    let restart =
      build.map {
        "drain, stop, " + ($0.copiesState ? "copy the state, " : "copy the configuration, ")
          + "start by the service"
      } ?? "drain, restart by the \(fleet.swing.restartBy.rawValue)"
    let skills = "skills/current → \(version)"
    let waves = fleet.mirrorWaves
    func turn(_ index: Int) -> String {
      waves.count < fleet.stables.count ? ", wave \(index + 1) of \(waves.count)" : ""
    }
    let links = build.map { "builds/current → \($0.to.version), \(skills)" } ?? skills
    return fleet.canaries.map {
      Move(host: $0.name, arm: .canary, zone: $0.zone, changes: links, restart: restart)
    }
      + waves.enumerated().flatMap { index, wave in
        wave.map { host in
          Move(
            host: host, arm: .stable, zone: fleet.host(host)?.zone,
            changes: "same, at the mirror\(turn(index))", restart: restart)
        }
      }
  }

  /// The next command: to run the plan, to approve it where it demands that, or to read it again.
  public var actions: [NextAction] {
    if outlook == .isThereAlready { return [] }
    guard blockers.isEmpty else { return [.plan(to)] }
    guard let digest = digest?.short else { return [] }
    return (demands.isEmpty ? [] : [.approve(digest)]) + [.promote(digest)]
  }
}

/// The duration of a plan's rollback, and its losses.
public struct RollbackFigures: Sendable, Hashable {
  public struct Room: Sendable, Hashable {
    public let host: HostName
    public let stateBytes: Int64
    public let neededBytes: Int64
    public let freeBytes: Int64
  }

  public let severity: Severity
  public let sentence: String
  /// The space of the state's copies on each host; empty where the state is not copied.
  public let rooms: [Room]
  /// Nil where nothing is lost.
  public let loss: String?

  /// - Parameter build: nil when OpenClaw's build stays, or too little was read.
  init(_ build: BuildChange?, fleet: Fleet, surveys: [HostName: HostSurvey]) {
    guard let build, build.copiesState else {
      severity = .plain
      sentence =
        build == nil
        ? "by link; proven at share 0 before the ramp"
        : "by link and the configuration as it was: both builds have the same state; proven at "
          + "share 0"
      (rooms, loss) = ([], nil)
      return
    }
    let how =
      build.rollback == .state
      ? "only with the state as it was (\(build.schemaChanges.joined(separator: ", ")))"
      : "not known: a build does not say which state it has, so a rollback restores the state"
    severity = .warning
    sentence = "\(how); proven at share 0"
    rooms = fleet.gateways.compactMap { host in
      guard let state = surveys[host.name]?.builds?.state else { return nil }
      let (needed, free) = BuildChange.room(host, state)
      return Room(
        host: host.name, stateBytes: state.bytes, neededBytes: needed, freeBytes: free)
    }
    loss =
      "a rollback loses what happens on \(build.to.version) after a host's swing (conversations, "
      + "memories, pairings, jobs): Sluice puts the copy of the older state in place, and keeps the "
      + "newer state aside"
  }
}
