/// The conditions on OpenClaw's builds before a promotion moves to another build, and after a
/// rollback. Part of the publish contract (`PlanCheck`).
public enum BuildCheck {
  /// Blockers that follow from the plan alone.
  static func planBlockers(_ plan: Plan) -> [String] {
    guard let build = plan.build else {
      guard plan.from.lock.openclaw.version != plan.to.lock.openclaw.version else { return [] }
      return [
        "\(plan.to.tag) pins OpenClaw \(plan.to.lock.openclaw.version), \(plan.from.tag) "
          + "\(plan.from.lock.openclaw.version), but the plan has no change of the build. Plan anew."
      ]
    }
    var found: [String] = []
    if build.isDowngrade {
      found.append(
        "OpenClaw \(build.to.version) cannot read the state of \(build.from.version) "
          + "(\(build.schemaChanges.joined(separator: ", "))): it would refuse to start. The rollback "
          + "to an earlier release is  sluice rollback --to TAG")
    }
    if plan.fleet.swing.restart == .never {
      found.append(
        "another OpenClaw build needs another process, and swing.restart is never. Set it to "
          + "always or if-needed in sluice.yaml.")
    }
    return found
  }

  static func hostBlockers(_ host: HostSpec, _ survey: HostSurvey, plan: Plan) -> [String] {
    guard let change = plan.build else { return [] }
    guard let builds = survey.builds else {
      return [
        "\(host.name): \(plan.to.tag) pins OpenClaw \(change.to.version), and sluice.yaml declares "
          + "no builds for this host. Set paths.builds, or install that build by hand and plan from "
          + "a release that pins it."
      ]
    }
    var found: [String] = []
    if builds.current != change.from.version {
      found.append(
        "\(host.name): builds/current names \(builds.current ?? "nothing"), \(plan.from.tag) pins "
          + "\(change.from.version).")
    }
    for wanted in [plan.from, plan.to] {
      if let fault = fault(of: builds, wanted.lock.openclaw) {
        found.append("\(host.name): \(fault)")
      }
    }
    if case .unfit(let why) = NodeCheck(change.to, builds: builds, gateway: survey.gateway) {
      found.append("\(host.name): \(why)")
    }
    return found + stateBlockers(host, builds.state, plan: plan, change)
  }

  /// Why a host cannot run the build of a lock; nil if it can. Only fields that the lock contains
  /// are compared.
  public static func fault(of builds: BuildSurvey, _ locked: ReleaseLock.OpenClaw) -> String? {
    guard let build = builds.build(locked.version) else {
      let others = builds.builds.map(\.version).joined(separator: ", ")
      return
        "OpenClaw \(locked.version) is not among its builds (\(others.isEmpty ? "none" : others)). "
        + "Install it there: npm install --prefix …/builds/\(locked.version) openclaw@\(locked.version)"
    }
    if let fault = build.fault { return "build \(locked.version) is not sound: \(fault)" }
    guard let found = build.found else { return "build \(locked.version) could not be read." }
    return difference(found, locked).map { "build \(locked.version): \($0)" }
  }

  /// The first difference between a build on disk and the lock.
  public static func difference(_ found: ReleaseLock.OpenClaw, _ locked: ReleaseLock.OpenClaw)
    -> String?
  {
    if found.version != locked.version {
      return "its package says \(found.version). Install the right one."
    }
    if let platform = found.platform, let others = locked.platformsPinned,
      !others.contains(platform)
    {
      return
        "openclaw.lock pins it for \(others.joined(separator: " and ")), and this host is "
        + "\(platform). Pin it for that, too, on such a machine: sluice lock --build DIR"
    }
    for (name, own, pinned) in [
      ("daemon", found.daemon, locked.daemon(on: found.platform)), ("cli", found.cli, locked.cli),
    ] {
      guard let pinned, own != pinned else { continue }
      return
        "its \(name) hashes to \(own?.short ?? "nothing"), openclaw.lock says \(pinned.short). "
        + "It was altered, or installed from something else: install it anew."
    }
    if let pinned = locked.build, found.build != pinned {
      return
        "it names itself \(found.build ?? "nothing"), openclaw.lock says \(pinned). Install it anew."
    }
    if let schemas = locked.schemas, found.schemas != schemas {
      return "its schemas are not those that openclaw.lock pins. Install it anew."
    }
    return nil
  }

  private static func stateBlockers(
    _ host: HostSpec, _ state: BuildSurvey.State, plan: Plan, _ change: BuildChange
  ) -> [String] {
    guard change.copiesState else { return [] }
    var found: [String] = []
    if let fault = state.fault { found.append("\(host.name): \(fault)") }
    let needed = neededBytes(host, state)
    if state.freeBytes < needed {
      found.append(
        "\(host.name): \(copies(host)) of OpenClaw's state need \(Wording.bytes(needed)), and "
          + "\(Wording.bytes(state.freeBytes)) are free beside \(state.path). Free some space.")
    }
    return found
  }

  /// A canary makes two copies, because its proof includes a rollback; a stable gateway makes one.
  /// In addition, the new build needs room to migrate.
  static func neededBytes(_ host: HostSpec, _ state: BuildSurvey.State) -> Int64 {
    let copies: Int64 = host.arm == .canary ? 2 : 1
    return copies.addingClamped(1).multipliedClamped(by: state.bytes).addingClamped(64 << 20)
  }

  private static func copies(_ host: HostSpec) -> String {
    host.arm == .canary ? "two copies" : "a copy"
  }

  /// The first difference between a host's build and the archived one.
  static func difference(_ survey: HostSurvey, _ archived: Snapshot.Host) -> String? {
    if let link = archived.buildLink, survey.builds?.current != link {
      return "its builds/current names \(survey.builds?.current ?? "nothing"), archived is \(link)"
    }
    if let version = archived.openclaw, let running = survey.gateway?.version, running != version {
      return "its gateway runs OpenClaw \(running), archived is \(version)"
    }
    return nil
  }
}

extension BuildChange {
  /// From the locks of two releases. If a lock contains no schemas, they come from the packages on
  /// the hosts, as far as all hosts agree. Nil if the build stays.
  public init?(from: Release, to: Release, surveys: [HostName: HostSurvey]) {
    let completed: (ReleaseLock.OpenClaw) -> ReleaseLock.OpenClaw = { locked in
      guard locked.schemas == nil else { return locked }
      let seen = surveys.values.compactMap { $0.builds?.build(locked.version)?.found?.schemas }
      var completed = locked
      if let first = seen.first, seen.allSatisfy({ $0 == first }) { completed.schemas = first }
      return completed
    }
    self.init(from: completed(from.lock.openclaw), to: completed(to.lock.openclaw))
  }

  /// The space that copies of a host's state need, and the free space, for a plan to print.
  public static func room(_ host: HostSpec, _ state: BuildSurvey.State) -> (
    neededBytes: Int64, freeBytes: Int64
  ) {
    (BuildCheck.neededBytes(host, state), state.freeBytes)
  }
}
