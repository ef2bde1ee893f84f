import SluiceCore
import SluiceHost
import SluicePorts

/// Moves the host to a release: verify, drain, check out, links, restart, ready, warm-up, proof. If
/// the release has another OpenClaw build, the state and links move between stop and start
/// (`Swing+Build`).
///
/// A swing can be resumed after the agent died at any point. Every step first checks whether it was
/// done, and the boot id noted before a restart shows whether the restart happened.
struct Swing: Sendable {
  let host: HostSpec
  let services: AgentServices
  let state: OperationState
  let refresher: ProbeRefresher
  let request: SwingRequest
  let file: OperationFile

  /// The steps done so far, for a failure's message.
  var steps: [String] = []
  /// Remarks for a person although the swing succeeded.
  var notes: [String] = []
  /// The slice was missing or damaged, so the process may have loaded another one.
  var sliceWasReplaced = false
  var linksMoved = false
  var isDrained = false
  /// Stopped by this swing, and not started since.
  var isStopped = false
  var stateReport: StateReport?
  private var drain: DrainReport?
  /// Components that failed before anything moved; they may keep failing.
  private var baseline: Set<String> = []
  var goesForward = false
  /// Sluice's own session answered before the link moved, so it predates the move.
  var hadSession = false
  /// The way by which clients reached the process before.
  var way: SessionWay?
  private var drainMilliseconds: Int64 = 0
  var restartMilliseconds: Int64 = 0

  /// The time within which a build that follows links by itself shows the new release (M.5: within
  /// 3 s).
  private static let flipMilliseconds: Int64 = 5_000

  init(
    host: HostSpec, services: AgentServices, state: OperationState, refresher: ProbeRefresher,
    request: SwingRequest, file: OperationFile
  ) {
    self.host = host
    self.services = services
    self.state = state
    self.refresher = refresher
    self.request = request
    self.file = file
  }

  var gateway: any GatewayReading { services.gateway }
  var moves: any GatewayMoving { services.gatewayMoves }
  var release: Release { request.release }
  var version: String { request.release.lock.skills.version }
  var policy: SwingPolicy { request.policy }
  var token: String { file.id.rawValue }

  mutating func perform() async throws(PortError) -> SwingReport {
    let began = services.time.now()
    try await requireSigned()
    try await bringSliceBack()
    try await verifySlices()
    try await verifyBuild()
    let before = await runningGateway()
    baseline = await failingNow()
    goesForward = await !isRollback
    way = await wayOfSessions()
    do throws(PortError) {
      let restarted = try await bringUp(before)
      let start = services.time.now()
      let warmUp = try await warmUp()
      let after = try await prove()
      let state = try await settledState()
      await refresher.refresh(withDisk: true)
      return SwingReport(
        before: before, after: after, restarted: restarted,
        drained: max(0, (drain?.activeAtStart ?? 0) - (drain?.activeNow ?? 0)),
        cut: drain?.activeNow ?? 0, drainMilliseconds: drainMilliseconds,
        restartMilliseconds: restartMilliseconds,
        warmUpMilliseconds: max(warmUp, services.time.milliseconds(since: start)),
        totalMilliseconds: services.time.milliseconds(since: began),
        probe: refresher.board.probe(at: services.time.now()), state: state,
        notes: notes.isEmpty ? nil : notes)
    } catch { throw await failure(error) }
  }

  /// True if the gateway was restarted.
  private mutating func bringUp(_ before: GatewayIdentity?) async throws(PortError) -> Bool {
    if let restart = file.restart {
      return try await restart.isChangeOfBuild == true
        ? takeUpBuild(restart) : takeUp(restart)
    }
    let infra = try await checkout()
    if try await mustChangeBuild() {
      try await changeBuild(before, from: infra?.commit)
      return true
    }
    if try await runsRelease(before, infra) {
      try await moveNext()
      return false
    }
    let mustRestart = await self.mustRestart(before)
    if mustRestart { try await closeAdmission() } else { await speakInOwnSession() }
    let moved = try await moveLinks(from: infra?.commit)
    if !mustRestart, try await showsRelease(within: flipDeadline) {
      steps.append("the process took the link up by itself")
      return false
    }
    guard policy.restart != .never else {
      throw PortError(
        .failed, "the process does not report \(version), and the policy forbids a restart",
        remedy: "Set swing.restart to if-needed or always.")
    }
    if !mustRestart { try await closeAdmission() }
    try await restart(before, moved: moved)
    return true
  }

  // MARK: Before anything moves

  func runningGateway() async -> GatewayIdentity? {
    try? await gateway.identity()
  }

  /// Whether only the proof is left: the process reports the release, and, if the policy always
  /// requires a restart, it started after the link moved.
  private func runsRelease(
    _ identity: GatewayIdentity?, _ infra: HostSurvey.Infra?
  ) async throws(PortError) -> Bool {
    guard !sliceWasReplaced, let identity, identity.marker == release.marker,
      identity.version == release.lock.openclaw.version,
      await gateway.readiness().isReady(besides: baseline),
      try await services.slices.links().current == version,
      infra?.lockDigest == release.lockDigest,
      await state.held?.release == release
    else { return false }
    guard policy.restart == .always else { return true }
    let reader = DiskReader(paths: host.paths, services: services)
    return reader.linkMoved.map { identity.startedAtMilliseconds >= $0 } ?? false
  }

  /// A dirty or unreadable checkout stops the way forward, never a rollback.
  private func checkout() async throws(PortError) -> HostSurvey.Infra? {
    let isRollback = await self.isRollback
    let infra: HostSurvey.Infra
    do throws(PortError) { infra = try await services.infra.state() } catch {
      if isRollback { return nil }
      throw error
    }
    guard let first = infra.dirty.first, !isRollback else { return infra }
    throw PortError(
      .refused, "\(host.paths.infra) differs from its commit: \(first)",
      remedy: "Commit it, or put it aside with git stash -u, and try again.")
  }

  var isRollback: Bool {
    get async {
      guard let held = await state.held else { return false }
      return held.release == release || held.previousCommit == release.commit
    }
  }

  /// Whether a restart is necessary, decided before the link moves. Builds before 2026.9 keep old
  /// sessions on the old release until a restart (M.5), whatever they report.
  private func mustRestart(_ before: GatewayIdentity?) async -> Bool {
    switch policy.restart {
    case .always: return true
    case .never: return false
    case .ifNeeded where sliceWasReplaced: return true
    case .ifNeeded:
      guard let before, before.version == release.lock.openclaw.version else { return true }
      return await !gateway.profile().followsLinks
    }
  }

  private func failingNow() async -> Set<String> {
    var known = Set(await state.accepted.compactMap(\.component))
    if case .started(let failing) = await gateway.readiness() { known.formUnion(failing) }
    return known
  }

  private var flipDeadline: Int64 {
    policy.restart == .never ? policy.startMilliseconds : Self.flipMilliseconds
  }

  // MARK: Drain

  /// Admits no new work and lets running work end.
  mutating func closeAdmission() async throws(PortError) {
    if case .down = await gateway.readiness() {
      steps.append("the gateway did not answer, so there was nothing to drain")
      return
    }
    let began = services.time.now()
    do throws(PortError) {
      let report = try await moves.drain(
        token: token, deadline: .milliseconds(policy.drainMilliseconds))
      isDrained = true
      drain = report
      drainMilliseconds = services.time.milliseconds(since: began)
      steps.append("drained (\(report.activeNow) still at work)")
      guard !report.isIdle, policy.atDrainDeadline == .back else { return }
      throw PortError(
        .refused,
        "\(report.activeNow) runs are still at work after \(policy.drainMilliseconds) ms of "
          + "draining, and the policy is to go back then",
        remedy: "Wait for a quieter time, or give swing.drain more of it.")
    } catch {
      // A gateway that cannot drain must not prevent a swing, least of all in a rollback.
      guard policy.atDrainDeadline == .cut, !Task.isCancelled else { throw error }
      steps.append("did not drain: \(error.message)")
    }
  }

  // MARK: Links

  /// Returns when the links had moved, by the wall clock.
  mutating func moveLinks(from commit: String?) async throws(PortError) -> Int64 {
    let before = await releaseCheckedOut()
    do throws(PortError) {
      try await services.infra.checkOut(release)
      steps.append("checked out \(release.tag)")
    } catch {
      guard await isRollback, !Task.isCancelled else { throw error }
      // The probe reports the checkout until a person mends it.
      steps.append("did not check out \(release.tag): \(error.message)")
    }
    try await state.hold(to: release, after: commit, from: before)
    linksMoved = true
    try await services.slices.swing(.current, to: version, token: token)
    steps.append("current names \(version)")
    try await moveNext()
    return services.time.now().wallMilliseconds
  }

  private func moveNext() async throws(PortError) {
    guard let next = request.next else { return }
    try await services.slices.swing(.next, to: next, token: token)
  }

  private func showsRelease(within milliseconds: Int64) async throws(PortError) -> Bool {
    let began = services.time.now()
    while true {
      if let identity = await runningGateway(), identity.marker == release.marker { return true }
      guard services.time.milliseconds(since: began) < milliseconds else { return false }
      try await services.time.pause(100)
    }
  }

  // MARK: Restart

  private mutating func restart(
    _ before: GatewayIdentity?, moved: Int64
  ) async throws(PortError) {
    // The service manager must restart a gateway that does not answer, whose build was replaced, or
    // that could not prove a restart in place.
    let isSameBuild = before?.version == release.lock.openclaw.version
    let restartsInPlace = await gateway.profile().restartsInPlace
    let by: SwingPolicy.RestartBy = isSameBuild && restartsInPlace ? policy.restartBy : .service
    let mark = OperationFile.Restart(
      bootID: before?.bootID, pid: before?.pid, movedAtMilliseconds: moved, by: by, way: way)
    try await state.note(mark, of: file.id)
    try await replace(mark)
  }

  private mutating func replace(_ mark: OperationFile.Restart) async throws(PortError) {
    let watch = RestartWatch(
      services: services, mark: mark, milliseconds: policy.startMilliseconds, baseline: baseline)
    steps.append("restart asked of the \(mark.by.rawValue)")
    let (identity, wasStarted) = try await watch.restart(reason: "sluice \(token)")
    if wasStarted {
      let note = "its restart in place ended dead, and the service started it"
      steps.append(note)
      notes.append(note)
    }
    restartMilliseconds = watch.elapsed
    isDrained = false
    steps.append("ready as boot \(identity.bootID)")
  }

  /// Resumes a restart that an earlier agent began. Never restarts a second time if the first
  /// restart took place.
  private mutating func takeUp(_ mark: OperationFile.Restart) async throws(PortError) -> Bool {
    linksMoved = true
    steps.append("taken up again at its restart")
    try await services.slices.swing(.current, to: version, token: token)
    try await moveNext()
    let status = try await services.service.status()
    let answers = await runningGateway()
    let isNewProcess =
      mark.by == .service && mark.pid != nil && status.pid != nil && status.pid != mark.pid
    if isNewProcess || (answers != nil && answers?.bootID != mark.bootID) {
      let watch = RestartWatch(
        services: services, mark: mark, milliseconds: policy.startMilliseconds, baseline: baseline)
      _ = try await watch.awaitReady(pid: mark.by == .service ? status.pid : nil)
      restartMilliseconds = watch.elapsed
    } else {
      try await replace(mark)
    }
    return true
  }

  // MARK: Proof

  /// The process's own report, read once more after the warm-up. A process that reports no marker
  /// was started after its link moved, as the restart's watch has seen.
  private func prove() async throws(PortError) -> GatewayIdentity {
    let identity = try await gateway.identity()
    if let marker = identity.marker, marker != release.marker {
      throw PortError(
        .failed,
        "the process reports skills \(marker.version) \(marker.tree.short), not \(version) "
          + "\(release.lock.skills.tree.short)",
        remedy: "See skills.load.extraDirs in its configuration: it does not load "
          + "\(host.paths.skills)/current.")
    }
    guard identity.version == release.lock.openclaw.version else {
      throw PortError(
        .failed,
        "the process is OpenClaw \(identity.version), the lock says "
          + "\(release.lock.openclaw.version)",
        remedy: "Install that build on \(host.name), or lock the one that is there.")
    }
    try await proveBuild(identity)
    try await provePack(identity)
    return identity
  }

  /// On the way forward every skill of the pack must be loaded, and from the slice. A rollback does
  /// not require this, because the fault may be older; the fingerprint shows it.
  private func provePack(_ identity: GatewayIdentity) async throws(PortError) {
    guard goesForward, identity.marker != nil else { return }
    let proof = PackProof(
      pack: PackReader.skills(below: "\(host.paths.skills)/current"),
      loaded: try await gateway.skills())
    guard let first = proof.missing.first else { return }
    let more = proof.missing.count > 1 ? " (and \(proof.missing.count - 1) more)" : ""
    throw PortError(
      .failed, "the process reports \(version), but not all of it: \(first)\(more)",
      remedy: "Mend the pack in the release, or what hides it on \(host.name), and plan anew.")
  }

  // MARK: Failure

  /// Opens the gateway again if nothing has moved, and reports the steps done.
  private func failure(_ error: PortError) async -> PortError {
    if Task.isCancelled { return error }
    var error = error.ofEndedOperation
    let far = steps.joined(separator: "; ")
    if linksMoved {
      if error.kind == .refused { error.kind = .failed }
      error.message = "\(host.name): \(error.message). So far: \(far)."
      return error
    }
    let isAgain = isStopped ? await startAgain() : false
    if isDrained, !isStopped { try? await moves.resume() }
    if error.kind == .failed { error.kind = .refused }
    error.message =
      "\(host.name): \(error.message). Nothing was moved"
      + (isStopped
        ? isAgain
          ? "; it was stopped, and is started again." : "; it was STOPPED, and did not start."
        : isDrained ? "; it was drained, and is open again." : ".")
    return error
  }
}
